// The summary as a part of a survey.
import { TALLY_RECORDS_MAX } from '../../engine/tables.ts';
import type { SurveyBlock, SurveyCounter, SurveyInput, SurveyPart } from '../survey/part.ts';
import { ColumnStats, ColumnTallies, isCounted } from './column-stats.ts';
import type { BlockCounter, Section } from './section.ts';
import { inputOf, joinInputs, Summary, type SummaryState } from './summary.ts';

/** Counts blocks into one section, and settles before a tally could overflow. */
class SectionCounter {
  readonly #section: Section;
  readonly #tallies: ColumnTallies;
  readonly #counter: BlockCounter;
  #unsettled = 0;

  constructor(section: Section, { reading }: SurveyInput) {
    this.#section = section;
    this.#tallies = new ColumnTallies(reading.decoder);
    this.#counter = section.counter(reading.decoder);
  }

  add(rows: number): void {
    if (this.#unsettled + rows > TALLY_RECORDS_MAX) this.settle();
    this.#unsettled += rows;
    this.#tallies.add(rows);
    this.#counter.add(rows, this.#tallies.varying);
  }

  settle(): void {
    this.#tallies.settle(this.#section.columns);
    this.#counter.settle();
    this.#unsettled = 0;
  }
}

class SummaryCounter implements SurveyCounter<Summary> {
  readonly #input: SurveyInput;
  readonly #summary: Summary;
  #counter: SectionCounter;
  #isLive = true;

  constructor(input: SurveyInput) {
    const { schema } = input.reader;
    const summary = new Summary(input.reader);
    const live = summary.section(schema.kind);
    for (const column of schema.columns)
      if (isCounted(column)) live.columns.set(column.name, new ColumnStats());
    this.#input = input;
    this.#summary = summary;
    this.#counter = new SectionCounter(live, input);
  }

  add({ rows, isLive }: SurveyBlock): void {
    if (isLive !== this.#isLive) {
      this.#counter.settle();
      const stale = this.#summary.section(this.#input.reader.schema.kind, 'stale');
      this.#counter = new SectionCounter(stale, this.#input);
      this.#isLive = isLive;
    }
    this.#counter.add(rows);
  }

  finish(): Summary {
    const { reader, file } = this.#input;
    const summary = this.#summary;
    this.#counter.settle();
    const { records: selected } = summary.section(reader.schema.kind);
    summary.inputs.push(inputOf(reader, file, { selected }));
    summary.names = reader.schema.names;
    if (reader.ring !== undefined) summary.rings.push({ file, ...reader.ring });
    return summary;
  }
}

/** Counts what is in the columns of records. */
export const summaryPart = (): SurveyPart<Summary> => ({
  name: 'summary',
  options: {},
  begin: (input) => new SummaryCounter(input),
  stateOf: (summary) => summary.state(),
  join: (before, state) => {
    const next = state as SummaryState;
    const summary = (before ?? new Summary(next)).mergeState(next);
    joinInputs(summary.inputs);
    return summary;
  },
  isExact: () => true,
});
