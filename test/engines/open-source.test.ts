// Is a source opened once, closed whatever goes wrong, and read by one reader only?
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { nodeHost } from '../../src/host/node/host.ts';
import {
  type ByteSource,
  encode,
  findRings,
  inspect,
  type Opened,
  open,
  openSource,
  type Source,
  summarize,
} from '../../src/node.ts';
import { soon } from '../support/events.ts';

vi.mock('node:worker_threads', async (original) => ({
  ...(await original<object>()),
  Worker: class {
    constructor() {
      throw new Error('no more threads');
    }
  },
}));

const RECORDS = 100;
const bytes = encode(
  Array.from({ length: RECORDS }, (_, i) => ({ data: i, obj: 2 ** 46 + 64 * i, res: 4096 })),
  { kind: 'io_event' },
);
const blob = new Blob([new Uint8Array(bytes)]);
const IO_EVENT = { kind: 'io_event' } as const;
const LONG = 2 ** 28;

const traced = readFileSync(new URL('../fixtures/captures/case_poll.iocb88', import.meta.url));

const path = join(tmpdir(), `aioscope-open-${process.pid}.ioev`);
writeFileSync(path, bytes);
afterAll(() => rmSync(path));

/** A source that counts how often it is closed; `over` replaces its members. */
function counted(chunk: Uint8Array, over: Partial<ByteSource> = {}) {
  let position = 0;
  const state = { closed: 0 };
  const source: ByteSource = {
    name: 'counted',
    byteLength: chunk.byteLength,
    read(target) {
      const part = chunk.subarray(position, position + target.byteLength);
      target.set(part);
      position += part.byteLength;
      return part.byteLength;
    },
    close() {
      state.closed += 1;
    },
    ...over,
  };
  return { state, source };
}

/** The number of records that a source or a reader delivers. */
async function count(source: Source | Opened, options: object = {}): Promise<number> {
  let records = 0;
  for await (const batch of open(source as Opened, options)) records += batch.length;
  return records;
}

const isOpen = () =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });

const fails = () => {
  throw new Error('boom');
};

describe('an opened source', () => {
  test('has the name, length, offset and format of what was opened', async () => {
    const { source } = counted(bytes, { byteOffset: 64 });
    const opened = await openSource(source);
    expect(opened).toMatchObject({ name: 'counted', length: bytes.byteLength, offset: 64 });
    expect(opened).toMatchObject({ compression: null, doubt: null });
    expect(opened.schema).toMatchObject({ kind: 'io_event', endian: 'little', stride: 32 });
    expect(opened.evidence.length).toBeGreaterThan(0);
    await opened.close();
    const given = await openSource(bytes, IO_EVENT);
    expect(given).toMatchObject({ name: 'memory', offset: 0, evidence: [], doubt: null });
    expect(await openSource(given, { kind: 'iocb' })).toBe(given);
  });

  test('decompressed, its length is unknown, and it can be opened again', async () => {
    const opened = await openSource(gzipSync(bytes));
    expect(opened).toMatchObject({ compression: 'gzip', length: undefined, offset: 0 });
    expect(await count(opened)).toBe(RECORDS);
    const again = opened.reopen();
    expect(again?.schema).toBe(opened.schema);
    expect(again?.evidence).toBe(opened.evidence);
    expect(await count(again as Opened)).toBe(RECORDS);
    expect(await count(again?.reopen() as Opened)).toBe(RECORDS);
  });

  test('of a stream cannot be opened again', async () => {
    expect((await openSource([bytes], IO_EVENT)).reopen()).toBeUndefined();
  });

  test('doubts a guess from little data', async () => {
    const opened = await openSource(traced.subarray(0, 2 * 88));
    expect(opened.doubt).toMatch(
      /^memory: the detected format is doubtful: iocb, little-endian, ts:/,
    );
  });

  test('is read once: a second reader fails and leaves the first one alone', async () => {
    const { state, source } = counted(bytes);
    const opened = await openSource(source, IO_EVENT);
    const first = open(opened, { batchSize: 10 })[Symbol.asyncIterator]();
    expect((await first.next()).value?.length).toBe(10);
    for (const second of [() => count(opened), () => summarize(opened)])
      await expect(second()).rejects.toMatchObject({ code: 'AIOSCOPE_SOURCE' });
    expect(() => opened.take()).toThrow('counted has been read');
    expect(state.closed).toBe(0);
    expect((await first.next()).value?.firstIndex).toBe(10);
    await first.return(undefined);
    expect(state.closed).toBe(1);
  });

  test('so is one that is long enough for threads', async () => {
    const { state, source } = counted(bytes, { byteLength: LONG, origin: 0 });
    const opened = await openSource(source, IO_EVENT);
    opened.take();
    await expect(count(opened, { workers: 2 })).rejects.toThrow('has been read');
    await expect(summarize(opened, { workers: 2 })).rejects.toThrow('has been read');
    expect(state.closed).toBe(0);
  });
});

describe('a source is closed', () => {
  const unknown = Uint8Array.from(bytes, (_, i) => (i * 137) ^ (i >>> 3));
  const aborted = AbortSignal.abort(new Error('enough'));
  test.each<[string, Uint8Array, Partial<ByteSource>, object, string]>([
    ['not recognized', unknown, {}, {}, 'not recognized'],
    ['not readable', bytes, { read: fails }, IO_EVENT, 'boom'],
    ['aborted', bytes, {}, { ...IO_EVENT, signal: aborted }, 'enough'],
    [
      'aborted while it waits',
      bytes,
      { read: () => new Promise<number>(() => {}) },
      IO_EVENT,
      'timeout',
    ],
    ['wrong by its options', bytes, {}, { layout: 'nosuch' }, 'nosuch'],
    ['wrong by its conditions', bytes, {}, { ...IO_EVENT, where: ['nope=1'] }, 'nope'],
    ['wrong by its engine', bytes, {}, { ...IO_EVENT, engine: 'none' }, 'none'],
    ['corrupt', gzipSync(bytes).fill(255, 10), {}, {}, 'corrupt'],
  ])('if it is %s', async (_, chunk, over, options, message) => {
    const { state, source } = counted(chunk, over);
    const signal = message === 'timeout' ? { signal: AbortSignal.timeout(20) } : {};
    const summarized = summarize(source, { ...options, ...signal });
    await expect(summarized).rejects.toThrow(message);
    expect(state.closed).toBe(1);
  });

  test('if its ranges cannot be shared out, or no thread starts', async () => {
    const fd = openSync(path, 'r');
    const long = { byteLength: LONG, origin: fd };
    const unfit = counted(bytes, long);
    const where = ['nope=1'];
    await expect(summarize(unfit.source, { ...IO_EVENT, where, workers: 2 })).rejects.toThrow();
    expect(unfit.state.closed).toBe(1);
    // The calling thread reads the ranges: the descriptor's file is shorter than it is said to be.
    const ranges = counted(bytes, long);
    const summarized = summarize(ranges.source, { ...IO_EVENT, workers: 2 });
    await expect(summarized).rejects.toMatchObject({ code: 'AIOSCOPE_SHRANK' });
    expect(ranges.state.closed).toBe(1);
    // Batches it reads from the source.
    const { state, source } = counted(bytes, long);
    expect(await count(source, { ...IO_EVENT, workers: 2 })).toBe(RECORDS);
    expect(state.closed).toBe(1);
    closeSync(fd);
  });

  test('and the fault of closing does not hide why', async () => {
    const read = () => {
      throw new Error('first');
    };
    const { source } = counted(bytes, { read, close: fails });
    await expect(count(source, IO_EVENT)).rejects.toThrow('first');
    await expect(summarize(source)).rejects.toThrow('first');
    expect(await count(counted(bytes, { close: fails }).source, IO_EVENT)).toBe(RECORDS);
  });

  test('as a file, too', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux lists the open files in /proc');
    const reading = open(path, { ...IO_EVENT, batchSize: 1 })[Symbol.asyncIterator]();
    await reading.next();
    expect(isOpen()).toBe(true);
    await reading.return(undefined);
    expect(isOpen()).toBe(false);
    await expect(summarize(path, { where: ['nope=1'] })).rejects.toThrow('nope');
    await expect(openSource(path, { layout: 'nosuch' })).rejects.toThrow('nosuch');
    await expect(openSource(path, { signal: aborted })).rejects.toThrow('enough');
    await inspect(path);
    for await (const _ of findRings(path)) break;
    expect(isOpen()).toBe(false);
  });
});

test('a long blob has no descriptor for threads: the calling thread reads it', async () => {
  const { source } = counted(bytes, { byteLength: LONG, origin: blob });
  expect(await count(source, { ...IO_EVENT, workers: 2 })).toBe(RECORDS);
  const again = counted(bytes, { byteLength: LONG, origin: blob }).source;
  expect((await summarize(again, { ...IO_EVENT, workers: 2 })).inputs[0].records).toBe(RECORDS);
});

test('a file of exactly 256 MiB is shared out, one byte less is not', async () => {
  const job = {
    parts: [{ name: 'summary', options: {} }],
    options: {},
    take() {},
    isExact: () => true,
  } as const;
  const fd = openSync(path, 'r');
  for (const [byteLength, isShared] of [
    [LONG, true],
    [LONG - 1, false],
  ] as const) {
    const { source } = counted(bytes, { byteLength, origin: fd });
    const opened = await openSource(source, IO_EVENT);
    const notRead = { isRead: false, workersReason: null };
    expect(await nodeHost.readOnWorkers?.(opened, { ...job, workers: 1 })).toEqual(notRead);
    const read = Promise.resolve(nodeHost.readOnWorkers?.(opened, { ...job, workers: 2 }));
    // The ranges of a shared file are read, by whichever thread; the file is shorter than said.
    if (isShared) await expect(read).rejects.toMatchObject({ code: 'AIOSCOPE_SHRANK' });
    else expect(await read).toEqual(notRead);
  }
  closeSync(fd);
});

test('a compressed pipe that stays open is recognized by its first MiB of records', async () => {
  const gzip = createGzip();
  const many = new Uint8Array(2 ** 21);
  for (let at = 0; at < many.byteLength; at += bytes.byteLength)
    many.set(bytes.subarray(0, many.byteLength - at), at);
  gzip.write(many);
  gzip.flush();
  const opened = await soon(openSource(gzip));
  expect(opened).toMatchObject({ compression: 'gzip', schema: { kind: 'io_event' } });
  gzip.end();
  expect(await count(opened)).toBe(many.byteLength / 32);
});

test('an offset that a source starts at is part of its faults', async () => {
  const at = (options: object) => openSource(counted(bytes, { byteOffset: 64, ...options }).source);
  await expect(at({ read: fails })).rejects.toMatchObject({ byteOffset: 64 });
  let reads = 0;
  const read = (target: Uint8Array) => (reads++ === 0 ? target.fill(255, 0, 4).length : fails());
  await expect(at({ read })).rejects.toMatchObject({ byteOffset: 68 });
});
