// The report of one source as a part of a survey.
import type { CheckOption } from '../../layout/schema.ts';
import { inputOf, joinInputs } from '../summary/summary.ts';
import type { SurveyBlock, SurveyCounter, SurveyInput, SurveyPart } from '../survey/part.ts';
import { addGaps, CompletionBlocks, SubmissionBlocks } from './block.ts';
import { Report, type ReportState } from './report.ts';

/** How a source is reported. */
export interface ReportPartOptions extends CheckOption {
  /** The index of the source's first record in the capture that it is part of; 0 by default. */
  readonly firstIndex?: number | undefined;
  /** Whether its records are to be matched, which counts the gaps between them. */
  readonly isMatched?: boolean | undefined;
}

/** Makes the report of an input, and keeps how many of its records are not stale. */
abstract class ReportCounter implements SurveyCounter<Report> {
  protected readonly report: Report;
  protected readonly input: SurveyInput;
  protected readonly countsGaps: boolean;
  readonly #firstIndex: number;

  constructor(input: SurveyInput, { firstIndex = 0, isMatched }: ReportPartOptions) {
    this.report = new Report(input.reader);
    this.input = input;
    this.countsGaps = !isMatched;
    this.#firstIndex = firstIndex;
  }

  abstract add(block: SurveyBlock): void;

  finish(): Report {
    const { reader, file } = this.input;
    const found = inputOf(reader, file, { selected: this.live });
    const { stride } = reader.schema;
    this.report.names = reader.schema.names;
    this.report.inputs.push(found);
    this.report.places.add({ ...found, stride, offset: reader.offset });
    return this.report;
  }

  /** Of a ring, how many of its live events were counted. */
  protected get live(): number | undefined {
    return undefined;
  }

  /** The index of a record in its capture. */
  protected indexOf(index: number): number {
    return this.#firstIndex + index;
  }
}

class SubmissionCounter extends ReportCounter {
  readonly #blocks: SubmissionBlocks;

  constructor(input: SurveyInput, options: ReportPartOptions) {
    super(input, options);
    this.#blocks = new SubmissionBlocks(input.reading.decoder, options.check !== undefined);
  }

  override add({ index, rows }: SurveyBlock): void {
    const { submissions, submitted, processes, span } = this.report;
    const block = this.#blocks.of(rows, this.indexOf(index));
    submissions.add(block);
    submitted.add(block);
    if (this.countsGaps) addGaps(submissions.gaps, block);
    processes.add(block);
    if (block.ts !== undefined) span.add(block.ts, block.count);
  }
}

class CompletionCounter extends ReportCounter {
  readonly #blocks: CompletionBlocks;

  constructor(input: SurveyInput, options: ReportPartOptions) {
    super(input, options);
    this.#blocks = new CompletionBlocks(input.reading.decoder);
  }

  override add({ index, rows }: SurveyBlock): void {
    const { completions, span } = this.report;
    const block = this.#blocks.of(rows, this.indexOf(index));
    completions.add(block);
    if (this.countsGaps) addGaps(completions.gaps, block);
    if (block.ts !== undefined) span.add(block.ts, block.count);
  }
}

/** Adds a ring to the images, and its live events to the completions. */
class RingCounter extends ReportCounter {
  readonly #blocks: CompletionBlocks;
  #addToImage: ReturnType<Report['rings']['begin']> | undefined;
  #live = 0;

  constructor(input: SurveyInput, options: ReportPartOptions) {
    super(input, options);
    const { decoder, ring } = input.reading;
    this.#blocks = new CompletionBlocks(decoder);
    if (ring !== undefined) this.#addToImage = this.report.rings.begin(input.file, ring.state);
  }

  override add({ index, rows, isLive }: SurveyBlock): void {
    const { decoder, ring } = this.input.reading;
    const columns = decoder.columns.slice(0, 4);
    this.#addToImage?.(columns, rows, (i) => ring?.slots[index + (decoder.rows?.[i] ?? i)] ?? 0);
    if (!isLive) return;
    this.report.completions.add(this.#blocks.of(rows, this.indexOf(index)));
    this.#live += rows;
  }

  protected override get live(): number {
    return this.#live;
  }
}

function counterOf(input: SurveyInput, options: ReportPartOptions): SurveyCounter<Report> {
  const { kind } = input.reader.schema;
  if (kind === 'iocb') return new SubmissionCounter(input, options);
  if (kind === 'io_event') return new CompletionCounter(input, options);
  return new RingCounter(input, options);
}

/** Reports records. `check` has to be given if refusals are to be found by the rules of a kernel. */
export const reportPart = (options: ReportPartOptions): SurveyPart<Report> => ({
  name: 'report',
  options,
  check: options.check,
  begin: (input) => counterOf(input, options),
  stateOf: (report) => report.state(),
  join: (before, state) => {
    const next = state as ReportState;
    const report = (before ?? new Report(next)).mergeState(next);
    joinInputs(report.inputs);
    report.places.join();
    return report;
  },
  isExact: (report) => report.isExact,
});
