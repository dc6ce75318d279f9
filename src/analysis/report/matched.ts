import type { AxisJson } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';

/** What a report shows of submissions matched to completions: a part of the JSON of a match, under its names. */
export interface MatchFigures {
  matched: number;
  unmatchedEvents: number;
  unmatchedSubmissions: number;
  /** Nanoseconds; the percentiles are middles of buckets, within 1/128 of the true ones. */
  latencyNs: { min: string; max: string; sum: string; p50: string; p90: string; p99: string; p999: string; p9999: string };
  depth: { max: number; mean: number };
  errors: { opcode: number; errno: number; name: string | null; count: number; normal: boolean }[];
}

/** The matched part of a report. */
export interface MatchedJson {
  figures: MatchFigures;
  /** Completions by time and log2 of their latency. */
  latencies?: { axis: AxisJson; map: GridJson };
}
