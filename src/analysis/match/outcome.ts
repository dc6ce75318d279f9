import { EAGAIN, MAX_ERRNO } from '../../abi/errno.ts';
import { MAX_RW_COUNT } from '../../abi/limit.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import type { Keys } from './in-flight-table.ts';
import { EXACT_DEPTHS, INTERVALS, MATCH } from './kernel-layout.ts';
import { ExactSum } from './latency.ts';
import type { MatchState } from './state.ts';

/** Replaces the errno for results below -4095, which are not errnos. */
export const NO_ERRNO = MAX_ERRNO + 1;
/** Kinds of error that are kept. All errnos of 9 opcodes are far fewer. */
const KINDS_MAX = 8192;

/** Reads and writes that moved less than requested. */
export interface ShortJson {
  /** Reads that returned 0 bytes: end of file. */
  eof: number;
  partialRead: number;
  partialWrite: number;
  /** Requests of more than 0x7ffff000 bytes that moved that many, the kernel's limit: not short. */
  clamped: number;
}

export const isRead = (opcode: number): boolean =>
  opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PREADV;
export const isWrite = (opcode: number): boolean =>
  opcode === IOCB_CMD_PWRITE || opcode === IOCB_CMD_PWRITEV;

/** By opcode: whether a request reads (0), writes (1) or does something else (2). */
const DIRECTIONS = Uint8Array.from({ length: 16 }, (_, opcode) =>
  isRead(opcode) ? 0 : isWrite(opcode) ? 1 : 2,
);
export const directionOf = (opcode: number): number => (opcode < 16 ? DIRECTIONS[opcode] : 2);
export const isIo = (opcode: number): boolean => directionOf(opcode) < 2;

/** Counts by key: those with the smallest keys, in whatever order they come. */
class ErrorCounts {
  #counts = new Map<number, number>();
  #largest = Number.POSITIVE_INFINITY;

  add(key: number, count: number): void {
    if (key > this.#largest) return;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    if (this.#counts.size >= 2 * KINDS_MAX) this.rows();
  }

  /** Returns the counts by ascending key. */
  rows(): { readonly key: number; readonly count: number }[] {
    const rows = [...this.#counts].sort(([a], [b]) => a - b).slice(0, KINDS_MAX);
    if (rows.length < this.#counts.size) {
      this.#counts = new Map(rows);
      this.#largest = rows[rows.length - 1][0];
    }
    return rows.map(([key, count]) => ({ key, count }));
  }
}

/** How matched requests ended. */
export class Outcomes {
  readonly short: ShortJson = { eof: 0, partialRead: 0, partialWrite: 0, clamped: 0 };
  readonly #errors = new ErrorCounts();

  /** Counts a request that failed with this `res`. */
  fail(opcode: number, nowait: boolean, low: number, high: number): void {
    const errno = high === 0xffffffff && low >= 2 ** 32 - MAX_ERRNO ? 2 ** 32 - low : NO_ERRNO;
    const isNowait = errno === EAGAIN && nowait ? 1 : 0;
    this.#errors.add(((opcode << 13) | errno) * 2 + isNowait, 1);
  }

  /** Adds what a kernel has counted: errors by the same keys, and short reads and writes. */
  absorb(errors: Uint32Array, short: ShortJson): void {
    for (let key = 0; key < errors.length; key++)
      if (errors[key] > 0) this.#errors.add(key, errors[key]);
    this.short.eof += short.eof;
    this.short.partialRead += short.partialRead;
    this.short.partialWrite += short.partialWrite;
    this.short.clamped += short.clamped;
  }

  /**
   * Returns whether a read or write of `nbytes` bytes (or iovecs, whose lengths are not in the
   * record) that moved `moved` bytes was short, and counts it. `nbytes` may be clamped to 2^32 - 1.
   */
  isShort(opcode: number, nbytes: number, moved: number): boolean {
    const isVectored = opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV;
    const requested = isVectored ? Math.min(nbytes, 1) : Math.min(nbytes, MAX_RW_COUNT);
    if (moved >= requested) {
      if (!isVectored && nbytes > MAX_RW_COUNT && moved === MAX_RW_COUNT) this.short.clamped += 1;
      return false;
    }
    if (isWrite(opcode)) this.short.partialWrite += 1;
    else if (moved === 0) this.short.eof += 1;
    else this.short.partialRead += 1;
    return true;
  }

  /** Adds other outcomes. */
  merge(other: Outcomes): void {
    for (const { key, count } of other.errors) this.#errors.add(key, count);
    const { eof, partialRead, partialWrite, clamped } = other.short;
    this.short.eof += eof;
    this.short.partialRead += partialRead;
    this.short.partialWrite += partialWrite;
    this.short.clamped += clamped;
  }

  /** How often each kind failed: the key has opcode, errno, and 1 for EAGAIN of RWF_NOWAIT. */
  get errors(): { readonly key: number; readonly count: number }[] {
    return this.#errors.rows();
  }
}

const REGISTER_BITS = 12;
const REGISTERS = 2 ** REGISTER_BITS;

/** Counts how addresses are reused. */
export class Reuse {
  concurrent = 0;
  dataZero = 0;
  dataIsAddress = 0;
  #distinct = 0;
  readonly #registers = new Uint8Array(REGISTERS);
  readonly #intervals = new Float64Array(INTERVALS);

  /** Counts an address that is not in the table. */
  first({ key, keyPid, ctx }: Keys, row: number): void {
    this.#distinct += 1;
    let hash = 0x9747b28c;
    for (const word of [
      key[2 * row],
      key[2 * row + 1],
      keyPid[row],
      ctx[2 * row],
      ctx[2 * row + 1],
    ]) {
      hash = Math.imul(hash ^ word, 0xcc9e2d51);
      hash = Math.imul(hash ^ (hash >>> 15), 0x1b873593);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    const register = hash >>> (32 - REGISTER_BITS);
    const rank = Math.min(Math.clz32(hash << REGISTER_BITS), 32 - REGISTER_BITS) + 1;
    if (rank > this.#registers[register]) this.#registers[register] = rank;
  }

  /** Counts an address that was used `interval` submissions ago. */
  again(interval: number): void {
    this.#intervals[
      interval < 2 ** 31 ? 32 - Math.clz32(interval) : 1 + Math.floor(Math.log2(interval))
    ] += 1;
  }

  /** Adds a kernel's counts of intervals, and resets them. */
  absorb(intervals: Uint32Array): void {
    for (let i = 0; i < intervals.length; i++) this.#intervals[i] += intervals[i];
    intervals.fill(0);
  }

  /** Distinct addresses; of more than the table remembers, some count again. */
  get addresses(): number {
    return this.#distinct;
  }

  /** How often an address is used again, by powers of two of the submissions in between. */
  get intervals(): Float64Array {
    return this.#intervals;
  }

  /** The number of addresses as HyperLogLog estimates it. */
  estimate(): number {
    let sum = 0;
    for (const rank of this.#registers) sum += 2 ** -rank;
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    // With a hash of 32 bits many addresses collide: correct for it.
    return Math.round(raw <= 2 ** 32 / 30 ? raw : -(2 ** 32) * Math.log(1 - raw / 2 ** 32));
  }
}

/** Queue depth: how many requests are in flight. */
export class Depth {
  /** Total time in flight (ns). Divided by the duration of the capture it is the mean depth. */
  readonly inFlightNs = new ExactSum();
  readonly #words: Uint32Array;
  /** Depths up to `EXACT_DEPTHS` one by one, then by powers of two. */
  readonly #counts: Float64Array;

  constructor({ words, depths }: MatchState) {
    this.#words = words;
    this.#counts = depths;
  }

  get max(): number {
    return this.#words[MATCH.depthMax];
  }

  /** The most reads and writes in flight at once. */
  get ioMax(): number {
    return this.#words[MATCH.ioDepthMax];
  }

  /** Counts a request that enters flight. Returns the depth, with it. */
  open(opcode: number): number {
    const depth = this.#words[MATCH.depth] + 1;
    this.#words[MATCH.depth] = depth;
    if (!isIo(opcode)) this.#words[MATCH.othersInFlight] += 1;
    // The most reads and writes in flight are not above the most requests.
    if (depth > this.ioMax) this.#raise(depth);
    this.#counts[depth <= EXACT_DEPTHS ? depth : EXACT_DEPTHS + 32 - Math.clz32(depth)] += 1;
    return depth;
  }

  /** Counts a request that leaves flight. */
  close(opcode: number): void {
    this.#words[MATCH.depth] -= 1;
    if (!isIo(opcode)) this.#words[MATCH.othersInFlight] -= 1;
  }

  #raise(depth: number): void {
    const words = this.#words;
    if (depth > this.max) words[MATCH.depthMax] = depth;
    const ioDepth = depth - words[MATCH.othersInFlight];
    if (ioDepth > this.ioMax) words[MATCH.ioDepthMax] = ioDepth;
  }

  /** Counts of depths up to `EXACT_DEPTHS` one by one, then by powers of two. Part of the state. */
  get counts(): Float64Array {
    return this.#counts;
  }
}
