import {
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';

/**
 * Access patterns. A log is written sequentially in pieces of varying size, with occasional syncs.
 */
export const RANDOM = 0;
export const SEQUENTIAL = 1;
export const LOG = 2;
export const POLL = 3;

/** What a program does to one descriptor. */
export interface Access {
  readonly fd: number;
  readonly pattern: typeof RANDOM | typeof SEQUENTIAL | typeof LOG | typeof POLL;
  readonly opcode: number;
  /** The share of the program's submissions, in 64ths. */
  readonly share: number;
  /**
   * The size of a block, or of a log's largest piece, in sectors of 512 bytes; for vectored I/O, of
   * one iovec.
   */
  readonly sectors: number;
  /** The size of the file in blocks; a power of two for random access. */
  readonly blocks: number;
  readonly rwFlags?: number;
  /** An I/O priority, which also sets IOCB_FLAG_IOPRIO. */
  readonly reqprio?: number;
  /** Latency in ticks: the minimum, and the scale of what exceeds it. */
  readonly latency: readonly [least: number, scale: number];
}

/** What a program stores in aio_data: 0, its own slot, a new object each time, or a counter. */
type Tag = 'none' | 'slot' | 'object' | 'counter';

/**
 * A program with one io context. Its threads submit from one pool of iocbs, and one of them reaps.
 */
export interface Program {
  readonly comm: string;
  readonly pid: number;
  /** The thread that reaps. Those that submit have the next numbers. */
  readonly tid: number;
  readonly submitters: number;
  /** The largest queue depth, which is the size of the pool. */
  readonly depth: number;
  /** Bytes from one iocb of the pool to the next, with the object around it. */
  readonly iocbStride: number;
  readonly tag: Tag;
  /** The eventfd that completions signal. */
  readonly resfd?: number;
  readonly accesses: readonly Access[];
}

const RWF_DSYNC = 0x2;
const RWF_NOWAIT = 0x8;
/** IOPRIO_CLASS_BE with level 4, and IOPRIO_CLASS_IDLE. */
const BEST_EFFORT = (2 << 13) | 4;
const IDLE = 3 << 13;

const READ = [8, 4] as const;
const WRITE = [2, 2] as const;
const LARGE = [40, 16] as const;
const WAIT = [4, 200] as const;

/** One access of a program, as a row. */
function access(
  fd: number,
  pattern: Access['pattern'],
  opcode: number,
  share: number,
  sectors: number,
  blocks: number,
  latency: Access['latency'],
  flags: Pick<Access, 'rwFlags' | 'reqprio'> = {},
): Access {
  return { fd, pattern, opcode, share, sectors, blocks, latency, ...flags };
}

/** A shard of a Seastar program: nonblocking reads, long sequential writes, socket polls. */
const shard = (index: number): Program => ({
  comm: `reactor-${index}`,
  pid: 2215,
  tid: 2215 + index,
  submitters: 1,
  depth: 128,
  iocbStride: 64,
  tag: 'object',
  resfd: 11 + index,
  accesses: [
    access(40 + index, RANDOM, IOCB_CMD_PREAD, 40, 8, 2 ** 22, READ, { rwFlags: RWF_NOWAIT }),
    access(50 + index, SEQUENTIAL, IOCB_CMD_PWRITE, 10, 256, 8192, LARGE, { rwFlags: RWF_NOWAIT }),
    access(60 + index, LOG, IOCB_CMD_PWRITE, 10, 64, 4096, WRITE, { rwFlags: RWF_DSYNC }),
    access(30 + index, POLL, IOCB_CMD_POLL, 4, 0, 0, WAIT),
  ],
});

/**
 * The programs of the simulated machine: a database, a store, a virtual machine, a benchmark and a
 * backup.
 */
export const PROGRAMS: readonly Program[] = [
  {
    comm: 'mariadbd',
    pid: 1873,
    tid: 1881,
    submitters: 4,
    depth: 128,
    iocbStride: 176,
    tag: 'slot',
    accesses: [
      access(21, RANDOM, IOCB_CMD_PREAD, 30, 32, 2 ** 20, READ),
      access(22, RANDOM, IOCB_CMD_PREAD, 10, 32, 2 ** 16, READ),
      access(21, RANDOM, IOCB_CMD_PWRITE, 12, 32, 2 ** 20, WRITE),
      access(9, LOG, IOCB_CMD_PWRITE, 12, 16, 12288, WRITE),
    ],
  },
  shard(0),
  shard(1),
  {
    comm: 'qemu-system-x86',
    pid: 5120,
    tid: 5123,
    submitters: 2,
    depth: 64,
    iocbStride: 144,
    tag: 'none',
    resfd: 17,
    accesses: [
      access(13, RANDOM, IOCB_CMD_PREADV, 32, 8, 2 ** 21, READ),
      access(13, RANDOM, IOCB_CMD_PWRITEV, 22, 8, 2 ** 21, WRITE),
      access(14, LOG, IOCB_CMD_PWRITE, 10, 8, 65536, WRITE),
    ],
  },
  {
    comm: 'fio',
    pid: 7741,
    tid: 7741,
    submitters: 1,
    depth: 64,
    iocbStride: 448,
    tag: 'none',
    accesses: [
      access(5, RANDOM, IOCB_CMD_PREAD, 36, 8, 2 ** 18, READ, { rwFlags: RWF_NOWAIT }),
      access(5, RANDOM, IOCB_CMD_PWRITE, 12, 8, 2 ** 18, WRITE, { rwFlags: RWF_DSYNC }),
      access(6, RANDOM, IOCB_CMD_PREAD, 16, 8, 2 ** 18, READ, { reqprio: BEST_EFFORT }),
    ],
  },
  {
    comm: 'mariabackup',
    pid: 8002,
    tid: 8004,
    submitters: 2,
    depth: 32,
    iocbStride: 96,
    tag: 'counter',
    accesses: [
      access(7, SEQUENTIAL, IOCB_CMD_PREAD, 48, 2048, 320, LARGE, { reqprio: IDLE }),
      access(8, SEQUENTIAL, IOCB_CMD_PWRITE, 16, 128, 5120, LARGE, { reqprio: IDLE }),
    ],
  },
];
