import { CURSORS, NEAR_BYTES, SEEK_ZERO, STREAM } from './stream-state.ts';

/** See `STREAM`. */
const AT = STREAM;

/** Adds submissions to the volume at index `at`; `bytes` is below 2^53. */
export function addVolume(s: Float64Array, at: number, count: number, bytes: number): void {
  s[at] += count;
  s[at + 1] += bytes % 65536;
  s[at + 2] += Math.floor(bytes / 65536);
}

/** Returns the log2 bucket of a whole number from 0 to 2^53. */
export const bucketOf = (value: number): number =>
  value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);

/** Returns the field that counts a distance. */
export const seekBucket = (distance: number): number =>
  AT.seeks + SEEK_ZERO + (distance < 0 ? -bucketOf(-distance) : bucketOf(distance));

/** Returns the field to count in. Where no length is known, distances are between starts. */
export function classOf(
  start: number,
  end: number,
  distance: number,
  lastStart: number,
  previous: number,
  hasLengths: boolean,
): number {
  if (distance === 0) return hasLengths ? AT.sequential : AT.repeat;
  if (hasLengths && end === lastStart) return AT.backward;
  if (hasLengths && start === lastStart) return AT.repeat;
  if (distance === previous) return AT.strided;
  return distance <= NEAR_BYTES && distance >= -NEAR_BYTES ? AT.near : AT.random;
}

/** Counts a distance that is the same as the one before. */
export function countStride(s: Float64Array, distance: number): void {
  if (distance < s[AT.strideMin]) s[AT.strideMin] = distance;
  if (distance > s[AT.strideMax]) s[AT.strideMax] = distance;
}

/** Ends the current run. The first is kept apart, since it may have begun in an earlier part. */
export function closeRun(s: Float64Array): void {
  if (s[AT.headClosed] === 0) {
    s[AT.headClosed] = 1;
    s[AT.headRun] = s[AT.run];
    s[AT.headBytes] = s[AT.runBytes];
    return;
  }
  s[AT.runs + bucketOf(s[AT.run])] += 1;
  s[AT.runSizes + bucketOf(s[AT.runBytes])] += 1;
}

/** Moves the end that row `i` continues to the front; if there is none, replaces the last. */
export function follow(
  s: Float64Array,
  offsets: Float64Array,
  lengths: Uint32Array,
  i: number,
): void {
  const start = offsets[i];
  let at = AT.ends;
  while (s[at] !== start && at < AT.ends + CURSORS - 1) at += 1;
  if (s[at] === start) s[AT.interleaved] += 1;
  else if (s[AT.missCount] < CURSORS) s[AT.misses + s[AT.missCount]++] = start;
  for (; at > AT.ends; at--) s[at] = s[at - 1];
  s[AT.ends] = start + lengths[i];
}

/**
 * Adds submissions `begin` to `end` to a stream that has begun. All at once, so that the state that
 * changes with each stays in registers; and numbers stay in arrays, since V8 allocates a double
 * that is passed as an argument.
 */
export function followRequests(
  s: Float64Array,
  offsets: Float64Array,
  lengths: Uint32Array,
  begin: number,
  end: number,
  hasLengths: boolean,
): void {
  let [lastStart, lastEnd, lastDistance] = [s[AT.lastStart], s[AT.lastEnd], s[AT.lastDistance]];
  let bytes = 0;
  for (let i = begin; i < end; i++) {
    const start = offsets[i];
    const length = lengths[i];
    const next = start + length;
    const distance = start - lastEnd;
    const what = classOf(start, next, distance, lastStart, lastDistance, hasLengths);
    s[what] += 1;
    s[seekBucket(distance)] += 1;
    if (what === AT.strided) countStride(s, distance);
    if (distance !== 0) {
      if (s[AT.firstDistance] === 0) {
        s[AT.firstDistance] = distance;
        s[AT.firstClass] = what;
      }
      lastDistance = distance;
    }
    if (what === AT.sequential) {
      s[AT.run] += 1;
      s[AT.runBytes] += length;
    } else {
      closeRun(s);
      s[AT.run] = 1;
      s[AT.runBytes] = length;
    }
    if (hasLengths) follow(s, offsets, lengths, i);
    bytes += length;
    lastStart = start;
    lastEnd = next;
  }
  // The bytes of one block are exact as a double.
  addVolume(s, AT.volume, end - begin, bytes);
  s[AT.lastStart] = lastStart;
  s[AT.lastEnd] = lastEnd;
  s[AT.lastDistance] = lastDistance;
}
