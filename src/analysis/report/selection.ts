// Which records and which pairs the conditions of a report select.
import { AioscopeError } from '../../errors.ts';
import type { Clauses } from '../../layout/condition.ts';
import { type ColumnSource, type Schema, schemaOf } from '../../layout/schema.ts';
import { RowFilter } from '../../stream/row-filter.ts';
import type { InputStream } from '../match/input-stream.ts';
import { pairSchema } from '../match/pair-batch.ts';
import {
  columnsOf,
  conditionSchema,
  filterBy,
  mapClauses,
  pairClauses,
  textsOf,
} from '../match/pair-filter.ts';
import type { PairSelection } from '../match/pair-rows.ts';
import type { RowMarks } from '../match/row-store.ts';

/** What the conditions of a report of submissions and completions select. */
export interface ReportSelectedJson {
  /** The conditions. */
  where: string[];
  /** The columns of those that select submissions; if there are none, all are reported. */
  submissions: string[];
  /** The columns of those that select completions; if there are none, all are reported. */
  completions: string[];
  /** The columns of those that need a pair, and so select only what is matched. */
  pairsOnly: string[];
}

/** The conditions of a report, sorted by what they can select. */
export interface ReportSelection {
  readonly submissions: Clauses;
  readonly completions: Clauses;
  readonly pairs: PairSelection;
  readonly json: ReportSelectedJson;
}

/** Columns of a completion by their name in a pair. */
const COMPLETION_NAMES: Readonly<Record<string, string>> = {
  completionTs: 'ts',
  completionTid: 'tid',
};
/** Columns of a pair by their name in a completion. */
const PAIR_NAMES: Readonly<Record<string, string>> = { data: 'aio_data', obj: 'addr' };
/** Columns that mean the same in both envelopes. */
const SHARED = ['pid', 'ctx'];

const indexIn = ({ columns }: Schema, name: string): number =>
  columns.findIndex((column) => column.name === name);

/** Finds where a column is in submissions, in completions and in pairs; -1 where it is not. */
class Places {
  readonly #submissions: Schema;
  readonly #completions: Schema;
  readonly #pairs: Schema;
  readonly #columns: readonly ColumnSource[];

  constructor(schema: Schema, submissions: Schema, completions: Schema, pairs: Schema) {
    this.#columns = schema.columns;
    this.#submissions = submissions;
    this.#completions = completions;
    this.#pairs = pairs;
  }

  nameOf(column: number): string {
    return this.#columns[column].name;
  }

  inSubmissions = (column: number): number => indexIn(this.#submissions, this.nameOf(column));

  inCompletions = (column: number): number => {
    const name = this.nameOf(column);
    if (this.inSubmissions(column) >= 0 && !SHARED.includes(name)) return -1;
    return indexIn(this.#completions, COMPLETION_NAMES[name] ?? name);
  };

  inPairs = (column: number): number => {
    const name = this.nameOf(column);
    const own = indexIn(this.#pairs, name);
    return own >= 0 ? own : indexIn(this.#pairs, PAIR_NAMES[name] ?? name);
  };
}

/** The same clauses with columns at other places; undefined where one of them has none. */
function moved(clause: Clauses[number], place: (column: number) => number): Clauses | undefined {
  if (columnsOf([clause]).some((column) => place(column) < 0)) return undefined;
  return mapClauses([clause], (condition) => ({ ...condition, column: place(condition.column) }));
}

/** Marks the submissions of a block that meet conditions. */
class MarkedRows implements RowMarks {
  readonly #stream: InputStream;
  readonly #filter: RowFilter;
  readonly #marks: Uint8Array;
  #first = -1;

  constructor(stream: InputStream, clauses: Clauses) {
    const { decoder, rows } = stream;
    this.#stream = stream;
    this.#filter = new RowFilter(clauses, stream.schema, decoder.columns, rows.length);
    this.#marks = new Uint8Array(rows.length);
  }

  has(row: number): boolean {
    if (this.#first !== this.#stream.first) this.#mark();
    return this.#marks[row] === 1;
  }

  #mark(): void {
    const { first, count } = this.#stream;
    this.#first = first;
    this.#marks.fill(0);
    const kept = this.#filter.select(count);
    for (let i = 0; i < kept; i++) this.#marks[this.#filter.rows[i]] = 1;
  }
}

/** Conditions by what they select; the columns of each part are those of its schema. */
class SortedConditions {
  readonly submissions: Clauses[] = [];
  readonly completions: Clauses[] = [];
  /** Those that marks on submissions do not decide. */
  readonly pairs: Clauses[] = [];
  /** By part, the columns. */
  readonly names = {
    submissions: new Set<string>(),
    completions: new Set<string>(),
    pairsOnly: new Set<string>(),
  };

  /** @throws AioscopeError `AIOSCOPE_COLUMN` if it cannot select pairs */
  add(clause: Clauses[number], places: Places): void {
    const columns = columnsOf([clause]);
    const names = columns.map((column) => places.nameOf(column));
    const note = (part: keyof typeof this.names) => {
      for (const name of names) this.names[part].add(name);
    };
    const ofSubmissions = moved(clause, places.inSubmissions);
    const ofCompletions = moved(clause, places.inCompletions);
    const ofPairs = moved(clause, places.inPairs);
    if (ofSubmissions !== undefined) {
      this.submissions.push(ofSubmissions);
      note('submissions');
    }
    if (ofCompletions !== undefined) {
      this.completions.push(ofCompletions);
      note('completions');
    }
    if (ofSubmissions !== undefined) return;
    if (ofPairs === undefined) {
      const missing = columns.filter((column) => places.inPairs(column) < 0);
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        `where: pairs have no ${missing.map((column) => places.nameOf(column)).join(', ')}, so ` +
          'that this condition cannot select them; report one side alone to select by it',
      );
    }
    this.pairs.push(ofPairs);
    if (ofCompletions === undefined) note('pairsOnly');
  }
}

/** The same schema with the columns of others that it lacks. */
function widened(schema: Schema, others: readonly Schema[]): Schema {
  const columns = [...schema.columns];
  for (const column of others.flatMap((other) => other.columns))
    if (columns.every(({ name }) => name !== column.name)) columns.push(column);
  return { ...schema, columns };
}

/**
 * Sorts conditions, joined by `and`, by what has their columns: those of submissions select
 * submissions and their pairs, those of completions completions and their pairs, and all others
 * only pairs. Undefined without conditions.
 *
 * @throws AioscopeError as conditions do, and `AIOSCOPE_COLUMN` for a condition that cannot select
 *   pairs
 */
export function reportSelection(
  where: string | readonly string[] | undefined,
  submissions: Schema,
  completions: Schema = schemaOf({ kind: 'io_event' }),
): ReportSelection | undefined {
  const texts = textsOf(where);
  if (texts.length === 0) return undefined;
  const pairs = pairSchema(submissions);
  const { clauses, schema } = pairClauses(texts, pairs, (each) =>
    widened(each, [submissions, completions]),
  );
  const places = new Places(schema, submissions, completions, conditionSchema(pairs));
  const sorted = new SortedConditions();
  for (const clause of clauses) sorted.add(clause, places);
  const [marked, ofPairs] = [sorted.submissions.flat(), sorted.pairs.flat()];
  const { names } = sorted;
  return {
    submissions: marked,
    completions: sorted.completions.flat(),
    pairs: {
      where: texts,
      conditions: (...given) => (ofPairs.length === 0 ? undefined : filterBy(ofPairs, ...given)),
      marks: (stream) => (marked.length === 0 ? undefined : new MarkedRows(stream, marked)),
    },
    json: {
      where: [...texts],
      submissions: [...names.submissions],
      completions: [...names.completions],
      pairsOnly: [...names.pairsOnly],
    },
  };
}
