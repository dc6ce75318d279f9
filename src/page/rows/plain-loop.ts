// What plain JavaScript does for records in any layout and byte order: a DataView, field by field.

import type { ColumnArray, Schema } from '../../index.ts';
import { type BenchRecords, type Contender, columnArray } from '../../internal-race.ts';

type Column = Schema['columns'][number];
type Fill = (view: DataView, at: number, stride: number, rows: number, little: boolean) => void;

/** A loop of its own for each column, so that each is compiled for one type. */
function fillOf({ type, byteLength }: Column, array: ColumnArray): Fill {
  const longs = array as BigUint64Array;
  const numbers = array as Uint32Array;
  switch (type) {
    case 'u64':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) longs[i] = view.getBigUint64(at, little);
      };
    case 'i64':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) longs[i] = view.getBigInt64(at, little);
      };
    case 'u32':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) numbers[i] = view.getUint32(at, little);
      };
    case 'i32':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) numbers[i] = view.getInt32(at, little);
      };
    case 'u16':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) numbers[i] = view.getUint16(at, little);
      };
    case 'i16':
      return (view, at, stride, rows, little) => {
        for (let i = 0; i < rows; i++, at += stride) numbers[i] = view.getInt16(at, little);
      };
    default:
      return (view, at, stride, rows) => {
        for (let i = 0, to = 0; i < rows; i++, at += stride)
          for (let k = 0; k < byteLength; k++) numbers[to++] = view.getUint8(at + k);
      };
  }
}

/** Decodes a block of records into columns. */
export function dataViewLoop({
  schema,
  bytes,
  blockRecords,
}: BenchRecords): Contender<readonly ColumnArray[]> {
  const { stride } = schema;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = schema.endian === 'little';
  const columns = schema.columns.map((column) => {
    const array = columnArray(
      column,
      new ArrayBuffer(column.byteLength * blockRecords),
      0,
      blockRecords,
    );
    return { array, offset: column.sourceOffset, fill: fillOf(column, array) };
  });
  const arrays = columns.map(({ array }) => array);
  return {
    ...{ name: 'loop, DataView', role: 'loop', isJs: true },
    run(first, count) {
      for (const { offset, fill } of columns)
        fill(view, first * stride + offset, stride, count, isLittle);
    },
    take: () => arrays,
  };
}
