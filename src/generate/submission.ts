import { EAGAIN, EIO, ENOSPC } from '../abi/errno.ts';
import { SECTOR_BYTES } from '../abi/limit.ts';
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import { type Access, LOG, POLL, RANDOM, SEQUENTIAL } from './program.ts';
import { BUF, FILDES, NBYTES, OFFSET, OPCODE, REQPRIO, RW_FLAGS } from './row.ts';

/** One access of a program, and its progress. */
export interface Cursor {
  readonly access: Access;
  readonly opcode: number;
  readonly pattern: Access['pattern'];
  readonly sectors: number;
  readonly rwFlags: number;
  readonly nowait: boolean;
  readonly vectored: boolean;
  /** Shifts a random word to the index of a block; files of random access have 2^n blocks. */
  readonly indexShift: number;
  readonly least: number;
  readonly scale: number;
  /** Where a sequential access continues, in blocks; in sectors for a log. */
  position: number;
  untilSync: number;
}

export function cursorOf(access: Access): Cursor {
  const { opcode, pattern, sectors, rwFlags = 0, blocks, latency } = access;
  return {
    access,
    opcode,
    pattern,
    sectors,
    rwFlags,
    nowait: (rwFlags & 0x8) !== 0,
    vectored: opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV,
    indexShift: Math.clz32(blocks) + 1,
    least: latency[0],
    scale: latency[1],
    position: 0,
    untilSync: 4,
  };
}

/** The additional latency of a sync, in ticks. */
const SYNC_LEAST = 60;
const SYNC_SCALE = 60;
/** POLLIN; and a wider result: POLLIN, POLLPRI, POLLRDNORM and POLLRDBAND. */
const POLLIN = 0x1;
const WOKEN = 0xc3;

/** The outcome of a submission. One object is reused. */
export interface Fate {
  /** The result of its completion. */
  res: number;
  /** Its latency in ticks: the minimum, and the scale of what exceeds it. */
  least: number;
  scale: number;
}

function place(rows: Uint32Array, at: number, sector: number, nbytes: number): void {
  rows[at + NBYTES] = nbytes;
  rows[at + OFFSET] = sector << 9;
  rows[at + OFFSET + 1] = sector >>> 23;
}

/** A few blocks, spread over the file, get most accesses. */
function planRandom(rows: Uint32Array, at: number, cursor: Cursor, word: number, fate: Fate): void {
  const shift = cursor.indexShift;
  const rank = ((word >>> 16) * (word & 0xffff)) >>> shift;
  // An odd factor permutes 2^n indexes.
  const index = (Math.imul(rank, 0x9e3779b1) << shift) >>> shift;
  const vectors = cursor.vectored ? 1 + (word & 15) : 1;
  fate.res = vectors * cursor.sectors * SECTOR_BYTES;
  place(rows, at, index * cursor.sectors, cursor.vectored ? vectors : fate.res);
}

function planSequential(rows: Uint32Array, at: number, cursor: Cursor, fate: Fate): void {
  const { position, sectors, access } = cursor;
  const nbytes = sectors * SECTOR_BYTES;
  const last = position + 1 === access.blocks;
  // Files seldom end at a block boundary, so the last read is short.
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
  const room = access.blocks * sectors - position;
  const piece = Math.min(size, room);
  fate.res = piece * SECTOR_BYTES;
  place(rows, at, position, fate.res);
  cursor.position = piece === room ? 0 : position + piece;
}

function planPoll(rows: Uint32Array, at: number, word: number, fate: Fate): void {
  rows[at + BUF] = POLLIN;
  rows[at + BUF + 1] = 0;
  place(rows, at, 0, 0);
  fate.res = (word & 7) === 0 ? WOKEN : POLLIN;
}

/** Makes a few submissions fail: EAGAIN, a full disk, a broken disk. */
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
 * Fills the row at `at` with the next submission of an access, and decides its outcome. The address
 * of the buffer is already in the row. `dice` and `word` are random.
 */
export function planSubmission(
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
