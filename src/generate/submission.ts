import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import { type Access, LOG, POLL, RANDOM, SEQUENTIAL } from './program.ts';
import { BUF, FILDES, NBYTES, OFFSET, OPCODE, REQPRIO, RW_FLAGS } from './row.ts';

/** One access of a program, and how far it has come. */
export interface Cursor {
  readonly access: Access;
  readonly opcode: number;
  readonly pattern: Access['pattern'];
  readonly sectors: number;
  readonly rwFlags: number;
  readonly nowait: boolean;
  readonly vectored: boolean;
  /** What to shift a word by for an index of a request: files of random access have 2^n of them. */
  readonly indexShift: number;
  readonly least: number;
  readonly scale: number;
  /** Where a sequential access goes on, in requests; in sectors for a log. */
  position: number;
  untilSync: number;
}

export function cursorOf(access: Access): Cursor {
  const { opcode, pattern, sectors, rwFlags = 0, requests, latency } = access;
  return {
    access,
    opcode,
    pattern,
    sectors,
    rwFlags,
    nowait: (rwFlags & 0x8) !== 0,
    vectored: opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV,
    indexShift: Math.clz32(requests) + 1,
    least: latency[0],
    scale: latency[1],
    position: 0,
    untilSync: 4,
  };
}

const EIO = 5;
const EAGAIN = 11;
const ENOSPC = 28;
/** A sync takes so much longer than what it waits for (ticks). */
const SYNC_LEAST = 60;
const SYNC_SCALE = 60;
/** POLLIN; POLLIN, POLLOUT and what the socket woke it with besides. */
const POLLIN = 0x1;
const WOKEN = 0xc3;

/** What a request will come to. One object is used again and again. */
export interface Fate {
  /** The result that its completion will have. */
  res: number;
  /** How long it will take: at least, and the scale above that, in ticks. */
  least: number;
  scale: number;
}

function place(rows: Uint32Array, at: number, sector: number, nbytes: number): void {
  rows[at + NBYTES] = nbytes;
  rows[at + OFFSET] = sector << 9;
  rows[at + OFFSET + 1] = sector >>> 23;
}

/** A few places are asked for most, and they lie all over the file. */
function planRandom(rows: Uint32Array, at: number, cursor: Cursor, word: number, fate: Fate): void {
  const shift = cursor.indexShift;
  const rank = ((word >>> 16) * (word & 0xffff)) >>> shift;
  // An odd factor sends each of 2^n places to another one.
  const index = (Math.imul(rank, 0x9e3779b1) << shift) >>> shift;
  const vectors = cursor.vectored ? 1 + (word & 15) : 1;
  fate.res = vectors * cursor.sectors * 512;
  place(rows, at, index * cursor.sectors, cursor.vectored ? vectors : fate.res);
}

function planSequential(rows: Uint32Array, at: number, cursor: Cursor, fate: Fate): void {
  const { position, sectors, access } = cursor;
  const nbytes = sectors * 512;
  const last = position + 1 === access.requests;
  // Nobody's file ends where a request does: the last read is short.
  fate.res = last && cursor.opcode === IOCB_CMD_PREAD ? (nbytes >> 1) + 1808 : nbytes;
  place(rows, at, position * sectors, nbytes);
  cursor.position = last ? 0 : position + 1;
}

function planLog(rows: Uint32Array, at: number, cursor: Cursor, word: number, fate: Fate): void {
  if (--cursor.untilSync === 0) {
    cursor.untilSync = 4 + (word & 15);
    rows[at + OPCODE] = (word & 0x30) === 0 ? IOCB_CMD_FSYNC : IOCB_CMD_FDSYNC;
    // The kernel refuses a sync in which any of these is set.
    rows[at + BUF] = rows[at + BUF + 1] = rows[at + RW_FLAGS] = 0;
    place(rows, at, 0, 0);
    fate.res = 0;
    fate.least = SYNC_LEAST;
    fate.scale = SYNC_SCALE;
    return;
  }
  const { sectors, access, position } = cursor;
  const size = 1 + (((word >>> 16) * (word & 0xffff)) >>> Math.clz32(sectors - 1));
  const room = access.requests * sectors - position;
  const piece = Math.min(size, room);
  fate.res = piece * 512;
  place(rows, at, position, fate.res);
  cursor.position = piece === room ? 0 : position + piece;
}

function planPoll(rows: Uint32Array, at: number, word: number, fate: Fate): void {
  rows[at + BUF] = POLLIN;
  rows[at + BUF + 1] = 0;
  place(rows, at, 0, 0);
  fate.res = (word & 7) === 0 ? WOKEN : POLLIN;
}

/** A few requests go wrong: it would block, the disk is full, the disk is broken. */
function spoil(cursor: Cursor, dice: number, fate: Fate): void {
  if (cursor.nowait && (dice & 0xc0) === 0) {
    fate.res = -EAGAIN;
    fate.least = 1;
    fate.scale = 0;
  } else if ((dice & 0xffffc00) >>> 14 === 0) {
    const writes = cursor.opcode !== IOCB_CMD_PREAD && cursor.opcode !== IOCB_CMD_PREADV;
    fate.res = writes && fate.res > 0 && (dice & 0x10000000) !== 0 ? -ENOSPC : -EIO;
  }
}

/**
 * Write what an access asks for next into the row at `at`, where the buffer's address already stands, and decide what
 * comes of it. `dice` and `word` are random.
 */
export function planRequest(
  rows: Uint32Array,
  at: number,
  cursor: Cursor,
  dice: number,
  word: number,
  fate: Fate,
): void {
  rows[at + OPCODE] = cursor.opcode;
  rows[at + RW_FLAGS] = cursor.rwFlags;
  rows[at + FILDES] = cursor.access.fd;
  rows[at + REQPRIO] = cursor.access.reqprio ?? 0;
  fate.least = cursor.least;
  fate.scale = cursor.scale;
  const { pattern } = cursor;
  if (pattern === RANDOM) planRandom(rows, at, cursor, word, fate);
  else if (pattern === SEQUENTIAL) planSequential(rows, at, cursor, fate);
  else if (pattern === LOG) planLog(rows, at, cursor, word, fate);
  else if (pattern === POLL) planPoll(rows, at, word, fate);
  if (pattern !== POLL) spoil(cursor, dice, fate);
}
