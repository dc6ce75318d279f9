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
  const widen = (schema: Schema): Schema => {
    const columns = [...schema.columns];
    for (const column of [...submissions.columns, ...completions.columns])
      if (columns.every(({ name }) => name !== column.name)) columns.push(column);
    return { ...schema, columns };
  };
  const { clauses, schema } = pairClauses(texts, pairs, widen);
  const places = new Places(schema, submissions, completions, conditionSchema(pairs));
  const sorted = {
    submissions: [] as Clauses[],
    completions: [] as Clauses[],
    pairs: [] as Clauses[],
  };
  const columns = { submissions: new Set<string>(), completions: new Set<string>() };
  const pairsOnly = new Set<string>();
  for (const clause of clauses) {
    const ofSubmissions = moved(clause, places.inSubmissions);
    const ofCompletions = moved(clause, places.inCompletions);
    const ofPairs = moved(clause, places.inPairs);
    const names = columnsOf([clause]).map((column) => places.nameOf(column));
    for (const [side, moved] of [
      ['submissions', ofSubmissions],
      ['completions', ofCompletions],
    ] as const) {
      if (moved === undefined) continue;
      sorted[side].push(moved);
      for (const name of names) columns[side].add(name);
    }
    if (ofSubmissions !== undefined) continue;
    if (ofPairs === undefined)
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        `where: pairs have no ${names.filter((name) => indexIn(pairs, name) < 0).join(', ')}, ` +
          'so that this condition cannot select them; report one side alone to select by it',
      );
    sorted.pairs.push(ofPairs);
    if (ofCompletions === undefined) for (const name of names) pairsOnly.add(name);
  }
  const [first, second, both] = [
    sorted.submissions.flat(),
    sorted.completions.flat(),
    sorted.pairs.flat(),
  ];
  return {
    submissions: first,
    completions: second,
    pairs: {
      where: texts,
      conditions: (...given) => (both.length === 0 ? undefined : filterBy(both, ...given)),
      marks: (stream) => (first.length === 0 ? undefined : new MarkedRows(stream, first)),
    },
    json: {
      where: [...texts],
      submissions: [...columns.submissions],
      completions: [...columns.completions],
      pairsOnly: [...pairsOnly],
    },
  };
}
