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

export const COUNT = 0;
export const BYTES_LOW = 1;
export const BYTES_HIGH = 2;
/** Requests that begin where one of the last eight streams stopped. */
export const INTERLEAVED = 3;
export const SEEKS = 10;
export const RUNS = SEEKS + SEEK_BUCKETS;
export const RUN_BYTES = RUNS + RUN_BUCKETS;
/** Up to here a state is counts, which add up. */
const COUNTS_END = RUN_BYTES + RUN_BUCKETS;
export const STRIDE_MIN = COUNTS_END;
export const STRIDE_MAX = COUNTS_END + 1;
// The last request, and what a following part needs to know.
export const LAST_START = COUNTS_END + 2;
export const LAST_END = COUNTS_END + 3;
/** The last distance that was not 0. */
export const LAST_DISTANCE = COUNTS_END + 4;
export const RUN = COUNTS_END + 5;
export const RUN_SIZE = COUNTS_END + 6;
// The beginning, for the part before it: the first request, the first distance that is not 0 with its class, the first run.
export const FIRST_START = COUNTS_END + 7;
export const FIRST_END = COUNTS_END + 8;
export const FIRST_DISTANCE = COUNTS_END + 9;
export const FIRST_CLASS = COUNTS_END + 10;
/** Whether the first run is over: else it is the last one too. */
export const HEAD_CLOSED = COUNTS_END + 11;
export const HEAD_RUN = COUNTS_END + 12;
export const HEAD_SIZE = COUNTS_END + 13;
/** Where the last streams stopped, in a circle that begins, with the most recent, at `ENDS_FIRST`; -1 where none did. */
export const ENDS = COUNTS_END + 14;
export const ENDS_FIRST = ENDS + CURSORS;
/** The starts of the first eight requests that no stream before them led to: one of an earlier part may. */
export const MISSES = ENDS_FIRST + 1;
export const MISSES_COUNT = MISSES + CURSORS;
const STATE = MISSES_COUNT + 1;

export type Stream = Float64Array;

export function newStream(): Stream {
  const s = new Float64Array(STATE);
  s[STRIDE_MIN] = Number.POSITIVE_INFINITY;
  s[STRIDE_MAX] = Number.NEGATIVE_INFINITY;
  s.fill(-1, ENDS, ENDS_FIRST);
  return s;
}

/** The log2 bucket of a whole number from 0 up: up to 2^53. */
const bucketOf = (value: number): number => (value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32));

export const seekBucket = (distance: number): number => SEEKS + SEEK_ZERO + (distance < 0 ? -bucketOf(-distance) : bucketOf(distance));

/** Of vectored requests the length is not known: their distance is from start to start, and none is sequential. */
export function classOf(s: Stream, start: number, end: number, distance: number, previous: number, vectored: boolean): number {
  if (distance === 0) return vectored ? REPEAT : SEQUENTIAL;
  if (!vectored && end === s[LAST_START]) return BACKWARD;
  if (!vectored && start === s[LAST_START]) return REPEAT;
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

/** Look for the stream that stopped at `start`, and move it on to `end`: the least recent one makes room. */
function follow(s: Stream, start: number, end: number): void {
  const first = s[ENDS_FIRST];
  if (s[ENDS + first] === start) {
    s[ENDS + first] = end;
    s[INTERLEAVED] += 1;
    return;
  }
  for (let i = ENDS; i < ENDS + CURSORS; i++) {
    if (s[i] === start) {
      moveUp(s, start, end);
      return;
    }
  }
  if (s[MISSES_COUNT] < CURSORS) s[MISSES + s[MISSES_COUNT]++] = start;
  s[ENDS_FIRST] = (first - 1) & (CURSORS - 1);
  s[endAt(s, 0)] = end;
}

/** Make the most recent one of those that stopped at `start` the most recent of all. */
function moveUp(s: Stream, start: number, end: number): void {
  let age = 1;
  while (s[endAt(s, age)] !== start) age += 1;
  for (; age > 0; age--) s[endAt(s, age)] = s[endAt(s, age - 1)];
  s[endAt(s, 0)] = end;
  s[INTERLEAVED] += 1;
}

/** Where streams stopped, the most recent first. */
export function endsOf(s: Stream): number[] {
  return Array.from({ length: CURSORS }, (_, age) => s[endAt(s, age)]).filter((end) => end >= 0);
}

/** Add request `i` of a block to its stream: numbers stay in arrays, since a double that is handed over costs an object. */
export function addRequest(s: Stream, offsets: Float64Array, lengths: Uint32Array, i: number, vectored: boolean): void {
  const start = offsets[i];
  const length = lengths[i];
  const end = start + length;
  if (s[COUNT] === 0) {
    s[FIRST_START] = start;
    s[FIRST_END] = end;
    s[RUN] = 1;
    s[RUN_SIZE] = length;
  } else {
    const distance = start - s[LAST_END];
    const what = classOf(s, start, end, distance, s[LAST_DISTANCE], vectored);
    s[what] += 1;
    s[seekBucket(distance)] += 1;
    if (what === STRIDED) countStride(s, distance);
    if (distance !== 0) {
      if (s[FIRST_DISTANCE] === 0) {
        s[FIRST_DISTANCE] = distance;
        s[FIRST_CLASS] = what;
      }
      s[LAST_DISTANCE] = distance;
    }
    if (what === SEQUENTIAL) {
      s[RUN] += 1;
      s[RUN_SIZE] += length;
    } else {
      closeRun(s);
      s[RUN] = 1;
      s[RUN_SIZE] = length;
    }
  }
  s[COUNT] += 1;
  s[BYTES_LOW] += length & 0xffff;
  s[BYTES_HIGH] += length >>> 16;
  s[LAST_START] = start;
  s[LAST_END] = end;
  if (!vectored) follow(s, start, end);
}
