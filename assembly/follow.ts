import { AT_GROUPED_LENGTHS, AT_GROUPED_PLACES } from "./request";
import {
  STREAM_BACKWARD, STREAM_ENDS, STREAM_FIRST_CLASS, STREAM_FIRST_DISTANCE, STREAM_HEAD_BYTES,
  STREAM_HEAD_CLOSED, STREAM_HEAD_RUN, STREAM_INTERLEAVED, STREAM_LAST_DISTANCE, STREAM_LAST_END,
  STREAM_LAST_START, STREAM_MISSES, STREAM_MISS_COUNT, STREAM_NEAR, STREAM_NEAR_BYTES,
  STREAM_RANDOM, STREAM_REPEAT, STREAM_RUN, STREAM_RUNS, STREAM_RUN_BYTES, STREAM_RUN_SIZES,
  STREAM_CURSORS, STREAM_SEEKS, STREAM_SEEK_ZERO, STREAM_SEQUENTIAL, STREAM_STRIDED,
  STREAM_STRIDE_MAX, STREAM_STRIDE_MIN, STREAM_VOLUME,
} from "./request";

if (STREAM_CURSORS != 8) ERROR("the ends of a stream are four vectors");

@inline
function addOne(counter: usize): void { store<f64>(counter, load<f64>(counter) + 1); }

/** Adds requests to the volume. */
@inline
function addVolume(stream: usize, count: f64, bytes: u64): void {
  store<f64>(stream, load<f64>(stream, STREAM_VOLUME << 3) + count, STREAM_VOLUME << 3);
  store<f64>(stream, load<f64>(stream, (STREAM_VOLUME + 1) << 3) + <f64>(bytes & 0xffff), (STREAM_VOLUME + 1) << 3);
  store<f64>(stream, load<f64>(stream, (STREAM_VOLUME + 2) << 3) + <f64>(bytes >> 16), (STREAM_VOLUME + 2) << 3);
}

/** The log2 bucket of a whole number from 0 to 2^53. */
@inline
function bucket(value: f64): usize { return <usize>(64 - clz(<i64>value)); }

/** Ends a run. The first is kept apart. */
@inline
function closeRun(stream: usize, run: f64, bytes: f64): void {
  if (load<f64>(stream, STREAM_HEAD_CLOSED << 3) == 0) {
    store<f64>(stream, 1, STREAM_HEAD_CLOSED << 3);
    store<f64>(stream, run, STREAM_HEAD_RUN << 3);
    store<f64>(stream, bytes, STREAM_HEAD_BYTES << 3);
    return;
  }
  addOne(stream + ((STREAM_RUNS + bucket(run)) << 3));
  addOne(stream + ((STREAM_RUN_SIZES + bucket(bytes)) << 3));
}

/** The field to count a request in, by how it relates to the one before. */
@inline
function classOf(
  start: f64, end: f64, distance: f64, lastStart: f64, lastDistance: f64, hasLengths: bool
): usize {
  if (distance == 0) return hasLengths ? STREAM_SEQUENTIAL : STREAM_REPEAT;
  if (hasLengths & (end == lastStart)) return STREAM_BACKWARD;
  if (hasLengths & (start == lastStart)) return STREAM_REPEAT;
  if (distance == lastDistance) return STREAM_STRIDED;
  return select<usize>(STREAM_NEAR, STREAM_RANDOM, abs(distance) <= STREAM_NEAR_BYTES);
}

/** The lanes of `b`, of which the last of `a` takes the place of the first, and that the other's. */
@inline
function shifted(a: v128, b: v128): v128 { return v128.shuffle<f64>(a, b, 1, 2); }
/** The same, but the other stays. */
@inline
function replaced(a: v128, b: v128): v128 { return v128.shuffle<f64>(a, b, 1, 3); }

/**
 * Adds grouped rows `begin` to `end` to a stream, which has begun: the requests before are those
 * that it was last called with.
 *
 * The ends of sequential streams stay in four vectors, where one that is continued moves to the
 * front.
 */
export function follow_requests(
  begin: u32, end: u32, hasLengths: u32, stream: usize, state: usize
): void {
  const known = hasLengths != 0;
  const ends = stream + (STREAM_ENDS << 3);
  let a = v128.load(ends), b = v128.load(ends, 16), c = v128.load(ends, 32), d = v128.load(ends, 48);
  let lastStart = load<f64>(stream, STREAM_LAST_START << 3);
  let lastEnd = load<f64>(stream, STREAM_LAST_END << 3);
  let lastDistance = load<f64>(stream, STREAM_LAST_DISTANCE << 3);
  let run = load<f64>(stream, STREAM_RUN << 3), bytes = load<f64>(stream, STREAM_RUN_BYTES << 3);
  let moved: u64 = 0;
  for (let i: usize = begin; i < <usize>end; i++) {
    const start = load<f64>(state + (i << 3), AT_GROUPED_PLACES);
    const asked = load<u32>(state + (i << 2), AT_GROUPED_LENGTHS);
    const length = <f64>asked, next = start + length, distance = start - lastEnd;
    moved += asked;
    const what = classOf(start, next, distance, lastStart, lastDistance, known);
    addOne(stream + (what << 3));
    const distanceBucket = bucket(abs(distance));
    // A `select` would be a branch, and what a program does at random would be mispredicted.
    const sign = -usize(distance < 0), side = (distanceBucket ^ sign) - sign;
    addOne(stream + ((STREAM_SEEKS + STREAM_SEEK_ZERO + side) << 3));
    if (what == STREAM_STRIDED) {
      store<f64>(stream, min(load<f64>(stream, STREAM_STRIDE_MIN << 3), distance), STREAM_STRIDE_MIN << 3);
      store<f64>(stream, max(load<f64>(stream, STREAM_STRIDE_MAX << 3), distance), STREAM_STRIDE_MAX << 3);
    }
    if (distance != 0) {
      if (load<f64>(stream, STREAM_FIRST_DISTANCE << 3) == 0) {
        store<f64>(stream, distance, STREAM_FIRST_DISTANCE << 3);
        store<f64>(stream, <f64>what, STREAM_FIRST_CLASS << 3);
      }
      lastDistance = distance;
    }
    if (what == STREAM_SEQUENTIAL) {
      run += 1;
      bytes += length;
    } else {
      closeRun(stream, run, bytes);
      run = 1;
      bytes = length;
    }
    if (known) {
      const starts = f64x2.splat(start), front = f64x2.splat(next);
      if (f64x2.extract_lane(a, 0) == start) {
        addOne(stream + (STREAM_INTERLEAVED << 3));
        a = replaced(front, a);
      } else {
        const found = i64x2.bitmask(f64x2.eq(a, starts)) | i64x2.bitmask(f64x2.eq(b, starts)) << 2
          | i64x2.bitmask(f64x2.eq(c, starts)) << 4 | i64x2.bitmask(f64x2.eq(d, starts)) << 6;
        const at = found == 0 ? 7 : ctz(found);
        if (found != 0) addOne(stream + (STREAM_INTERLEAVED << 3));
        else {
          const misses = load<f64>(stream, STREAM_MISS_COUNT << 3);
          if (misses < STREAM_CURSORS) {
            store<f64>(stream + (<usize>misses << 3), start, STREAM_MISSES << 3);
            store<f64>(stream, misses + 1, STREAM_MISS_COUNT << 3);
          }
        }
        // Up to the one at `at`, each takes the place of the next.
        if (at >= 6) d = at == 6 ? replaced(c, d) : shifted(c, d);
        if (at >= 4) c = at == 4 ? replaced(b, c) : shifted(b, c);
        if (at >= 2) b = at == 2 ? replaced(a, b) : shifted(a, b);
        a = shifted(front, a);
      }
    }
    lastStart = start;
    lastEnd = next;
  }
  addVolume(stream, <f64>(end - begin), moved);
  v128.store(ends, a);
  v128.store(ends, b, 16);
  v128.store(ends, c, 32);
  v128.store(ends, d, 48);
  store<f64>(stream, lastStart, STREAM_LAST_START << 3);
  store<f64>(stream, lastEnd, STREAM_LAST_END << 3);
  store<f64>(stream, lastDistance, STREAM_LAST_DISTANCE << 3);
  store<f64>(stream, run, STREAM_RUN << 3);
  store<f64>(stream, bytes, STREAM_RUN_BYTES << 3);
}
