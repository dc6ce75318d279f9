// Do several threads yield the batches of a file in order and whole, and its faults in their place?
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { identityOf, reasonAgainst } from '../src/host/node/file-identity.ts';
import type * as door from '../src/node.ts';

// Threads are started from JavaScript, so the build is tested.
const { encode, open, summarize } = (await import(
  new URL('../dist/node.js', import.meta.url).href
)) as typeof door;

const folder = mkdtempSync(join(tmpdir(), 'aioscope-threaded-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = 300 * 2 ** 20;
const LAYOUT = 'ts:u64,comm:char4,record';
const STRIDE = 44;
const RECORDS = Math.floor(SIZE / STRIDE);

/** A sparse file with a few records that hold their own index. */
function made(name: string): { path: string; marks: number[] } {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, SIZE);
  const marks = [0, 1, 90_111, 90_112, 95_325, 95_326, 1_000_000, RECORDS - 1];
  for (const i of marks)
    writeSync(
      fd,
      encode([{ ts: BigInt(i), comm: 'mark', data: BigInt(i) }], {
        kind: 'io_event',
        layout: LAYOUT,
      }),
      0,
      STRIDE,
      i * STRIDE,
    );
  closeSync(fd);
  return { path, marks };
}

const { path, marks } = made('dump');
const OPTIONS = { kind: 'io_event', layout: LAYOUT, workers: 3 } as const;

/** The file of a descriptor of this process; undefined if it has been closed meanwhile. */
function readlink(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

/** The indexes of the records that are not all zeros, and the number of records. */
async function found(reader: door.RecordReader<'io_event'>) {
  const all: number[] = [];
  let records = 0;
  for await (const { columns, length, firstIndex } of reader) {
    expect(firstIndex).toBe(records);
    const ts = columns.ts as BigUint64Array;
    for (let i = 0; i < length; i++)
      if (ts[i] !== 0n || columns.comm[4 * i] !== 0) all.push(firstIndex + i);
    records += length;
  }
  return { all, records };
}

test.each([{}, { owned: true, batchSize: 1000 }, { batchSize: 100_000 }])(
  'in order, with %o',
  async (more) => {
    const reader = open(path, { ...OPTIONS, ...more });
    expect(await found(reader)).toEqual({ all: marks, records: RECORDS });
    const tornBytes = SIZE % STRIDE;
    expect(reader.quality).toEqual({
      bytes: SIZE,
      records: RECORDS,
      tornBytes,
      tornOffset: SIZE - tornBytes,
    });
    await expect(found(reader)).rejects.toMatchObject({ code: 'AIOSCOPE_SOURCE' });
  },
);

test('a batch is valid until the next step, and a copy stays valid', async () => {
  const kept: door.RecordBatch<'io_event'>[] = [];
  for await (const batch of open(pathToFileURL(path), OPTIONS))
    if (kept.push(batch, batch.copy()) === 6) break;
  expect(() => kept[0].columns).toThrow('valid until');
  expect(
    kept.filter((_, i) => i % 2 === 1).map(({ firstIndex, length }) => [firstIndex, length]),
  ).toEqual([
    [0, 8192],
    [8192, 8192],
    [16_384, 8192],
  ]);
});

/** What a program finds in the file. The code before it runs in each of its threads too. */
function foundAfter(before: string): object {
  const { kind, layout, workers } = OPTIONS;
  const program = `
    import { open, summarize } from ${JSON.stringify(new URL('../dist/node.js', import.meta.url).href)};
    const [path, options] = ${JSON.stringify([path, { kind, layout, workers }])};
    const reader = open(path, options);
    let records = 0;
    const reading = async () => {
      for await (const { length, firstIndex } of reader) {
        if (firstIndex !== records) throw new Error(firstIndex + ' follows ' + records);
        records += length;
      }
    };
    const faultOf = (work) => work.then(() => null, ({ code, byteOffset }) => [code, byteOffset]);
    const fault = await faultOf(reading());
    const { workersReason } = reader;
    const counting = await faultOf(summarize(path, options));
    console.log(JSON.stringify({ records, workersReason, fault, counting }));`;
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(before)}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS } },
  );
  return stdout === '' ? { error: stderr } : JSON.parse(stdout);
}

test.each([
  ['work', 'globalThis.isWell = true', null],
  ['die at once', 'process.exit(9)', 'its thread exited with 9'],
  ['die of an error', "throw new Error('bad day')", 'bad day'],
])('threads that %s: every record, once', (_, code, workersReason) => {
  const before = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) ${code};`;
  const whole = { records: RECORDS, workersReason, fault: null, counting: null };
  expect(foundAfter(before)).toEqual(whole);
});

// At the beginning, in a record, at the end of a chunk and of a range, and in the last record.
const CHUNK_BYTES = 12 * 8192 * STRIDE;
const RANGE_BYTES = Math.floor(2 ** 26 / STRIDE) * STRIDE;
test.each([0, STRIDE + 1, CHUNK_BYTES, RANGE_BYTES, SIZE - 1])(
  'a disk that fails at byte %i: every record before that, and no summary',
  (at) => {
    const before = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { readSync } = fs;
      fs.readSync = (fd, target, offset, length, position) => {
        if (position === ${at}) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
        const isBefore = typeof position === 'number' && position < ${at};
        return readSync(fd, target, offset, isBefore ? Math.min(length, ${at} - position) : length, position);
      };
      syncBuiltinESMExports();`;
    const fault = ['AIOSCOPE_READ', at];
    const records = Math.floor(at / STRIDE);
    expect(foundAfter(before)).toEqual({ records, workersReason: null, fault, counting: fault });
  },
);

describe('a FileHandle', () => {
  test('is read by threads, and stays open', async () => {
    const handle = await openFile(path);
    onTestFinished(() => handle.close());
    const reader = open(handle, OPTIONS);
    expect(await found(reader)).toEqual({ all: marks, records: RECORDS });
    expect(reader.workersReason).toBe(null);
    const { kind, layout } = OPTIONS;
    const summary = await summarize(handle, { kind, layout, workers: 3 });
    expect(summary.inputs[0].records).toBe(RECORDS);
    expect((await handle.stat()).size).toBe(SIZE);
  });

  test.each([true, false])(
    'that is closed while it is read is an error (reopened: %s)',
    async (again) => {
      const closed = {
        code: 'AIOSCOPE_SOURCE',
        message: expect.stringMatching(/^the FileHandle is/),
      };
      /** Closes it, and may give its number to another file. */
      const replace = async (handle: FileHandle): Promise<void> => {
        await handle.close();
        if (!again) return;
        const other = await openFile(path);
        onTestFinished(() => other.close());
      };
      const reading = async () => {
        const handle = await openFile(path);
        for await (const { firstIndex } of open(handle, OPTIONS))
          if (firstIndex === 0) await replace(handle);
      };
      await expect(reading()).rejects.toMatchObject(closed);
      const counting = async () => {
        const handle = await openFile(path);
        let closing: Promise<void> | undefined;
        const onProgress = () => {
          closing ??= replace(handle);
        };
        const { kind, layout } = OPTIONS;
        await summarize(handle, { kind, layout, workers: 3, onProgress }).finally(() => closing);
      };
      await expect(counting()).rejects.toMatchObject(closed);
    },
  );
});

test('a thread knows whether a descriptor is the same file in it', () => {
  const [fd, other] = [openSync(path, 'r'), openSync(folder, 'r')];
  const file = identityOf(fd);
  expect(reasonAgainst(fd, file)).toBe(null);
  expect(reasonAgainst(other, file)).toBe('threads do not share open files here');
  closeSync(fd);
  closeSync(other);
  expect(reasonAgainst(2 ** 20, file)).toMatch(/^threads do not share open files here: EBADF/);
});

test('short files and missing ones are read without threads', async () => {
  const short = join(folder, 'short');
  writeFileSync(short, encode([{ data: 7n }], { kind: 'io_event' }));
  const reader = open(short, { kind: 'io_event', workers: 2 });
  for await (const { columns } of reader) expect(columns.data[0]).toBe(7n);
  expect(reader.quality).toMatchObject({ bytes: 32, records: 1 });
  for (const nowhere of [
    join(folder, 'none'),
    join(short, 'below'),
    join(folder, 'n'.repeat(300)),
    join(folder, 'n\0'),
  ])
    await expect(found(open(nowhere, OPTIONS))).rejects.toMatchObject({ code: 'AIOSCOPE_READ' });
});

test('an abort before it begins leaves no file open', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux lists the open files in /proc');
  const isOpen = () => readdirSync('/proc/self/fd').some((fd) => readlink(fd) === path);
  for (const late of [false, true]) {
    const controller = new AbortController();
    if (!late) controller.abort(new Error('enough'));
    const all = found(open(path, { ...OPTIONS, signal: controller.signal }));
    controller.abort(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
    await expect.poll(isOpen).toBe(false);
  }
});

describe('a threaded reader', () => {
  test('fails if the file is truncated, after every whole record before that', async () => {
    const { path: victim } = made('victim');
    let records = 0;
    const all = async () => {
      for await (const { length } of open(victim, OPTIONS)) {
        if (records === 0) truncateSync(victim, 200 * 2 ** 20 + 7);
        records += length;
      }
    };
    await expect(all()).rejects.toMatchObject({
      code: 'AIOSCOPE_SHRANK',
      byteOffset: 200 * 2 ** 20 + 7,
    });
    expect(records).toBe(Math.floor((200 * 2 ** 20 + 7) / STRIDE));
  });

  test('stops at an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const all = async () => {
      for await (const _ of open(path, { ...OPTIONS, signal: controller.signal }))
        controller.abort(reason);
    };
    await expect(all()).rejects.toBe(reason);
  });

  test('reports its progress', async () => {
    const steps: door.Progress[] = [];
    await found(open(path, { ...OPTIONS, onProgress: (progress) => steps.push(progress) }));
    expect(steps.at(-1)).toMatchObject({ bytes: SIZE, records: RECORDS, totalBytes: SIZE });
  });
});
