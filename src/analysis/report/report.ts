import {
  type EngineJson,
  type EngineName,
  type EngineUse,
  engineJson,
  joinEngine,
} from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { lookupOf } from '../../layout/name-lookup.ts';
import { checkMerge } from '../../layout/option-names.ts';
import { joinNames, type RunNames } from '../../layout/run-names.ts';
import type { Kind } from '../../layout/schema.ts';
import type { AnalyzeOptions } from '../../stream/analysis-reader.ts';
import type { WorkersOption } from '../../stream/options.ts';
import type { StreamTrust } from '../../stream/stream-set.ts';
import type { TsUnit } from '../../stream/times.ts';
import { version } from '../../version.ts';
import type { PairEvidence } from '../findings/evidence/pair-evidence.ts';
import { SubmissionEvidence } from '../findings/evidence/submission-evidence.ts';
import { findingsOf } from '../findings/find.ts';
import type { Finding } from '../findings/finding.ts';
import type { KeyedState } from '../summary/keyed-table.ts';
import type { StateOf } from '../summary/state.ts';
import type { SummaryInput } from '../summary/summary.ts';
import { type BatchesJson, type BatchJson, batchOf } from './batches.ts';
import type { BothGaps } from './both-gaps.ts';
import type { CallGaps } from './call-gaps.ts';
import type { CallReport } from './calls.ts';
import { CompletionReport, type CompletionsJson } from './completions.ts';
import type { MatchedJson, MatchFailure } from './matched.ts';
import { ProcessCounts } from './process-counts.ts';
import { RecordPlaces } from './record-places.ts';
import { type RefusedJson, RefusedReport } from './refused.ts';
import { type RingImageJson, RingImages, type RingStepJson } from './rings.ts';
import type { ReportSelectedJson } from './selection.ts';
import { SubmissionReport, type SubmissionsJson } from './submissions.ts';
import { TimeSpan } from './time-span.ts';
import { withNames } from './with-names.ts';

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

/** Options of `report` of one source. */
export interface ReportOptions extends AnalyzeOptions, WorkersOption {
  /** The index of the source's first record in the capture that it is part of; 0 by default. */
  readonly firstIndex?: number | undefined;
  /** The unit of `ts`; `ns` unless given. All results are in nanoseconds. */
  readonly tsUnit?: TsUnit | undefined;
}

/** The state of a `Report` before it is matched, which can be cloned to another thread. */
export interface ReportState extends EngineUse {
  readonly inputs: readonly SummaryInput[];
  readonly places: StateOf<RecordPlaces>;
  readonly submitted: StateOf<SubmissionEvidence>;
  readonly span: StateOf<TimeSpan>;
  readonly processes: readonly KeyedState[];
  readonly submissions: StateOf<SubmissionReport>;
  readonly completions: StateOf<CompletionReport>;
}

/**
 * The report of any number of sources. Parts of a capture, each with its `firstIndex`, merge in
 * order to exactly the report of the whole.
 */
export class Report implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  /**
   * Why the calling thread did what worker threads were to do; null if they did it, or if one
   * thread was enough.
   */
  workersReason: string | null = null;
  readonly inputs: SummaryInput[] = [];
  readonly submissions = new SubmissionReport();
  readonly completions = new CompletionReport();
  readonly rings = new RingImages();
  readonly refused = new RefusedReport();
  /** The names of processes and files, of traces. */
  names: RunNames | undefined;
  /** What conditions select, of submissions and completions together. */
  selected: ReportSelectedJson | undefined;
  /** What pairs show, if submissions were matched to completions. */
  matched: MatchedJson | undefined;
  /** Why submissions could not be matched to completions. */
  matchFailed: MatchFailure | undefined;

  /** What findings need to know of pairs, if submissions were matched to completions. */
  evidence: PairEvidence | undefined;
  /** The earliest and the latest time of a record. */
  readonly span = new TimeSpan();
  /** Submissions by process. */
  readonly processes = new ProcessCounts();
  /**
   * What to add to a time to get nanoseconds since 1970 in UTC. That of a trace, if it knows it;
   * may be set.
   */
  realtimeOffsetNs: bigint | undefined;
  /** What findings need to know of submissions. */
  readonly submitted = new SubmissionEvidence();
  /** Where the records of each input are, in the same order as `inputs`. */
  readonly places = new RecordPlaces();

  /** The gaps of both streams in one order, if they were matched. */
  bothGaps: BothGaps | undefined;
  /** What the calls of traces show. */
  calls: CallReport | undefined;
  /** How the traces were recorded that the records are of. */
  readonly traces: StreamTrust[] = [];

  constructor({ engine, engineReason }: EngineUse) {
    this.engine = engine;
    this.engineReason = engineReason;
  }

  /**
   * Appends the report of the part that follows; do not use that afterwards. Cost: its size.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` if one of them is matched and the other has more than
   *   rings: a match of parts is not that of the whole
   */
  merge(report: Report): this {
    checkMerge(report instanceof Report, 'Report', report);
    if ((this.matched && report.#hasSides) || (report.matched && this.#hasSides))
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        'a report that is matched can be merged only with reports of rings: ' +
          'pairs may span parts; ' +
          'report the parts one by one, and match whole captures',
      );
    this.workersReason ??= report.workersReason;
    this.selected ??= report.selected;
    this.matched ??= report.matched;
    this.matchFailed ??= report.matchFailed;
    this.evidence ??= report.evidence;
    this.submissions.vectored ??= report.submissions.vectored;
    this.bothGaps ??= report.bothGaps;
    if (report.calls !== undefined) this.calls = this.calls?.merge(report.calls) ?? report.calls;
    this.realtimeOffsetNs ??= report.realtimeOffsetNs;
    this.rings.merge(report.rings);
    this.refused.merge(report.refused);
    this.names = joinNames(this.names, report.names);
    this.traces.push(...report.traces);
    return this.mergeState(report.state());
  }

  /**
   * Returns the state of what is counted in one pass, without rings and refused submissions. It
   * shares its tables with the report until it is cloned.
   */
  state(): ReportState {
    const { engine, engineReason, inputs, places, submitted, span } = this;
    const { submissions, completions } = this;
    const processes = this.processes.state();
    const counts = { submitted, span, processes, submissions, completions };
    return { engine, engineReason, inputs, places, ...counts };
  }

  /** Adds the state of another report, perhaps from another thread. */
  mergeState(state: ReportState): this {
    checkMerge(Array.isArray(state?.inputs), 'ReportState', state);
    joinEngine(this, state);
    this.inputs.push(...state.inputs);
    this.places.merge(state.places);
    this.submitted.merge(state.submitted);
    this.span.merge(state.span);
    this.processes.merge(state.processes);
    this.submissions.merge(state.submissions);
    this.completions.merge(state.completions);
    return this;
  }

  /** Whether no table has overflowed whose parts would not merge exactly. */
  get isExact(): boolean {
    const { submissions, completions, submitted } = this;
    return submitted.other === 0 && !submissions.gaps.isFull && !completions.gaps.isFull;
  }

  get #hasSides(): boolean {
    return this.inputs.some(({ kind }) => kind !== 'aio_ring');
  }

  /** Returns the report as plain data. */
  toJSON(): ReportJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    const rings = this.rings.toJSON();
    const lookup = lookupOf(this.names);
    const [refused, batches] = [this.refused.toJSON(lookup), this.#batches()];
    const json = {
      version,
      ...engineJson(this),
      ...(this.workersReason !== null && { workersReason: this.workersReason }),
      inputs: this.inputs,
      ...(this.span.ends && { time: this.#time(...this.span.ends) }),
      ...(has('iocb') && {
        submissions: withNames(
          { ...this.submissions.toJSON(), ...this.processes.toJSON() },
          lookup,
        ),
      }),
      ...(has('io_event', 'aio_ring') && { completions: this.completions.toJSON() }),
      ...(rings && { rings }),
      ...(this.selected && { selected: this.selected }),
      ...(this.matched && { matched: this.matched }),
      ...(this.matchFailed && { matchFailed: this.matchFailed }),
      ...(batches && { batches }),
      ...(refused && { refused }),
      ...(this.traces.length > 0 && { traces: this.traces }),
    };
    const place = (kind: Kind, index: number) => this.places.of(kind, index);
    const shown = { pairs: this.evidence, submitted: this.submitted, lookup, place };
    const match = this.matched?.figures;
    const facts = { ...json, ...shown, match, hasCalls: this.calls !== undefined };
    return { ...json, findings: findingsOf(facts) };
  }

  #time(from: bigint, to: bigint): NonNullable<ReportJson['time']> {
    const offset = this.realtimeOffsetNs ?? this.names?.realtimeOffsetNs;
    const known = offset === undefined ? {} : { realtimeOffsetNs: offset.toString() };
    return { from: from.toString(), to: to.toString(), ...known };
  }

  #batches(): BatchesJson | undefined {
    const { submissions, completions } = this;
    const submitted = this.#batch('submitted', submissions.records, submissions.gaps);
    const reaped = this.#batch('reaped', completions.records, completions.gaps);
    if (submitted === undefined && reaped === undefined) return undefined;
    return { ...(submitted && { submitted }), ...(reaped && { reaped }) };
  }

  /** Batches by calls if a trace has them, or else by the times of records. */
  #batch(side: keyof BatchesJson, records: number, gaps: CallGaps): BatchJson | undefined {
    const ids = this.matched?.figures.mismatches?.map(({ id }) => id) ?? [];
    const calls = this.calls?.[side].toJSON(this.calls.spanNs, this.calls.withTracer) ?? [];
    const isByTask = side === 'reaped' && ids.includes('pids-differ');
    const timed = isByTask
      ? undefined
      : batchOf(this.bothGaps?.[side] ?? gaps, !ids.includes('time-unit'));
    const batch = this.calls?.[side].batchOf(records) ?? timed;
    return batch && { ...batch, ...(calls.length > 0 && { calls }) };
  }
}
