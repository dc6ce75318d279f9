import { AioscopeError, excerpt, listed, shown } from '../errors.ts';
import { checkArgument } from '../layout/option-names.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { runColumns } from './run-columns.ts';

/** The values of `int64`. */
export const INT64_FORMS = ['auto', 'string', 'number'] as const;
/** One of them. */
export type Int64Form = (typeof INT64_FORMS)[number];

const LAST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);

/** How each form writes an integer of 64 bits or more as JSON. */
export const INT64_JSON: Readonly<Record<Int64Form, (value: bigint) => string>> = {
  auto: (value) => (value <= LAST_NUMBER && value >= -LAST_NUMBER ? `${value}` : `"${value}"`),
  string: (value) => `"${value}"`,
  number: String,
};

/** Which rows and columns of a batch are written; all by default. */
export interface RowOptions<C extends string = string> {
  readonly columns?: readonly C[] | undefined;
  /** Add a column of names beside an opcode, a result and the columns of a check. */
  readonly names?: boolean | undefined;
  /**
   * 64-bit values in JSON: `auto`, unless given, writes numbers up to 2^53 − 1 and strings beyond,
   * which most readers would round; `string` and `number` write all values alike.
   */
  readonly int64?: Int64Form | undefined;
  /** The first row. */
  readonly begin?: number | undefined;
  /** The row after the last. */
  readonly end?: number | undefined;
}

/** The names of `RowOptions`. */
export const ROW_NAMES = [
  'columns:string[]',
  'names:boolean',
  'int64',
  'begin:number',
  'end:number',
] as const;

/** @throws AioscopeError `AIOSCOPE_SOURCE` for anything but a schema */
function checkSchema(schema: Schema): void {
  if (Array.isArray(schema?.columns)) return;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `the schema is ${shown(schema)}; it has to be that of a batch or a reader`,
  );
}

/** @throws AioscopeError `AIOSCOPE_SOURCE` for anything but a batch */
export function checkBatch(caller: string, batch: Pick<RecordBatch, 'cursor'>): void {
  if (typeof batch?.cursor === 'function') return;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${caller} takes a batch, not ${shown(batch)}; a reader yields batches`,
  );
}

/**
 * Returns the columns of a schema by name, in the given order. Those of a trace that knows names
 * also have `comm` and `path`, with `runName`: no batch has arrays of them, and sinks look them up.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist or is named twice
 */
export function selectColumns(
  schema: Schema,
  names: readonly string[] | undefined,
): readonly ColumnSource[] {
  checkSchema(schema);
  const all = [...schema.columns, ...runColumns(schema)];
  if (names === undefined) return all;
  checkArgument('columns', names, 'string[]');
  const columns = new Map(all.map((column) => [column.name, column]));
  const seen = new Set<string>();
  return names.map((name) => {
    if (seen.has(name))
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        `column '${excerpt(name)}' occurs twice; name each column once`,
      );
    seen.add(name);
    const column = columns.get(name);
    if (column !== undefined) return column;
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `column '${excerpt(name)}' does not exist; the columns are ${listed(columns.keys())}`,
    );
  });
}

/** The names of the leading cells: where a record is, and for a ring its slot and state. */
export function placeNames(schema: Schema): readonly string[] {
  checkSchema(schema);
  const isRing = schema.kind === 'aio_ring';
  return isRing ? ['index', 'offset', 'slot', 'state'] : ['index', 'offset'];
}

/** The values of `placeNames` for row `i`. */
export function placeOf(batch: RecordBatch, i: number): readonly (number | string)[] {
  checkBatch('placeOf', batch);
  const [slot, state] = [batch.slotOf(i), batch.stateOf(i)];
  const place = [batch.indexOf(i), batch.offsetOf(i)];
  return slot === undefined || state === undefined ? place : [...place, slot, state];
}
