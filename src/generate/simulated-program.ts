import { PROGRAMS, type Program } from './program.ts';
import { type Cursor, cursorOf } from './submission.ts';

/**
 * A running program: its pool of iocbs and what is in flight. Slots are numbered over all programs.
 */
export interface SimulatedProgram {
  readonly spec: Program;
  readonly index: number;
  readonly flags: number;
  readonly resfd: number;
  readonly firstSlot: number;
  readonly depth: number;
  readonly ctxLow: number;
  readonly ctxHigh: number;
  readonly addrHigh: number;
  readonly bufHigh: number;
  /** The cursor of each of 64 equal chances. */
  readonly chances: readonly Cursor[];
  /** The slots that are not in flight. The last one freed is used first, as in allocators. */
  readonly free: Int32Array;
  freeCount: number;
  /** The queue depth that the program wants now. */
  target: number;
  untilRetarget: number;
}

/** The largest buffer. */
const BUFFER_BYTES = 2 ** 20;

/**
 * The low words of each slot's iocb and buffer addresses, and its state. The high words are its
 * program's.
 */
export interface Slots {
  readonly addrLow: Uint32Array;
  readonly bufLow: Uint32Array;
  /** The tag of the submission in flight. */
  readonly dataLow: Uint32Array;
  readonly dataHigh: Uint32Array;
  /** The result that the submission in flight will have. */
  readonly res: Int32Array;
  /** The next slot that completes in the same tick, or -1. */
  readonly next: Int32Array;
}

function simulate(spec: Program, index: number, firstSlot: number, slots: Slots): SimulatedProgram {
  const { depth, iocbStride, accesses, resfd, pid } = spec;
  const heapLow = 0x1e08e000 + index * 0x01350000;
  for (let i = 0; i < depth; i++) {
    slots.addrLow[firstSlot + i] = heapLow + 0x48 + i * iocbStride;
    slots.bufLow[firstSlot + i] = 0x20000000 + i * BUFFER_BYTES;
  }
  const cursors = accesses.map((access) => cursorOf(access));
  return {
    spec,
    index,
    flags: resfd === undefined ? 0 : 1,
    resfd: resfd ?? 0,
    firstSlot,
    depth,
    ctxLow: 0x96f4d000 + index * 0x2000,
    ctxHigh: 0x7f52 - (pid & 0x1f),
    addrHigh: 0x5600 + (pid & 0xff),
    bufHigh: 0x7f10 + (pid & 0x3f),
    chances: cursors.flatMap((cursor) => Array.from({ length: cursor.access.share }, () => cursor)),
    free: Int32Array.from({ length: depth }, (_, i) => firstSlot + depth - 1 - i),
    freeCount: depth,
    target: depth >> 1,
    untilRetarget: 64,
  };
}

/** Returns all programs before their first submission. */
export function startPrograms(): { programs: SimulatedProgram[]; slots: Slots } {
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
  const programs = PROGRAMS.map((spec, i) => {
    const program = simulate(spec, i, firstSlot, slots);
    firstSlot += spec.depth;
    return program;
  });
  return { programs, slots };
}
