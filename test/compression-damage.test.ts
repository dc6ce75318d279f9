// Does gzip that is cut or corrupt give every record before the damage, and then an error that says where?
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib, { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { AioscopeError, inspect } from '../src/node.ts';
import { webHost } from '../src/stream/host.ts';
import { bytesOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { resOf } from './support/events.ts';
import { type Outcome, outcomeOf, sourcesIn } from './support/outcome.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-damage-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const plain = new Uint8Array(readFileSync(fixture('case_rwf.ioev')));
const members = [
  plain.subarray(0, 100),
  new Uint8Array(0),
  plain.subarray(100, 5000),
  plain.subarray(5000),
].map((part) => gzipSync(part));
const SOURCES = sourcesIn(folder);

/** Expects records, then a coded error with the number of bytes before it. */
function expectFault({ res, error }: Outcome, from: Uint8Array, bytes: number): void {
  expect(error).toBeInstanceOf(AioscopeError);
  expect(error).toMatchObject({
    code: 'AIOSCOPE_COMPRESSION',
    byteOffset: bytes,
    message: expect.stringContaining(`after ${bytes} bytes`),
  });
  expect(res).toEqual(resOf(from).slice(0, Math.floor(bytes / 32)));
}

describe('gzip that is cut', () => {
  const packed = gzipSync(plain);
  const known = (bytes: Uint8Array) =>
    zlib.gunzipSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).byteLength;

  test('at any byte, in memory: every record that zlib makes of it, then the error', async () => {
    for (let at = 3; at < packed.byteLength; at++)
      expectFault(await outcomeOf(packed.subarray(0, at)), plain, known(packed.subarray(0, at)));
  });

  test.each([60, 150, 264])('at byte %i, of any source', async (at) => {
    const cut = packed.subarray(0, at);
    for (const [, source] of SOURCES) expectFault(await outcomeOf(source(cut)), plain, known(cut));
    const path = file('cut.gz', cut);
    const { status, stdout, stderr } = await ran(['print', '--kind', 'io_event', '--ndjson', path]);
    expect({ status, lines: stdout.split('\n').length - 1 }).toEqual({
      status: 1,
      lines: Math.floor(known(cut) / 32),
    });
    expect(stderr).toMatch(
      `aioscope: error: ${path}: gzip data ends too early, at compressed byte ${at}, after ${known(cut)} bytes of records: `,
    );
    expect(await ran(['summary', path])).toMatchObject({ status: 1, stdout: '' });
  });

  test('between or within members', async () => {
    const whole = Buffer.concat(members);
    expectFault(await outcomeOf(whole.subarray(0, -1)), plain, 10560);
    expectFault(await outcomeOf(whole.subarray(0, members[0].byteLength + 5)), plain, 100);
    expect((await outcomeOf(members[0])).res).toEqual(resOf(plain.subarray(0, 100)));
  });

  // DecompressionStream may discard output of truncated input; the error says so.
  test('at any byte, through the door of every runtime', async () => {
    for (const at of [60, 150, 264]) {
      const outcome = await outcomeOf(packed.subarray(0, at), webHost);
      const bytes = Number((outcome.error as AioscopeError).byteOffset);
      expect(bytes).toBeLessThanOrEqual(known(packed.subarray(0, at)));
      expectFault(outcome, plain, bytes);
      if (bytes > 0)
        expect((outcome.error as AioscopeError).message).toContain(
          'the last records before that may be missing',
        );
    }
  });

  test('inspect reports it', async () => {
    await expect(inspect(packed.subarray(0, 150))).rejects.toMatchObject({
      code: 'AIOSCOPE_COMPRESSION',
    });
  });
});

/** Bytes that an inflater produces, fed byte by byte until it fails; undefined if it does not. */
async function inflatedUntilFault(packed: Uint8Array): Promise<number | undefined> {
  const inflater = zlib.createGunzip();
  let bytes = 0;
  let failed = false;
  inflater.on('data', (piece: Uint8Array) => {
    bytes += piece.byteLength;
  });
  const fault = once(inflater, 'end').catch(() => {
    failed = true;
  });
  for (let at = 0; at < packed.byteLength && !failed; at++)
    await Promise.race([
      new Promise<void>((done) => inflater.write(packed.subarray(at, at + 1), () => done())),
      fault,
    ]);
  inflater.end();
  await fault;
  return failed ? bytes : undefined;
}

describe('gzip that is corrupt', () => {
  const RECORDS = 250;
  const vectors = bytesOf(fixture('case_vec.ioev')).subarray(0, 32 * RECORDS);
  const packed = gzipSync(vectors);

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('at many places, %i', async (turn) => {
    for (let at = 10 + 89 * turn; at < packed.byteLength; at += 89 * 8) {
      const corrupt = Buffer.from(packed);
      corrupt[at] ^= 1 << turn;
      const made = await inflatedUntilFault(corrupt);
      const { res, error } = await outcomeOf(corrupt);
      if (made === undefined) expect(error).toBe(undefined);
      else expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
      expect(res.length).toBeGreaterThanOrEqual(Math.floor((made ?? 0) / 32));
      if (made !== undefined)
        expect((error as AioscopeError).byteOffset).toBeGreaterThanOrEqual(made);
    }
  });

  test.each([8, 5, 4, 1])(
    'in the check at its end, %i before it: after all records',
    async (before) => {
      const corrupt = Buffer.from(packed);
      corrupt[corrupt.byteLength - before] ^= 1;
      expectFault(await outcomeOf(corrupt), vectors, vectors.byteLength);
      expectFault(await outcomeOf(file('corrupt.gz', corrupt)), vectors, vectors.byteLength);
    },
  );

  test('by what follows it', async () => {
    expectFault(
      await outcomeOf(Buffer.concat([packed, Buffer.from('more')])),
      vectors,
      vectors.byteLength,
    );
  });

  // It never ends: zlib takes no more input and does not report it.
  test('or padded with zeros, as tapes do', async () => {
    const { res, error } = await outcomeOf(Buffer.concat([packed, new Uint8Array(512)]));
    expect({ records: res.length, hangs: String(error).includes('hangs') }).toEqual({
      records: RECORDS,
      hangs: false,
    });
  });
});
