import type { RecordLayout } from '../abi/record.ts';

/** Bytes of a `columnTally`. */
export const COLUMN_TALLY_BYTES = 32;
/**
 * The running statistics of one column, as kernels keep them in memory. `min` and `max` have the
 * column's signedness, widened to 64 bits. The sum is `high * 2^32 + low`; both are signed, and
 * neither overflows within `TALLY_RECORDS_MAX` values.
 */
export const columnTally = {
  name: 'column_tally',
  byteLength: COLUMN_TALLY_BYTES,
  fields: [
    /** Smallest value. */
    { name: 'min', offset: 0, type: 'u64' },
    /** Largest value. */
    { name: 'max', offset: 8, type: 'u64' },
    /** Sum of the low 32 bits. */
    { name: 'low', offset: 16, type: 'i64' },
    /** Sum of the high 32 bits. */
    { name: 'high', offset: 24, type: 'i64' },
  ],
} as const satisfies RecordLayout;

/**
 * Settle a tally after this many values: each value adds less than 2^32 to a word, which has 63
 * bits.
 */
export const TALLY_RECORDS_MAX = 2 ** 31 - 1;

/**
 * Buckets of a log2 histogram of i64 values from 0 up: bucket 0 holds 0, bucket b holds 2^(b-1) …
 * 2^b - 1.
 */
export const SIZE_BUCKETS = 64;
/** The bits of a length within a sector. Without an import, bundlers fold what follows. */
export const COMMON_SHIFT = 9;
/** Multiples of a sector up to 1 MiB have slots of their own: programs request little else. */
export const COMMON_SIZES = 2 ** (20 - COMMON_SHIFT) + 1;
/** Slots for -errno, 1 … 4095. Slot 4096 counts every `res` below -4095. */
export const ERRNO_SLOTS = 4096;
/** The first slot of common sizes, which the buckets leave out. */
export const COMPLETION_SIZES = SIZE_BUCKETS + ERRNO_SLOTS + 1;
/**
 * Entries of one table of completions: the buckets, then slot `SIZE_BUCKETS + errno`, then common
 * sizes.
 */
export const COMPLETION_SLOTS = COMPLETION_SIZES + COMMON_SIZES;
/** The tables of `count_completions`, consecutive in memory. The counts are their sum. */
export const COMPLETION_TABLES = 4;

/** Bytes of a `submissions`. */
const ENTRY_BYTES = 16;
/**
 * How often a key occurred, and the sum of the low words of the `aio_nbytes` with it. Sums of the
 * high words are behind the tables.
 */
export const submissions = {
  name: 'submissions',
  byteLength: ENTRY_BYTES,
  fields: [
    /** Occurrences. */
    { name: 'count', offset: 0, type: 'u64' },
    /** Sum of the low 32 bits. */
    { name: 'low', offset: 8, type: 'u64' },
  ],
} as const satisfies RecordLayout;

/** `count_submissions` counts opcodes and descriptors below these; the caller counts the others. */
export const SUBMISSION_OPCODES = 16;
export const SUBMISSION_FDS = 4096;
/** Opcodes below this, PREAD and PWRITE, have entries of common sizes. */
export const SIZED_OPCODES = 2;
/** Buckets of a log2 histogram of u64 values. */
export const LENGTH_BUCKETS = 65;

/** The tables of `count_submissions`, consecutive in memory. The counts are their sum. */
export const SUBMISSION_TABLES = 2;
/** The first entry of common sizes, which the powers of two leave out. */
export const SUBMISSION_SIZES = SUBMISSION_OPCODES * LENGTH_BUCKETS + SUBMISSION_FDS;
/**
 * Bytes of one table: `submissions` by opcode and power of two of the length, then by descriptor,
 * then by opcode and common size.
 */
export const SUBMISSION_TABLE_BYTES =
  (SUBMISSION_SIZES + SIZED_OPCODES * COMMON_SIZES) * ENTRY_BYTES;
/**
 * Behind the tables are the sums of the high words of `aio_nbytes`, as u64: by opcode, then by
 * descriptor.
 */
export const SUBMISSION_BYTES =
  SUBMISSION_TABLES * SUBMISSION_TABLE_BYTES + (SUBMISSION_OPCODES + SUBMISSION_FDS) * 8;

/** The columns of an iocb that are counted by value. */
export const VALUE_COLUMNS = ['aio_flags', 'aio_rw_flags', 'aio_reqprio', 'aio_resfd'] as const;
/**
 * Entries of a column's table: for u32 the values -1 to 1022; for u16, as in priorities, the upper
 * 3 bits with 128 values of the lower 13.
 */
export const VALUE_SLOTS = 1024;
/** The bits of a u16 value below its class. */
export const VALUE_CLASS_SHIFT = 13;
/** The slots of a class. */
export const VALUE_CLASS_SLOTS = VALUE_SLOTS >>> (16 - VALUE_CLASS_SHIFT);
/** Bytes of the table of one column. */
export const VALUE_BYTES = VALUE_SLOTS * 4;

/** The most submissions of a block that a report counts. */
export const REQUEST_ROWS = 2048;
/** Bytes of what kernels find out about them: the parts are in request-tables.ts. */
export const REQUEST_BYTES = 164_608;
/** Where it begins, behind the tables of a summary: one survey may feed both. */
export const AT_REQUESTS = SUBMISSION_BYTES + VALUE_COLUMNS.length * VALUE_BYTES;
