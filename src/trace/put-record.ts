// Writes records field by field, as the structs of the machine that was traced.
import { iocb, ioEvent, type RecordLayout } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import { type Endian, fieldOffset } from '../layout/schema.ts';
import type { Place } from './place.ts';

/** A whole number: beyond 2^53 a bigint. */
export type Int = number | bigint;

/** The fields of a record that are known; others are 0. */
type Values = { readonly [name: string]: Int | undefined };

type Put = (place: Place, values: Values) => void;

const low32 = (value: Int): number =>
  typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value));

/** Writes 64 bits, of negative numbers in two's complement. */
function put64(view: DataView, at: number, value: Int, isLittle: boolean): void {
  if (typeof value === 'bigint') {
    view.setBigUint64(at, BigInt.asUintN(64, value), isLittle);
    return;
  }
  view.setUint32(at + (isLittle ? 0 : 4), value >>> 0, isLittle);
  view.setInt32(at + (isLittle ? 4 : 0), Math.floor(value / 2 ** 32), isLittle);
}

function writer({ fields }: RecordLayout, endian: Endian): Put {
  const isLittle = endian === 'little';
  const places = fields.map((field) => ({
    name: field.name,
    offset: fieldOffset(field, endian),
    byteLength: SCALARS[field.type].byteLength,
  }));
  return ({ view, at }, values) => {
    for (const { name, offset, byteLength } of places) {
      const value = values[name];
      if (value === undefined || value === 0) continue;
      if (byteLength === 8) put64(view, at + offset, value, isLittle);
      else if (byteLength === 4) view.setUint32(at + offset, low32(value), isLittle);
      else view.setUint16(at + offset, low32(value) & 0xffff, isLittle);
    }
  };
}

/** Writes an iocb of a little-endian machine. Fields that are not given stay 0. */
export const putIocb: Put = writer(iocb, 'little');

/** Writes an io_event of a little-endian machine. Fields that are not given stay 0. */
export const putIoEvent: Put = writer(ioEvent, 'little');
