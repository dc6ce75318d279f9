import {
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';

/** How a program goes through a file. `log` is sequential writing in pieces of any size, with a sync now and then. */
export const RANDOM = 0;
export const SEQUENTIAL = 1;
export const LOG = 2;
export const POLL = 3;

/** What a program does to one descriptor. */
export interface Access {
  readonly fd: number;
  readonly pattern: typeof RANDOM | typeof SEQUENTIAL | typeof LOG | typeof POLL;
  readonly opcode: number;
  /** Its share of the program's requests, in 64ths. */
  readonly share: number;
  /** Size of a request, of a log's largest piece, in sectors of 512 bytes. For vectors the size of one. */
  readonly sectors: number;
  /** Size of the file in requests; a power of two where access is random. */
  readonly requests: number;
  readonly rwFlags?: number;
  /** An I/O priority; requests that have one say so in aio_flags. */
  readonly reqprio?: number;
  /** Latency: at least, and its scale above that, in ticks. */
  readonly latency: readonly [least: number, scale: number];
}

/** What a program puts into aio_data: nothing, its own slot, a new object each time, or a number that counts. */
type Tag = 'none' | 'slot' | 'object' | 'counter';

/** A program with one io context: its threads submit from one pool of iocbs, and one of them reaps. */
export interface Program {
  readonly comm: string;
  readonly pid: number;
  /** The thread that reaps; those that submit follow it. */
  readonly tid: number;
  readonly submitters: number;
  /** The most requests in flight: the size of the pool. */
  readonly depth: number;
  /** Bytes from one iocb of the pool to the next: what the program wraps it in. */
  readonly iocbStride: number;
  readonly tag: Tag;
  /** The eventfd that completions are told through. */
  readonly resfd?: number;
  readonly accesses: readonly Access[];
}

const RWF_DSYNC = 0x2;
const RWF_NOWAIT = 0x8;
/** IOPRIO_CLASS_BE, level 4, and IOPRIO_CLASS_IDLE. */
const BEST_EFFORT = (2 << 13) | 4;
const IDLE = 3 << 13;

const READ = [8, 4] as const;
const WRITE = [2, 2] as const;
const LARGE = [40, 16] as const;
const WAIT = [4, 200] as const;

/** A shard of a Seastar program: asks without blocking, writes long runs, polls its sockets. */
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
    {
      fd: 40 + index,
      pattern: RANDOM,
      opcode: IOCB_CMD_PREAD,
      share: 40,
      sectors: 8,
      requests: 2 ** 22,
      rwFlags: RWF_NOWAIT,
      latency: READ,
    },
    {
      fd: 50 + index,
      pattern: SEQUENTIAL,
      opcode: IOCB_CMD_PWRITE,
      share: 10,
      sectors: 256,
      requests: 8192,
      rwFlags: RWF_NOWAIT,
      latency: LARGE,
    },
    {
      fd: 60 + index,
      pattern: LOG,
      opcode: IOCB_CMD_PWRITE,
      share: 10,
      sectors: 64,
      requests: 4096,
      rwFlags: RWF_DSYNC,
      latency: WRITE,
    },
    {
      fd: 30 + index,
      pattern: POLL,
      opcode: IOCB_CMD_POLL,
      share: 4,
      sectors: 0,
      requests: 0,
      latency: WAIT,
    },
  ],
});

/** The programs of the simulated machine: a database, a store, a virtual machine, a benchmark and a backup. */
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
      {
        fd: 21,
        pattern: RANDOM,
        opcode: IOCB_CMD_PREAD,
        share: 30,
        sectors: 32,
        requests: 2 ** 20,
        latency: READ,
      },
      {
        fd: 22,
        pattern: RANDOM,
        opcode: IOCB_CMD_PREAD,
        share: 10,
        sectors: 32,
        requests: 2 ** 16,
        latency: READ,
      },
      {
        fd: 21,
        pattern: RANDOM,
        opcode: IOCB_CMD_PWRITE,
        share: 12,
        sectors: 32,
        requests: 2 ** 20,
        latency: WRITE,
      },
      {
        fd: 9,
        pattern: LOG,
        opcode: IOCB_CMD_PWRITE,
        share: 12,
        sectors: 16,
        requests: 12288,
        latency: WRITE,
      },
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
      {
        fd: 13,
        pattern: RANDOM,
        opcode: IOCB_CMD_PREADV,
        share: 32,
        sectors: 8,
        requests: 2 ** 21,
        latency: READ,
      },
      {
        fd: 13,
        pattern: RANDOM,
        opcode: IOCB_CMD_PWRITEV,
        share: 22,
        sectors: 8,
        requests: 2 ** 21,
        latency: WRITE,
      },
      {
        fd: 14,
        pattern: LOG,
        opcode: IOCB_CMD_PWRITE,
        share: 10,
        sectors: 8,
        requests: 65536,
        latency: WRITE,
      },
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
      {
        fd: 5,
        pattern: RANDOM,
        opcode: IOCB_CMD_PREAD,
        share: 36,
        sectors: 8,
        requests: 2 ** 18,
        rwFlags: RWF_NOWAIT,
        latency: READ,
      },
      {
        fd: 5,
        pattern: RANDOM,
        opcode: IOCB_CMD_PWRITE,
        share: 12,
        sectors: 8,
        requests: 2 ** 18,
        rwFlags: RWF_DSYNC,
        latency: WRITE,
      },
      {
        fd: 6,
        pattern: RANDOM,
        opcode: IOCB_CMD_PREAD,
        share: 16,
        sectors: 8,
        requests: 2 ** 18,
        reqprio: BEST_EFFORT,
        latency: READ,
      },
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
      {
        fd: 7,
        pattern: SEQUENTIAL,
        opcode: IOCB_CMD_PREAD,
        share: 48,
        sectors: 2048,
        requests: 320,
        reqprio: IDLE,
        latency: LARGE,
      },
      {
        fd: 8,
        pattern: SEQUENTIAL,
        opcode: IOCB_CMD_PWRITE,
        share: 16,
        sectors: 128,
        requests: 5120,
        reqprio: IDLE,
        latency: LARGE,
      },
    ],
  },
];
