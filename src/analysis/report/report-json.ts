import type { EngineJson } from '../../engine/kernel.ts';
import type { StreamTrust } from '../../stream/stream-set.ts';
import type { Finding } from '../findings/finding.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { BatchesJson } from './batches.ts';
import type { CompletionsJson } from './completions.ts';
import type { MatchedJson, MatchFailure } from './matched.ts';
import type { RefusedJson } from './refused.ts';
import type { RingImageJson, RingStepJson } from './rings.ts';
import type { ReportSelectedJson } from './selection.ts';
import type { SubmissionsJson } from './submissions.ts';

/** The result of `Report.toJSON()`. 64-bit quantities are decimal strings; indexes begin at 0. */
export interface ReportJson extends EngineJson {
  version: string;
  /** Why one thread did what several were to do; present if it did. */
  workersReason?: string;
  inputs: SummaryInput[];
  /**
   * The earliest and the latest time of a record (ns). Add `realtimeOffsetNs`, if it is known, to
   * get Unix times. Present if records have times.
   */
  time?: { from: string; to: string; realtimeOffsetNs?: string };
  /** Present if an input is of kind iocb. */
  submissions?: SubmissionsJson;
  /** Present if an input is of kind io_event or aio_ring. */
  completions?: CompletionsJson;
  /** Present if an input is of kind aio_ring. */
  rings?: { images: RingImageJson[]; steps: RingStepJson[] };
  /** Present if conditions select submissions, completions or pairs. */
  selected?: ReportSelectedJson;
  /** Present if submissions were matched to completions. */
  matched?: MatchedJson;
  /** Present if there are both, and they could not be matched. */
  matchFailed?: MatchFailure;
  /** Present if records have `ts` and `tid`, or if a trace has calls. */
  batches?: BatchesJson;
  /** What io_submit refused; present if a trace has it. */
  refused?: RefusedJson;
  /** How traces were recorded, and what was lost; present if there are any. */
  traces?: StreamTrust[];
  /** What matters most, the most severe first. */
  findings: Finding[];
}
