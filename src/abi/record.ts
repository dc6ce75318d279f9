import type { ScalarArray, ScalarType, ScalarValue } from './scalar.ts';

/**
 * What a field's number means, if it is more than a number. Decides how the field is named and
 * shown. A `descriptor` is stored unsigned, as the kernel reads it, and shown signed, as programs
 * store it.
 */
export type Meaning =
  | 'opcode'
  | 'descriptor'
  | 'flags'
  | 'rwFlags'
  | 'ioprio'
  | 'buffer'
  | 'address'
  | 'length'
  | 'offset'
  | 'result'
  | 'iocbAnomalies'
  | 'iocbReason'
  | 'ioEventAnomalies'
  | 'ioEventReason'
  | 'release';

/**
 * One field of a packed C struct. `offset` is in bytes, in little-endian records; `offsetBig` is
 * given if it differs in big-endian records.
 */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly offsetBig?: number;
  readonly type: ScalarType;
  readonly meaning?: Meaning;
}

/**
 * A packed C struct: its ABI name, its size in bytes, and its fields in the order of the header.
 */
export interface RecordLayout {
  readonly name: string;
  readonly byteLength: number;
  readonly fields: readonly Field[];
}

/** The columns of a struct: `Columns<typeof ioEvent>['res']` is `BigInt64Array`. */
export type Columns<L extends RecordLayout> = {
  readonly [F in L['fields'][number] as F['name']]: ScalarArray<F['type']>;
};

/** One record of a struct as a plain object: 64-bit fields are bigint, descriptors are signed. */
export type RecordObject<L extends RecordLayout> = {
  -readonly [F in L['fields'][number] as F['name']]: ScalarValue<F['type']>;
};

/**
 * `struct io_event`: one completion, as io_getevents(2) returns it.
 * Source: include/uapi/linux/aio_abi.h.
 */
export const ioEvent = {
  name: 'io_event',
  byteLength: 32,
  fields: [
    {
      name: 'data',
      offset: 0,
      type: 'u64',
      meaning: 'address',
    },
    {
      name: 'obj',
      offset: 8,
      type: 'u64',
      meaning: 'address',
    },
    {
      name: 'res',
      offset: 16,
      type: 'i64',
      meaning: 'result',
    },
    { name: 'res2', offset: 24, type: 'i64' },
  ],
} as const satisfies RecordLayout;

/**
 * `struct iocb`: one submission, as io_submit(2) reads it. aio_key and aio_rw_flags swap places in
 * big-endian records.
 * Source: include/uapi/linux/aio_abi.h.
 */
export const iocb = {
  name: 'iocb',
  byteLength: 64,
  fields: [
    {
      name: 'aio_data',
      offset: 0,
      type: 'u64',
      meaning: 'address',
    },
    {
      name: 'aio_key',
      offset: 8,
      offsetBig: 12,
      type: 'u32',
    },
    {
      name: 'aio_rw_flags',
      offset: 12,
      offsetBig: 8,
      type: 'u32',
      meaning: 'rwFlags',
    },
    { name: 'aio_lio_opcode', offset: 16, type: 'u16', meaning: 'opcode' },
    {
      name: 'aio_reqprio',
      offset: 18,
      type: 'i16',
      meaning: 'ioprio',
    },
    {
      name: 'aio_fildes',
      offset: 20,
      type: 'u32',
      meaning: 'descriptor',
    },
    {
      name: 'aio_buf',
      offset: 24,
      type: 'u64',
      meaning: 'buffer',
    },
    {
      name: 'aio_nbytes',
      offset: 32,
      type: 'u64',
      meaning: 'length',
    },
    { name: 'aio_offset', offset: 40, type: 'i64', meaning: 'offset' },
    { name: 'aio_reserved2', offset: 48, type: 'u64' },
    { name: 'aio_flags', offset: 56, type: 'u32', meaning: 'flags' },
    {
      name: 'aio_resfd',
      offset: 60,
      type: 'u32',
      meaning: 'descriptor',
    },
  ],
} as const satisfies RecordLayout;

/**
 * `struct aio_ring`: the header of a completion ring; io_events follow at `header_length`.
 * Source: fs/aio.c.
 */
export const aioRing = {
  name: 'aio_ring',
  byteLength: 32,
  fields: [
    { name: 'id', offset: 0, type: 'u32' },
    { name: 'nr', offset: 4, type: 'u32' },
    {
      name: 'head',
      offset: 8,
      type: 'u32',
    },
    { name: 'tail', offset: 12, type: 'u32' },
    { name: 'magic', offset: 16, type: 'u32' },
    { name: 'compat_features', offset: 20, type: 'u32' },
    {
      name: 'incompat_features',
      offset: 24,
      type: 'u32',
    },
    { name: 'header_length', offset: 28, type: 'u32' },
  ],
} as const satisfies RecordLayout;

/** The structs of packed dumps, by ABI name. */
export const RECORDS = { io_event: ioEvent, iocb } as const;

/** `io_event` or `iocb`. */
export type RecordKind = keyof typeof RECORDS;

/** Size of `struct aio_ring` in bytes (gVisor's name). */
export const AIORingSize = aioRing.byteLength;
/** Size of `struct io_event` in bytes (gVisor's name). */
export const IOEventSize = ioEvent.byteLength;
/** Size of `struct iocb` in bytes. */
export const IOCallbackSize = iocb.byteLength;
/** The value of `aio_ring.magic`. Source: fs/aio.c. */
export const AIO_RING_MAGIC = 0xa10a10a1;

/** More slots than this are not a ring: 4 Mi is 64 times the default fs.aio-max-nr. */
export const RING_SLOTS_MAX = 2 ** 22;
/** A longer header is not that of a ring: it is 32 bytes in every kernel. */
export const RING_HEADER_BYTES_MAX = 65536;

/** One `struct io_event` as an object (gVisor's name for it). */
export type IOEvent = RecordObject<typeof ioEvent>;
/**
 * One `struct iocb` as an object (gVisor's name for it); `aio_fildes` and `aio_resfd` are signed.
 */
export type IOCallback = RecordObject<typeof iocb>;
/** The header of a `struct aio_ring` as an object. */
export type AIORing = RecordObject<typeof aioRing>;
