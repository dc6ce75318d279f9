// Events to read, and the results of reading them.
import type { RecordReader } from '../../src/node.ts';

/** Random bytes (xorshift32): any bytes are records. */
export function randomBytes(byteLength: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(byteLength / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, byteLength);
}

/** The `res` of every whole io_event. */
export function resOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / 32) }, (_, i) =>
    view.getBigInt64(32 * i + 16, true),
  );
}

/** The first index where two lists differ, or -1: a comparison that prints both takes minutes. */
export function differsAt(found: readonly bigint[], expected: readonly bigint[]): number {
  const at = found.findIndex((value, i) => value !== expected[i]);
  return at < 0 && found.length < expected.length ? found.length : at;
}

export interface Outcome {
  readonly res: bigint[];
  /** What the iteration threw after them; undefined if nothing. */
  readonly error: unknown;
}

/** Reads to the end or the fault. */
export async function outcomeOf(
  reader: RecordReader<'io_event'> | RecordReader<'aio_ring'>,
): Promise<Outcome> {
  const res: bigint[] = [];
  try {
    for await (const batch of reader) res.push(...batch.columns.res);
  } catch (error) {
    return { res, error };
  }
  return { res, error: undefined };
}

/** Yields bytes in pieces of `size`, then calls `end`. */
export async function* pieces(
  bytes: Uint8Array,
  size: number,
  end: () => void = () => {},
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
  end();
}

/** Longer than anything takes on a busy machine (ms). */
const HANG_MS = 20_000;

/** The result of a promise; rejects if it takes longer than anything should. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), HANG_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
