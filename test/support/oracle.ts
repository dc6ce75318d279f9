import { expect } from 'vitest';

export type Big = 'u64' | 'i64';
type Scalar = Big | 'u8' | 'u16' | 'i16' | 'u32' | 'i32';
export const KINDS = ['io_event', 'iocb'] as const;
type Kind = (typeof KINDS)[number];
type Endian = 'little' | 'big';

/** The structs of linux/aio_abi.h as a big-endian machine lays them out, copied by hand. */
export const BIG: Record<Kind, readonly (readonly [name: string, offset: number, type: Scalar])[]> =
  {
    io_event: [
      ['data', 0, 'u64'],
      ['obj', 8, 'u64'],
      ['res', 16, 'i64'],
      ['res2', 24, 'i64'],
    ],
    iocb: [
      ['aio_data', 0, 'u64'],
      ['aio_key', 12, 'u32'],
      ['aio_rw_flags', 8, 'u32'],
      ['aio_lio_opcode', 16, 'u16'],
      ['aio_reqprio', 18, 'i16'],
      ['aio_fildes', 20, 'u32'],
      ['aio_buf', 24, 'u64'],
      ['aio_nbytes', 32, 'u64'],
      ['aio_offset', 40, 'i64'],
      ['aio_reserved2', 48, 'u64'],
      ['aio_flags', 56, 'u32'],
      ['aio_resfd', 60, 'u32'],
    ],
  };
/** The one difference of a little-endian machine. */
const LITTLE: Record<string, number> = { aio_key: 8, aio_rw_flags: 12 };
const SIZE = { io_event: 32, iocb: 64 };

interface Envelope {
  readonly before: number;
  readonly bytes: number;
  /** Offsets from the start, after the record from its end; a number is the N of charN. */
  readonly fields: readonly (readonly [
    name: string,
    offset: number,
    type: Scalar | number,
    behind?: true,
  ])[];
  /** Whether record objects keep every bit: not padding, nor text after its first NUL. */
  readonly exact: boolean;
}

/** Layouts and their fields, computed by hand. */
export const ENVELOPES = {
  record: { before: 0, bytes: 0, fields: [], exact: true },
  traced: {
    before: 24,
    bytes: 24,
    fields: [
      ['ts', 0, 'u64'],
      ['addr', 8, 'u64'],
      ['pid', 16, 'u32'],
      ['tid', 20, 'u32'],
    ],
    exact: true,
  },
  ebpf: {
    before: 32,
    bytes: 32,
    fields: [
      ['ts', 0, 'u64'],
      ['pid', 8, 'u32'],
      ['tid', 12, 'u32'],
      ['comm', 16, 16],
    ],
    exact: false,
  },
  'a:u8,b:u16,record,c:i32,d:char3,pad:5,e:i64': {
    before: 3,
    bytes: 23,
    fields: [
      ['a', 0, 'u8'],
      ['b', 1, 'u16'],
      ['c', 0, 'i32', true],
      ['d', 4, 3, true],
      ['e', 12, 'i64', true],
    ],
    exact: false,
  },
  'record,back:i16': { before: 0, bytes: 2, fields: [['back', 0, 'i16', true]], exact: true },
} as const satisfies Record<string, Envelope>;
export type EnvelopeName = keyof typeof ENVELOPES;

export const strideOf = (kind: Kind, layout: EnvelopeName): number =>
  SIZE[kind] + ENVELOPES[layout].bytes;

const READ: Record<Scalar, (view: DataView, at: number, little: boolean) => number | bigint> = {
  u8: (view, at) => view.getUint8(at),
  u16: (view, at, little) => view.getUint16(at, little),
  i16: (view, at, little) => view.getInt16(at, little),
  u32: (view, at, little) => view.getUint32(at, little),
  i32: (view, at, little) => view.getInt32(at, little),
  u64: (view, at, little) => view.getBigUint64(at, little),
  i64: (view, at, little) => view.getBigInt64(at, little),
};
const ARRAYS = {
  u8: Uint8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
};

/** The columns of whole records, one DataView read per value. */
export function oracle(
  bytes: Uint8Array,
  kind: Kind,
  endian: Endian,
  layout: EnvelopeName,
): Record<string, ArrayBufferView> {
  const envelope: Envelope = ENVELOPES[layout];
  const stride = strideOf(kind, layout);
  const count = Math.floor(bytes.byteLength / stride);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const columns: Record<string, ArrayBufferView> = {};
  const column = (name: string, offset: number, type: Scalar) => {
    const values = Array.from({ length: count }, (_, i) =>
      READ[type](view, i * stride + offset, endian === 'little'),
    );
    columns[name] =
      type === 'u64' || type === 'i64'
        ? ARRAYS[type].from(values as bigint[])
        : ARRAYS[type].from(values as number[]);
  };
  for (const [name, offset, type] of BIG[kind])
    column(name, envelope.before + (endian === 'little' ? (LITTLE[name] ?? offset) : offset), type);
  for (const [name, offset, type, behind] of envelope.fields) {
    const at = offset + (behind ? envelope.before + SIZE[kind] : 0);
    if (typeof type !== 'number') column(name, at, type);
    else
      columns[name] = Uint8Array.from(
        { length: count * type },
        (_, i) => bytes[Math.floor(i / type) * stride + at + (i % type)],
      );
  }
  return columns;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Expects the same columns in the same order, of the same types, with the same values. */
export function expectColumns(
  columns: Record<string, ArrayBufferView>,
  expected: Record<string, ArrayBufferView>,
): void {
  expect(Object.keys(columns)).toEqual(Object.keys(expected));
  for (const [name, array] of Object.entries(columns)) {
    if (
      array.constructor === expected[name].constructor &&
      Buffer.compare(bytesOf(array), bytesOf(expected[name])) === 0
    )
      continue;
    expect({ [name]: array }).toEqual({ [name]: expected[name] });
    expect.fail(`column ${name}: arrays of different kinds`);
  }
}
