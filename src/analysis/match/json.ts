import type { EngineName } from '../../engine/kernel.ts';
import type { Log2Bucket } from '../summary/section.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { LatencyJson } from './latency.ts';
import type { DepthBucket, MatchedError, ReuseJson, ShortJson } from './outcome.ts';
import type { SlowPair } from './slowest.ts';

/** What the matched requests of one group did. */
export interface MatchGroup {
  matched: number;
  /** Sum of `res` over reads and writes that succeeded. */
  bytesMoved: string;
  /** Reads and writes that moved less than was asked. */
  short: number;
  errors: number;
  /** Of groups beyond the 64 smallest keys no percentiles are kept: they are null. By counting there is no latency. */
  latencyNs: LatencyJson | null;
}

/** Flushes, FSYNC and FDSYNC, and the writes to their descriptor that were in flight when they were submitted: those they do not cover. */
export interface FsyncJson {
  count: number;
  /** Flushes that found such writes. */
  overtaking: number;
  /** How many they found in all. */
  writesInFlight: number;
}

/** How far the data can be trusted. */
export interface MatchQuality {
  records: number;
  tornBytes: number;
  unmatchedCompletions: number;
  unmatchedSubmissions: number;
  /** Events whose submission, and submissions whose event, seems to have been lost by the capture. */
  presumedLost: number;
  negativeLatency: number;
  ambiguous: number;
  evicted: number;
}

/** What `Match.toJSON()` gives, and `aioscope match --json` prints. Times are in nanoseconds; times and bytes are decimal strings. */
export interface MatchJson {
  version: string;
  engine: EngineName;
  /** How: in the order of time, or by counting (then latency, depth, order, fsync and little are null), and by which key. */
  by: { order: 'time' | 'counting'; key: 'address' | 'data'; refusedKnown: boolean };
  /** The submissions and the completions. */
  inputs: SummaryInput[];
  /** The earliest and the latest time of a record; null without records, or by counting. */
  time: { from: string; to: string } | null;
  matched: number;
  unmatchedCompletions: number;
  unmatchedSubmissions: number;
  /** Of the unmatched events those at whose address nothing had been submitted since the capture began. */
  begunBefore: number;
  /** Of the unmatched submissions those at whose address another was submitted while they were open. */
  superseded: number;
  /** Of the unmatched events those at whose address only requests with other data were open. */
  dataMismatch: number;
  /** Pairs whose submission was the newest of several with equal data. */
  ambiguous: number;
  negativeLatency: number;
  /** Submissions given up because 131,072 were open, or 4,096 at one address. */
  evicted: number;
  /** Submissions left out because io_submit refused them, and those that no kernel takes (they stay unmatched). */
  refused: number;
  neverOpened: number;
  latencyNs: LatencyJson | null;
  /** Latencies of 0 and more by powers of two. */
  latencies: Log2Bucket[];
  byOpcode: (MatchGroup & { opcode: number; name: string | null })[];
  /** The 65,536 smallest pairs of pid and descriptor; `other` has the rest. */
  byFd: (MatchGroup & { pid: number; fd: number; fsync: FsyncJson })[];
  other?: MatchGroup;
  /** How many requests were in flight: mean over time, and how deep a submission found it, itself included. */
  depth: { max: number; mean: number | null; histogram: DepthBucket[] } | null;
  /** `late`: completions of a request that was submitted before one that had completed. `beyondWindow`: requests that 65,536 younger ones overtook. */
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
  /** Little's law: the mean depth, and completions a nanosecond times mean latency; a gap above 0.1 means that the capture lost records. */
  little: { depth: number; rateTimesLatency: number; gap: number } | null;
  reuse: ReuseJson;
  quality: MatchQuality;
  /** There when it is asked for. */
  slowest?: SlowPair[];
}
