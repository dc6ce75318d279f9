// Rendered from src/engine/request-tables.ts and src/engine/stream-state.ts by
// `npx vitest run rendered -u`; what each is, is written there.

/** `struct request_group`, 32 bytes. */
@unmanaged
export class request_group {
  pid: u32;
  fd: u32;
  kind: u32;
  count: u32;
  begin: u32;
  end: u32;
  bytes: u64;
}

/** `struct request_counters`, 32 bytes. */
@unmanaged
export class request_counters {
  placeBits: u64;
  bufferBits: u64;
  eventfds: u32;
  specials: u32;
  vectored: u32;
  appending: u32;
}

// One digit per opcode, the first the last.
export const KINDS_OF_OPCODES: u64 = 0x5555555325554410;

export const OFFSET_MAX: u64 = 9007194959773696;
export const READ: u32 = 0;
export const WRITE: u32 = 1;
export const READV: u32 = 2;
export const WRITEV: u32 = 3;
export const FLUSH: u32 = 4;
export const OTHER: u32 = 5;
export const WITHOUT_LENGTH: u32 = 4;
export const STRAY: u32 = 8;
export const REQUEST_OPCODES: u32 = 16;
export const ZERO_BITS_SLOTS: u32 = 66;
export const REQUEST_TABLES: u32 = 2;
export const PAGE_BITS: u32 = 12;
export const OCTAVE_ROW_BITS: u32 = 4;
export const OCTAVE_ROWS: u32 = 16;
export const OCTAVES: u32 = 38;
export const GRANULE_BITS: u32 = 6;
export const SAMPLED_PAGES: u32 = 4096;
export const SAMPLES: u32 = 1024;
export const REQUEST_SAMPLES_MAX: u32 = 66;
export const GROUP_SLOTS: u32 = 4096;

// Where the parts of the state begin, and sizes in bytes.
export const SAMPLE_BYTES: usize = 16;
export const AT_KINDS: usize = 0;
export const AT_LENGTHS: usize = 2048;
export const AT_PLACES: usize = 10240;
export const AT_GROUP_OF: usize = 26624;
export const AT_ORDER: usize = 30720;
export const AT_GROUPED_PLACES: usize = 34816;
export const AT_GROUPED_LENGTHS: usize = 51200;
export const AT_EVENTFDS: usize = 59392;
export const AT_SPECIALS: usize = 63488;
export const AT_COUNTERS: usize = 67584;
export const AT_OPCODES: usize = 67648;
export const AT_PLACE_BITS: usize = 67712;
export const AT_BUFFER_BITS: usize = 68288;
export const COUNTERS_END: usize = 68864;
export const AT_GROUP_SLOTS: usize = 68864;
export const AT_GROUPS: usize = 77056;
export const AT_OCTAVES_USED: usize = 142592;
export const AT_OCTAVES: usize = 142656;
export const AT_OCTAVE_MIN: usize = 145088;
export const AT_OCTAVE_MAX: usize = 145408;
export const AT_SAMPLED: usize = 145728;
export const AT_SAMPLES: usize = 145792;
export const AT_STREAM: usize = 162176;
export const REQUESTS_END: usize = 164608;

// The fields of a stream: indexes of doubles.
export const STREAM_VOLUME: usize = 0;
export const STREAM_INTERLEAVED: usize = 3;
export const STREAM_SEQUENTIAL: usize = 4;
export const STREAM_BACKWARD: usize = 5;
export const STREAM_REPEAT: usize = 6;
export const STREAM_STRIDED: usize = 7;
export const STREAM_NEAR: usize = 8;
export const STREAM_RANDOM: usize = 9;
export const STREAM_LAST_START: usize = 10;
export const STREAM_LAST_END: usize = 11;
export const STREAM_LAST_DISTANCE: usize = 12;
export const STREAM_RUN: usize = 13;
export const STREAM_RUN_BYTES: usize = 14;
export const STREAM_CHAINED: usize = 15;
export const STREAM_ENDS: usize = 16;
export const STREAM_MISS_COUNT: usize = 24;
export const STREAM_MISSES: usize = 25;
export const STREAM_FIRST_START: usize = 33;
export const STREAM_FIRST_END: usize = 34;
export const STREAM_FIRST_DISTANCE: usize = 35;
export const STREAM_FIRST_CLASS: usize = 36;
export const STREAM_HEAD_CLOSED: usize = 37;
export const STREAM_HEAD_RUN: usize = 38;
export const STREAM_HEAD_BYTES: usize = 39;
export const STREAM_STRIDE_MIN: usize = 40;
export const STREAM_STRIDE_MAX: usize = 41;
export const STREAM_UNKNOWN: usize = 42;
export const STREAM_SEEKS: usize = 43;
export const STREAM_RUNS: usize = 174;
export const STREAM_RUN_SIZES: usize = 239;
export const STREAM_END: usize = 304;
export const STREAM_SEEK_ZERO: usize = 65;
export const STREAM_NEAR_BYTES: i64 = 131072;
export const STREAM_CURSORS: f64 = 8;
