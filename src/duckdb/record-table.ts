// The columns of a table of records.
import { CALLS } from '../abi/call.ts';
import { AioscopeError } from '../errors.ts';
import { haveSameColumns, type Schema } from '../layout/schema.ts';
import type { Input } from './input.ts';
import { type SqlColumn, type SqlTable, sqlTable } from './sql-table.ts';
import type { RecordTable } from './table-names.ts';

/** The columns that tables have besides those of the records and their names. */
const MORE: Readonly<Partial<Record<RecordTable, readonly string[]>>> = {
  refused: ['-ret AS errno', 'errno_name(ret) AS errno_name'],
  calls: [
    'errno_name(ret) AS errno_name',
    'TRY_CAST("end"::HUGEINT - ts::HUGEINT AS BIGINT) AS durationNs',
  ],
};

/** Columns in which 0 says that the value is not known. */
const ZERO_IS_NULL: Readonly<Partial<Record<RecordTable, readonly string[]>>> = {
  refused: ['ret'],
  calls: ['ts', 'end'],
};

/** A column of numbers in which 0 is null. */
function withoutZeros(column: SqlColumn): SqlColumn {
  if (!('values' in column)) return column;
  return {
    ...column,
    nulls(batch) {
      const isAbsent = column.nulls?.(batch);
      const { buffer, byteOffset, byteLength } = column.values(batch);
      const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
      const width = words.length / batch.length;
      const isZero = (i: number) => words[width * i] === 0 && words[width * i + width - 1] === 0;
      return (i) => isZero(i) || isAbsent?.(i) === true;
    },
  };
}

/** The column of the names of calls. */
const CALL_COLUMN: SqlColumn = {
  name: 'call',
  type: 'text',
  nullable: true,
  text: ({ columns }) => {
    const numbers = columns['call'];
    return (i) => CALLS[Number(numbers[i])] ?? null;
  },
};

/** The table of inputs of one sort. Some columns of traces have a meaning of their own. */
export function recordTable(name: RecordTable, inputs: readonly Input[]): SqlTable {
  const schemas = inputs.map(({ schema }) => schema);
  const table = commonTable(name, inputs, schemas, true, MORE[name]);
  const columns = table.columns.map((column) => {
    if (name === 'calls' && column.name === 'call') return CALL_COLUMN;
    return ZERO_IS_NULL[name]?.includes(column.name) ? withoutZeros(column) : column;
  });
  return { ...table, columns };
}

/** The columns of the records: names are null where an input has none. */
const withoutNames = (columns: readonly SqlColumn[]): readonly SqlColumn[] =>
  columns.filter((column) => !('nullable' in column));

/**
 * The common table of several sources.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` if they have different columns
 */
export function commonTable(
  name: string,
  inputs: readonly Pick<Input, 'name' | 'schema'>[],
  schemas: readonly Schema[],
  isRecords: boolean,
  more?: readonly string[],
): SqlTable {
  const [columns, ...others] = schemas.map((schema) => sqlTable(name, [schema], isRecords).columns);
  const other = others.findIndex(
    (each) => !haveSameColumns(withoutNames(each), withoutNames(columns)),
  );
  if (other < 0) return sqlTable(name, schemas, isRecords, more);
  const layoutOf = ({ name: file, schema }: Pick<Input, 'name' | 'schema'>): string =>
    `${file} has ${schema.layout.text}`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${layoutOf(inputs[other + 1])}, and ${layoutOf(inputs[0])}; ` +
      'files of one kind form one table, so they need the same columns',
  );
}
