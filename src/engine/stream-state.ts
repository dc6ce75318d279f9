// Where the fields of a stream are: kernels count into it.

/** `near`: at most this many bytes from the end of the submission before. */
export const NEAR_BYTES = 131072;
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

const field = fieldPlacer();
/**
 * The first index of each field of a stream, an array of doubles. V8 inlines the fields of a
 * module's own constant, but loads an import each time (a third slower): have a constant of it.
 */
export const STREAM = {
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
