// The memory of the kernels that a report has: what they find out about the submissions of a block.
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import type { RecordLayout } from '../abi/record.ts';
import { STREAM } from './stream-state.ts';
import { REQUEST_ROWS } from './tables.ts';

// Kinds of submissions. The first four move data.
/** PREAD. */
export const READ = 0;
/** PWRITE. */
export const WRITE = 1;
/** PREADV. */
export const READV = 2;
/** PWRITEV. */
export const WRITEV = 3;
/** FSYNC and FDSYNC. */
export const FLUSH = 4;
/** All others. */
export const OTHER = 5;
/** Added to the kind of a vectored request whose length its completion does not give. */
export const WITHOUT_LENGTH = 4;
/**
 * Added to the kind of a request that moves data at no known place: it appends, or its offset is
 * negative or too large.
 */
export const STRAY = 8;

/** Opcodes below this are counted one by one, larger ones with the last: no kernel knows them. */
export const REQUEST_OPCODES = 16;
const KINDS: Readonly<Record<number, number>> = {
  [IOCB_CMD_PREAD]: READ,
  [IOCB_CMD_PWRITE]: WRITE,
  [IOCB_CMD_PREADV]: READV,
  [IOCB_CMD_PWRITEV]: WRITEV,
  [IOCB_CMD_FSYNC]: FLUSH,
  [IOCB_CMD_FDSYNC]: FLUSH,
};
/** The kind of each opcode. */
export const KIND_OF_OPCODE: readonly number[] = Array.from(
  { length: REQUEST_OPCODES },
  (_, opcode) => KINDS[opcode] ?? OTHER,
);

/** Offsets up to here, and their sums with lengths, are exact as doubles. */
export const OFFSET_MAX: number = 2 ** 53 - 2 ** 32;

/** The submissions of a block that have process, descriptor and kind in common. */
export const requestGroup = {
  name: 'request_group',
  byteLength: 32,
  fields: [
    { name: 'pid', offset: 0, type: 'u32' },
    { name: 'fd', offset: 4, type: 'u32' },
    { name: 'kind', offset: 8, type: 'u32' },
    { name: 'count', offset: 12, type: 'u32' },
    /** Where its rows begin among the grouped ones, and where they end. */
    { name: 'begin', offset: 16, type: 'u32' },
    { name: 'end', offset: 20, type: 'u32' },
    /** The sum of their lengths. */
    { name: 'bytes', offset: 24, type: 'u64' },
  ],
} as const satisfies RecordLayout;

/** Counters of `measure_requests`, and `specials` of `group_requests`. */
export const requestCounters = {
  name: 'request_counters',
  byteLength: 32,
  fields: [
    /** The lowest bits that are set in offsets and lengths, and in buffers. */
    { name: 'placeBits', offset: 0, type: 'u64' },
    { name: 'bufferBits', offset: 8, type: 'u64' },
    /** Rows in the list of eventfds, and in that of special rows. */
    { name: 'eventfds', offset: 16, type: 'u32' },
    { name: 'specials', offset: 20, type: 'u32' },
    /** PREADV and PWRITEV. */
    { name: 'vectored', offset: 24, type: 'u32' },
    /** Writes that append. */
    { name: 'appending', offset: 28, type: 'u32' },
  ],
} as const satisfies RecordLayout;

/** Slots by trailing zero bits: 64 for the value 0, then one for what is not counted. */
export const ZERO_BITS_SLOTS = 66;
/** Tables that consecutive records alternate between; the counts are their sum. */
export const REQUEST_TABLES = 2;

/** Bytes of a page: the rows of maps of offsets begin at multiples. */
export const PAGE_BITS = 12;
/** Rows of an octave of offsets: 16 of one page below the first octave, then 16 to each. */
export const OCTAVE_ROW_BITS = 4;
export const OCTAVE_ROWS: number = 2 ** OCTAVE_ROW_BITS;
/** Octaves of offsets below 2^53. */
export const OCTAVES: number = 53 - PAGE_BITS - OCTAVE_ROW_BITS + 1;

/** A granule is this many pages, one bit each. */
export const GRANULE_BITS = 6;
/** The most pages of a request that are sampled: 16 MiB. */
export const SAMPLED_PAGES = 4096;
/** Granules that `sample_requests` lists before it returns; one request adds up to 65. */
export const SAMPLES = 1024;
/** A granule, and which of its pages, as words. */
export const SAMPLE_BYTES = 16;
export const REQUEST_SAMPLES_MAX = 66;

/** Slots of the hash table of groups. */
export const GROUP_SLOTS = 4096;

const LINE = 64;
let end = 0;
/** Places a part of the memory, on a cache line. */
function part(bytes: number): number {
  const at = end;
  end += Math.ceil(bytes / LINE) * LINE;
  return at;
}

// Where each part begins.
/** By row: the kind of the request, u8. */
export const AT_KINDS = part(REQUEST_ROWS);
/** By row: requested bytes of PREAD and PWRITE, clamped as Linux does, u32; 0 for the others. */
export const AT_LENGTHS = part(4 * REQUEST_ROWS);
/** By row: the offset, f64; -1 of requests that do not move data at a place. */
export const AT_PLACES = part(8 * REQUEST_ROWS);
/** By row: the number of its group, u16. */
export const AT_GROUP_OF = part(2 * REQUEST_ROWS);
/** The rows group by group, in their order, u16. */
export const AT_ORDER = part(2 * REQUEST_ROWS);
/** Places and lengths in that order. */
export const AT_GROUPED_PLACES = part(8 * REQUEST_ROWS);
export const AT_GROUPED_LENGTHS = part(4 * REQUEST_ROWS);
/** Rows with IOCB_FLAG_RESFD, u16. */
export const AT_EVENTFDS = part(2 * REQUEST_ROWS);
/** Rows of flushes and of strays, u16. */
export const AT_SPECIALS = part(2 * REQUEST_ROWS);
/** `requestCounters`, then u32 by opcode, by alignment of offset and length, and of the buffer. */
export const AT_COUNTERS = part(requestCounters.byteLength);
export const AT_OPCODES = part(4 * REQUEST_OPCODES);
export const AT_PLACE_BITS = part(4 * ZERO_BITS_SLOTS * REQUEST_TABLES);
export const AT_BUFFER_BITS = part(4 * ZERO_BITS_SLOTS * REQUEST_TABLES);
export const COUNTERS_END = end;
/** The hash table of groups, u16, and the groups. */
export const AT_GROUP_SLOTS = part(2 * GROUP_SLOTS);
export const AT_GROUPS = part(requestGroup.byteLength * REQUEST_ROWS);
/** Octaves with a request, u64; counts by octave and row, u32; smallest and largest places, f64. */
export const AT_OCTAVES_USED = part(8);
export const AT_OCTAVES = part(4 * OCTAVE_ROWS * OCTAVES);
export const AT_OCTAVE_MIN = part(8 * OCTAVES);
export const AT_OCTAVE_MAX = part(8 * OCTAVES);
/** The number of samples and of requests that were cut, u32, then the samples. */
export const AT_SAMPLED = part(8);
export const AT_SAMPLES = part(SAMPLE_BYTES * SAMPLES);
/** A stream: doubles, at the indexes of `STREAM`. */
export const AT_STREAM = part(Float64Array.BYTES_PER_ELEMENT * STREAM.end);

/** The end of the last part: `REQUEST_BYTES`. */
export const REQUESTS_END: number = end;
