// Do truncated zstd, failing sources and decompression bombs end as they should?
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { inspect, type Kind, open, type SummaryJson, summarize } from '../src/node.ts';
import { environment, fixture, main } from './support/cli.ts';
import { pieces, soon } from './support/events.ts';
import { TELL_PEAK } from './support/peak.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-compression-fault-'));
afterAll(() => rmSync(folder, { recursive: true }));

const packed = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`fixtures/${name}.zst`, import.meta.url)));
const EVENTS = readFileSync(fixture('case_rwf.ioev'));

interface Outcome {
  readonly records: number;
  readonly error: unknown;
}

/** Reads to the end or the fault, with a time limit. */
async function outcomeOf(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  kind: Kind,
): Promise<Outcome> {
  let records = 0;
  const read = async () => {
    for await (const { length } of open(source, { kind })) records += length;
  };
  const error = await soon(read()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { records, error };
}

describe('zstd that is cut', () => {
  // `zstd case_vec.iocb`: the first of its two blocks ends here, the second 4 bytes before the end.
  const blocks = packed('case_vec.iocb');
  const second = 23010;
  const bytesAt = (at: number) => (at < second ? 0 : at < blocks.byteLength - 4 ? 131072 : 256000);
  const edges = [second, blocks.byteLength - 4].flatMap((edge) => [edge - 1, edge, edge + 1]);

  test.each([4, 5, 9, 10, 100, 10_000, ...edges, 30_000, 45_000, blocks.byteLength - 1])(
    'at byte %i',
    async (at) => {
      const { records, error } = await outcomeOf(blocks.subarray(0, at), 'iocb');
      expect(records).toBe(bytesAt(at) / 64);
      expect(error).toMatchObject({
        code: 'AIOSCOPE_COMPRESSION',
        byteOffset: bytesAt(at),
        message: expect.stringMatching(
          `^memory: zstd data ends too early, at compressed byte ${at}, after ${bytesAt(at)} bytes of records: `,
        ),
      });
      await expect(summarize(blocks.subarray(0, at), { kind: 'iocb' })).rejects.toMatchObject({
        code: 'AIOSCOPE_COMPRESSION',
      });
    },
  );

  test('at any byte of one block, in pieces', async () => {
    const one = packed('case_rwf.ioev');
    for (let at = 4; at < one.byteLength; at++) {
      const { records, error } = await outcomeOf(pieces(one.subarray(0, at), 50), 'io_event');
      expect(records).toBe(at < one.byteLength - 4 ? 0 : 330);
      expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION', byteOffset: records * 32 });
    }
  });

  test('between frames: what the first has', async () => {
    const frames = packed('case_rwf.frames.ioev');
    const { records, error } = await outcomeOf(frames.subarray(0, 172), 'io_event');
    expect({ records, error }).toEqual({ records: Math.floor(5000 / 32), error: undefined });
  });
});

describe('zstd that is corrupt', () => {
  const one = packed('case_rwf.ioev');
  test('ends in time, and its errors are coded', async () => {
    for (let at = 4; at < one.byteLength; at++) {
      const corrupt = Buffer.from(one);
      corrupt[at] ^= 0xff;
      const { error } = await outcomeOf(corrupt, 'io_event');
      if (error !== undefined) expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
    }
  });

  test('is an error anywhere behind the header; in the check at its end, after all records', async () => {
    for (let at = 9; at < one.byteLength; at++) {
      const corrupt = Buffer.from(one);
      corrupt[at] ^= 1;
      const { records, error } = await outcomeOf(corrupt, 'io_event');
      expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
      if (at >= one.byteLength - 4)
        expect({ records, error }).toMatchObject({ records: 330, error: { byteOffset: 10560 } });
    }
  });

  test('by what follows it: after all records', async () => {
    const { records, error } = await outcomeOf(
      Buffer.concat([one, Buffer.from('more bytes')]),
      'io_event',
    );
    expect(records).toBe(330);
    expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION', byteOffset: 10560 });
  });

  // Parallel compressors begin with a skippable frame.
  test('is not zstd that begins with a frame to skip', async () => {
    const skip = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    expect(await inspect(Buffer.concat([skip, one]))).toMatchObject({
      compression: 'zstd',
      records: 330,
    });
  });
});

describe('a source that fails keeps its error', () => {
  const fire = new Error('disk on fire');
  const fails = (): never => {
    throw fire;
  };
  const gz = gzipSync(EVENTS, { level: 0 });

  // Header and block length have 15 bytes; the records follow uncompressed.
  test.each([
    ['in nothing', new Uint8Array(0), 0],
    ['in the magic of gzip', gz.subarray(0, 2), 2],
    ['behind the magic of gzip', gz.subarray(0, 4), 0],
    ['in gzip', gz.subarray(0, 15 + 100), 100],
    ['at the end of gzip', gz, 10560],
    ['in zstd', packed('case_rwf.ioev').subarray(0, 99), 0],
    ['at the end of zstd', packed('case_rwf.ioev'), 10560],
    ['in records', EVENTS.subarray(0, 70), 70],
    ['at the end of records', EVENTS, 10560],
  ])('%s', async (_, bytes, byteOffset) => {
    const failure = { code: 'AIOSCOPE_READ', byteOffset, cause: fire };
    for (const size of [3, 50, 99_999]) {
      const { records, error } = await outcomeOf(pieces(bytes, size, fails), 'io_event');
      expect(records).toBe(Math.floor(byteOffset / 32));
      expect(error).toMatchObject(failure);
      await expect(
        summarize(pieces(bytes, size, fails), { kind: 'io_event' }),
      ).rejects.toMatchObject(failure);
      // If enough bytes precede it to recognize the records, no kind is needed.
      if (byteOffset >= 64)
        await expect(summarize(pieces(bytes, size, fails))).rejects.toMatchObject(failure);
    }
  });

  // During detection the fault is thrown unchanged, or ends the sample.
  test.each([0, 40])('without a kind, at byte %i', async (at) => {
    const failure = { code: 'AIOSCOPE_READ', byteOffset: at };
    await expect(summarize(pieces(EVENTS.subarray(0, at), 7, fails))).rejects.toMatchObject(
      failure,
    );
  });

  test.each([0, 40, 10560])('and inspect, at byte %i', async (at) => {
    await expect(inspect(pieces(EVENTS.subarray(0, at), 7, fails))).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      byteOffset: at,
    });
  });

  test.each([3, 40, 10560])('of a file of known size, to inspect, at byte %i', async (at) => {
    let read = 0;
    const source = {
      name: 'failing',
      byteLength: EVENTS.byteLength,
      read(target: Uint8Array) {
        if (read === at) fails();
        const part = EVENTS.subarray(read, Math.min(at, read + target.byteLength));
        target.set(part);
        read += part.byteLength;
        return part.byteLength;
      },
      close() {},
    };
    await expect(inspect(source)).rejects.toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: at });
  });

  test('behind the first megabyte, to inspect', async () => {
    const long = Buffer.concat(Array.from({ length: 120 }, () => EVENTS));
    await expect(inspect(pieces(long, 65536, fails))).rejects.toThrow('disk on fire');
    const failure = { code: 'AIOSCOPE_READ', byteOffset: long.byteLength };
    await expect(summarize(pieces(long, 65536, fails))).rejects.toMatchObject(failure);
  });
});

test('a bomb, 1 GiB of zeros in a megabyte of gzip, stays under 150 MB', async () => {
  const path = join(folder, 'bomb.gz');
  const gzip = createGzip();
  const file = gzip.pipe(createWriteStream(path)).on('error', (error) => gzip.destroy(error));
  const zeros = new Uint8Array(2 ** 22);
  for (let i = 0; i < 256; i++) if (!gzip.write(zeros)) await once(gzip, 'drain');
  gzip.end();
  await finished(file);
  expect(statSync(path).size).toBeLessThan(2 ** 21);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...TELL_PEAK, main, 'summary', '--kind', 'io_event', '--json', path],
    {
      encoding: 'utf8',
      env: environment(),
    },
  );
  expect({ status, megabytes: Number(stderr) / 1024 < 150 || stderr }).toEqual({
    status: 0,
    megabytes: true,
  });
  expect((JSON.parse(stdout) as SummaryJson).io_event?.records).toBe(2 ** 25);
}, 120_000);
