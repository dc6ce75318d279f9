import {
  type EngineJson,
  type EngineName,
  type EngineUse,
  engineJson,
  joinEngine,
} from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { checkMerge, checkOptions } from '../../layout/option-names.ts';
import type { Kind } from '../../layout/schema.ts';
import {
  ANALYZE_NAMES,
  type AnalyzeOptions,
  analysisReader,
} from '../../stream/analysis-reader.ts';
import { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import { completionBlock, SubmissionBlocks } from './block.ts';
import { CompletionReport, type CompletionsJson } from './completions.ts';
import {
  type MatchedJson,
  PAIR_NAMES,
  passes,
  type ReportPairOptions,
  Sides,
  withTimes,
} from './matched.ts';
import { type RingImageJson, RingImages, type RingStepJson } from './rings.ts';
import { SubmissionReport, type SubmissionsJson } from './submissions.ts';

/** The result of `Report.toJSON()`. 64-bit quantities are decimal strings; indexes begin at 0. */
export interface ReportJson extends EngineJson {
  version: string;
  inputs: SummaryInput[];
  /** Present if an input is of kind iocb. */
  submissions?: SubmissionsJson;
  /** Present if an input is of kind io_event or aio_ring. */
  completions?: CompletionsJson;
  /** Present if an input is of kind aio_ring. */
  rings?: { images: RingImageJson[]; steps: RingStepJson[] };
  /** Present if submissions were matched to completions. */
  matched?: MatchedJson;
  /** Why they could not be matched; present if that failed. */
  unmatched?: string;
}

/** Options of `report` of one source. */
export interface ReportOptions extends AnalyzeOptions {
  /** The index of the source's first record in the trace that it is part of; 0 by default. */
  readonly firstIndex?: number | undefined;
}

/**
 * The report of any number of sources. Parts of a trace, each with its `firstIndex`, merge in order
 * to exactly the report of the whole.
 */
export class Report implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  readonly inputs: SummaryInput[] = [];
  readonly submissions = new SubmissionReport();
  readonly completions = new CompletionReport();
  readonly rings = new RingImages();
  /** What pairs show, if submissions were matched to completions. */
  matched: MatchedJson | undefined;
  /** Why submissions could not be matched to completions. */
  unmatched: string | undefined;

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
        'a report that is matched can be merged only with reports of rings: pairs may span parts; ' +
          'report the parts one by one, and match whole traces',
      );
    joinEngine(this, report);
    this.matched ??= report.matched;
    this.unmatched ??= report.unmatched;
    this.inputs.push(...report.inputs);
    this.submissions.merge(report.submissions);
    this.completions.merge(report.completions);
    this.rings.merge(report.rings);
    return this;
  }

  get #hasSides(): boolean {
    return this.inputs.some(({ kind }) => kind !== 'aio_ring');
  }

  /** Returns the report as plain data. */
  toJSON(): ReportJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    const rings = this.rings.toJSON();
    return {
      version,
      ...engineJson(this),
      inputs: this.inputs,
      ...(has('iocb') && { submissions: this.submissions.toJSON() }),
      ...(has('io_event', 'aio_ring') && { completions: this.completions.toJSON() }),
      ...(rings && { rings }),
      ...(this.matched && { matched: this.matched }),
      ...(this.unmatched !== undefined && { unmatched: this.unmatched }),
    };
  }
}

async function addSubmissions(
  reader: RecordReader<'iocb'>,
  submissions: SubmissionReport,
  firstIndex: number,
): Promise<void> {
  const blocks = new SubmissionBlocks();
  for await (const batch of reader)
    submissions.add(blocks.of(batch, firstIndex + batch.firstIndex));
}

async function addCompletions(
  reader: RecordReader<'io_event'>,
  completions: CompletionReport,
  firstIndex: number,
): Promise<void> {
  for await (const batch of reader)
    completions.add(completionBlock(batch, batch.length, firstIndex + batch.firstIndex));
}

/** Adds a ring to the images and its live events to the completions. Returns how many of them. */
async function addRing(
  reader: RecordReader<'aio_ring'>,
  report: Report,
  file: string,
  firstIndex: number,
): Promise<number> {
  let addImage: ReturnType<RingImages['begin']> | undefined;
  let live = 0;
  for await (const batch of reader) {
    if (reader.ring !== undefined) addImage ??= report.rings.begin(file, reader.ring);
    addImage?.(batch);
    let count = 0;
    while (count < batch.length && batch.stateOf(count) === 'live') count += 1;
    report.completions.add(completionBlock(batch, count, firstIndex + live));
    live += count;
  }
  if (addImage === undefined && reader.ring !== undefined) report.rings.begin(file, reader.ring);
  return live;
}

async function reportOne(source: Source | Opened, options: ReportOptions = {}): Promise<Report> {
  checkOptions('report', options, [ANALYZE_NAMES, 'firstIndex:number']);
  const { firstIndex = 0 } = options;
  const reader = await analysisReader(source, options);
  const { schema } = reader;
  const whole = new Report(reader);
  const file = options.name ?? reader.sourceName;
  let live: number | undefined;
  if (schema.kind === 'iocb')
    await addSubmissions(reader as RecordReader<'iocb'>, whole.submissions, firstIndex);
  else if (schema.kind === 'io_event')
    await addCompletions(reader as RecordReader<'io_event'>, whole.completions, firstIndex);
  else live = await addRing(reader as RecordReader<'aio_ring'>, whole, file, firstIndex);
  joinEngine(whole, reader);
  whole.inputs.push(inputOf(reader, file, { selected: live }));
  return whole;
}

async function reportBoth(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: ReportPairOptions = {},
): Promise<Report> {
  checkOptions('report of two sources', options, PAIR_NAMES);
  const sides = await Sides.open(submissions, completions, options);
  try {
    const { engine, compression, signal, refused, from, to, since } = await withTimes(
      sides,
      options,
    );
    const pass = passes(sides, options.onProgress);
    const each = { engine, signal, where: options.where, from, to, since };
    const whole = await reportOne(sides.submissions, { ...each, onProgress: pass?.() });
    whole.merge(await reportOne(sides.completions, { ...each, onProgress: pass?.() }));
    whole.unmatched = sides.unmatched;
    const match = { engine, compression, signal, refused, from, to, onProgress: pass?.() };
    if (whole.unmatched === undefined) whole.unmatched = await sides.matchInto(whole, match);
    return whole;
  } finally {
    await sides.close(options.signal);
  }
}

/** Whether the second argument of `report` is a source: options are a plain object. */
function isSource(value: Source | Opened | ReportOptions | undefined): value is Source | Opened {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'object' || value instanceof Opened) return true;
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return !isPlain || ('read' in value && typeof value.read === 'function');
}

/**
 * Analyzes every record of a source: access patterns, sizes, alignment, offsets and rates of
 * submissions; rates and errors of completions; the state of a ring. One pass; the state takes less
 * than 64 MB whatever the size of the source.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` if no kind is given or detected. A source that
 *   fails yields no report.
 */
export function report(source: Source | Opened, options?: ReportOptions): Promise<Report>;
/**
 * Analyzes submissions and completions, and matches them as `match` does, in a second pass: the
 * report has `matched`, or `unmatched`, the reason if records lack what they are matched by, or if
 * a source can be read only once. With `+`, times count from the first record of both.
 *
 * @throws as `open` and `match` do. A file that is replaced or changed between the passes is an
 *   error, not a report.
 */
export function report(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: ReportPairOptions,
): Promise<Report>;
export function report(
  source: Source | Opened,
  second?: Source | Opened | ReportOptions,
  third?: ReportPairOptions,
): Promise<Report> {
  return isSource(second) ? reportBoth(source, second, third) : reportOne(source, second);
}
