import { EAGAIN, EBADF, EINVAL, EOPNOTSUPP } from '../abi/errno.ts';
import { IOCB_FLAG_IOPRIO } from '../abi/flag.ts';
import { SECTOR_BYTES } from '../abi/limit.ts';
import type { RecordKind } from '../abi/record.ts';
import { RandomWords } from './random.ts';
import * as row from './row.ts';
import { ROW_WORDS } from './row.ts';
import { type SimulatedProgram, type Slots, startPrograms } from './simulated-program.ts';
import { type Fate, planSubmission } from './submission.ts';

/** Rows per block; a block stays in the L2 cache. */
const BLOCK_ROWS = 1024;
/** The length of a tick in nanoseconds. Programs reap once per tick. */
const TICK_NS = 8192;
/** The largest latency in ticks; a power of two. */
const WHEEL_TICKS = 4096;
/** The time when the run begins, after some hours of uptime. */
const BEGIN_NS = 8_412_345_678_901;
/** The high word of the addresses of tagged objects. */
const OBJECTS_HIGH = 0x6000;
/** A factor that yields the high word of a number: exact, and faster than a division. */
const PER_HIGH_WORD = 2 ** -32;

const RWF_UNKNOWN = 0x200;

/** The records to keep: submissions or completions, of all programs or of one. */
export interface Take {
  readonly kind: RecordKind;
  readonly program?: number;
}

/**
 * Simulates programs that use io_submit and io_getevents. A seed determines the run, whatever is
 * kept of it. On every tick, each program reaps its completions, then submits until its target is
 * in flight.
 */
export class Run {
  /** The rows of the last block, `ROW_WORDS` each. */
  readonly rows: Uint32Array;
  readonly #random: RandomWords;
  readonly #programs: readonly SimulatedProgram[];
  readonly #slots: Slots;
  /** For each program and tick, the first slot that completes then, or -1. */
  readonly #wheel: Int32Array;
  readonly #take: Take;
  /** Scratch space for rows that are not kept. */
  readonly #scratch = new Uint32Array(ROW_WORDS);
  readonly #fate: Fate = { res: 0, least: 0, scale: 0 };
  #count = 0;
  #first = 0;
  #tick = 0;
  #now = BEGIN_NS;
  #objects = 0;
  #untilRefusal = 300;

  constructor(seed: number, take: Take) {
    const { programs, slots } = startPrograms();
    this.#random = new RandomWords(seed);
    this.#programs = programs;
    this.#slots = slots;
    this.#take = take;
    this.#wheel = new Int32Array(programs.length * WHEEL_TICKS).fill(-1);
    // A tick can complete and submit each slot once. Refusals add to that, but hundreds of rows
    // apart.
    this.rows = new Uint32Array((BLOCK_ROWS + 2 * slots.res.length) * ROW_WORDS);
  }

  /**
   * Simulates until a block of rows is full, which replaces the previous one. Returns its length.
   */
  block(): number {
    this.#first += this.#count;
    this.#count = 0;
    while (this.#count < BLOCK_ROWS) this.#step();
    return this.#count;
  }

  #step(): void {
    this.#tick += 1;
    this.#now = Math.max(this.#now, BEGIN_NS + this.#tick * TICK_NS);
    const tick = this.#tick & (WHEEL_TICKS - 1);
    for (const program of this.#programs) {
      const bucket = program.index * WHEEL_TICKS + tick;
      const slot = this.#wheel[bucket];
      if (slot >= 0) {
        this.#wheel[bucket] = -1;
        this.#reap(program, slot);
      }
      if (--program.untilRetarget === 0) this.#retarget(program);
      if (program.depth - program.freeCount < program.target) this.#submitAll(program);
    }
  }

  /** Changes the target: load varies over time. */
  #retarget(program: SimulatedProgram): void {
    const word = this.#random.word();
    program.untilRetarget = 32 + (word & 127);
    program.target = 1 + (((word >>> 16) * program.depth) >>> 16);
  }

  /** Whether a program's rows of this kind are kept. */
  #takes(kind: RecordKind, program: SimulatedProgram): boolean {
    return this.#take.kind === kind && (this.#take.program ?? program.index) === program.index;
  }

  /** One io_getevents: reaps every completed slot of a program. */
  #reap(program: SimulatedProgram, firstSlot: number): void {
    const { addrLow, dataLow, dataHigh, res, next } = this.#slots;
    const takes = this.#takes('io_event', program);
    const begin = this.#count;
    for (let slot = firstSlot; slot >= 0; slot = next[slot]) {
      program.free[program.freeCount++] = slot;
      this.#now += 30;
      if (!takes) continue;
      const rows = this.rows;
      const at = this.#head(rows, this.#count * ROW_WORDS, program, program.spec.tid);
      rows[at + row.DATA] = dataLow[slot];
      rows[at + row.DATA + 1] = dataHigh[slot];
      rows[at + row.ADDR] = addrLow[slot];
      rows[at + row.RES] = res[slot];
      rows[at + row.RES + 1] = res[slot] >> 31;
      this.#count += 1;
    }
    if (takes) this.#returned(begin, this.#count - begin);
  }

  /** Fills the words that all rows have. */
  #head(rows: Uint32Array, at: number, program: SimulatedProgram, tid: number): number {
    const now = this.#now;
    const seq = this.#first + this.#count;
    rows[at + row.TS] = now;
    rows[at + row.TS + 1] = now * PER_HIGH_WORD;
    rows[at + row.SEQ] = seq;
    rows[at + row.SEQ + 1] = seq * PER_HIGH_WORD;
    rows[at + row.ADDR + 1] = program.addrHigh;
    rows[at + row.PID] = program.spec.pid;
    rows[at + row.TID] = tid;
    rows[at + row.CTX] = program.ctxLow;
    rows[at + row.CTX + 1] = program.ctxHigh;
    rows[at + row.PROGRAM] = program.index;
    return at;
  }

  /** Stores the return value of a call into its rows, from `begin` on. */
  #returned(begin: number, value: number): void {
    for (let i = begin; i < this.#count; i++) {
      this.rows[i * ROW_WORDS + row.RET] = value;
      this.rows[i * ROW_WORDS + row.RET + 1] = value >> 31;
    }
  }

  /** One io_submit up to a program's target, and another after each refused iocb. */
  #submitAll(program: SimulatedProgram): void {
    const takes = this.#takes('iocb', program);
    const { tid: reaper, submitters } = program.spec;
    const tid = reaper + (submitters > 1 ? 1 + (this.#random.word() % submitters) : 0);
    let begin = this.#count;
    while (program.depth - program.freeCount < program.target) {
      this.#now += 40;
      const rows = takes ? this.rows : this.#scratch;
      const at = this.#head(rows, takes ? this.#count * ROW_WORDS : 0, program, tid);
      const slot = program.free[program.freeCount - 1];
      const latency = this.#plan(program, slot, rows, at);
      const errno = --this.#untilRefusal === 0 ? this.#refuse(rows, at) : 0;
      if (errno !== 0 && takes) {
        this.#returned(begin, this.#count - begin);
        begin = this.#count;
      }
      if (takes) this.#count += 1;
      if (errno === 0) {
        program.freeCount -= 1;
        const bucket = program.index * WHEEL_TICKS + ((this.#tick + latency) & (WHEEL_TICKS - 1));
        this.#slots.next[slot] = this.#wheel[bucket];
        this.#wheel[bucket] = slot;
      } else if (takes) {
        this.#returned(begin, -errno);
        begin = this.#count;
      }
    }
    if (takes) this.#returned(begin, this.#count - begin);
  }

  /** Fills the row of a submission, and returns its latency in ticks. */
  #plan(program: SimulatedProgram, slot: number, rows: Uint32Array, at: number): number {
    const { addrLow, bufLow, res } = this.#slots;
    const dice = this.#random.word();
    const cursor = program.chances[dice & 63];
    const fate = this.#fate;
    rows[at + row.ADDR] = addrLow[slot];
    rows[at + row.BUF] = bufLow[slot];
    rows[at + row.BUF + 1] = program.bufHigh;
    planSubmission(rows, at, cursor, dice, this.#random.word(), fate);
    rows[at + row.FLAGS] = program.flags | (rows[at + row.REQPRIO] === 0 ? 0 : IOCB_FLAG_IOPRIO);
    rows[at + row.RESFD] = program.resfd;
    this.#tag(program, slot, rows, at);
    res[slot] = fate.res;
    return this.#latency(fate);
  }

  #tag(program: SimulatedProgram, slot: number, rows: Uint32Array, at: number): void {
    const { addrLow, dataLow, dataHigh } = this.#slots;
    const { tag } = program.spec;
    if (tag === 'slot') {
      dataLow[slot] = addrLow[slot] - 0x40;
      dataHigh[slot] = program.addrHigh;
    } else if (tag !== 'none') {
      this.#objects += 1;
      dataLow[slot] = tag === 'object' ? 0x40000 + (this.#objects & 0xffff) * 96 : this.#objects;
      dataHigh[slot] = tag === 'object' ? OBJECTS_HIGH : this.#objects * PER_HIGH_WORD;
    }
    rows[at + row.DATA] = dataLow[slot];
    rows[at + row.DATA + 1] = dataHigh[slot];
  }

  /** Most latencies are near the minimum, a few are a multiple of it, and very few are stuck. */
  #latency({ least, scale }: Fate): number {
    const word = this.#random.word();
    // -log2 of a fraction, interpolated between powers: libm's last digits differ between
    // platforms.
    const leading = Math.clz32(word);
    const excess = (leading << 10) + 1023 - (((word << leading) << 1) >>> 22);
    const ticks = least + ((scale * excess) >> 10);
    return Math.min(WHEEL_TICKS - 1, (word & 0x3ff) === 0 ? ticks * 16 : ticks);
  }

  /** Makes the kernel refuse a submission for one of four reasons, and returns the errno. */
  #refuse(rows: Uint32Array, at: number): number {
    const word = this.#random.word();
    this.#untilRefusal = 257 + ((word >>> 8) & 1023);
    if ((word & 3) === 0) {
      rows[at + row.FILDES] = -1;
      return EBADF;
    }
    if ((word & 3) === 1) {
      rows[at + row.OFFSET] = -SECTOR_BYTES;
      rows[at + row.OFFSET + 1] = -1;
      return EINVAL;
    }
    if ((word & 3) === 2) {
      rows[at + row.RW_FLAGS] = RWF_UNKNOWN;
      // Syncs and polls are refused with any flags, known or not.
      return rows[at + row.NBYTES] === 0 ? EINVAL : EOPNOTSUPP;
    }
    // A valid iocb, but the ring was full.
    return EAGAIN;
  }
}
