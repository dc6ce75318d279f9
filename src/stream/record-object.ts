// Records of a batch as plain objects.
import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { ColumnArray } from './decoder.ts';
import { absenceOf, type Reader, valueReader } from './named.ts';
import { FIELD_ADDERS, type PlainRecord, RECORD_LITERALS } from './record-literals.ts';

type Make = Reader<PlainRecord>;

/** Adds a field whose values are text. */
const withText =
  (make: Make, name: string, read: Reader<string>): Make =>
  (i) => {
    const record = make(i);
    record[name] = read(i);
    return record;
  };

/**
 * The same name as V8 keeps those of properties. A part of a longer text, as of a layout, is looked
 * up at every use, which takes longer than making the object.
 */
const propertyName = (name: string): string => Object.keys({ [name]: 0 })[0];

/** Adds a field after the others; `place` is its place among those that are added. */
function withField(make: Make, column: ColumnSource, array: ColumnArray, place: number): Make {
  if (column.type === 'char')
    return withText(make, propertyName(column.name), valueReader(column, array) as Reader<string>);
  const add = FIELD_ADDERS[Math.min(place, FIELD_ADDERS.length - 1)];
  return add(make, propertyName(column.name), array);
}

/** Replaces the values that the source could not show. */
const withAbsence =
  (make: Make, name: string, isAbsent: Reader<boolean>): Make =>
  (i) => {
    const record = make(i);
    if (isAbsent(i)) record[name] = null;
    return record;
  };

/**
 * Returns a function that makes an object of row `i`, with its fields in the order of the schema: a
 * literal with the fields of the struct, and a step for each other field. Every piece of that code
 * sees one shape of object and one name, which an engine compiles to a few stores. A loop over
 * names takes six times as long.
 */
export function recordReader({ columns, record }: Schema, arrays: readonly ColumnArray[]): Make {
  const literal = RECORD_LITERALS[record.name as keyof typeof RECORD_LITERALS];
  const isLiteral = record.fields.every(({ name }, i) => columns[i]?.name === name);
  const fields = literal !== undefined && isLiteral ? record.fields.length : 0;
  let make: Make = fields > 0 ? literal(arrays) : () => ({});
  for (let c = fields; c < columns.length; c++)
    make = withField(make, columns[c], arrays[c], c - fields);
  for (const { name, absent } of columns)
    if (absent !== undefined) make = withAbsence(make, name, absenceOf(absent, columns, arrays));
  return make;
}
