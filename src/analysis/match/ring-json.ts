import type { EngineJson } from '../../engine/kernel.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { ShortJson } from './outcome.ts';
import type { MatchedError } from './outcome-json.ts';
import type { OpenGroup, OpenJson } from './unmatched-json.ts';

/** A submission of a log, as a place in its order. `ts` is null if the log has no times. */
export interface RingPlaceJson {
  index: number;
  ts: string | null;
}

/** Images of one ring without a gap between them, and how they fit the submissions. */
export interface RingHistoryJson {
  files: string[];
  id: number;
  nr: number;
  /**
   * The process whose submissions fit. An image does not show its process: null if the submissions
   * have no pid, or if none fit.
   */
  pid: number | null;
  /** Completions in all images together, by their state in the last one. */
  live: number;
  stale: number;
  /** Slots of the first image that never held a completion. */
  neverWritten: number;
  /** Completions with a submission, and without. */
  matched: number;
  unmatched: number;
  /** Completions whose submission has another completion, in other images: not counted again. */
  repeated: number;
  /** Whether the order of completions agrees with the submissions. If not, pairs are guesses. */
  fits: boolean;
  /**
   * When the last image was captured, as far as its completions show: after one submission, and
   * before another. `before` null: it may be after all. Null if they do not fit.
   */
  captured: { after: RingPlaceJson; before: RingPlaceJson | null } | null;
  /**
   * How far back the ring reaches: completions of requests submitted from this time on (or from
   * this index, without times) cannot have been overwritten. `io_setup`: none was. Null: unknown.
   */
  remembersFrom: string | null;
  /** In how many periods of the log the images fit as well; the latest is used. */
  periods: number;
}

/** One request that did not complete. */
export interface OpenRequest extends Omit<OpenGroup, 'count' | 'oldestNs'> {
  index: number;
  ageNs: string | null;
  /** The address of its iocb, in hexadecimal, and its `aio_data`. */
  addr: string;
  data: string;
}

/**
 * Submissions that did not complete. Ages are those at the moment of the images, or at the last
 * submission; null if the log has no times.
 */
export interface RingOpenJson extends Omit<OpenJson, 'byFd' | 'hung'> {
  byFd: OpenGroup[];
  /** The oldest of them, at most 10. */
  oldest: OpenRequest[];
}

/** Completions in rings that have a submission, of one opcode or descriptor. */
export interface RingMatchGroup {
  matched: number;
  live: number;
  /** Sum of `res` over reads and writes that succeeded. */
  bytesMoved: string;
  short: number;
  errors: number;
}

/** The result of `matchRings` and of `aioscope match SUBMISSIONS RING… --json`. */
export interface RingMatchJson extends EngineJson {
  version: string;
  by: { refusedKnown: boolean };
  /** The submissions, then the images. */
  inputs: SummaryInput[];
  /** The lowest and highest time of a submission; null without times. */
  time: { from: string; to: string } | null;
  rings: RingHistoryJson[];
  /** Completed, and not reaped yet. */
  completedLive: number;
  /** Completed and reaped; the completion is still in its slot, or in an earlier image. */
  completedStale: number;
  /** Completions in rings without a submission in the log. */
  unmatchedCompletions: number;
  /**
   * Submissions whose iocb was submitted again. They completed before that, and their completions
   * are not in the images.
   */
  earlier: number;
  /** Submissions that had not completed when the images were captured. */
  open: RingOpenJson;
  /** Of `open`: submissions that may have been made after the images were captured. */
  openLater: number;
  /**
   * Submissions older than the oldest completion in the images: open, or their completions were
   * overwritten.
   */
  openOrOverwritten: RingOpenJson;
  /**
   * Of `completedStale`: the last completion at the address belongs to this submission, the newest
   * there, or to the one before it. In the second case it is open.
   */
  undecided: number;
  /**
   * Submissions at addresses that are in no image, in processes of which a ring is missing: no ring
   * is given, or completions that must have been in it are in none. Or the images are older.
   */
  elsewhere: number;
  /** Submissions after the images were captured. */
  after: number;
  /** Submissions left out because io_submit refused them. */
  refused: number;
  /** Submissions that Linux always refuses. */
  refusedByRules: number;
  /** Addresses that were forgotten, because there were more than 131,072. */
  evicted: number;
  byOpcode: (RingMatchGroup & { opcode: number; name: string | null })[];
  byFd: (RingMatchGroup & { pid: number; fd: number })[];
  other?: RingMatchGroup;
  short: ShortJson;
  errors: MatchedError[];
  quality: { records: number; tornBytes: number };
}
