import type { EngineJson } from '../../engine/kernel.ts';
import type { Log2Bucket } from '../summary/section.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { LatencyJson } from './latency-json.ts';
import type { Mismatch } from './mismatch.ts';
import type { ShortJson } from './outcome.ts';
import type { DepthBucket, MatchedError, ReuseJson } from './outcome-json.ts';
import type { SilenceJson } from './silences-json.ts';
import type { SlowPair } from './slowest.ts';
import type { OpenJson, UnmatchedJson } from './unmatched-json.ts';

/** Pairs of one opcode, or of one descriptor of a process. */
export interface MatchGroup {
  matched: number;
  /** Sum of `res` over reads and writes that succeeded. */
  bytesMoved: string;
  /** Reads and writes that moved less than requested. */
  short: number;
  errors: number;
  /** Null by counting. Of more than 64 rows, only those with the smallest keys have percentiles. */
  latencyNs: LatencyJson | null;
}

/** Pairs that ended alike, and their latencies: null by counting. */
export interface OutcomeJson {
  count: number;
  latencyNs: LatencyJson | null;
}

/** Pairs of one opcode, and apart those that succeeded and those that failed. */
export interface OpcodeGroup extends MatchGroup {
  opcode: number;
  name: string | null;
  succeeded: OutcomeJson;
  failed: OutcomeJson;
}

/** Reads and writes that succeeded: PREAD, PWRITE, PREADV and PWRITEV with `res` from 0. */
export interface IoJson extends OutcomeJson {
  /**
   * `mean` is the sum of their latencies divided by the duration of the capture; null without
   * duration. `max` is the most reads and writes in flight at once: those that failed later are
   * included, those presumed refused are left out as in `MatchJson.depth`. Null by counting.
   */
  depth: { max: number; mean: number | null } | null;
  /** Latencies from 0 by powers of two. */
  latencies: Log2Bucket[];
}

/** Pairs of processes in one direction. */
export interface ProcessPairs {
  /** Of these `succeeded`, and `errors` failed. */
  matched: number;
  succeeded: number;
  errors: number;
  bytesMoved: string;
  short: number;
  /** Of those that succeeded. Null by counting. */
  latencyNs: LatencyJson | null;
  /**
   * How many of those that succeeded were in flight on average: the sum of their latencies divided
   * by the duration of the capture. Null without duration and by counting.
   */
  meanDepth: number | null;
}

/** Pairs of one process in one direction. `other` are polls, flushes, NOOPs and unknown opcodes. */
export interface ProcessGroup extends ProcessPairs {
  /** 0 if the submissions have none. */
  pid: number;
  direction: 'read' | 'write' | 'other';
  /** The names that a trace has for the process. */
  comms?: string[];
}

/**
 * FSYNC and FDSYNC, and the writes in flight on their descriptor when they were submitted, which
 * they need not cover.
 */
export interface FsyncJson {
  count: number;
  /** Flushes submitted while there were such writes. */
  overtaking: number;
  /** The number of these writes, summed over all flushes. */
  writesInFlight: number;
}

/** How complete the data is. */
export interface MatchQuality {
  records: number;
  tornBytes: number;
  unmatchedCompletions: number;
  unmatchedSubmissions: number;
  /** Completions without a submission, at an address that was submitted at before. */
  orphans: number;
  /** Unmatched submissions at whose address another one was made while they were in flight. */
  superseded: number;
  /**
   * Completions that found only a submission older than one that had completed: a request in flight
   * twice, or a lost record. `counted` says whether they are pairs: they are if there are more than
   * 4 per orphan.
   */
  secondPairs: number;
  /**
   * Gaps between records, with requests in flight: the longest 64 of more than 20 mean intervals.
   * Where nothing contradicts it, a stall looks the same as a loss of records.
   */
  silences: SilenceJson[];
  /** Which pairs with a doubt have their latency in the result: `silences` if none were lost. */
  counted: { secondPairs: boolean; silences: boolean };
  /** The shares of submissions and completions that the capture seems to lack, from 0 to 1. */
  lostSubmissions: number;
  lostCompletions: number;
  /** How many pairs are false if records were lost at random. */
  expectedFalsePairs: number;
  /**
   * Records that repeat the one before them at their address, and are not matched. Without
   * `dedupe` only completions that find no submission are compared.
   */
  repeated: { submissions: number; completions: number };
  negativeLatency: number;
  ambiguous: number;
  evicted: number;
}

/**
 * How records were matched: in order of time or by counting (then latency, `depth`, `order`,
 * `fsync` and `littlesLaw` are null), and by which key.
 */
export interface MatchedBy {
  order: 'time' | 'counting';
  key: 'address' | 'data';
  refusedKnown: boolean;
  /** The unit of times in the records, unless that is nanoseconds. */
  tsUnit?: 'us' | 'ms';
  /** What was added to the times of completions, with the option `clockOffset`. */
  clockOffsetNs?: string;
  /** How wide the range of offsets is that fit equally well, if it was estimated. */
  clockSpreadNs?: string;
  /** Present if records that repeat others were dropped. */
  dedupe?: true;
}

/**
 * The result of `Match.toJSON()` and `aioscope match --json`. Times are in nanoseconds. Times and
 * bytes are decimal strings.
 */
export interface MatchJson extends EngineJson {
  version: string;
  /** How records were matched. */
  by: MatchedBy;
  /** What does not fit in their envelopes; present if there is anything. */
  mismatches?: Mismatch[];
  /** The submissions and the completions. */
  inputs: SummaryInput[];
  /** The lowest and highest time of a record; null without records, or by counting. */
  time: { from: string; to: string } | null;
  /**
   * Present with conditions on pairs: these, how many pairs meet them, and of how many. `matched`,
   * `negativeLatency`, latencies, groups, `io` but for its depth, `short`, `errors` and `slowest`
   * are then of the pairs that meet them. Everything else is of the whole capture: `depth`,
   * `io.depth`, `order`, `fsync`, `littlesLaw`, `reuse`, `quality`, and what is unmatched.
   */
  selected?: { where: string[]; pairs: number; of: number };
  matched: number;
  unmatchedCompletions: number;
  unmatchedSubmissions: number;
  /** Unmatched completions at an address where the capture had no submission yet. */
  begunBefore: number;
  /** Why submissions are unmatched, as far as the records show it. */
  unmatched: UnmatchedJson;
  /** What was in flight at the end. */
  open: OpenJson;
  /** Unmatched completions at an address where all submissions in flight had other data. */
  dataMismatch: number;
  /** Pairs whose submission was one of several with equal data at its address. */
  ambiguous: number;
  negativeLatency: number;
  /** Submissions dropped because 131,072 were in flight, or 4,096 at one address. */
  evicted: number;
  /** Submissions known to be refused by io_submit: left out, and not among the unmatched. */
  refused: number;
  /**
   * Latency, here and below, is the time from entry into io_submit to that in the record of the
   * completion: when the request completed, or when io_getevents returned it, as it was captured.
   */
  latencyNs: LatencyJson | null;
  /** As `io.latencies`, of all pairs. */
  latencies: Log2Bucket[];
  /** Reads and writes that succeeded, apart from failures, polls, flushes and NOOPs. */
  io: IoJson;
  byOpcode: OpcodeGroup[];
  /**
   * The 4,096 smallest pairs of pid and direction; `otherProcesses` has the rest. Only the first
   * 192, which are at least 64 processes, have percentiles.
   */
  byProcess: ProcessGroup[];
  otherProcesses?: ProcessPairs;
  /**
   * The 65,536 smallest pairs of pid and descriptor; `pid` is 0 if the submissions have none, and
   * `paths` are the files that a trace names for the descriptor. `other` has the rest.
   */
  byFd: (MatchGroup & { pid: number; fd: number; paths?: string[]; fsync: FsyncJson })[];
  other?: MatchGroup;
  /** Queue depth: its mean over time, and submissions by the depth including themselves. */
  depth: { max: number; mean: number | null; histogram: DepthBucket[] } | null;
  /**
   * `inOrder`: completions of the oldest submission in flight; `overtaken`: all others. `late`:
   * completions of a submission that is older than one that had completed. `beyondWindow`:
   * submissions still in flight after 65,536 newer ones.
   */
  order: {
    inOrder: number;
    overtaken: number;
    spanMax: number;
    late: number;
    beyondWindow: number;
    approximate: boolean;
  } | null;
  short: ShortJson;
  errors: MatchedError[];
  fsync: FsyncJson | null;
  /**
   * Little's law: the mean queue depth, and completions per nanosecond times mean latency. They
   * are equal if every submission has its completion; `gap` is their relative difference.
   */
  littlesLaw: { depth: number; rateTimesLatency: number; gap: number } | null;
  reuse: ReuseJson;
  quality: MatchQuality;
  /**
   * Present with the option `slowest`: of reads and writes that succeeded; of all pairs if there
   * are none, and of those that meet conditions on pairs.
   */
  slowest?: SlowPair[];
}
