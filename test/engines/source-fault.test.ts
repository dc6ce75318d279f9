// Does every fault follow the records before it, with its offset, and leave nothing open?
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import {
  AioscopeError,
  decode,
  type EncodableRecord,
  encode,
  open,
  type Source,
  summarize,
} from '../../src/node.ts';
import { differsAt, outcomeOf, pieces, randomBytes, resOf, soon } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-fault-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MIB = 2 ** 20;
const fails = (): never => {
  throw new Error('disk on fire');
};

/** A web stream of the same chunks, which fails where `pieces` does. */
function web(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const chunks = pieces(bytes, 777, fails);
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) =>
    controller.enqueue((await chunks.next()).value as Uint8Array);
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

const failing: readonly (readonly [string, (bytes: Uint8Array) => Source])[] = [
  ['an async generator', (bytes) => pieces(bytes, 777, fails)],
  ['a web stream', web],
];

describe.each(failing)('%s', (_, source) => {
  // Both sides of a record and of the reader's 1 MiB.
  test.each([0, 1, 31, 32, 33, 1000, MIB - 1, MIB, MIB + 1, MIB + 32 * 5 + 7])(
    'that fails at byte %i',
    async (at) => {
      const bytes = randomBytes(at);
      const { res, error } = await outcomeOf(
        open(source(bytes), { kind: 'io_event', batchSize: 100 }),
      );
      expect(differsAt(res, resOf(bytes))).toBe(-1);
      const message = `stream: reading failed at byte ${at}: disk on fire; every whole record before it was read`;
      expect(error).toBeInstanceOf(AioscopeError);
      expect(error).toMatchObject({
        code: 'AIOSCOPE_READ',
        byteOffset: at,
        message,
        cause: new Error('disk on fire'),
      });
      await expect(summarize(source(bytes), { kind: 'io_event' })).rejects.toThrow(message);
    },
  );

  const events = [1n, 2n, -3n, 4n, -5n].map((res) => ({ res }));
  const image = encode(events, { kind: 'aio_ring', ring: { nr: 7, head: 4 } });

  // Head is 4 of 7: the slots 0 and 1 hold the last two events, and 4 to 6 the first three.
  test.each([
    [0, []],
    [31, []],
    [32, []],
    [32 + 33, [4n]],
    [32 + 64, [4n, -5n]],
    [32 + 32 * 5 + 31, [1n, 4n, -5n]],
    [32 + 32 * 7 - 1, [1n, 2n, 4n, -5n]],
    [32 + 32 * 7, [1n, 2n, -3n, 4n, -5n]],
  ])('of a ring that fails at byte %i', async (at, expected) => {
    const { res, error } = await outcomeOf(
      open(source(image.subarray(0, at)), { kind: 'aio_ring', batchSize: 2 }),
    );
    expect(res).toEqual(expected);
    expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: at });
    await expect(
      summarize(source(image.subarray(0, at)), { kind: 'aio_ring' }),
    ).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      byteOffset: at,
    });
  });
});

test.each([
  ['objects', () => Readable.from([Buffer.alloc(40), 'text'])],
  ['text', () => new Readable({ read() {} }).setEncoding('utf8')],
])('a Node stream of %s that gives a string', async (name, stream) => {
  const source = stream();
  if (name === 'text') source.push(Buffer.from('text'));
  const { res, error } = await outcomeOf(open(source, { kind: 'io_event' }));
  const [count, at] = name === 'text' ? [0, 0] : [1, 40];
  expect(res.length).toBe(count);
  const message = `stream: reading failed at byte ${at}: a chunk is a string, not bytes; every whole record before it was read`;
  expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: at, message });
  expect(source.destroyed).toBe(true);
});

describe('a file that is cut while it is read', () => {
  const bytes = randomBytes(6 * MIB);

  // The first read takes 1 MiB: the new end is after it, at it, and before it.
  test.each([
    [2 * MIB + 5, 2 * MIB + 5],
    [MIB, MIB],
    [0, MIB],
  ])('to %i bytes', async (size, end) => {
    const path = join(folder, `cut-${size}.ioev`);
    writeFileSync(path, bytes);
    const reader = open(path, { kind: 'io_event' })[Symbol.asyncIterator]();
    const first = await reader.next();
    const res = [...(first.value?.columns.res ?? [])];
    truncateSync(path, size);
    const rest = async () => {
      for (let step = await reader.next(); !step.done; step = await reader.next())
        res.push(...step.value.columns.res);
    };
    const message =
      `${path}: ended at byte ${end}, expected ${6 * MIB} bytes as when it was opened: it was truncated while it was read; ` +
      'every whole record before that was read';
    await expect(rest()).rejects.toMatchObject({
      code: 'AIOSCOPE_SHRANK',
      byteOffset: end,
      message,
    });
    expect(differsAt(res, resOf(bytes.subarray(0, end)))).toBe(-1);
  });
});

/** A source of `bytes` that records whether it was closed. */
function watched(bytes: Uint8Array, forever: boolean) {
  const state = { closed: false, read: 0 };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < bytes.byteLength; at += 3200) {
        state.read = at + 3200;
        yield bytes.subarray(at, at + 3200);
      }
      if (forever) await new Promise(() => {});
    } finally {
      state.closed = true;
    }
  }
  return { state, source: chunks() };
}

describe('an abort', () => {
  const reason = new Error('enough');
  const ring = encode([{ res: 1n }], { kind: 'aio_ring' });

  test.each(['io_event', 'aio_ring'] as const)(
    'before the start of %s: nothing is read',
    async (kind) => {
      const { state, source } = watched(ring, false);
      const reader = open(source, { kind, signal: AbortSignal.abort(reason) });
      await expect(reader[Symbol.asyncIterator]().next()).rejects.toBe(reason);
      expect(state.read).toBe(0);
    },
  );

  // 100 records per batch: one read holds many, and the signal must not wait for the next read.
  test.each([100, 8192, 40_000])(
    'between batches of %i: the next step rejects',
    async (batchSize) => {
      const controller = new AbortController();
      const { state, source } = watched(randomBytes(4 * MIB), false);
      const reader = open(source, { kind: 'io_event', batchSize, signal: controller.signal })[
        Symbol.asyncIterator
      ]();
      expect((await reader.next()).value?.length).toBe(batchSize);
      controller.abort(reason);
      const step = reader.next().then(({ value }) => value?.firstIndex);
      await expect(step).rejects.toBe(reason);
      expect(await reader.next()).toEqual({ done: true, value: undefined });
      expect(state.closed).toBe(true);
    },
  );

  test.each([
    ['io_event', 0],
    ['io_event', 3200],
    ['aio_ring', 0],
    ['aio_ring', 40],
    ['aio_ring', ring.byteLength],
  ] as const)('of %s while a read waits that never ends, at byte %i', async (kind, at) => {
    const controller = new AbortController();
    const { source } = watched(ring.subarray(0, at), true);
    const outcome = summarize(source, { kind, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(soon(outcome)).rejects.toBe(reason);
  });

  test('leaves the memory of the next reader alone when the read ends late', async () => {
    const controller = new AbortController();
    let arrive = (_: Uint8Array): void => {};
    const late = new Promise<Uint8Array>((resolve) => {
      arrive = resolve;
    });
    async function* waiting(): AsyncGenerator<Uint8Array> {
      yield await late;
    }
    const blocked = open(waiting(), { kind: 'io_event', signal: controller.signal })
      [Symbol.asyncIterator]()
      .next();
    setTimeout(() => controller.abort(reason), 20);
    await expect(blocked).rejects.toBe(reason);
    const bytes = randomBytes(MIB);
    const res: bigint[] = [];
    for await (const batch of open(bytes, { kind: 'io_event' })) {
      if (res.length === 0) arrive(new Uint8Array(MIB).fill(0xaa));
      await new Promise((resolve) => setTimeout(resolve));
      res.push(...batch.columns.res);
    }
    expect(differsAt(res, resOf(bytes))).toBe(-1);
  });
});

describe('a source is closed', () => {
  test.each(['io_event', 'aio_ring'] as const)(
    'when the iteration over %s breaks off',
    async (kind) => {
      const records: EncodableRecord[] = Array.from({ length: 20_000 }, (_, i) => ({ res: i }));
      const { state, source } = watched(encode(records, { kind }), false);
      for await (const batch of open(source, { kind, batchSize: 10 })) {
        expect(batch.length).toBe(10);
        break;
      }
      expect(state.closed).toBe(true);
    },
  );

  test('when a ring image is invalid', async () => {
    const { state, source } = watched(new Uint8Array(6400), false);
    await expect(summarize(source, { kind: 'aio_ring' })).rejects.toMatchObject({
      code: 'AIOSCOPE_RING',
      byteOffset: 0,
    });
    expect(state.closed).toBe(true);
  });
});

test('a reader is read once', async () => {
  const reader = open(randomBytes(64), { kind: 'io_event' });
  expect((await outcomeOf(reader)).res.length).toBe(2);
  const again = await outcomeOf(reader);
  expect(again.res).toEqual([]);
  expect(again.error).toMatchObject({
    code: 'AIOSCOPE_SOURCE',
    message: 'memory has been read; open it again to read it again',
  });
  expect(decode(randomBytes(64), { kind: 'io_event' }).length).toBe(2);
});
