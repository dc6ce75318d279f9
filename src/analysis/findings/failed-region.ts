// Where on a file failures lie together.

/** Requests by where they begin on a file, in cells of equal width. */
export interface Cells {
  /** The number of the first cell: it begins at `first * width`. */
  readonly first: number;
  readonly width: bigint;
  readonly requests: readonly number[];
  readonly failures: readonly number[];
}

/** A range of cells, from `begin` to before `end`. */
interface Range {
  readonly begin: number;
  readonly end: number;
  readonly requests: number;
  readonly failures: number;
  /** The share of failures in it, less the share of other requests. */
  readonly score: number;
}

/** Where failures lie together: requests that begin at `from` or above, and below `to`. */
export interface Region {
  readonly from: bigint;
  readonly to: bigint;
  /** Requests in it, and those that failed. */
  readonly requests: number;
  readonly failures: number;
  /** Whether no request began below it, or above it. */
  readonly isLowest: boolean;
  readonly isHighest: boolean;
}

/** The share of failures that a region has at least. */
const SHARE_MIN = 0.95;
/** A region is at most this share of the cells that were accessed: a minority. */
const ACCESSED_MAX = 0.5;
/**
 * The chance that as many failures lie in some range with as many requests, if it did not matter
 * where they are: n q^(n-1) at most, for n failures and a share q of the requests. Of a thousand
 * captures with failures anywhere, one shows such a region.
 */
const CHANCE_MAX = 0.001;
/** A coarser range is as good if it separates almost as much: its borders are rounder numbers. */
const SCORE_LOSS_MAX = 0.01;

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** The range that separates failures best from other requests (Kadane's algorithm). */
function bestRange({ requests, failures }: Cells): Range | undefined {
  const failed = sum(failures);
  const others = sum(requests) - failed;
  if (failed === 0 || others === 0) return undefined;
  let best: Range | undefined;
  let open = { begin: 0, requests: 0, failures: 0, score: 0 };
  requests.forEach((count, cell) => {
    if (open.score <= 0) open = { begin: cell, requests: 0, failures: 0, score: 0 };
    const gain = failures[cell] / failed - (count - failures[cell]) / others;
    open = {
      begin: open.begin,
      requests: open.requests + count,
      failures: open.failures + failures[cell],
      score: open.score + gain,
    };
    if (open.score > (best?.score ?? 0)) best = { ...open, end: cell + 1 };
  });
  return best;
}

/** The same requests in cells that are twice as wide. */
function folded({ first, width, requests, failures }: Cells): Cells {
  const begin = Math.floor(first / 2);
  const fold = (values: readonly number[]) => {
    const wide = new Array<number>(Math.floor((first + values.length - 1) / 2) - begin + 1).fill(0);
    values.forEach((value, i) => {
      wide[Math.floor((first + i) / 2) - begin] += value;
    });
    return wide;
  };
  return { first: begin, width: 2n * width, requests: fold(requests), failures: fold(failures) };
}

/** Whether a range separates failures: most of them are in it, and not by chance. */
function isTelling({ requests, failures }: Cells, range: Range): boolean {
  const failed = sum(failures);
  if (range.failures < SHARE_MIN * failed) return false;
  const accessed = requests.filter((count) => count > 0).length;
  const inside = requests.slice(range.begin, range.end).filter((count) => count > 0).length;
  if (inside > ACCESSED_MAX * accessed) return false;
  return failed * (range.requests / sum(requests)) ** (failed - 1) <= CHANCE_MAX;
}

/** Where failures lie together; undefined if they do not, or if almost all requests failed. */
export function regionOf(cells: Cells): Region | undefined {
  const finest = bestRange(cells);
  if (finest === undefined) return undefined;
  const isAsGood = ({ score, requests, failures }: Range) =>
    score >= finest.score - SCORE_LOSS_MAX &&
    requests - failures <= finest.requests - finest.failures;
  let found: Region | undefined;
  for (let level = cells; level.requests.length > 1; level = folded(level)) {
    const range = bestRange(level);
    if (range === undefined || !isAsGood(range)) break;
    if (isTelling(level, range)) found = regionIn(level, range);
  }
  return found;
}

function regionIn({ first, width, requests }: Cells, range: Range): Region {
  const { begin, end, failures } = range;
  return {
    from: BigInt(first + begin) * width,
    to: BigInt(first + end) * width,
    requests: range.requests,
    failures,
    isLowest: sum(requests.slice(0, begin)) === 0,
    isHighest: sum(requests.slice(end)) === 0,
  };
}
