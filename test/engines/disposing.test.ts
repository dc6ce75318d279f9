// Does a reader that is told to end close its source, and a disposed batch refuse to be read?
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type BatchStream, decode, open, openPairs } from '../../src/node.ts';
import { fixture } from '../support/cli.ts';
import { randomBytes } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-dispose-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kind = 'io_event';
const bytes = randomBytes(32 * 20_000);
const path = join(folder, 'dump.ioev');
writeFileSync(path, bytes);
/** A copy of a capture: tests of the same process may have the capture itself open. */
function copyOf(name: string): string {
  copyFileSync(fixture(name), join(folder, name));
  return join(folder, name);
}
const IOCBS = copyOf('fio_nowait.iocb88');
const EVENTS = copyOf('fio_nowait.ioev56');

/** Whether this process has any of these files open. */
function areOpen(...files: string[]): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return files.includes(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

interface Closable extends BatchStream {
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
const STREAMS: readonly (readonly [string, () => Promise<Closable>, string[]])[] = [
  ['a reader', async () => open(path, { kind }), [path]],
  ['a reader that is ready', () => open(path, { kind }).ready(), [path]],
  ['a reader of a format to be detected', () => open(EVENTS).ready(), [EVENTS]],
  ['pairs', () => openPairs(IOCBS, EVENTS), [IOCBS, EVENTS]],
];

describe.each(STREAMS)('%s', (_, start, files) => {
  beforeEach(({ skip }) => skip(process.platform !== 'linux', 'open files are seen in /proc'));

  const ends = [
    ['close', (stream: Closable) => stream.close()],
    ['Symbol.asyncDispose', (stream: Closable) => stream[Symbol.asyncDispose]()],
  ] as const;

  test.each(ends)('by %s before a batch', async (__, end) => {
    const stream = await start();
    await end(stream);
    await end(stream);
    expect(areOpen(...files)).toBe(false);
    const reading = async () => {
      for await (const batch of stream) return batch;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'AIOSCOPE_SOURCE' });
  });

  test.each(ends)('by %s between batches', async (__, end) => {
    const stream = await start();
    const batches = stream[Symbol.asyncIterator]();
    const batch = (await batches.next()).value;
    expect(areOpen(...files)).toBe(true);
    await end(stream);
    expect(areOpen(...files)).toBe(false);
    expect(() => batch.columns).toThrow('valid until');
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test.each(ends)('by %s in the loop, and after it', async (__, end) => {
    const stream = await start();
    let batches = 0;
    for await (const batch of stream) {
      expect(batch.length).toBeGreaterThan(0);
      batches += 1;
      await end(stream);
    }
    await end(stream);
    expect(batches).toBe(1);
    expect(areOpen(...files)).toBe(false);
  });
});

test('a source of chunks is closed too, begun or not', async () => {
  for (const isBegun of [false, true]) {
    let isClosed = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.slice(0, 3200)),
      cancel() {
        isClosed = true;
      },
    });
    const reader = open(stream, { kind, batchSize: 10 });
    if (isBegun) await reader[Symbol.asyncIterator]().next();
    await reader.close();
    expect(isClosed).toBe(true);
  }
});

test('a disposed batch is stale, the reader goes on, and a copy is disposed by itself', async () => {
  let records = 0;
  for await (const batch of open(bytes, { kind, batchSize: 7000 })) {
    const copy = batch.copy();
    const cursor = batch.cursor();
    batch[Symbol.dispose]();
    const message = 'this batch was disposed; take what you need from it before that';
    for (const use of [
      () => batch.columns,
      () => batch.at(0),
      () => batch.copy(),
      () => cursor.next(),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'AIOSCOPE_STALE', message }));
    records += copy.length;
    expect(copy.at(0)).toBeDefined();
    copy[Symbol.dispose]();
    expect(() => copy.at(0)).toThrow(message);
  }
  expect(records).toBe(20_000);
  const decoded = decode(bytes, { kind });
  decoded[Symbol.dispose]();
  expect(() => decoded.columns).toThrow('disposed');
});
