import type { RecordLayout } from '../abi/record.ts';

/**
 * The running statistics of one column, as kernels keep them in memory. `min` and `max` are of the column's own
 * signedness, widened to 64 bits; the sum is `high * 2^32 + low`, both signed, and neither overflows within
 * `TALLY_RECORDS_MAX` values.
 */
export const tally = {
  name: 'tally',
  byteLength: 32,
  fields: [
    { name: 'min', offset: 0, type: 'u64', doc: 'smallest value' },
    { name: 'max', offset: 8, type: 'u64', doc: 'largest value' },
    { name: 'low', offset: 16, type: 'i64', doc: 'sum of the low 32 bits' },
    { name: 'high', offset: 24, type: 'i64', doc: 'sum of the high 32 bits' },
  ],
} as const satisfies RecordLayout;

/** After so many values a tally must be settled: each word grows by less than 2^32 a value, and has 63 bits. */
export const TALLY_RECORDS_MAX = 2 ** 31 - 1;

/** Buckets of a log2 histogram of i64 values from 0 up: bucket 0 holds 0, bucket b holds 2^(b-1) … 2^b - 1. */
export const SIZE_BUCKETS = 64;
/** Slots for -errno, 1 … 4095; slot 4096 takes every `res` below -4095. */
export const ERRNO_SLOTS = 4096;
/** Entries of one results table: the buckets, then slot `SIZE_BUCKETS + errno`. */
export const RESULT_SLOTS = SIZE_BUCKETS + ERRNO_SLOTS + 1;
/** `count_results` spreads over so many tables, one after the other. */
export const RESULT_TABLES = 4;

/** How often a key came, and the sum of the low words of the `aio_nbytes` that came with it; that of the high words lies elsewhere. */
export const requests = {
  name: 'requests',
  byteLength: 16,
  fields: [
    { name: 'count', offset: 0, type: 'u64', doc: 'occurrences' },
    { name: 'low', offset: 8, type: 'u64', doc: 'sum of the low 32 bits' },
  ],
} as const satisfies RecordLayout;

/** `count_requests` counts opcodes and descriptors below these; others are left to the caller. */
export const REQUEST_OPCODES = 16;
export const REQUEST_FDS = 4096;
/** Buckets of a log2 histogram of u64 values. */
export const LENGTH_BUCKETS = 65;

/** `count_requests` spreads over so many tables, one after the other. */
export const REQUEST_TABLES = 2;
/** Bytes of one table: `requests` by opcode and power of two of their length, then by descriptor. */
export const REQUEST_TABLE_BYTES =
  (REQUEST_OPCODES * LENGTH_BUCKETS + REQUEST_FDS) * requests.byteLength;
/** Behind the tables lie, as u64, the sums of the high words of `aio_nbytes`: by opcode, then by descriptor. */
export const REQUEST_BYTES =
  REQUEST_TABLES * REQUEST_TABLE_BYTES + (REQUEST_OPCODES + REQUEST_FDS) * 8;

/** Columns of an iocb that are counted by value. */
export const VALUE_COLUMNS = ['aio_flags', 'aio_rw_flags', 'aio_reqprio', 'aio_resfd'] as const;
/** Entries of the table of a column: u32 values from -1 to 1022; of u16 values the upper 3 bits with 7 lower ones, as priorities have them. */
export const VALUE_SLOTS = 1024;
/** Of a u16 value so many bits are below its class. */
export const VALUE_CLASS_SHIFT = 13;
/** So many slots a class has. */
export const VALUE_CLASS_SLOTS = VALUE_SLOTS >>> (16 - VALUE_CLASS_SHIFT);
/** Bytes of the table of one column. */
export const VALUE_BYTES = VALUE_SLOTS * 4;
