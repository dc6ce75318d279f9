// Fields that the source of records could not show.
import type { ColumnSource, Schema } from './schema.ts';

/** The opcodes whose records lack a field, or all records. */
export type AbsentOf = readonly number[] | 'all';

/** A field that the source of records could not show, as a log can't. Its bytes are 0. */
export interface AbsentField {
  readonly field: string;
  readonly opcodes: AbsentOf;
}

/** The option that names what records lack. */
export interface AbsentOption {
  /**
   * Fields that the source could not show, as the description of a trace names them. They are null
   * in records, tables and text, and analyses leave them out. Default: none.
   */
  readonly absent?: readonly AbsentField[] | undefined;
}

/** Marks the columns that records lack. */
export function withAbsent(
  columns: readonly ColumnSource[],
  absent: readonly AbsentField[] | undefined,
): readonly ColumnSource[] {
  if (absent === undefined) return columns;
  return columns.map((column) => {
    const found = absent.find(({ field }) => field === column.name);
    return found === undefined ? column : { ...column, absent: found.opcodes };
  });
}

/** What records of two sources lack together. */
export function joinAbsent(
  first: AbsentOf | undefined,
  second: AbsentOf | undefined,
): AbsentOf | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  if (first === 'all' || second === 'all') return 'all';
  return [...new Set([...first, ...second])];
}

/** The fields that a schema's records lack, as `absent` gives them. */
export const absentOf = ({ columns }: Schema): AbsentField[] | undefined => {
  const found = columns.flatMap(({ name, absent }) =>
    absent === undefined ? [] : [{ field: name, opcodes: absent }],
  );
  return found.length === 0 ? undefined : found;
};
