// Fields of a record in its bytes.
import type { FileColumn, OpenedFile } from '../session.ts';

/** The value of a number among the bytes of a record; undefined of text, and of no field. */
function numberAt(
  record: Uint8Array,
  column: FileColumn | undefined,
  endian: OpenedFile['endian'],
): bigint | undefined {
  if (column === undefined || !/^[iu](8|16|32|64)$/.test(column.type)) return undefined;
  const { byteOffset, byteLength, type } = column;
  if (byteOffset < 0 || byteOffset + byteLength > record.byteLength) return undefined;
  let value = 0n;
  for (let i = 0; i < byteLength; i++) {
    const at = endian === 'big' ? i : byteLength - 1 - i;
    value = (value << 8n) | BigInt(record[byteOffset + at]);
  }
  return type.startsWith('i') ? BigInt.asIntN(8 * byteLength, value) : value;
}

/** The value of a field by its name. */
export const numberOf = (
  record: Uint8Array,
  { columns, endian }: Pick<OpenedFile, 'columns' | 'endian'>,
  name: string,
): bigint | undefined =>
  numberAt(
    record,
    columns.find((column) => column.name === name),
    endian,
  );

/** The field that a byte of a record is of; undefined of none. */
export const fieldAt = (columns: readonly FileColumn[], byte: number): FileColumn | undefined =>
  columns.find(
    ({ byteOffset, byteLength }) =>
      byteOffset >= 0 && byte >= byteOffset && byte < byteOffset + byteLength,
  );
