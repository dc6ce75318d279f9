// Rendered from src/abi/record.ts, src/engine/tables.ts and src/engine/rule-set.ts by
// `npx vitest run rendered -u`.

/** `struct io_event`, 32 bytes. */
@unmanaged
export class io_event {
  data: u64;
  obj: u64;
  res: i64;
  res2: i64;
}

/** `struct iocb`, 64 bytes. */
@unmanaged
export class iocb {
  aio_data: u64;
  aio_key: u32;
  aio_rw_flags: u32;
  aio_lio_opcode: u16;
  aio_reqprio: i16;
  aio_fildes: u32;
  aio_buf: u64;
  aio_nbytes: u64;
  aio_offset: i64;
  aio_reserved2: u64;
  aio_flags: u32;
  aio_resfd: u32;
}

/** `struct column_tally`, 32 bytes. */
@unmanaged
export class column_tally {
  min: u64;
  max: u64;
  low: i64;
  high: i64;
}

/** `struct submissions`, 16 bytes. */
@unmanaged
export class submissions {
  count: u64;
  low: u64;
}

/** `struct rule_set`, 28 bytes. */
@unmanaged
export class rule_set {
  rules: u32;
  reasons: u32;
  opcodes: u32;
  flags: u32;
  rwIgnored: u32;
  flagsRelease: u32;
  hintsRelease: u32;
}

export const SIZE_BUCKETS: u32 = 64;
export const COMMON_SHIFT: u32 = 9;
export const COMMON_SIZES: u32 = 2049;
export const ERRNO_SLOTS: u32 = 4096;
export const COMPLETION_SIZES: u32 = 4161;
export const COMPLETION_SLOTS: u32 = 6210;
export const SUBMISSION_OPCODES: u32 = 16;
export const SUBMISSION_FDS: u32 = 4096;
export const SIZED_OPCODES: u32 = 2;
export const LENGTH_BUCKETS: u32 = 65;
export const SUBMISSION_SIZES: u32 = 5136;
export const VALUE_SLOTS: u32 = 1024;
export const VALUE_CLASS_SHIFT: u32 = 13;
export const VALUE_CLASS_SLOTS: u32 = 128;
