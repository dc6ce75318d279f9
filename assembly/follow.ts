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

/** Adds to a counter of a stream. */
@inline
function add(stream: usize, index: usize, count: f64): void {
  const counter = stream + (index << 3);
  store<f64>(counter, load<f64>(counter) + count);
}

/** The log2 bucket of a whole number. */
@inline
function bucket(value: i64): usize { return <usize>(64 - clz(value)); }

/** Whether a run ends that is not the first one: that is kept apart. */
@inline
function endsRun(stream: usize, run: i64, bytes: i64): bool {
  if (load<f64>(stream, STREAM_HEAD_CLOSED << 3) != 0) return true;
  store<f64>(stream, 1, STREAM_HEAD_CLOSED << 3);
  store<f64>(stream, <f64>run, STREAM_HEAD_RUN << 3);
  store<f64>(stream, <f64>bytes, STREAM_HEAD_BYTES << 3);
  return false;
}

/** The field that counts a request which does not start where the one before ended. */
@inline
function classOf(
  isBackward: bool, isRepeat: bool, distance: i64, lastDistance: i64
): usize {
  if (isBackward) return STREAM_BACKWARD;
  if (isRepeat) return STREAM_REPEAT;
  if (distance == lastDistance) return STREAM_STRIDED;
  return abs(distance) <= STREAM_NEAR_BYTES ? STREAM_NEAR : STREAM_RANDOM;
}

/** Widens the range of strides. */
@inline
function addStride(stream: usize, distance: f64): void {
  const least = load<f64>(stream, STREAM_STRIDE_MIN << 3);
  const most = load<f64>(stream, STREAM_STRIDE_MAX << 3);
  store<f64>(stream, min(least, distance), STREAM_STRIDE_MIN << 3);
  store<f64>(stream, max(most, distance), STREAM_STRIDE_MAX << 3);
}

/** Notes the start of a request that continues no stream, of the first eight. */
@inline
function addMiss(stream: usize, start: f64): void {
  const misses = load<f64>(stream, STREAM_MISS_COUNT << 3);
  if (misses >= STREAM_CURSORS) return;
  store<f64>(stream + (<usize>misses << 3), start, STREAM_MISSES << 3);
  store<f64>(stream, misses + 1, STREAM_MISS_COUNT << 3);
}

/** The lanes of `b`, moved by one: the first is the last of `a`. */
@inline
function shifted(a: v128, b: v128): v128 { return v128.shuffle<f64>(a, b, 1, 2); }
/** The lanes of `b`, of which the last of `a` replaces the first. */
@inline
function replaced(a: v128, b: v128): v128 { return v128.shuffle<f64>(a, b, 1, 3); }

/**
 * Adds grouped rows `begin` to `end` to a stream, which has begun: the requests before are those
 * that it was last called with.
 *
 * The ends of sequential streams stay in four vectors, where one that is continued moves to the
 * front. What most requests of a stream have in common is counted apart and added at the end: a
 * counter in memory would have each wait for the one before.
 */
export function follow_requests(
  begin: u32, end: u32, hasLengths: u32, stream: usize, state: usize
): void {
  const known = hasLengths != 0, ends = stream + (STREAM_ENDS << 3);
  let a = v128.load(ends), b = v128.load(ends, 16), c = v128.load(ends, 32);
  let d = v128.load(ends, 48);
  let lastStart = <i64>load<f64>(stream, STREAM_LAST_START << 3);
  let lastEnd = <i64>load<f64>(stream, STREAM_LAST_END << 3);
  let lastDistance = <i64>load<f64>(stream, STREAM_LAST_DISTANCE << 3);
  let isFirst = load<f64>(stream, STREAM_FIRST_DISTANCE << 3) == 0;
  let run = <i64>load<f64>(stream, STREAM_RUN << 3);
  let bytes = <i64>load<f64>(stream, STREAM_RUN_BYTES << 3);
  let moved: i64 = 0, following: i64 = 0, random: i64 = 0, interleaved: i64 = 0;
  let singles: i64 = 0, sizes: i64 = 0, size: usize = 0;
  for (let i: usize = begin; i < <usize>end; i++) {
    const start = load<f64>(state + (i << 3), AT_GROUPED_PLACES), place = <i64>start;
    const length = <i64>load<u32>(state + (i << 2), AT_GROUPED_LENGTHS);
    const next = place + length, distance = place - lastEnd;
    moved += length;
    if (distance == 0) following++;
    else {
      const what = classOf(
        known & (next == lastStart), known & (place == lastStart), distance, lastDistance,
      );
      if (what == STREAM_RANDOM) random++;
      else add(stream, what, 1);
      // A `select` would be a branch, and what programs do at random would be mispredicted.
      const sign = -usize(distance < 0), side = (bucket(abs(distance)) ^ sign) - sign;
      add(stream, STREAM_SEEKS + STREAM_SEEK_ZERO + side, 1);
      if (what == STREAM_STRIDED) addStride(stream, <f64>distance);
      if (isFirst) {
        store<f64>(stream, <f64>distance, STREAM_FIRST_DISTANCE << 3);
        store<f64>(stream, <f64>what, STREAM_FIRST_CLASS << 3);
        isFirst = false;
      }
      lastDistance = distance;
    }
    if (known & (distance == 0)) {
      run++;
      bytes += length;
    } else {
      if (endsRun(stream, run, bytes)) {
        if (run == 1) singles++;
        else add(stream, STREAM_RUNS + bucket(run), 1);
        if (bucket(bytes) != size) {
          add(stream, STREAM_RUN_SIZES + size, <f64>sizes);
          size = bucket(bytes);
          sizes = 0;
        }
        sizes++;
      }
      run = 1;
      bytes = length;
    }
    if (known) {
      const starts = f64x2.splat(start), front = f64x2.splat(<f64>next);
      if (f64x2.extract_lane(a, 0) == start) {
        interleaved++;
        a = replaced(front, a);
      } else {
        const found = i64x2.bitmask(f64x2.eq(a, starts)) | i64x2.bitmask(f64x2.eq(b, starts)) << 2
          | i64x2.bitmask(f64x2.eq(c, starts)) << 4 | i64x2.bitmask(f64x2.eq(d, starts)) << 6;
        const at = found == 0 ? 7 : ctz(found);
        if (found != 0) interleaved++;
        else addMiss(stream, start);
        // Up to the one at `at`, each takes the place of the next.
        if (at >= 6) d = at == 6 ? replaced(c, d) : shifted(c, d);
        if (at >= 4) c = at == 4 ? replaced(b, c) : shifted(b, c);
        if (at >= 2) b = at == 2 ? replaced(a, b) : shifted(a, b);
        a = shifted(front, a);
      }
    }
    lastStart = place;
    lastEnd = next;
  }
  v128.store(ends, a);
  v128.store(ends, b, 16);
  v128.store(ends, c, 32);
  v128.store(ends, d, 48);
  store<f64>(stream, <f64>lastStart, STREAM_LAST_START << 3);
  store<f64>(stream, <f64>lastEnd, STREAM_LAST_END << 3);
  store<f64>(stream, <f64>lastDistance, STREAM_LAST_DISTANCE << 3);
  store<f64>(stream, <f64>run, STREAM_RUN << 3);
  store<f64>(stream, <f64>bytes, STREAM_RUN_BYTES << 3);
  add(stream, known ? STREAM_SEQUENTIAL : STREAM_REPEAT, <f64>following);
  add(stream, STREAM_SEEKS + STREAM_SEEK_ZERO, <f64>following);
  add(stream, STREAM_RANDOM, <f64>random);
  add(stream, STREAM_INTERLEAVED, <f64>interleaved);
  add(stream, STREAM_RUNS + 1, <f64>singles);
  add(stream, STREAM_RUN_SIZES + size, <f64>sizes);
  add(stream, STREAM_VOLUME, <f64>(end - begin));
  add(stream, STREAM_VOLUME + 1, <f64>(moved & 0xffff));
  add(stream, STREAM_VOLUME + 2, <f64>(moved >> 16));
}
