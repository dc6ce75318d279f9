import type { LatencyJson } from '../match/latency-json.ts';
import {
  type CallGaps,
  endOf,
  LIMITS,
  NEAR,
  PLATEAUS,
  QUICK,
  SLOW_TRACER,
  TOO_SHORT,
} from './call-gaps.ts';
import { type PercentilesJson, percentiles } from './fine-histogram.ts';

/** The calls of one name in a trace. */
export interface CallsJson {
  /** io_submit, io_getevents or io_pgetevents. */
  name: string;
  count: number;
  /** Calls that returned 0. */
  empty: number;
  /** Calls that returned an error. */
  failed: number;
  /** Of io_submit: calls that accepted some of their iocbs, and not all. */
  short?: number;
  /** The threads that made them; at most 65,536 are counted. */
  threads: number;
  /** Time spent in each call; present if any call has its beginning and its end. */
  timeNs?: LatencyJson;
  /** Whether that time includes what the tracer did in the call, and so is too long. */
  withTracer?: boolean;
  /** That time as a share of all time of these threads, from the first call to the last. */
  timeShare?: number | null;
}

/** How many records there were per call that had any. */
export interface BatchJson {
  /** Records per call on average; null if it cannot be told. */
  mean: number | null;
  /** The most in one call: of `gaps` an estimate; null if it cannot be told. */
  max: number | null;
  /** Whether the mean is known: exactly from `calls` and `stamps`, to about 10 % from `gaps`. */
  known: boolean;
  /** The bounds of the mean that the times of records show; equal to it if it is known exactly. */
  low: number;
  high: number;
  /** Present if the size of each call is known. */
  percentiles?: PercentilesJson;
  /**
   * `calls` of the trace; `stamps` of a tracer that takes one time per call; `gaps` between the
   * records of a thread.
   */
  from: 'calls' | 'stamps' | 'gaps';
  /** The calls themselves; present if a trace has them. */
  calls?: CallsJson[];
}

/** Batches: how many records io_submit submitted, and io_getevents reaped, per call. */
export interface BatchesJson {
  submitted?: BatchJson;
  reaped?: BatchJson;
}

/** The estimate is near the upper bound: all that is between them is within 15 %. */
const TIGHT = 1.15;
/** A plateau: eight times the threshold makes hardly any difference. */
const PLATEAU = 1.1;
/** A mean up to here is one at a time. */
const ONE_MAX = 1.1;
/** Large batches, for which the upper bound is near and pauses within calls are likely. */
const LARGE_MIN = 8;
const LARGE_RATIO = 1.4;
/** The threshold for them, in `LIMITS`: the smallest that is longer than `QUICK`. */
const LARGE_LIMIT = 1;
/** The least share of equal times if a tracer takes one per call, and how many near ones it has. */
const EQUAL_MIN = 0.02;
const NEAR_MAX = 0.05;
/** The shares of records at which thread 0, and gaps too short for nanoseconds, say something. */
const IDLE_MAX = 0.01;
const TOO_SHORT_MAX = 0.02;

/** The mean and the most, as far as the gaps show them. */
type Found = Pick<BatchJson, 'mean' | 'max'>;

/** The first plateau: a threshold that longer ones hardly differ from; -1 without a plateau. */
const plateauOf = (est: (ns: number) => number): number =>
  LIMITS.findIndex((limit, i) => i < PLATEAUS && est(8 * limit) <= PLATEAU * est(limit));

/** The estimate of 5.13 of the definitions; undefined if it cannot be told. */
function estimated(gaps: CallGaps, est: (ns: number) => number, up: number): Found | undefined {
  const least = est(LIMITS[0]);
  const k = plateauOf(est);
  const max = k < 0 ? null : gaps.longest(endOf(k));
  if (up <= TIGHT * least) return { mean: Math.sqrt(up * least), max };
  if (k < 0) return undefined;
  const mean = est(endOf(k));
  return mean <= ONE_MAX && est(SLOW_TRACER) > ONE_MAX ? undefined : { mean, max };
}

/** The range of large batches between which pauses were not all ends of calls. */
function rangeOf(gaps: CallGaps, est: (ns: number) => number, up: number): number | undefined {
  const least = est(endOf(LARGE_LIMIT));
  const isQuick = gaps.within(QUICK) >= gaps.gaps / 2;
  return isQuick && least >= LARGE_MIN && up <= LARGE_RATIO * least ? least : undefined;
}

/** Batches of a tracer that takes one time per call; undefined if it takes one per record. */
function stamped(gaps: CallGaps): BatchJson | undefined {
  const equal = gaps.within(0);
  const isPerCall =
    equal > EQUAL_MIN * (gaps.gaps + gaps.sure) && gaps.within(NEAR) - equal <= NEAR_MAX * equal;
  if (!isPerCall) return undefined;
  const mean = gaps.records / (gaps.threads + gaps.sure + gaps.gaps - equal);
  const max = gaps.longest(0);
  const { sizes, least } = gaps.sizes();
  const found = percentiles(sizes.values(), least, max);
  const range = { low: mean, high: mean, ...(found && { percentiles: found }) };
  return { mean, max, known: true, ...range, from: 'stamps' };
}

/**
 * The batches that the times of records show; undefined if records have no times or threads, or not
 * those of calls. `isNanoseconds`: whether nothing says that times have another unit.
 */
export function batchOf(gaps: CallGaps, isNanoseconds: boolean): BatchJson | undefined {
  const { records, idle, threads, sure } = gaps;
  if (records === 0 || idle > IDLE_MAX * (records + idle)) return undefined;
  const up = records / (threads + sure);
  const est = (ns: number) => records / (threads + sure + gaps.gaps - gaps.within(ns));
  const tooShort = gaps.within(TOO_SHORT) - gaps.within(0);
  const unknown = { mean: null, max: null, known: false, high: up, from: 'gaps' } as const;
  if (!isNanoseconds || tooShort > TOO_SHORT_MAX * gaps.gaps || (gaps.gaps > 0 && !gaps.isFine)) {
    // Without times that can be compared, there still are the calls between which others were.
    const mean = up <= TIGHT ? Math.sqrt(up) : null;
    return { ...unknown, mean, known: mean !== null, low: 1 };
  }
  const exact = stamped(gaps);
  if (exact !== undefined) return exact;
  const low = est(LIMITS[0]);
  const found = estimated(gaps, est, up);
  if (found !== undefined) return { ...found, known: true, low, high: up, from: 'gaps' };
  return { ...unknown, low: rangeOf(gaps, est, up) ?? low };
}
