import { CALLS, type CallName } from '../abi/call.ts';
import { wrongType } from '../errors.ts';
import { ENDIANS, type Endian, oneOf } from '../layout/schema.ts';
import { PARTS } from './part.ts';

/** Consecutive calls, a typed array per field. It owns its columns. */
export interface CallBatch {
  readonly length: number;
  readonly columns: {
    /** When each began, in ns; 0 if it is not known. */
    readonly ts: BigUint64Array;
    /** When each returned, in ns; 0 if it did not. */
    readonly end: BigUint64Array;
    readonly ctx: BigUint64Array;
    readonly pid: Uint32Array;
    readonly tid: Uint32Array;
    /** The number of each call in `CALLS`. */
    readonly call: Uint16Array;
    /** The argument nr. */
    readonly nr: Int32Array;
    readonly ret: BigInt64Array;
  };
  /** The name of call `i`; undefined if its number has none. */
  nameOf(i: number): CallName | undefined;
}

/** Decodes whole records of calls. */
export function decodeCalls(bytes: Uint8Array, endian: Endian): CallBatch {
  if (!(bytes instanceof Uint8Array)) throw wrongType('bytes', bytes, 'Uint8Array');
  oneOf('endian', endian, ENDIANS);
  const { stride } = PARTS.calls;
  const length = Math.floor(bytes.byteLength / stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = endian === 'little';
  const wide = (offset: number) =>
    BigUint64Array.from({ length }, (_, i) => view.getBigUint64(i * stride + offset, isLittle));
  const word = (offset: number) =>
    Uint32Array.from({ length }, (_, i) => view.getUint32(i * stride + offset, isLittle));
  const call = Uint16Array.from({ length }, (_, i) => view.getUint16(i * stride + 32, isLittle));
  const columns = {
    ts: wide(0),
    end: wide(8),
    ctx: wide(16),
    pid: word(24),
    tid: word(28),
    call,
    nr: new Int32Array(word(36).buffer),
    ret: new BigInt64Array(wide(40).buffer),
  };
  return { length, columns, nameOf: (i) => CALLS[call[i]] };
}
