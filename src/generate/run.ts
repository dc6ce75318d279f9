import { IOCB_FLAG_IOPRIO } from '../abi/flag.ts';
import type { RecordKind } from '../abi/record.ts';
import { RandomWords } from './random.ts';
import * as row from './row.ts';
import { ROW_WORDS } from './row.ts';
import { type Lane, type Slots, startLanes } from './simulated-program.ts';
import { type Fate, planRequest } from './submission.ts';

/** Rows that are made at once: as many as stay in the L2 cache. */
const BLOCK_ROWS = 1024;
/** Completions are reaped once a tick, so many nanoseconds long. */
const TICK_NS = 8192;
/** How many ticks ahead a completion can lie: a power of two. */
const WHEEL_TICKS = 4096;
/** The clock when the run begins: the machine is up for some hours. */
const BEGIN_NS = 8_412_345_678_901;
/** The high word of where programs keep the objects that tags point to. */
const OBJECTS_HIGH = 0x6000;
/** What a number is multiplied by for its high word: exact, and cheaper than to divide. */
const PER_HIGH_WORD = 2 ** -32;

const EBADF = 9;
const EAGAIN = 11;
const EINVAL = 22;
const EOPNOTSUPP = 95;
const RWF_UNKNOWN = 0x200;

/** What is to be kept of a run: its submissions or its completions, of all programs or of one. */
export interface Take {
  readonly kind: RecordKind;
  readonly lane?: number;
}

/**
 * Some programs at work with io_submit and io_getevents: the same seed makes the same run, whatever is taken of it.
 * Every tick each program reaps what is done, then submits until as much is in flight as it wants.
 */
export class Run {
  /** The rows of the last block; `ROW_WORDS` each. */
  readonly rows: Uint32Array;
  readonly #random: RandomWords;
  readonly #lanes: readonly Lane[];
  readonly #slots: Slots;
  /** For each program and tick ahead the first slot that completes then, or -1. */
  readonly #wheel: Int32Array;
  readonly #take: Take;
  /** Where rows go that are not taken. */
  readonly #scratch = new Uint32Array(ROW_WORDS);
  readonly #fate: Fate = { res: 0, least: 0, scale: 0 };
  #count = 0;
  #first = 0;
  #tick = 0;
  #now = BEGIN_NS;
  #objects = 0;
  #untilRefusal = 300;

  constructor(seed: number, take: Take) {
    const { lanes, slots } = startLanes();
    this.#random = new RandomWords(seed);
    this.#lanes = lanes;
    this.#slots = slots;
    this.#take = take;
    this.#wheel = new Int32Array(lanes.length * WHEEL_TICKS).fill(-1);
    // A tick can complete, and submit, each slot once; refusals come on top, hundreds of requests apart.
    this.rows = new Uint32Array((BLOCK_ROWS + 2 * slots.res.length) * ROW_WORDS);
  }

  /** Go on until a block of rows is full, and tell how many it is. They replace the last block's. */
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
    for (const lane of this.#lanes) {
      const bucket = lane.index * WHEEL_TICKS + tick;
      const slot = this.#wheel[bucket];
      if (slot >= 0) {
        this.#wheel[bucket] = -1;
        this.#reap(lane, slot);
      }
      if (--lane.untilRetarget === 0) this.#retarget(lane);
      if (lane.depth - lane.freeCount < lane.target) this.#submitAll(lane);
    }
  }

  /** Programs are busy for a while, then less so. */
  #retarget(lane: Lane): void {
    const word = this.#random.word();
    lane.untilRetarget = 32 + (word & 127);
    lane.target = 1 + (((word >>> 16) * lane.depth) >>> 16);
  }

  /** Whether a program's rows of this kind are kept. */
  #takes(kind: RecordKind, lane: Lane): boolean {
    return this.#take.kind === kind && (this.#take.lane ?? lane.index) === lane.index;
  }

  /** One io_getevents: everything of a program that is done. */
  #reap(lane: Lane, firstSlot: number): void {
    const { addrLow, dataLow, dataHigh, res, next } = this.#slots;
    const takes = this.#takes('io_event', lane);
    const begin = this.#count;
    for (let slot = firstSlot; slot >= 0; slot = next[slot]) {
      lane.free[lane.freeCount++] = slot;
      this.#now += 30;
      if (!takes) continue;
      const rows = this.rows;
      const at = this.#head(rows, this.#count * ROW_WORDS, lane, lane.program.tid);
      rows[at + row.DATA] = dataLow[slot];
      rows[at + row.DATA + 1] = dataHigh[slot];
      rows[at + row.ADDR] = addrLow[slot];
      rows[at + row.RES] = res[slot];
      rows[at + row.RES + 1] = res[slot] >> 31;
      this.#count += 1;
    }
    if (takes) this.#returned(begin, this.#count - begin);
  }

  /** What all rows have. */
  #head(rows: Uint32Array, at: number, lane: Lane, tid: number): number {
    const now = this.#now;
    const seq = this.#first + this.#count;
    rows[at + row.TS] = now;
    rows[at + row.TS + 1] = now * PER_HIGH_WORD;
    rows[at + row.SEQ] = seq;
    rows[at + row.SEQ + 1] = seq * PER_HIGH_WORD;
    rows[at + row.ADDR + 1] = lane.addrHigh;
    rows[at + row.PID] = lane.program.pid;
    rows[at + row.TID] = tid;
    rows[at + row.CTX] = lane.ctxLow;
    rows[at + row.CTX + 1] = lane.ctxHigh;
    rows[at + row.PROGRAM] = lane.index;
    return at;
  }

  /** What the call returned that rows from `begin` on belong to. */
  #returned(begin: number, value: number): void {
    for (let i = begin; i < this.#count; i++) {
      this.rows[i * ROW_WORDS + row.RET] = value;
      this.rows[i * ROW_WORDS + row.RET + 1] = value >> 31;
    }
  }

  /** One io_submit of as much as a program wants in flight; another after each request that is refused. */
  #submitAll(lane: Lane): void {
    const takes = this.#takes('iocb', lane);
    const tid =
      lane.program.tid +
      (lane.program.submitters > 1 ? 1 + (this.#random.word() % lane.program.submitters) : 0);
    let begin = this.#count;
    while (lane.depth - lane.freeCount < lane.target) {
      this.#now += 40;
      const rows = takes ? this.rows : this.#scratch;
      const at = this.#head(rows, takes ? this.#count * ROW_WORDS : 0, lane, tid);
      const slot = lane.free[lane.freeCount - 1];
      const latency = this.#plan(lane, slot, rows, at);
      const errno = --this.#untilRefusal === 0 ? this.#refuse(rows, at) : 0;
      if (errno !== 0 && takes) {
        this.#returned(begin, this.#count - begin);
        begin = this.#count;
      }
      if (takes) this.#count += 1;
      if (errno === 0) {
        lane.freeCount -= 1;
        const bucket = lane.index * WHEEL_TICKS + ((this.#tick + latency) & (WHEEL_TICKS - 1));
        this.#slots.next[slot] = this.#wheel[bucket];
        this.#wheel[bucket] = slot;
      } else if (takes) {
        this.#returned(begin, -errno);
        begin = this.#count;
      }
    }
    if (takes) this.#returned(begin, this.#count - begin);
  }

  /** Write a request, and tell in how many ticks it will be done. */
  #plan(lane: Lane, slot: number, rows: Uint32Array, at: number): number {
    const { addrLow, bufLow, res } = this.#slots;
    const dice = this.#random.word();
    const cursor = lane.chances[dice & 63];
    const fate = this.#fate;
    rows[at + row.ADDR] = addrLow[slot];
    rows[at + row.BUF] = bufLow[slot];
    rows[at + row.BUF + 1] = lane.bufHigh;
    planRequest(rows, at, cursor, dice, this.#random.word(), fate);
    rows[at + row.FLAGS] = lane.flags | (rows[at + row.REQPRIO] === 0 ? 0 : IOCB_FLAG_IOPRIO);
    rows[at + row.RESFD] = lane.resfd;
    this.#tag(lane, slot, rows, at);
    res[slot] = fate.res;
    return this.#latency(fate);
  }

  #tag(lane: Lane, slot: number, rows: Uint32Array, at: number): void {
    const { addrLow, dataLow, dataHigh } = this.#slots;
    const { tag } = lane.program;
    if (tag === 'slot') {
      dataLow[slot] = addrLow[slot] - 0x40;
      dataHigh[slot] = lane.addrHigh;
    } else if (tag !== 'none') {
      this.#objects += 1;
      dataLow[slot] = tag === 'object' ? 0x40000 + (this.#objects & 0xffff) * 96 : this.#objects;
      dataHigh[slot] = tag === 'object' ? OBJECTS_HIGH : this.#objects * PER_HIGH_WORD;
    }
    rows[at + row.DATA] = dataLow[slot];
    rows[at + row.DATA + 1] = dataHigh[slot];
  }

  /** Most requests take little longer than the least, few take a multiple of it, and very few get stuck. */
  #latency({ least, scale }: Fate): number {
    const word = this.#random.word();
    // -log2 of a fraction, straight lines between the powers: libm's last digits differ between platforms.
    const leading = Math.clz32(word);
    const excess = (leading << 10) + 1023 - (((word << leading) << 1) >>> 22);
    const ticks = least + ((scale * excess) >> 10);
    return Math.min(WHEEL_TICKS - 1, (word & 0x3ff) === 0 ? ticks * 16 : ticks);
  }

  /** Make the request one that the kernel does not take, for one of four reasons, and tell which. */
  #refuse(rows: Uint32Array, at: number): number {
    const word = this.#random.word();
    this.#untilRefusal = 257 + ((word >>> 8) & 1023);
    if ((word & 3) === 0) {
      rows[at + row.FILDES] = -1;
      return EBADF;
    }
    if ((word & 3) === 1) {
      rows[at + row.OFFSET] = -512;
      rows[at + row.OFFSET + 1] = -1;
      return EINVAL;
    }
    if ((word & 3) === 2) {
      rows[at + row.RW_FLAGS] = RWF_UNKNOWN;
      // Of syncs and polls the kernel wants no flags at all, known or not.
      return rows[at + row.NBYTES] === 0 ? EINVAL : EOPNOTSUPP;
    }
    // Nothing is wrong with this one: the ring was full.
    return EAGAIN;
  }
}
