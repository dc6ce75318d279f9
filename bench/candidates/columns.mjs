// Columns as candidates make them, and their bytes as all candidates are compared by.
import { RECORDS } from '../inputs.mjs';

const ARRAYS = {
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  u64: BigInt64Array,
  i64: BigInt64Array,
};

/** Fresh columns in the order of the fields; `Long` is the array that 64-bit values go through. */
export const makeColumns = (kind, count, Long = BigInt64Array) =>
  RECORDS[kind].fields.map(({ type }) =>
    type.endsWith('64') ? new Long((count * 8) / Long.BYTES_PER_ELEMENT) : new ARRAYS[type](count),
  );

/** The columns' bytes, one column after the other. */
export const bytesOf = (columns) =>
  Buffer.concat(
    columns.map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );

/** The same of an array of objects, whose keys are those of `keyOf`, with 64-bit values as bigint or, where a parser rounds them, as number. */
export function bytesOfObjects(kind, objects, keyOf = (name) => name) {
  const columns = makeColumns(kind, objects.length);
  RECORDS[kind].fields.forEach(({ name, type }, c) => {
    const key = keyOf(name);
    const wide = type.endsWith('64') ? BigInt : Number;
    objects.forEach((object, i) => {
      columns[c][i] = wide(object[key]);
    });
  });
  return bytesOf(columns);
}
