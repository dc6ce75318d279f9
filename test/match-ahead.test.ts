// Does a match with a thread that decodes ahead give what one thread gives, whatever it is asked?
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { generate } from '../src/generate/index.ts';
import { nodeHost } from '../src/host/node/host.ts';
import type * as door from '../src/node.ts';
import { BlockReader } from '../src/stream/block-reader.ts';
import { openSource } from '../src/stream/open-source.ts';
import type { Reading } from '../src/stream/reading.ts';
import { built, taken, withThreads } from './support/ahead.ts';
import { expectSame } from './support/same.ts';

const { encode, match, open, openPairs, openRequests, report } = built;

const folder = mkdtempSync(join(tmpdir(), 'aioscope-ahead-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Some fillings of a reader more than it reads before a thread may begin. */
const RECORDS = 150_000;
const made = (kind: 'iocb' | 'io_event'): Buffer =>
  Buffer.concat([...generate({ kind, layout: 'traced', records: RECORDS })]);
const [submitted, completed] = [made('iocb'), made('io_event')];

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
// The last bytes of both are not a record.
const TORN = Buffer.alloc(13, 7);
const paths = [
  file('iocb', Buffer.concat([submitted, TORN])),
  file('ioev', Buffer.concat([completed, TORN])),
] as const;

/** The records of a stream in another layout. */
async function rewritten(
  bytes: Uint8Array,
  kind: 'iocb' | 'io_event',
  format: { layout: string; endian: 'little' | 'big' },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const batch of open(bytes, { kind, layout: 'traced' })) {
    const records = Array.from({ length: batch.length }, (_, i) => batch.at(i));
    parts.push(encode(records as never, { kind, ...format }));
  }
  return Buffer.concat(parts);
}

/** Swaps records that are near each other, as streams that threads share have them. */
function shuffled(bytes: Buffer, stride: number): Buffer {
  const mixed = Buffer.from(bytes);
  for (let at = 0; at + 8 * stride <= bytes.length; at += 7 * stride) {
    bytes.copy(mixed, at, at + 3 * stride, at + 4 * stride);
    bytes.copy(mixed, at + 3 * stride, at, at + stride);
  }
  return mixed;
}

const json = async (
  files: readonly [string, string],
  options: door.MatchOptions,
): Promise<unknown> => (await match(files[0], files[1], options)).toJSON();

/** Expects the same result with a thread, and that the thread has decoded blocks of both. */
async function expectAlike(
  files: readonly [string, string],
  options: door.MatchOptions,
): Promise<void> {
  const one = await json(files, { ...options, workers: 1 });
  expectSame(await withThreads(() => json(files, options)), one);
  expect(Math.min(...taken)).toBeGreaterThan(0);
}

describe('the same result', () => {
  test.each<door.MatchOptions>([
    {},
    { engine: 'js' },
    { slowest: 20, open: 100 },
    { where: ['latency>100us and fd>=0'], slowest: 5 },
    { order: 'counting' },
    { from: '+1ms', to: '+50ms' },
    { refused: [0, 5, 70_000, 149_999] },
    { dedupe: true },
    { tsUnit: 'us' },
    { clockOffset: '1us' },
    { clockOffset: 'auto' },
    { compression: 'none', submissions: { layout: 'traced', endian: 'little' } },
  ])('with %o', (options) => expectAlike(paths, options));

  test('of records out of order', () =>
    expectAlike(
      [file('iocb.s', shuffled(submitted, 88)), file('ioev.s', shuffled(completed, 56))],
      {},
    ));

  test.each([
    { layout: 'traced', endian: 'big' },
    { layout: 'ts:u64,pid:u16,tid:u16,addr:u64,record', endian: 'little' },
  ] as const)('of %o', async (format) => {
    const files = [
      file('iocb.f', await rewritten(submitted, 'iocb', format)),
      file('ioev.f', await rewritten(completed, 'io_event', format)),
    ] as const;
    await expectAlike(files, { submissions: format, completions: format });
  });

  test('of pairs, of requests without a completion, and of a report', async () => {
    const all = async (options: { workers?: number }) => {
      const pairs: unknown[] = [];
      for await (const { columns, length } of await openPairs(...paths, options))
        pairs.push(columns.latencyNs[length - 1], columns.submissionIndex[0], length);
      for await (const { columns } of await openRequests(...paths, options))
        pairs.push([...(columns.submissionIndex as BigUint64Array)]);
      return [pairs, (await report(...paths, {})).toJSON()];
    };
    const one = await all({ workers: 1 });
    expectSame(await withThreads(() => all({})), one);
    expect(Math.min(...taken)).toBeGreaterThan(0);
  });

  test('of sources that no thread reads: compressed, in memory, in parts, a pipe', async () => {
    const one = await match(submitted, completed);
    const { inputs: _, ...rest } = one.toJSON();
    const half = 88 * (RECORDS / 2);
    const parts = [
      file('iocb.0', submitted.subarray(0, half)),
      file('iocb.1', submitted.subarray(half)),
      file('ioev.0', completed),
    ];
    await withThreads(async () => {
      const results = [
        await match(file('iocb.gz', gzipSync(submitted, { level: 1 })), completed),
        await match(submitted, completed),
        await match(parts),
        await match(createReadStream(join(folder, 'iocb.0')), join(folder, 'ioev.0')),
      ].map((result) => result.toJSON());
      for (const { inputs: _inputs, ...result } of results.slice(0, 3))
        expect(result).toEqual(rest);
      expect(results[3].inputs[0].records).toBe(RECORDS / 2);
    });
    expect(taken).toEqual([0, 0]);
  });
});

test('reports the same progress', async () => {
  const steps = async (options: door.MatchOptions) => {
    const all: door.Progress[] = [];
    await json(paths, { ...options, onProgress: (progress) => all.push(progress) });
    return all;
  };
  const one = await steps({ workers: 1 });
  expect(await withThreads(() => steps({}))).toEqual(one);
});

test('a FileHandle is read by the thread, stays open, and is missed if it is closed', async () => {
  const handles = await Promise.all(paths.map((path) => openFile(path)));
  onTestFinished(async () => {
    for (const handle of handles) if (handle.fd >= 0) await handle.close();
  });
  const run = (onProgress?: () => void) =>
    withThreads(async () => (await match(handles[0], handles[1], { onProgress })).toJSON());
  const { inputs: _, ...one } = (await match(...paths, { workers: 1 })).toJSON();
  const { inputs: _i, ...result } = await run();
  expect(result).toEqual(one);
  expect(Math.min(...taken)).toBeGreaterThan(0);
  const closing = run(() => {
    if (taken[0] > 0 && handles[0].fd >= 0) void handles[0].close();
  });
  await expect(closing).rejects.toMatchObject({
    code: 'AIOSCOPE_SOURCE',
    message: expect.stringMatching(/^the FileHandle is closed/),
  });
});

test('an abort ends the match and closes its files', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux lists the open files in /proc');
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => {
    if (taken[0] > 0) controller.abort(reason);
  };
  const run = () => match(...paths, { signal: controller.signal, onProgress });
  await expect(withThreads(run)).rejects.toBe(reason);
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return paths.some((path) => readlinkSync(`/proc/self/fd/${fd}`) === path);
      } catch {
        return false;
      }
    });
  await expect.poll(isOpen).toBe(false);
});

test('a time that cannot be converted is the same error in the middle', async () => {
  const late = Buffer.from(submitted);
  late.writeBigUInt64LE(2n ** 63n, 88 * 120_000);
  const files = [file('iocb.late', late), paths[1]] as const;
  const options = { tsUnit: 'us', submissions: { layout: 'traced', endian: 'little' } } as const;
  const faultOf = (workers?: number) =>
    match(...files, { ...options, workers }).then(
      () => 'no error',
      ({ code, message }: door.AioscopeError) => ({ code, message }),
    );
  const one = await faultOf(1);
  expect(one).toMatchObject({ code: 'AIOSCOPE_OPTION' });
  expect(await withThreads(() => faultOf())).toEqual(one);
  expect(taken[0]).toBeGreaterThan(0);
});

test.each([
  ['passed', (reading: Reading) => reading.pass()],
  ['taken back', async (reading: Reading) => reading.goBack(1)],
])('a filling of a file that is closed by now is not %s', async (_, go) => {
  const handle = await openFile(paths[0]);
  const format = { kind: 'iocb', layout: 'traced', endian: 'little' } as const;
  const opened = await openSource(handle, format, nodeHost);
  const reading = await new BlockReader(opened, { batchSize: 1024 }).start();
  expect(await reading.next()).toBeGreaterThan(0);
  const { records } = reading.quality;
  await handle.close();
  const fault = {
    code: 'AIOSCOPE_SOURCE',
    message: expect.stringMatching(/^the FileHandle is closed/),
  };
  await expect(go(reading)).rejects.toMatchObject(fault);
  await expect(reading.next()).rejects.toMatchObject(fault);
  expect(reading.quality.records).toBe(records);
  await reading.close();
});

test.each([0, 1.5, 257])('workers cannot be %d', async (workers) => {
  await expect(match(...paths, { workers })).rejects.toMatchObject({ code: 'AIOSCOPE_OPTION' });
});
