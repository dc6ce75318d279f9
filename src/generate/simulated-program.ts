import { PROGRAMS, type Program } from './program.ts';
import { type Cursor, cursorOf } from './submission.ts';

/** A program at work: its pool of iocbs and what it has in flight. Slots are numbered over all programs. */
export interface Lane {
  readonly program: Program;
  readonly index: number;
  readonly flags: number;
  readonly resfd: number;
  readonly firstSlot: number;
  readonly depth: number;
  readonly ctxLow: number;
  readonly ctxHigh: number;
  readonly addrHigh: number;
  readonly bufHigh: number;
  /** The cursor for each of 64 equal chances. */
  readonly chances: readonly Cursor[];
  /** Slots that are not in flight; the one last freed is used first, as allocators do. */
  readonly free: Int32Array;
  freeCount: number;
  /** How many requests the program wants in flight now. */
  target: number;
  untilRetarget: number;
}

/** No buffer is larger. */
const BUFFER_BYTES = 2 ** 20;

/** The low words of where a slot's iocb, buffer and owner lie; the high ones are its program's. */
export interface Slots {
  readonly addrLow: Uint32Array;
  readonly bufLow: Uint32Array;
  /** The tag of what is in flight. */
  readonly dataLow: Uint32Array;
  readonly dataHigh: Uint32Array;
  /** The result that what is in flight will have. */
  readonly res: Int32Array;
  /** The next slot that completes in the same tick, or -1. */
  readonly next: Int32Array;
}

function laneOf(program: Program, index: number, firstSlot: number, slots: Slots): Lane {
  const { depth, iocbStride, accesses, resfd } = program;
  const heapLow = 0x1e08e000 + index * 0x01350000;
  for (let i = 0; i < depth; i++) {
    slots.addrLow[firstSlot + i] = heapLow + 0x48 + i * iocbStride;
    slots.bufLow[firstSlot + i] = 0x20000000 + i * BUFFER_BYTES;
  }
  const cursors = accesses.map((access) => cursorOf(access));
  return {
    program,
    index,
    flags: resfd === undefined ? 0 : 1,
    resfd: resfd ?? 0,
    firstSlot,
    depth,
    ctxLow: 0x96f4d000 + index * 0x2000,
    ctxHigh: 0x7f52 - (program.pid & 0x1f),
    addrHigh: 0x5600 + (program.pid & 0xff),
    bufHigh: 0x7f10 + (program.pid & 0x3f),
    chances: cursors.flatMap((cursor) => Array.from({ length: cursor.access.share }, () => cursor)),
    free: Int32Array.from({ length: depth }, (_, i) => firstSlot + depth - 1 - i),
    freeCount: depth,
    target: depth >> 1,
    untilRetarget: 64,
  };
}

/** All programs before their first request. */
export function startLanes(): { lanes: Lane[]; slots: Slots } {
  const total = PROGRAMS.reduce((sum, { depth }) => sum + depth, 0);
  const words = () => new Uint32Array(total);
  const slots: Slots = {
    addrLow: words(),
    bufLow: words(),
    dataLow: words(),
    dataHigh: words(),
    res: new Int32Array(total),
    next: new Int32Array(total),
  };
  let firstSlot = 0;
  const lanes = PROGRAMS.map((program, i) => {
    const lane = laneOf(program, i, firstSlot, slots);
    firstSlot += program.depth;
    return lane;
  });
  return { lanes, slots };
}
