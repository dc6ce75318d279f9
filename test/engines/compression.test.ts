// Does a compressed dump read like the plain one, and how does a damaged one fail?
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import zlib, { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeHost } from '../../src/host/node/host.ts';
import {
  AioscopeError,
  encode,
  inspect,
  open,
  type Source,
  type SummaryJson,
  summarize,
} from '../../src/node.ts';
import { type Host, useHost, webHost } from '../../src/stream/host.ts';
import { bytesOf } from '../support/captures.ts';
import { aioscope, fixture, printed } from '../support/cli.ts';
import { pieces, resOf, soon } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-compression-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const zstd = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../fixtures/${name}.zst`, import.meta.url)));
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const plain = new Uint8Array(readFileSync(EVENTS));
const members = [
  plain.subarray(0, 100),
  new Uint8Array(0),
  plain.subarray(100, 5000),
  plain.subarray(5000),
].map((part) => gzipSync(part));
/** `zstd case_rwf.ioev`; its first 5000 bytes, a frame to skip, an empty frame and the rest. */
const [ZSTD, FRAMES] = [zstd('case_rwf.ioev'), zstd('case_rwf.frames.ioev')];
const HOW: readonly (readonly [string, Uint8Array, 'gzip' | 'zstd'])[] = [
  ['gzip', gzipSync(plain), 'gzip'],
  ['gzip -0', gzipSync(plain, { level: 0 }), 'gzip'],
  ['gzip -9', gzipSync(plain, { level: 9 }), 'gzip'],
  ['gzip of four members, one empty', Buffer.concat(members), 'gzip'],
  ['zstd', ZSTD, 'zstd'],
  ['zstd of several frames', FRAMES, 'zstd'],
];
const SOURCES: readonly (readonly [string, (bytes: Uint8Array) => Source])[] = [
  ['a path', (bytes) => file('dump', bytes)],
  ['bytes', (bytes) => bytes],
  [
    'a web stream',
    (bytes) => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() as ReadableStream<Uint8Array>,
  ],
  ['a Node stream', (bytes) => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)])],
  ['single bytes', (bytes) => pieces(bytes, 1)],
];

interface Outcome {
  readonly res: readonly bigint[];
  readonly error: unknown;
}

/** Reads to the end or the fault, with a time limit. */
async function outcomeOf(source: Source, host: Host = nodeHost): Promise<Outcome> {
  const res: bigint[] = [];
  const read = async () => {
    for await (const batch of open(source, { kind: 'io_event' })) res.push(...batch.columns.res);
  };
  useHost(host);
  const error = await soon(read()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  useHost(nodeHost);
  return { res, error };
}

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

describe.each(HOW)('%s', (_, packed, compression) => {
  test.each(SOURCES)('from %s', async (_, source) => {
    expect(await outcomeOf(source(packed))).toEqual({ res: resOf(plain), error: undefined });
    const statistics = ({ inputs, ...json }: SummaryJson) => ({
      ...json,
      inputs: inputs.map((input) => ({ ...input, file: '' })),
    });
    expect(statistics((await summarize(source(packed))).toJSON())).toEqual(
      statistics((await summarize(plain)).toJSON()),
    );
    expect(await inspect(source(packed))).toMatchObject({
      compression,
      kind: 'io_event',
      bytes: 10560,
      records: 330,
      tornBytes: 0,
    });
  });

  test('on the command line, and through the door of every runtime', async () => {
    const expected = printed(['print', '--json', EVENTS]);
    expect(printed(['print', '--json', file('dump.z', packed)])).toBe(expected);
    expect(
      printed(['print', '--json', '--kind', 'io_event', '--compression', 'auto', '-'], {
        input: packed,
      }),
    ).toBe(expected);
    expect(await outcomeOf(packed, webHost)).toEqual({ res: resOf(plain), error: undefined });
  });

  test('as it is', async () => {
    const { inputs } = (
      await summarize(packed, { kind: 'io_event', compression: 'none' })
    ).toJSON();
    expect(inputs).toMatchObject([{ bytes: packed.byteLength, tornBytes: packed.byteLength % 32 }]);
    const text = printed(
      ['summary', '--json', '--kind', 'io_event', '--compression', 'none', '-'],
      { input: packed },
    );
    expect((JSON.parse(text) as SummaryJson).inputs[0].bytes).toBe(packed.byteLength);
  });
});

describe('records that begin like a compressed file', () => {
  test.each([
    ['gzip', 0x08_8b1fn],
    ['zstd', 0xfd2f_b528n],
  ])('%s: an error, unless the bytes are taken as they are', async (name, data) => {
    const bytes = encode(
      Array.from({ length: 9 }, (_, i) => ({ data, obj: 0x7f0000001000n, res: i })),
      { kind: 'io_event' },
    );
    const path = file(`${name}.ioev`, bytes);
    const { status, stdout, stderr } = aioscope(['summary', '--kind', 'io_event', '--json', path]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^aioscope: error: .*${name} data (is corrupt|ends too early)`),
    );
    const text = printed([
      'summary',
      '--json',
      '--kind',
      'io_event',
      '--compression',
      'none',
      path,
    ]);
    expect((JSON.parse(text) as SummaryJson).io_event?.records).toBe(9);
    expect(
      await inspect(path, { kind: 'io_event', layout: 'bare', compression: 'none' }),
    ).toMatchObject({ compression: null, bytes: 288 });
  });

  // The error has no advice yet.
  test('the error has advice on how to read them', async () => {
    const bytes = encode([{ data: 0x08_8b1fn, obj: 4096 }], { kind: 'io_event' });
    await expect(summarize(bytes, { kind: 'io_event' })).rejects.toThrow(/compression.*none/);
  });

  test.each([1, 2, 3])('but %i bytes of the zstd magic are read as they are', async (bytes) => {
    expect(await outcomeOf(ZSTD.subarray(0, bytes))).toEqual({ res: [], error: undefined });
  });
});

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
    const { status, stdout, stderr } = aioscope(['print', '--kind', 'io_event', '--ndjson', path]);
    expect({ status, lines: stdout.split('\n').length - 1 }).toEqual({
      status: 1,
      lines: Math.floor(known(cut) / 32),
    });
    expect(stderr).toMatch(
      `aioscope: error: ${path}: gzip data ends too early, at compressed byte ${at}, after ${known(cut)} bytes of records: `,
    );
    expect(aioscope(['summary', path])).toMatchObject({ status: 1, stdout: '' });
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
  const vectors = bytesOf(fixture('case_vec.ioev')).subarray(0, 32 * 600);
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
      records: 600,
      hangs: false,
    });
  });
});
