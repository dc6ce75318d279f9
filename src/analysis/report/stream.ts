/*
 * The access pattern of one stream: the requests of one (pid, fd, direction), in the order of submission. Its state is one
 * Float64Array, so that counting makes no objects and counts merge as one loop; offsets and distances are exact in doubles.
 */

/** How a request lies to the one before it: the first that is true. The numbers are places in a stream's state. */
export const SEQUENTIAL = 4;
export const BACKWARD = 5;
export const REPEAT = 6;
export const STRIDED = 7;
export const NEAR = 8;
export const RANDOM = 9;

/** `near`: no further than this from where the last request ended, in bytes. */
const NEAR_BYTES = 131072;
/** How many streams may be interleaved in one and still be seen as sequential. */
export const CURSORS = 8;
/** Signed log2 distances: 0 in the middle, 2^(b-1) … 2^b - 1 at b from there. */
export const SEEK_ZERO = 65;
const SEEK_BUCKETS = 2 * SEEK_ZERO + 1;
/** Log2 buckets of the lengths of runs, in requests and in bytes. */
export const RUN_BUCKETS = 65;

// What every request touches comes first, on three lines of the cache. Up to the last request a state is counts, which add up.
export const COUNT = 0;
export const BYTES_LOW = 1;
export const BYTES_HIGH = 2;
/** Requests that begin where one of the last eight streams stopped. */
export const INTERLEAVED = 3;
// The last request, and what a following part needs to know.
export const LAST_START = 10;
export const LAST_END = 11;
/** The last distance that was not 0. */
export const LAST_DISTANCE = 12;
export const RUN = 13;
export const RUN_SIZE = 14;
/** Where the last streams stopped, in a circle that begins, with the most recent, at `ENDS_FIRST`; -1 where none did. */
export const ENDS_FIRST = 15;
export const ENDS = 16;
/** The starts of the first eight requests that no stream before them led to: one of an earlier part may. */
export const MISSES_COUNT = ENDS + CURSORS;
export const MISSES = MISSES_COUNT + 1;
// The beginning, for the part before it: the first request, the first distance that is not 0 with its class, the first run.
export const FIRST_START = MISSES + CURSORS;
export const FIRST_END = FIRST_START + 1;
export const FIRST_DISTANCE = FIRST_START + 2;
export const FIRST_CLASS = FIRST_START + 3;
/** Whether the first run is over: else it is the last one too. */
export const HEAD_CLOSED = FIRST_START + 4;
export const HEAD_RUN = FIRST_START + 5;
export const HEAD_SIZE = FIRST_START + 6;
export const STRIDE_MIN = FIRST_START + 7;
export const STRIDE_MAX = FIRST_START + 8;
// From here on histograms, which are counts again.
export const SEEKS = FIRST_START + 9;
export const RUNS = SEEKS + SEEK_BUCKETS;
export const RUN_BYTES = RUNS + RUN_BUCKETS;
const STATE = RUN_BYTES + RUN_BUCKETS;

export type Stream = Float64Array;

export function newStream(): Stream {
  const s = new Float64Array(STATE);
  s[STRIDE_MIN] = Number.POSITIVE_INFINITY;
  s[STRIDE_MAX] = Number.NEGATIVE_INFINITY;
  s.fill(-1, ENDS, ENDS + CURSORS);
  return s;
}

/** The log2 bucket of a whole number from 0 up: up to 2^53. */
export const bucketOf = (value: number): number =>
  value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);

export const seekBucket = (distance: number): number =>
  SEEKS + SEEK_ZERO + (distance < 0 ? -bucketOf(-distance) : bucketOf(distance));

/** Of vectored requests the length is not known: their distance is from start to start, and none is sequential. */
export function classOf(
  start: number,
  end: number,
  distance: number,
  lastStart: number,
  previous: number,
  vectored: boolean,
): number {
  if (distance === 0) return vectored ? REPEAT : SEQUENTIAL;
  if (!vectored && end === lastStart) return BACKWARD;
  if (!vectored && start === lastStart) return REPEAT;
  if (distance === previous) return STRIDED;
  return distance <= NEAR_BYTES && distance >= -NEAR_BYTES ? NEAR : RANDOM;
}

export function countStride(s: Stream, distance: number): void {
  if (distance < s[STRIDE_MIN]) s[STRIDE_MIN] = distance;
  if (distance > s[STRIDE_MAX]) s[STRIDE_MAX] = distance;
}

/** End the current run: the first is kept apart, since it may have begun in an earlier part. */
export function closeRun(s: Stream): void {
  if (s[HEAD_CLOSED] === 0) {
    s[HEAD_CLOSED] = 1;
    s[HEAD_RUN] = s[RUN];
    s[HEAD_SIZE] = s[RUN_SIZE];
    return;
  }
  s[RUNS + bucketOf(s[RUN])] += 1;
  s[RUN_BYTES + bucketOf(s[RUN_SIZE])] += 1;
}

/** The place of the stream `age` places behind the most recent one. */
const endAt = (s: Stream, age: number): number => ENDS + ((s[ENDS_FIRST] + age) & (CURSORS - 1));

/** Look for the stream that stopped where request `i` starts, and move it on: the least recent one makes room. */
function follow(s: Stream, offsets: Float64Array, lengths: Uint32Array, i: number): void {
  const start = offsets[i];
  const first = s[ENDS_FIRST];
  if (s[ENDS + first] === start) {
    s[ENDS + first] = start + lengths[i];
    s[INTERLEAVED] += 1;
    return;
  }
  for (let at = ENDS; at < ENDS + CURSORS; at++) {
    if (s[at] === start) {
      moveUp(s, offsets, lengths, i);
      return;
    }
  }
  if (s[MISSES_COUNT] < CURSORS) s[MISSES + s[MISSES_COUNT]++] = start;
  const next = (first - 1) & (CURSORS - 1);
  s[ENDS_FIRST] = next;
  s[ENDS + next] = start + lengths[i];
}

/** Make the most recent one of those that stopped where request `i` starts the most recent of all. */
function moveUp(s: Stream, offsets: Float64Array, lengths: Uint32Array, i: number): void {
  let age = 1;
  while (s[endAt(s, age)] !== offsets[i]) age += 1;
  for (; age > 0; age--) s[endAt(s, age)] = s[endAt(s, age - 1)];
  s[endAt(s, 0)] = offsets[i] + lengths[i];
  s[INTERLEAVED] += 1;
}

/** Where streams stopped, the most recent first. */
export function endsOf(s: Stream): number[] {
  return Array.from({ length: CURSORS }, (_, age) => s[endAt(s, age)]).filter((end) => end >= 0);
}

/** The first request of a stream: nothing lies before it. */
function begin(s: Stream, start: number, length: number): void {
  s[FIRST_START] = start;
  s[FIRST_END] = start + length;
  s[RUN] = 1;
  s[RUN_SIZE] = length;
}

/** Requests of a block, as a list: the row behind row `i` is `next[i]`. */
export interface Rows {
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  readonly next: Uint16Array;
}

/**
 * Add `count` requests of a block to their stream, the first of them row `head`. All at once, so that what changes with
 * every request stays in registers; and numbers stay in arrays, since a double that is handed over costs an object.
 */
export function addRequests(
  s: Stream,
  { offsets, lengths, next }: Rows,
  head: number,
  count: number,
  vectored: boolean,
): void {
  let i = head;
  let left = count;
  let bytes = 0;
  if (s[COUNT] === 0) {
    begin(s, offsets[i], lengths[i]);
    if (!vectored) follow(s, offsets, lengths, i);
    s[LAST_START] = offsets[i];
    s[LAST_END] = offsets[i] + lengths[i];
    bytes = lengths[i];
    left -= 1;
    i = next[i];
  }
  let [lastStart, lastEnd, lastDistance] = [s[LAST_START], s[LAST_END], s[LAST_DISTANCE]];
  for (; left > 0; left--) {
    const start = offsets[i];
    const length = lengths[i];
    const end = start + length;
    const distance = start - lastEnd;
    const what = classOf(start, end, distance, lastStart, lastDistance, vectored);
    s[what] += 1;
    s[seekBucket(distance)] += 1;
    if (what === STRIDED) countStride(s, distance);
    if (distance !== 0) {
      if (s[FIRST_DISTANCE] === 0) {
        s[FIRST_DISTANCE] = distance;
        s[FIRST_CLASS] = what;
      }
      lastDistance = distance;
    }
    if (what === SEQUENTIAL) {
      s[RUN] += 1;
      s[RUN_SIZE] += length;
    } else {
      closeRun(s);
      s[RUN] = 1;
      s[RUN_SIZE] = length;
    }
    if (!vectored) follow(s, offsets, lengths, i);
    bytes += length;
    lastStart = start;
    lastEnd = end;
    i = next[i];
  }
  s[COUNT] += count;
  // The sum of a block is exact.
  s[BYTES_LOW] += bytes % 65536;
  s[BYTES_HIGH] += Math.floor(bytes / 65536);
  s[LAST_START] = lastStart;
  s[LAST_END] = lastEnd;
  s[LAST_DISTANCE] = lastDistance;
}
