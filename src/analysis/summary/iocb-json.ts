// Submissions of a summary as plain data.
import type { IoPriority } from '../../abi/name.ts';
import type { ColumnStatsJson } from './column-stats.ts';
import type { Log2Bucket } from './section.ts';

/**
 * The `iocb` part of `Summary.toJSON()`. `nbytes` is a sum of `aio_nbytes`: bytes, or iovecs for
 * PREADV and PWRITEV.
 */
export interface IocbJson {
  records: number;
  /** Of the values as stored: descriptors, unlike those in `fds` and `resfds`, are unsigned. */
  columns: Record<string, ColumnStatsJson>;
  opcodes: { opcode: number; name: string | null; count: number; nbytes: string }[];
  /** `paths` are the files that a trace names for the descriptor, in the order of time. */
  fds: { fd: number; count: number; nbytes: string; paths?: string[] }[];
  /**
   * `fds` by process; absent where no record has a pid. At most 256 processes and 256 descriptors
   * of each.
   */
  descriptors?: DescriptorJson[];
  flags: { value: number; names: string[]; count: number }[];
  rwFlags: { value: number; names: string[]; count: number }[];
  reqprio: { value: number; count: number }[];
  resfds: { fd: number; count: number }[];
  /** `aio_reqprio` of the records with IOCB_FLAG_IOPRIO: Linux ignores that of others. */
  priorities: (IoPriority & { value: number; count: number })[];
  /** `aio_resfd` of the records with IOCB_FLAG_RESFD: Linux ignores that of others. */
  eventfds: { fd: number; count: number }[];
  /** `aio_nbytes` of PREAD and PWRITE, by powers of two; then of each. */
  sizes: Log2Bucket[];
  readSizes: Log2Bucket[];
  writeSizes: Log2Bucket[];
  /**
   * Those of `sizes` that are multiples of 512 up to 1 MiB, each with its counts of PREAD and
   * PWRITE, ascending.
   */
  commonSizes: { size: number; reads: number; writes: number }[];
  /** `aio_nbytes` of PREADV and PWRITEV, by powers of two. */
  iovecs: Log2Bucket[];
  /** What a list of that name leaves out; present if one has more than 65,536 keys. */
  other?: Partial<Record<KeyedList | 'descriptors', { count: number; nbytes?: string }>>;
}

/** A descriptor of a process, with the names that a trace has for both, in the order of time. */
export interface DescriptorJson {
  pid: number;
  comms?: string[];
  fd: number;
  paths?: string[];
  count: number;
  nbytes: string;
}

/** The lists of `IocbJson` by key. */
export const KEYED_LISTS = [
  ...(['opcodes', 'fds', 'flags', 'rwFlags', 'reqprio', 'resfds'] as const),
  ...(['priorities', 'eventfds'] as const),
] as const;
export type KeyedList = (typeof KEYED_LISTS)[number];
