// Renders src/stream/record-literals.ts: an object literal per struct, and the steps that add fields.
import { type Field, RECORDS, type RecordLayout } from '../src/abi/record.ts';

/** Envelopes with more fields than this are rare; those after them share the last step. */
const ADDERS = 12;

const value = ({ name, meaning }: Field): string =>
  meaning === 'descriptor' ? `(${name}[i] as number) | 0` : `${name}[i]`;

/** The columns as parameters, on one line if they fit. */
function parameters(fields: readonly Field[]): string {
  const names = fields.map(({ name }) => name);
  const line = `[${names.join(', ')}]`;
  return line.length <= 50 ? line : `[\n      ${names.join(',\n      ')},\n    ]`;
}

const literal = ({ name, fields }: RecordLayout): string =>
  `  ${name}:
    (${parameters(fields)}: readonly ColumnArray[]): Reader<PlainRecord> =>
    (i) => ({
${fields.map((field) => `      ${field.name}: ${value(field)},\n`).join('')}    }),
`;

const ADDER = `  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
`;

/** src/stream/record-literals.ts. Code that is written once sees one shape of object at a time. */
export const renderLiterals = (): string => `\
// Rendered from src/abi/record.ts by \`npx vitest run rendered -u\`: see test/render-literals.ts.
import type { ColumnArray } from './decoder.ts';
import type { Reader, Value } from './named.ts';

/** A record as a plain object. */
export type PlainRecord = { [name: string]: Value };

/** Adds a field to the objects that \`make\` makes. */
type FieldAdder = (
  make: Reader<PlainRecord>,
  name: string,
  array: ColumnArray,
) => Reader<PlainRecord>;

/** Make the object of row \`i\` of the columns of each struct. */
export const RECORD_LITERALS = {
${Object.values(RECORDS).map(literal).join('')}} as const;

/** The steps that add the fields after those of the struct, by place: the same code, many times. */
export const FIELD_ADDERS: readonly FieldAdder[] = [
${ADDER.repeat(ADDERS)}];
`;
