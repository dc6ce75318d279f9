/**
 * The access pattern of the submissions of one (pid, fd, direction), in submission order. One
 * Float64Array, so that counting allocates nothing and counts merge in one loop. Offsets and
 * distances are exact as doubles.
 */
export type Stream = Float64Array;

/** `near`: at most this many bytes from the end of the submission before. */
const NEAR_BYTES = 131072;
/** How many interleaved sequential streams are recognized. */
export const CURSORS = 8;
/** Bucket 0 of the signed log2 histogram of distances; bucket ±b holds ±(2^(b-1) … 2^b - 1). */
export const SEEK_ZERO = 65;
/** Log2 buckets of whole numbers below 2^64. */
export const BUCKETS = 65;

/** Returns a function that lays out fields one after another and returns each one's first index. */
export function fieldPlacer(): (length?: number) => number {
  let end = 0;
  return (length = 1) => (end += length) - length;
}

/**
 * Numbers in a volume: submissions, then their bytes as `low + high * 65536`: two sums that stay
 * exact where the total exceeds 2^53.
 */
export const VOLUME = 3;

/** Adds submissions to the volume at index `at`; `bytes` is below 2^53. */
export function addVolume(s: Float64Array, at: number, count: number, bytes: number): void {
  s[at] += count;
  s[at + 1] += bytes % 65536;
  s[at + 2] += Math.floor(bytes / 65536);
}

/** Returns the bytes of the volume at index `at`. */
export const bytesIn = (s: Float64Array, at: number): bigint =>
  (BigInt(s[at + 2]) << 16n) + BigInt(s[at + 1]);

const field = fieldPlacer();
/**
 * The first index of each field of a stream. Not exported itself: V8 inlines the fields of a
 * module's own constant, but loads an export each time (a third slower).
 */
const AT = {
  // Every submission touches the fields up to `ends`: they fit three cache lines.
  // Fields before `lastStart` are counts.
  volume: field(VOLUME),
  /** Submissions that start at one of `ends`. */
  interleaved: field(),
  // Submissions by class: how each relates to the one before it.
  sequential: field(),
  backward: field(),
  repeat: field(),
  strided: field(),
  near: field(),
  random: field(),
  // The last submission and the current run.
  lastStart: field(),
  lastEnd: field(),
  /** The last distance that was not 0. */
  lastDistance: field(),
  run: field(),
  runBytes: field(),
  /** 1 if the next submission follows one of known length. */
  chained: field(),
  /** Where the last eight sequential streams ended, most recent first; -1 where unused. */
  ends: field(CURSORS),
  /** Starts of the first eight submissions that match no end here; an earlier part may have it. */
  missCount: field(),
  misses: field(CURSORS),
  // For merging behind an earlier part: the first submission, distance that is not 0, and run.
  firstStart: field(),
  firstEnd: field(),
  firstDistance: field(),
  firstClass: field(),
  /** 1 once the first run has ended; until then it is also the last. */
  headClosed: field(),
  headRun: field(),
  headBytes: field(),
  strideMin: field(),
  strideMax: field(),
  /** Submissions of unknown length among others of known length. */
  unknown: field(),
  // Histograms, which are counts again.
  seeks: field(2 * SEEK_ZERO + 1),
  runs: field(BUCKETS),
  runSizes: field(BUCKETS),
  end: field(0),
};
export const STREAM = AT;

export function newStream(): Stream {
  const s = new Float64Array(AT.end);
  s[AT.strideMin] = Number.POSITIVE_INFINITY;
  s[AT.strideMax] = Number.NEGATIVE_INFINITY;
  s.fill(-1, AT.ends, AT.ends + CURSORS);
  return s;
}

/** Returns the log2 bucket of a whole number from 0 to 2^53. */
export const bucketOf = (value: number): number =>
  value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32);

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

export function countStride(s: Stream, distance: number): void {
  if (distance < s[AT.strideMin]) s[AT.strideMin] = distance;
  if (distance > s[AT.strideMax]) s[AT.strideMax] = distance;
}

/** Ends the current run. The first is kept apart, since it may have begun in an earlier part. */
export function closeRun(s: Stream): void {
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
function follow(s: Stream, offsets: Float64Array, lengths: Uint32Array, i: number): void {
  const start = offsets[i];
  let at = AT.ends;
  while (s[at] !== start && at < AT.ends + CURSORS - 1) at += 1;
  if (s[at] === start) s[AT.interleaved] += 1;
  else if (s[AT.missCount] < CURSORS) s[AT.misses + s[AT.missCount]++] = start;
  for (; at > AT.ends; at--) s[at] = s[at - 1];
  s[AT.ends] = start + lengths[i];
}

/** Returns the ends in use, most recent first. */
export const endsOf = (s: Stream): number[] =>
  [...s.subarray(AT.ends, AT.ends + CURSORS)].filter((end) => end >= 0);

/** Rows of a block as linked lists: row `next[i]` follows row `i`. */
export interface Rows {
  readonly offsets: Float64Array;
  readonly lengths: Uint32Array;
  readonly next: Uint16Array;
}

/** Counts a submission of unknown length: the next one relates to none before. */
export function breakChain(s: Stream): void {
  addVolume(s, AT.volume, 1, 0);
  s[AT.unknown] += 1;
  if (s[AT.chained] === 1) closeRun(s);
  s[AT.chained] = s[AT.lastDistance] = 0;
  s.fill(-1, AT.ends, AT.ends + CURSORS);
}

/** Adds the first submission of a stream, or after one of unknown length. */
function begin(s: Stream, { offsets, lengths }: Rows, i: number, hasLengths: boolean): void {
  const end = offsets[i] + lengths[i];
  s[AT.firstStart] = s[AT.lastStart] = offsets[i];
  s[AT.firstEnd] = s[AT.lastEnd] = end;
  s[AT.run] = s[AT.chained] = 1;
  s[AT.runBytes] = lengths[i];
  if (hasLengths) follow(s, offsets, lengths, i);
  addVolume(s, AT.volume, 1, lengths[i]);
}

/**
 * Adds `count` submissions of a block to their stream, starting at row `head`. All at once, so that
 * the state that changes with each stays in registers; and numbers stay in arrays, since V8
 * allocates a double that is passed as an argument.
 */
export function addSubmissions(
  s: Stream,
  rows: Rows,
  head: number,
  count: number,
  hasLengths: boolean,
): void {
  const { offsets, lengths, next } = rows;
  let i = head;
  let left = count;
  let bytes = 0;
  if (s[AT.chained] === 0) {
    begin(s, rows, i, hasLengths);
    left -= 1;
    i = next[i];
  }
  const added = left;
  let [lastStart, lastEnd, lastDistance] = [s[AT.lastStart], s[AT.lastEnd], s[AT.lastDistance]];
  for (; left > 0; left--) {
    const start = offsets[i];
    const length = lengths[i];
    const end = start + length;
    const distance = start - lastEnd;
    const what = classOf(start, end, distance, lastStart, lastDistance, hasLengths);
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
    lastEnd = end;
    i = next[i];
  }
  // The bytes of one block are exact as a double.
  addVolume(s, AT.volume, added, bytes);
  s[AT.lastStart] = lastStart;
  s[AT.lastEnd] = lastEnd;
  s[AT.lastDistance] = lastDistance;
}
