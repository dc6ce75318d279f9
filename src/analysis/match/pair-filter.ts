// Conditions on pairs: on their columns, on `latency`, and on the names that a trace has.
import { AioscopeError } from '../../errors.ts';
import { type Clauses, type Condition, parseConditions } from '../../layout/condition.ts';
import { lookupOf, type Timeline } from '../../layout/name-lookup.ts';
import type { RunName } from '../../layout/run-names.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import type { ColumnArray } from '../../stream/decoder.ts';
import { RowFilter } from '../../stream/row-filter.ts';

/** What selects pairs: the row numbers that meet the conditions. */
export interface PairFilter {
  readonly rows: Uint32Array;
  select(count: number): number;
}

/** Makes the filter of pairs in these columns; undefined if all are selected. */
export type PairConditions = (
  schema: Schema,
  arrays: readonly ColumnArray[],
  rows: number,
) => PairFilter | undefined;

/** Columns of nanoseconds, whose values may have a unit. */
const TIMES = ['ts', 'completionTs', 'latencyNs', 'ageNs'];
/** Short names of some of them. */
const SHORT: Readonly<Record<string, string>> = { latencyNs: 'latency', ageNs: 'age' };
const TIME = /^(-?)(\d+)(?:\.(\d+))?(ns|us|ms|s)$/;
const DIGITS: Readonly<Record<string, number>> = { ns: 0, us: 3, ms: 6, s: 9 };

/** A time with a unit, such as 1.5ms, in nanoseconds; undefined if the text is not one. */
function timeOf(text: string): bigint | undefined {
  const [match, sign, whole, fraction = '', unit] = TIME.exec(text) ?? [];
  if (match === undefined || match.length > 40 || fraction.length > DIGITS[unit]) return undefined;
  return BigInt(sign + whole + fraction.padEnd(DIGITS[unit], '0'));
}

/** The names that conditions may ask for. */
const NAMES: Readonly<Record<RunName, string>> = {
  path: 'the file of a descriptor',
  comm: 'the name of a process',
};

const nameColumn = (name: RunName): ColumnSource => ({
  ...{ name, type: 'char', byteLength: 0, sourceOffset: -1, columnOffset: -1 },
  ...{ inRecord: false, meaning: undefined, runName: name },
});

/** The age of a request without a completion, which pairs do not have. */
const AGE: ColumnSource = {
  ...{ name: 'ageNs', type: 'i64', byteLength: 8, sourceOffset: -1, columnOffset: -1 },
  ...{ inRecord: false, meaning: undefined },
};

/**
 * The schema that conditions on pairs are parsed with: the columns of pairs, in their order, then
 * `latency`, which is `latencyNs`, and the names of files and processes. Open requests have `age`,
 * which is `ageNs`.
 */
export function conditionSchema(pairs: Schema, withAllNames = false): Schema {
  const columns = pairs.columns.map((column) =>
    TIMES.includes(column.name)
      ? { ...column, quantity: { of: timeOf, text: ', or a time such as 1.5ms' } }
      : column,
  );
  const short = columns.filter(({ name }) => name in SHORT);
  const names = (Object.keys(NAMES) as RunName[]).filter(
    (name) =>
      (withAllNames || isKnown(pairs, name)) && columns.every((column) => column.name !== name),
  );
  return {
    ...pairs,
    columns: [
      ...columns,
      ...short.map((column) => ({ ...column, name: SHORT[column.name] })),
      ...names.map(nameColumn),
    ],
  };
}

/** Whether a run has such names, and its pairs what they are found by. */
const isKnown = ({ names, columns }: Schema, name: RunName): boolean =>
  names !== undefined &&
  (name === 'path' ? names.descriptors : names.processes).length > 0 &&
  ['pid', 'ts'].every((each) =>
    columns.some((column) => column.name === each && column.absent !== 'all'),
  );

/** Conditions, and the schema that their columns are of. */
export interface PairClauses {
  readonly clauses: Clauses;
  readonly schema: Schema;
}

/**
 * Parses conditions on pairs, and on the columns that `widen` adds. A condition on a name that no
 * trace gives is an error of its own.
 */
export function pairClauses(
  where: string | readonly string[] | undefined,
  pairs: Schema,
  widen: (schema: Schema) => Schema = (schema) => schema,
): PairClauses {
  const texts = textsOf(where);
  const hasAge = pairs.columns.some(({ name }) => name === AGE.name);
  const parse = (schema: Schema) => ({ clauses: parseConditions(texts, schema), schema });
  try {
    return parse(widen(conditionSchema(pairs)));
  } catch (error) {
    if (!(error instanceof AioscopeError) || error.code !== 'AIOSCOPE_COLUMN') throw error;
    let named: PairClauses;
    try {
      const columns = hasAge ? pairs.columns : [...pairs.columns, AGE];
      named = parse(widen(conditionSchema({ ...pairs, columns }, true)));
    } catch {
      throw error;
    }
    const { clauses, schema } = named;
    const asked = columnsOf(clauses).flatMap((at) => schema.columns[at].runName ?? []);
    if (!hasAge && columnsOf(clauses).some((at) => /^age(Ns)?$/.test(schema.columns[at].name)))
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        (option) =>
          `${option('where')}: age is of requests without a completion, which match selects ` +
          `with ${option('open')}`,
      );
    const name = asked.find((each) => !isKnown(pairs, each)) ?? asked[0];
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `where: ${name} is ${NAMES[name]}, and these records have no such names: ` +
        'only a trace with process IDs has them',
    );
  }
}

/** Conditions as a list of texts. */
export const textsOf = (where: string | readonly string[] | undefined): readonly string[] =>
  typeof where === 'string' ? [where] : (where ?? []);

/** The indexes of the columns that clauses compare, once each. */
export const columnsOf = (clauses: Clauses): number[] => [
  ...new Set(
    clauses.flatMap((clause) =>
      'any' in clause ? clause.any.flatMap((each) => columnsOf(each)) : clause.column,
    ),
  ),
];

/** The same clauses with other conditions. */
export const mapClauses = (clauses: Clauses, map: (condition: Condition) => Condition): Clauses =>
  clauses.map((clause) =>
    'any' in clause ? { any: clause.any.map((each) => mapClauses(each, map)) } : map(clause),
  );

/** The filter of pairs that meet texts of conditions. */
export const filterOf =
  (where: string | readonly string[] | undefined): PairConditions =>
  (schema, arrays, rows) => {
    const { clauses } = pairClauses(where, schema);
    return clauses.length === 0 ? undefined : filterBy(clauses, schema, arrays, rows);
  };

/** The filter of pairs that meet clauses, whose columns are those of `conditionSchema`. */
export function filterBy(
  clauses: Clauses,
  pairs: Schema,
  arrays: readonly ColumnArray[],
  rows: number,
): PairFilter {
  const schema = conditionSchema(pairs);
  const all = schema.columns.map((_, i) => arrays[i] ?? new Uint32Array(rows));
  const at = (name: string): number => pairs.columns.findIndex((column) => column.name === name);
  for (const [name, short] of Object.entries(SHORT)) {
    const place = schema.columns.findIndex((column) => column.name === short);
    if (place >= 0) all[place] = arrays[at(name)];
  }
  // Names are compared as the numbers of the texts that conditions have; 0 is any other name.
  const texts: string[] = [];
  const numbered = mapClauses(clauses, ({ text, ...condition }) => {
    if (text === undefined) return condition;
    if (!texts.includes(text)) texts.push(text);
    const number = BigInt(texts.indexOf(text) + 1);
    return { ...condition, low: number, high: number };
  });
  const columns = schema.columns.map(
    (column): ColumnSource =>
      column.runName === undefined ? column : { ...column, type: 'u32', byteLength: 4 },
  );
  const [ts, pid, tid, fd] = ['ts', 'pid', 'tid', 'aio_fildes'].map((name) => arrays[at(name)]);
  const lookup = lookupOf(pairs.names);
  const find: Readonly<Record<RunName, (i: number) => Timeline | undefined>> = {
    path: (i) => lookup.pathsOf(Number(pid[i]), Number(fd[i]) | 0),
    comm: (i) => lookup.commsOf(Number(pid[i])) ?? lookup.commsOf(Number(tid?.[i])),
  };
  const asked = columnsOf(clauses).flatMap((i) => {
    const name = schema.columns[i].runName;
    return name === undefined ? [] : { target: all[i], timeline: find[name] };
  });
  const filter = new RowFilter(numbered, { ...schema, columns }, all, rows);
  return {
    rows: filter.rows,
    select: (count) => {
      for (const { target, timeline } of asked)
        for (let i = 0; i < count; i++) {
          const time = BigInt(ts[i]);
          const name = timeline(i)?.at(Number(time >> 32n), Number(time & 0xffff_ffffn));
          target[i] = name === undefined ? 0 : texts.indexOf(name) + 1;
        }
      return filter.select(count);
    },
  };
}
