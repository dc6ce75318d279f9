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

/** The address of a field of a stream, which are doubles. */
@inline
function field(stream: usize, index: usize): usize { return stream + (index << 3); }

@inline
function addOne(at: usize): void { store<f64>(at, load<f64>(at) + 1); }

/** Adds requests to the volume at an address. */
@inline
function addVolume(volume: usize, count: f64, bytes: u64): void {
  store<f64>(volume, load<f64>(volume) + count);
  store<f64>(volume, load<f64>(volume, 8) + <f64>(bytes & 0xffff), 8);
  store<f64>(volume, load<f64>(volume, 16) + <f64>(bytes >> 16), 16);
}

/** The log2 bucket of a whole number from 0 to 2^53. */
@inline
function bucket(value: f64): usize { return <usize>(64 - clz(<u64>value)); }

/** Ends a run. The first is kept apart. */
@inline
function closeRun(stream: usize, run: f64, bytes: f64): void {
  if (load<f64>(field(stream, STREAM_HEAD_CLOSED)) == 0) {
    store<f64>(field(stream, STREAM_HEAD_CLOSED), 1);
    store<f64>(field(stream, STREAM_HEAD_RUN), run);
    store<f64>(field(stream, STREAM_HEAD_BYTES), bytes);
    return;
  }
  addOne(field(stream, STREAM_RUNS + bucket(run)));
  addOne(field(stream, STREAM_RUN_SIZES + bucket(bytes)));
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
  const places = state + AT_GROUPED_PLACES, lengths = state + AT_GROUPED_LENGTHS;
  const ends = field(stream, STREAM_ENDS);
  let a = v128.load(ends), b = v128.load(ends, 16), c = v128.load(ends, 32), d = v128.load(ends, 48);
  let lastStart = load<f64>(field(stream, STREAM_LAST_START));
  let lastEnd = load<f64>(field(stream, STREAM_LAST_END));
  let lastDistance = load<f64>(field(stream, STREAM_LAST_DISTANCE));
  let run = load<f64>(field(stream, STREAM_RUN)), bytes = load<f64>(field(stream, STREAM_RUN_BYTES));
  let moved: u64 = 0;
  for (let i: usize = begin; i < <usize>end; i++) {
    const start = load<f64>(places + (i << 3)), asked = load<u32>(lengths + (i << 2));
    const length = <f64>asked, next = start + length, distance = start - lastEnd;
    moved += asked;
    const what = classOf(start, next, distance, lastStart, lastDistance, known);
    addOne(field(stream, what));
    const distanceBucket = bucket(abs(distance));
    addOne(field(
      stream,
      STREAM_SEEKS + STREAM_SEEK_ZERO + select<usize>(-distanceBucket, distanceBucket, distance < 0),
    ));
    if (what == STREAM_STRIDED) {
      const least = field(stream, STREAM_STRIDE_MIN), most = field(stream, STREAM_STRIDE_MAX);
      store<f64>(least, min(load<f64>(least), distance));
      store<f64>(most, max(load<f64>(most), distance));
    }
    if (distance != 0) {
      if (load<f64>(field(stream, STREAM_FIRST_DISTANCE)) == 0) {
        store<f64>(field(stream, STREAM_FIRST_DISTANCE), distance);
        store<f64>(field(stream, STREAM_FIRST_CLASS), <f64>what);
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
        addOne(field(stream, STREAM_INTERLEAVED));
        a = replaced(front, a);
      } else {
        const found = i64x2.bitmask(f64x2.eq(a, starts)) | i64x2.bitmask(f64x2.eq(b, starts)) << 2
          | i64x2.bitmask(f64x2.eq(c, starts)) << 4 | i64x2.bitmask(f64x2.eq(d, starts)) << 6;
        const at = found == 0 ? 7 : ctz(found);
        if (found != 0) addOne(field(stream, STREAM_INTERLEAVED));
        else {
          const misses = load<f64>(field(stream, STREAM_MISS_COUNT));
          if (misses < STREAM_CURSORS) {
            store<f64>(field(stream, STREAM_MISSES + <usize>misses), start);
            store<f64>(field(stream, STREAM_MISS_COUNT), misses + 1);
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
  addVolume(field(stream, STREAM_VOLUME), <f64>(end - begin), moved);
  v128.store(ends, a);
  v128.store(ends, b, 16);
  v128.store(ends, c, 32);
  v128.store(ends, d, 48);
  store<f64>(field(stream, STREAM_LAST_START), lastStart);
  store<f64>(field(stream, STREAM_LAST_END), lastEnd);
  store<f64>(field(stream, STREAM_LAST_DISTANCE), lastDistance);
  store<f64>(field(stream, STREAM_RUN), run);
  store<f64>(field(stream, STREAM_RUN_BYTES), bytes);
}
