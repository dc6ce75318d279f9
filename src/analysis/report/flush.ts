import { BYTES_HIGH, BYTES_LOW, bucketOf, COUNT, RUN_BUCKETS, type Stream } from './stream.ts';
import { type RangeCount, ranges } from './stream-json.ts';

/*
 * What was written between the flushes (FSYNC, FDSYNC) of one descriptor, in the order of submission. A place in its writes is
 * three numbers: how many there were, and their bytes as two sums of 16 bits, as streams have them.
 */

const PLACE = 3;
const FLUSHES = 0;
/** The places of the first and of the last flush. */
const FIRST = 1;
const LAST = FIRST + PLACE;
/** Writes that are in no stream: those that append, or lie out of range. */
const STRAY = LAST + PLACE;
const WRITES = STRAY + PLACE;
const BYTES = WRITES + RUN_BUCKETS;

export type Place = readonly [writes: number, low: number, high: number];

/** The flushes of one descriptor of a process, and the writes between them. */
export interface FlushJson {
  /** null where the envelope has none. */
  pid: number | null;
  program: string | null;
  fd: number;
  /** FSYNC and FDSYNC that were submitted. */
  flushes: number;
  /** Writes from the first flush to the last: of how many, and their bytes as asked, between neighbours. PWRITEV has no bytes. */
  between: { writes: number; bytes: string; writesEach: RangeCount[]; bytesEach: RangeCount[] };
  /** Writes before the first flush, and after the last. */
  before: { writes: number; bytes: string };
  after: { writes: number; bytes: string };
}

export const newFlushes = (): Float64Array => new Float64Array(BYTES + RUN_BUCKETS);

const wide = (low: number, high: number): bigint => (BigInt(high) << 16n) + BigInt(low);
const placeIn = (f: Float64Array, at: number): Place => [f[at], f[at + 1], f[at + 2]];

/** Where the writes of a descriptor are, as its flushes and its streams of writes have counted them. */
export function placeOf(
  f: Float64Array | undefined,
  writes: Stream | undefined,
  vectors: Stream | undefined,
): Place {
  const place: [number, number, number] =
    f === undefined ? [0, 0, 0] : [f[STRAY], f[STRAY + 1], f[STRAY + 2]];
  if (writes !== undefined) addPlace(place, writes);
  if (vectors !== undefined) addPlace(place, vectors);
  return place;
}

function addPlace(place: [number, number, number], s: Stream): void {
  place[0] += s[COUNT];
  place[1] += s[BYTES_LOW];
  place[2] += s[BYTES_HIGH];
}

/** A write that is in no stream. */
export function addStray(f: Float64Array, length: number): void {
  f[STRAY] += 1;
  f[STRAY + 1] += length & 0xffff;
  f[STRAY + 2] += length >>> 16;
}

/** A flush at a place. */
export function addFlush(f: Float64Array, place: Place): void {
  if (f[FLUSHES] === 0) f.set(place, FIRST);
  else countInterval(f, place);
  f.set(place, LAST);
  f[FLUSHES] += 1;
}

function countInterval(f: Float64Array, [writes, low, high]: Place): void {
  const bytes = (high - f[LAST + 2]) * 65536 + low - f[LAST + 1];
  f[WRITES + bucketOf(writes - f[LAST])] += 1;
  // Beyond 8 PiB doubles are not exact any more.
  f[
    BYTES +
      (bytes < 2 ** 53
        ? bucketOf(bytes)
        : wide(low - f[LAST + 1], high - f[LAST + 2]).toString(2).length)
  ] += 1;
}

/** Add the flushes of the part that follows; the first part ended at a place. */
export function mergeFlushes(a: Float64Array, b: Float64Array, end: Place): void {
  const moved = (at: number): Place => [end[0] + b[at], end[1] + b[at + 1], end[2] + b[at + 2]];
  if (b[FLUSHES] > 0) {
    if (a[FLUSHES] === 0) a.set(moved(FIRST), FIRST);
    else countInterval(a, moved(FIRST));
    a.set(moved(LAST), LAST);
    a[FLUSHES] += b[FLUSHES];
  }
  for (let i = STRAY; i < a.length; i++) a[i] += b[i];
}

/** Flushes for people and programs, of a descriptor whose writes end at a place; undefined where there were none. */
export function flushJson(
  f: Float64Array,
  pid: number | null,
  program: string | null,
  fd: number,
  end: Place,
): FlushJson | undefined {
  if (f[FLUSHES] === 0) return undefined;
  const span = (from: Place, to: Place) => ({
    writes: to[0] - from[0],
    bytes: wide(to[1] - from[1], to[2] - from[2]).toString(),
  });
  const [first, last] = [placeIn(f, FIRST), placeIn(f, LAST)];
  return {
    pid,
    program,
    fd,
    flushes: f[FLUSHES],
    between: {
      ...span(first, last),
      writesEach: ranges(f.subarray(WRITES, BYTES), 0),
      bytesEach: ranges(f.subarray(BYTES), 0),
    },
    before: span([0, 0, 0], first),
    after: span(last, end),
  };
}
