import { MAX_ERRNO } from '../../abi/errno.ts';
import { errnoName } from '../../abi/name.ts';
import { COUNTING } from '../../engine/sets.ts';
import {
  COMPLETION_SIZES,
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  SIZE_BUCKETS,
} from '../../engine/tables.ts';
import type { Decoder } from '../../stream/decoder.ts';
import {
  type ColumnState,
  type ColumnStats,
  type ColumnStatsJson,
  mergeColumns,
} from './column-stats.ts';
import { addToBucket, listCommon } from './common-sizes.ts';
import { type PackedCounter, packedCounter } from './packed-io-events.ts';
import {
  addCounts,
  type BlockCounter,
  columnsJson,
  type Log2Bucket,
  log2Buckets,
  type Section,
} from './section.ts';

/** The `io_event` part of `Summary.toJSON()`. */
export interface IoEventJson {
  records: number;
  /** Records with a `res` of 0 or more. */
  succeeded: number;
  /** Records with a negative `res`. */
  failed: number;
  /** Sum of non-negative `res`. The result of a POLL is a mask and is counted as bytes. */
  bytes: string;
  columns: Record<string, ColumnStatsJson>;
  /** By errno; the entry with `errno` null counts `res` below -4095, which is not an errno. */
  errors: { errno: number | null; name: string | null; count: number }[];
  /** Non-negative `res`, by powers of two. */
  sizes: Log2Bucket[];
  /** Those that are multiples of 512 up to 1 MiB, each with its count, ascending. */
  commonSizes: { size: number; count: number }[];
  res2Nonzero: number;
}

/** The slot of `res` below -MAX_ERRNO. */
const IMPOSSIBLE = COMPLETION_SIZES - 1;

/** The state of an `IoEventSection`, which can be cloned. */
export interface IoEventState {
  readonly records: number;
  readonly columns: ReadonlyMap<string, ColumnState>;
  readonly results: Float64Array;
  readonly impossibleSum: bigint;
  readonly res2Nonzero: number;
}

/** The completions of a summary. */
export class IoEventSection implements Section, IoEventState {
  records = 0;
  readonly columns = new Map<string, ColumnStats>();
  readonly results: Float64Array = new Float64Array(COMPLETION_SLOTS);
  /** Sum of every `res` below -4095. */
  impossibleSum = 0n;
  res2Nonzero = 0;

  counter(decoder: Decoder): BlockCounter {
    return new IoEventCounter(this, decoder);
  }

  /** Returns the state, which shares its tables with the section until it is cloned. */
  state(): IoEventState {
    const { records, columns, results, impossibleSum, res2Nonzero } = this;
    return { records, columns, results, impossibleSum, res2Nonzero };
  }

  merge(section: IoEventState): void {
    this.records += section.records;
    this.impossibleSum += section.impossibleSum;
    this.res2Nonzero += section.res2Nonzero;
    mergeColumns(this.columns, section.columns);
    addCounts(this.results, section.results);
  }

  toJSON(): IoEventJson {
    const sizes = this.results.slice(0, SIZE_BUCKETS);
    const commonSizes = listCommon([this.results.subarray(COMPLETION_SIZES)], (size, [count]) => {
      addToBucket(sizes, size, count);
      return { size, count };
    });
    const errors: IoEventJson['errors'] = [];
    let bytes = (this.columns.get('res')?.sum ?? 0n) - this.impossibleSum;
    for (let errno = 1; errno <= MAX_ERRNO; errno++) {
      const count = this.results[SIZE_BUCKETS + errno];
      if (count === 0) continue;
      errors.push({ errno, name: errnoName(errno), count });
      bytes += BigInt(errno) * BigInt(count);
    }
    if (this.results[IMPOSSIBLE] > 0)
      errors.push({ errno: null, name: null, count: this.results[IMPOSSIBLE] });
    const succeeded = sizes.reduce((sum, count) => sum + count, 0);
    return {
      records: this.records,
      succeeded,
      failed: this.records - succeeded,
      bytes: bytes.toString(),
      columns: columnsJson(this.columns),
      errors,
      sizes: log2Buckets(sizes),
      commonSizes,
      res2Nonzero: this.res2Nonzero,
    };
  }
}

class IoEventCounter implements BlockCounter {
  readonly #section: IoEventSection;
  readonly #decoder: Decoder;
  readonly #packed: PackedCounter | undefined;
  readonly #count: (count: number, varying: number) => void;
  readonly #tables: Uint32Array;
  readonly #res: Int32Array;
  readonly #res2: Int32Array;
  #impossible = 0;

  constructor(section: IoEventSection, decoder: Decoder) {
    const { buffer } = decoder.arena;
    const kernels = decoder.arena.kernels(COUNTING);
    const { tables, rows } = decoder.plan;
    const [, , res, res2] = decoder.addresses;
    this.#section = section;
    this.#decoder = decoder;
    this.#packed = packedCounter(decoder);
    this.#count = (count, varying) => kernels.count_completions(res, count, tables, varying);
    this.#tables = new Uint32Array(buffer, tables, COMPLETION_SLOTS * COMPLETION_TABLES).fill(0);
    this.#res = new Int32Array(buffer, res, 2 * rows);
    this.#res2 = new Int32Array(buffer, res2, 2 * rows);
  }

  add(count: number, varying: Uint8Array): void {
    this.#count(count, varying[2]);
    if (this.#hasImpossible()) this.#section.impossibleSum += sumImpossible(this.#res, count);
    this.#section.res2Nonzero +=
      varying[3] === 0
        ? count * Number((this.#res2[0] | this.#res2[1]) !== 0)
        : countNonzero(this.#res2, count);
    this.#section.records += count;
  }

  addPacked(at: number, count: number): boolean {
    if (this.#packed === undefined) return false;
    this.#section.res2Nonzero += this.#packed(at, count);
    if (this.#hasImpossible()) {
      this.#decoder.decode(at, count);
      this.#section.impossibleSum += sumImpossible(this.#res, count);
    }
    this.#section.records += count;
    return true;
  }

  settle(): void {
    for (let table = 0; table < COMPLETION_TABLES; table++) {
      addCounts(
        this.#section.results,
        this.#tables.subarray(table * COMPLETION_SLOTS, (table + 1) * COMPLETION_SLOTS),
      );
    }
    this.#tables.fill(0);
    this.#impossible = 0;
  }

  /** Whether the records that were counted last have results below -4095. */
  #hasImpossible(): boolean {
    let sum = 0;
    for (let table = 0; table < COMPLETION_TABLES; table++)
      sum += this.#tables[table * COMPLETION_SLOTS + IMPOSSIBLE];
    const known = this.#impossible;
    this.#impossible = sum;
    return sum > known;
  }
}

/** Returns the sum of the values below -4095. Not in the kernel because these are rare. */
function sumImpossible(words: Int32Array, count: number): bigint {
  let lows = 0;
  let highs = 0;
  for (let i = 0; i < 2 * count; i += 2) {
    const low = words[i] >>> 0;
    const high = words[i + 1];
    if (high >= 0 || (high === -1 && low >= 2 ** 32 - MAX_ERRNO)) continue;
    lows += low;
    highs += high;
  }
  return (BigInt(highs) << 32n) + BigInt(lows);
}

function countNonzero(words: Int32Array, count: number): number {
  let nonzero = 0;
  for (let i = 0; i < 2 * count; i += 2) nonzero += Number((words[i] | words[i + 1]) !== 0);
  return nonzero;
}
