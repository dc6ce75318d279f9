// Is an asynchronous source read ahead while its records are decoded, without needless waits?
import { describe, expect, test } from 'vitest';
import { type ByteSource, encode, open, summarize } from '../../src/node.ts';

const RECORDS = 100_000;
const bytes = encode(
  Array.from({ length: RECORDS }, (_, i) => ({ data: BigInt(i), res: 512n })),
  { kind: 'io_event' },
);

/** A source that delivers `piece` bytes after a turn of the event loop and counts its reads. */
function slow(piece: number): ByteSource & { position: number } {
  return {
    name: 'slow',
    byteLength: undefined,
    position: 0,
    async read(target) {
      const { position } = this;
      const part = bytes.subarray(position, position + Math.min(piece, target.byteLength));
      this.position += part.byteLength;
      await new Promise((resolve) => setImmediate(resolve));
      target.set(part);
      return part.byteLength;
    },
    close() {},
  };
}

describe.each([1000, 4096, 65_536, 2 ** 20])('in pieces of %i bytes', (piece) => {
  test('every record comes once, in order, and unchanged while the next ones are read', async () => {
    let next = 0n;
    for await (const batch of open(slow(piece), { kind: 'io_event' })) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const data of batch.columns.data) expect(data).toBe(next++);
    }
    expect(next).toBe(BigInt(RECORDS));
    const { io_event: section } = (await summarize(slow(piece), { kind: 'io_event' })).toJSON();
    expect(section?.bytes).toBe(String(RECORDS * 512));
  });

  test('reading goes on beyond the records that are at hand', async () => {
    const source = slow(piece);
    let ahead = 0;
    let records = 0;
    for await (const batch of open(source, { kind: 'io_event', batchSize: 1024 })) {
      records += batch.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
      ahead = Math.max(ahead, source.position - records * 32);
    }
    expect(ahead).toBeGreaterThan(2 ** 19 - 2 ** 15);
    expect(ahead).toBeLessThanOrEqual(2 ** 20 + 2 ** 19);
  });
});

test('who stops early does not wait for what was asked for ahead', async () => {
  async function* pieces() {
    for (let at = 0; at < 2 ** 21; at += 2 ** 16) yield bytes.subarray(at, at + 2 ** 16);
    await new Promise(() => {});
  }
  let batches = 0;
  for await (const _ of open(pieces(), { kind: 'io_event' })) if (++batches === 6) break;
  expect(batches).toBe(6);
});

test('a fault ahead follows every record before it', async () => {
  const fault = new Error('unplugged');
  async function* pieces() {
    yield* [bytes.subarray(0, 2 ** 21), bytes.subarray(2 ** 21, 2 ** 21 + 40)];
    throw fault;
  }
  let records = 0;
  const all = async () => {
    for await (const batch of open(pieces(), { kind: 'io_event' })) records += batch.length;
  };
  await expect(all()).rejects.toMatchObject({
    code: 'AIOSCOPE_READ',
    byteOffset: 2 ** 21 + 40,
    cause: fault,
  });
  expect(records).toBe(2 ** 16 + 1);
});
