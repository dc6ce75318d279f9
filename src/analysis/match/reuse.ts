import { type Log2Bucket, log2Buckets } from '../log2.ts';
import type { Keys } from './open-table.ts';

const REGISTER_BITS = 12;
const REGISTERS = 2 ** REGISTER_BITS;

/** How addresses and tags are used again. */
export interface ReuseJson {
  /** Distinct iocb addresses, by process (and context where it is known). */
  addresses: number;
  /** Whether that is an estimate (HyperLogLog of 4,096 registers: 1.6 % standard error), because there were too many to remember. */
  approximate: boolean;
  /** Submissions at an address where another was open. */
  concurrent: number;
  /** Submissions with `aio_data` 0, and those whose `aio_data` is the iocb's own address. */
  dataZero: number;
  dataIsAddress: number;
  /** How many submissions lie between two at one address, by powers of two. */
  intervals: Log2Bucket[];
}

/** Counts how addresses are used again. */
export class Reuse {
  concurrent = 0;
  dataZero = 0;
  dataIsAddress = 0;
  #distinct = 0;
  readonly #registers = new Uint8Array(REGISTERS);
  readonly #intervals = new Float64Array(55);

  /** An address that is not remembered is used. */
  first({ key, keyPid, ctx }: Keys, row: number): void {
    this.#distinct += 1;
    let hash = 0x9747b28c;
    for (const word of [key[2 * row], key[2 * row + 1], keyPid[row], ctx[2 * row], ctx[2 * row + 1]]) {
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

  /** An address is used again, so many submissions after the last time. */
  again(interval: number): void {
    this.#intervals[interval < 2 ** 31 ? 32 - Math.clz32(interval) : 1 + Math.floor(Math.log2(interval))] += 1;
  }

  /** Take over how often a kernel has counted intervals: its counts begin anew. */
  absorb(intervals: Uint32Array): void {
    for (let i = 0; i < this.#intervals.length; i++) this.#intervals[i] += intervals[i];
    intervals.fill(0, 0, this.#intervals.length);
  }

  toJSON(forgot: boolean): ReuseJson {
    const { concurrent, dataZero, dataIsAddress } = this;
    const addresses = forgot ? this.#estimate() : this.#distinct;
    return { addresses, approximate: forgot, concurrent, dataZero, dataIsAddress, intervals: log2Buckets(this.#intervals) };
  }

  #estimate(): number {
    let sum = 0;
    for (const rank of this.#registers) sum += 2 ** -rank;
    const raw = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    // 32 bits of hash: many addresses share one.
    return Math.round(raw <= 2 ** 32 / 30 ? raw : -(2 ** 32) * Math.log(1 - raw / 2 ** 32));
  }
}
