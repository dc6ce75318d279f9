// What a survey counts besides the report: sources one after another, and results that grow.
import type { EngineUse } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import type { Opened } from '../../stream/open-source.ts';
import { Check, type CheckState } from '../check/check.ts';
import { checkPart } from '../check/check-part.ts';
import type { Match } from '../match/result.ts';
import type { Beside } from '../report/one.ts';
import { Report, type ReportState } from '../report/report.ts';
import { Summary, type SummaryInput, type SummaryState } from '../summary/summary.ts';
import { summaryPart } from '../summary/summary-part.ts';
import type { SurveyPart } from './part.ts';
import type { Survey, SurveyPartial } from './survey.ts';
import { type ByteWindow, type SurveyStreamOptions, surveyStream } from './survey-opened.ts';
import { ZONE_RECORDS, Zones, zonesPart } from './zones.ts';

/** How results are handed on while they grow, and which records are read. */
export interface TotalsOptions {
  readonly onPart?: ((part: SurveyPartial) => void) | undefined;
  readonly everyMs?: number | undefined;
  /** Those of an earlier survey of the same sources, which tell what need not be read. */
  readonly zones?: readonly Zones[] | undefined;
  /** Only these records of each source. */
  readonly records?: { readonly begin: number; readonly end: number } | undefined;
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
  /** Whether conditions select records, which then have no zones. */
  readonly isSelected: boolean;
  readonly slowest?: number | undefined;
}

/** The states of results that are complete, which merging them into others does not change. */
interface Done {
  readonly summary: SummaryState;
  readonly check: CheckState;
  readonly report: ReportState;
}

const PROFILE = 'linux';
const EVERY_MS = 500;
/** With more sources than this, results are not handed on after each. */
const TOLD_SOURCES = 4;
/** Results that grow are handed on in a tenth of the time at most. */
const PAUSE = 10;
const NO_ZONES = new Zones();

const statesOf = (report: Report, summary: Summary, check: Check): Done => ({
  ...{ summary: summary.state(), check: check.state(), report: report.state() },
});

const checkOf = (use: EngineUse): Check => new Check(use, PROFILE);

/** The summary, the check and the zones of sources whose reports are made at the same time. */
export class SurveyTotals implements Beside {
  readonly #options: TotalsOptions;
  /** All sources that are read, merged; parts are copies of it. */
  #done: SurveyPartial | undefined;
  #count = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** How long the last time took, with what the caller does. */
  #toldMs = 0;
  #summary: Summary | undefined;
  /** The checks of the first sources, as long as they are submissions. */
  #check: Check | undefined;
  /** Those of submissions that were refused, which `check` of a trace has second. */
  #refused: Check | undefined;
  /** Those of all other sources. */
  #others: Check | undefined;
  #match: Match | undefined;
  readonly #zones: Zones[] = [];
  readonly onPart: Beside['onPart'];
  readonly slowest: number;
  readonly matches: boolean;

  constructor(options: TotalsOptions) {
    this.#options = options;
    this.slowest = options.slowest ?? 0;
    this.matches = options.records === undefined;
    if (options.onPart !== undefined)
      this.onPart = (report, found) => {
        if (this.#isDue) this.#tell(statesOf(report, ...(found as [Summary, Check])));
      };
  }

  /** The results, once all sources are read. */
  resultWith(report: Report): Survey {
    const { summary, check } = this.#merged(report);
    for (const each of [this.#refused, this.#others]) if (each !== undefined) check.merge(each);
    return { summary, report, check, zones: this.#zones, match: this.#match };
  }

  partsOf({ schema: { kind } }: Opened): readonly SurveyPart<unknown>[] {
    const { isSelected, records } = this.#options;
    const isTimed = kind !== 'aio_ring' && !isSelected && records === undefined;
    const parts = [
      summaryPart(),
      checkPart({ profile: PROFILE }),
      ...(isTimed ? [zonesPart()] : []),
    ];
    return parts as SurveyPart<unknown>[];
  }

  windowOf({ bytes, length, name, schema: { kind, stride } }: Opened): ByteWindow | undefined {
    const { zones, records, from = 0n, to = 2n ** 64n } = this.#options;
    const canSeek = length !== undefined && bytes.range !== undefined && kind !== 'aio_ring';
    if (records !== undefined) {
      if (!canSeek)
        throw new AioscopeError(
          'AIOSCOPE_OPTION',
          `records selects records by index, but ${name} can only be read from its beginning`,
        );
      const whole = Math.floor(length / stride);
      const [begin, end] = [Math.min(records.begin, whole), Math.min(records.end, whole)];
      return { begin: begin * stride, end: Math.max(begin, end) * stride };
    }
    const of = zones?.[this.#zones.length];
    if (!canSeek || of === undefined || of.count === 0) return undefined;
    // Of another version of the source, they say nothing.
    if (of.records !== Math.floor(length / stride)) return undefined;
    const { begin, end } = of.recordsWithin(from, to);
    // Something has to be read: the time range may have no record.
    const last = Math.max(end, Math.min(begin + ZONE_RECORDS, of.records));
    return { begin: begin * stride, end: Math.min(length, last * stride) };
  }

  take(opened: Opened, report: Report, found: readonly unknown[]): void {
    const [summary, check, zones = NO_ZONES] = found as [Summary, Check, Zones | undefined];
    const isPart = this.windowOf(opened) !== undefined;
    const whole = Math.floor((opened.length ?? 0) / opened.schema.stride);
    if (isPart) report.places.widen(opened.offset, whole);
    for (const each of [summary, check]) each.workersReason = report.workersReason;
    summary.names = opened.schema.names;
    if (isPart && this.#options.records === undefined)
      for (const { inputs } of [report, summary, check]) asWhole(opened, inputs);
    this.#zones.push(zones);
    this.#summary = this.#summary?.merge(summary) ?? summary;
    if (this.#others === undefined && opened.schema.kind === 'iocb')
      this.#check = this.#check?.merge(check) ?? check;
    else this.#others = this.#others?.merge(check) ?? check;
    if (this.onPart === undefined) return;
    this.#done ??= emptyFor(report);
    mergeInto(this.#done, structuredClone(statesOf(report, summary, check)));
    this.#count += 1;
    // The match of several sources, or reading the next, may take long.
    if (this.#count <= TOLD_SOURCES || this.#isDue) this.#tell();
  }

  async takeRefused(opened: Opened, options: SurveyStreamOptions): Promise<void> {
    // Records of each source by their index are not those of another file of a trace.
    if (this.#options.records !== undefined) return opened.close();
    const { results, workersReason } = await surveyStream(
      opened,
      [checkPart({ profile: PROFILE })],
      options,
    );
    const [check] = results as [Check];
    check.workersReason = workersReason;
    this.#refused = this.#refused?.merge(check) ?? check;
  }

  takeMatch(match: Match): void {
    this.#match = match;
  }

  #merged(use: EngineUse) {
    return { summary: this.#summary ?? new Summary(use), check: this.#check ?? checkOf(use) };
  }

  /** Whether it is long enough since results were handed on. */
  get #isDue(): boolean {
    const { everyMs = EVERY_MS } = this.#options;
    const pause = everyMs > 0 ? Math.max(everyMs, PAUSE * this.#toldMs) : 0;
    return performance.now() - this.#toldAt >= pause;
  }

  /** Hands on what was found so far: in all sources before, and in the one that is read. */
  #tell(current?: Done): void {
    const begun = performance.now();
    const done = this.#done;
    const states = [
      ...(done === undefined ? [] : [statesOf(done.report, done.summary, done.check)]),
      ...(current === undefined ? [] : [current]),
    ];
    const part = emptyFor(states[0].report);
    // Merging may take over tables of a state, which goes on growing.
    for (const state of structuredClone(states)) mergeInto(part, state);
    this.#options.onPart?.(part);
    this.#toldAt = performance.now();
    this.#toldMs = this.#toldAt - begun;
  }
}

const emptyFor = (use: EngineUse): SurveyPartial => ({
  summary: new Summary(use),
  check: checkOf(use),
  report: new Report(use),
});

function mergeInto({ summary, check, report }: SurveyPartial, states: Done): void {
  summary.mergeState(states.summary);
  check.mergeState(states.check);
  report.mergeState(states.report);
}

/** The only input as if all of its bytes had been read: what was left out has other times. */
function asWhole({ length = 0, schema: { stride } }: Opened, inputs: SummaryInput[]): void {
  const records = Math.floor(length / stride);
  inputs[0] = { ...inputs[0], bytes: length, records, tornBytes: length - records * stride };
}
