// What happens to a stream once it is counted: parts are merged, and the whole becomes JSON.
import { bucketOf, classOf, closeRun, countStride, seekBucket } from '../../engine/js-streams.ts';
import { STREAM as AT, BUCKETS, CURSORS, SEEK_ZERO } from '../../engine/stream-state.ts';
import { log2Buckets } from '../summary/section.ts';
import { READV } from './request-kind.ts';
import { bytesIn, endsOf, type Stream } from './stream.ts';

/**
 * Counts how the first submissions of `b` relate to `a`: `b` was counted as if nothing came before.
 * Returns whether the first is sequential.
 */
function mergeDistances(a: Stream, b: Stream, hasLengths: boolean): boolean {
  const [start, end] = [b[AT.firstStart], b[AT.firstEnd]];
  const distance = start - a[AT.lastEnd];
  const what = classOf(start, end, distance, a[AT.lastStart], a[AT.lastDistance], hasLengths);
  a[what] += 1;
  a[seekBucket(distance)] += 1;
  if (what === AT.strided) countStride(a, distance);
  const previous = distance === 0 ? a[AT.lastDistance] : distance;
  const [next, nextClass] = [b[AT.firstDistance], b[AT.firstClass]];
  if (next !== 0 && next === previous && nextClass >= AT.near) {
    a[nextClass] -= 1;
    a[AT.strided] += 1;
    countStride(a, previous);
  }
  if (a[AT.firstDistance] === 0) {
    a[AT.firstDistance] = distance === 0 ? next : distance;
    a[AT.firstClass] = distance === 0 ? nextClass : what;
  }
  a[AT.lastDistance] = b[AT.lastDistance] === 0 ? previous : b[AT.lastDistance];
  return what === AT.sequential;
}

function mergeRuns(a: Stream, b: Stream, isJoined: boolean): void {
  const isClosed = b[AT.headClosed] === 1;
  const run = b[isClosed ? AT.headRun : AT.run];
  const bytes = b[isClosed ? AT.headBytes : AT.runBytes];
  if (!isJoined) closeRun(a);
  a[AT.run] = isJoined ? a[AT.run] + run : run;
  a[AT.runBytes] = isJoined ? a[AT.runBytes] + bytes : bytes;
  if (!isClosed) return;
  closeRun(a);
  a[AT.run] = b[AT.run];
  a[AT.runBytes] = b[AT.runBytes];
}

/**
 * Matches submissions of `b` that continue no end of `b` to the ends of `a`. Eight of them replace
 * every end of `a`, so `b` records only eight. What continues an end of `b` does so in the whole.
 */
function mergeEnds(a: Stream, b: Stream): void {
  const ends = endsOf(a);
  for (let i = 0; i < b[AT.missCount]; i++) {
    const start = b[AT.misses + i];
    const found = ends.indexOf(start);
    if (found >= 0) {
      ends.splice(found, 1);
      a[AT.interleaved] += 1;
      continue;
    }
    if (a[AT.missCount] < CURSORS) a[AT.misses + a[AT.missCount]++] = start;
    if (ends.length + i >= CURSORS) ends.pop();
  }
  a.fill(-1, AT.ends, AT.ends + CURSORS);
  a.set([...endsOf(b), ...ends].slice(0, CURSORS), AT.ends);
}

/** Appends part `b` of a stream to part `a`. Neither has submissions of unknown length. */
export function mergeStreams(a: Stream, b: Stream, hasLengths: boolean): void {
  if (b[AT.volume] === 0) return;
  if (a[AT.volume] === 0) {
    a.set(b);
    return;
  }
  const isJoined = mergeDistances(a, b, hasLengths);
  for (let i = 0; i < AT.lastStart; i++) a[i] += b[i];
  for (let i = AT.seeks; i < AT.end; i++) a[i] += b[i];
  a[AT.strideMin] = Math.min(a[AT.strideMin], b[AT.strideMin]);
  a[AT.strideMax] = Math.max(a[AT.strideMax], b[AT.strideMax]);
  mergeRuns(a, b, isJoined);
  if (hasLengths) mergeEnds(a, b);
  a[AT.lastStart] = b[AT.lastStart];
  a[AT.lastEnd] = b[AT.lastEnd];
}

/** A histogram bucket: the number of values in `from` … `to`, both inclusive, negative or not. */
export interface RangeCount {
  from: string;
  to: string;
  count: number;
}

/** The class of at least half of a stream's submissions; `mixed` if there is none. */
export type Pattern =
  | 'sequential'
  | 'interleaved'
  | 'backward'
  | 'repeated'
  | 'strided'
  | 'near'
  | 'random'
  | 'mixed'
  | 'single';

/** The access pattern of the reads or the writes of a descriptor of a process. */
export interface StreamJson {
  /** null if the envelope has none. */
  pid: number | null;
  /** `comm` of the stream's first record, or the name in a trace; null if there is none. */
  program: string | null;
  fd: number;
  /** The files that a trace names for the descriptor, in the order of time. */
  paths?: string[];
  direction: 'read' | 'write';
  /** PREADV or PWRITEV: records lack their lengths. */
  vectored: boolean;
  /**
   * Present if vectored requests are matched: their lengths are what their completions moved.
   * Otherwise distances between vectored requests are from start to start.
   */
  lengths?: 'completions';
  /** Requests without a length, which failed or did not complete; present with `lengths`. */
  unknown?: number;
  requests: number;
  /** Requested bytes; if vectored, those moved, or 0 without `lengths`. */
  bytes: string;
  pattern: Pattern;
  /**
   * Submissions by how they relate to the one before. Neither the first is counted nor those
   * without a length, nor one after such a one.
   */
  classes: {
    sequential: number;
    backward: number;
    repeat: number;
    strided: number;
    near: number;
    random: number;
  };
  /** Submissions that continue one of the last eight sequential streams. */
  sequential8: number;
  /** The smallest and the largest distance of `strided` submissions; present if there are any. */
  stride?: { min: string; max: string };
  /** Distances from the end of a submission to the start of the next, in bytes. */
  seeks: RangeCount[];
  /** Lengths of sequential runs. */
  runs: { requests: RangeCount[]; bytes: RangeCount[] };
}

/** A descriptor of a process, and its program. */
export type Owner = Pick<StreamJson, 'pid' | 'program' | 'fd' | 'paths'>;

/** Access patterns of submissions. */
export interface PatternsJson {
  streams: StreamJson[];
  /** Submissions that are in no stream. */
  left: {
    /** Writes with RWF_APPEND: they go to the end of the file whatever their offset. */
    append: number;
    /** With an offset that is negative or above 8 PiB - 4 GiB. */
    outOfRange: number;
    /**
     * In streams beyond the first 4,096, sorted by pid, descriptor and direction. The flushes of a
     * descriptor count as one stream.
     */
    other: { requests: number; bytes: string };
  };
}

function patternOf(s: Stream): Pattern {
  const total = s.subarray(AT.sequential, AT.lastStart).reduce((sum, count) => sum + count, 0);
  if (total < 1) return s[AT.volume] > 1 ? 'mixed' : 'single';
  const isMost = (at: number) => 2 * s[at] >= total;
  if (isMost(AT.sequential)) return 'sequential';
  if (isMost(AT.backward)) return 'backward';
  if (isMost(AT.repeat)) return 'repeated';
  if (isMost(AT.strided)) return 'strided';
  if (isMost(AT.interleaved)) return 'interleaved';
  if (isMost(AT.random)) return 'random';
  return isMost(AT.near) ? 'near' : 'mixed';
}

/** Returns a histogram of runs with the first and the last run, which the state keeps apart. */
function runRanges(s: Stream, histogram: number, head: number, last: number): RangeCount[] {
  const counts = s.slice(histogram, histogram + BUCKETS);
  if (s[AT.headClosed] === 1) counts[bucketOf(s[head])] += 1;
  if (s[AT.chained] === 1) counts[bucketOf(s[last])] += 1;
  return log2Buckets(counts);
}

/** Returns a stream as JSON; `kind` is `READ` … `WRITEV`. */
export function streamJson(s: Stream, owner: Owner, kind: number, hasLengths: boolean): StreamJson {
  const vectored = kind >= READV;
  const [min, max] = [`${s[AT.strideMin]}`, `${s[AT.strideMax]}`];
  const requests = hasLengths ? runRanges(s, AT.runs, AT.headRun, AT.run) : [];
  const bytes = hasLengths ? runRanges(s, AT.runSizes, AT.headBytes, AT.runBytes) : [];
  return {
    ...owner,
    direction: kind % 2 === 0 ? 'read' : 'write',
    vectored,
    ...(vectored && hasLengths && { lengths: 'completions', unknown: s[AT.unknown] }),
    requests: s[AT.volume],
    bytes: bytesIn(s, AT.volume).toString(),
    pattern: patternOf(s),
    classes: {
      sequential: s[AT.sequential],
      backward: s[AT.backward],
      repeat: s[AT.repeat],
      strided: s[AT.strided],
      near: s[AT.near],
      random: s[AT.random],
    },
    sequential8: s[AT.interleaved],
    ...(s[AT.strided] > 0 && { stride: { min, max } }),
    seeks: log2Buckets(s.subarray(AT.seeks, AT.runs), SEEK_ZERO),
    runs: { requests, bytes },
  };
}
