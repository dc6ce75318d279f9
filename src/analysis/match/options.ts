import { AioscopeError, badValue } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { checkIterable } from '../../layout/option-names.ts';
import { oneOf } from '../../layout/schema.ts';
import { type Nanoseconds, nanoseconds, type SelectOptions } from '../../layout/where.ts';
import { type OpenOptions, READ_NAMES, type ReadOptions } from '../../stream/options.ts';

/** Orders in which submissions and completions can be matched. */
export const MATCH_ORDERS = ['time', 'counting'] as const;
/** Keys by which a completion can be matched to its submission. */
export const MATCH_KEYS = ['address', 'data'] as const;

/** Options of `match`. */
export interface MatchOptions extends ReadOptions, Pick<OpenOptions, 'engine' | 'compression'> {
  /** Layout and byte order of the submissions. Default: detected. */
  readonly submissions?: Omit<PartialFormat, 'kind'> | undefined;
  /** Layout and byte order of the completions. Default: detected. */
  readonly completions?: Omit<PartialFormat, 'kind'> | undefined;
  /**
   * `time` (default) merges both streams by the envelope's `ts`. `counting` pairs the k-th
   * submission with a key and the k-th completion with it.
   */
  readonly order?: (typeof MATCH_ORDERS)[number] | undefined;
  /**
   * `address`: the envelope's `addr` equals `obj`. `data`: `aio_data` equals `data`, for programs
   * that give each request in flight a distinct tag. Default: `address`, or `data` for captures
   * without addresses.
   */
  readonly key?: (typeof MATCH_KEYS)[number] | undefined;
  /**
   * Indexes of the submissions that io_submit refused. They are left out, and all others are known
   * to have been in flight.
   */
  readonly refused?: Iterable<number> | undefined;
  /**
   * Only records at or after this time: nanoseconds as in `ts`, or a number with a unit
   * (`8412.5s`, `20ms`, `7us`). With a `+`, relative to the first record of the two streams,
   * whichever is earlier.
   */
  readonly from?: string | bigint | number | undefined;
  /** Only records before this time, in the same forms. */
  readonly to?: string | bigint | number | undefined;
  /**
   * Only pairs that meet these conditions, in the grammar of `open`: on the columns of `openPairs`
   * (`res<0`, `depth>=32`, `doubt=1`), on `latency`, which is `latencyNs`, and on `path` and `comm`
   * where a trace names files and processes. Times may have a unit: `latency>1.5ms`. Default: all
   * pairs. Records are matched before pairs are selected.
   */
  readonly where?: SelectOptions['where'];
  /** How many of the slowest pairs to keep, with both records: 0 (default) to 10000. */
  readonly slowest?: number | undefined;
}

/** The names of `MatchOptions`. */
export const MATCH_NAMES = [
  READ_NAMES,
  'engine',
  'compression',
  'submissions:object',
  'completions:object',
  'order',
  'key',
  'refused:any',
  'from:string|bigint|number',
  'to:string|bigint|number',
  'slowest:number',
  'where:string|string[]',
] as const;

/** Valid options with their defaults. */
export interface ResolvedOptions {
  readonly order: (typeof MATCH_ORDERS)[number];
  readonly key: (typeof MATCH_KEYS)[number];
  /** Whether the key was not given. */
  readonly isKeyPresumed: boolean;
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
  readonly slowest: number;
}

const SLOWEST_MAX = 10_000;

/** @throws AioscopeError `AIOSCOPE_OPTION` for invalid options */
export function resolveOptions(options: MatchOptions): ResolvedOptions {
  const order = oneOf('order', options.order ?? 'time', MATCH_ORDERS);
  const key = oneOf('key', options.key ?? 'address', MATCH_KEYS);
  const { from, to, refused, slowest = 0 } = options;
  if (!Number.isInteger(slowest) || slowest < 0 || slowest > SLOWEST_MAX)
    throw badValue('slowest', slowest, `it must be a whole number from 0 to ${SLOWEST_MAX}`);
  const isCut = from !== undefined || to !== undefined;
  if (order === 'counting' && (isCut || slowest > 0))
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option('order')} is counting, which ignores time: ` +
        `${option('from')}, ${option('to')} and ` +
        `${option('slowest')} cannot be used with it`,
    );
  return {
    order,
    key,
    isKeyPresumed: options.key === undefined,
    refused: refused === undefined ? undefined : new IndexSet(refused),
    cut: isCut ? new TimeCut(from, to) : undefined,
    slowest,
  };
}

/** A time as given in an option. */
type TimeOption = string | bigint | number;

const U64_MAX = 2n ** 64n - 1n;
const isRelative = (end: Nanoseconds | undefined): boolean => end?.isRelative === true;

/** A range of time: from `from`, inclusive, to `to`, exclusive. */
export class TimeCut {
  /** The lowest and highest time found in it so far. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly #options: readonly (TimeOption | undefined)[];
  readonly #ends: readonly (Nanoseconds | undefined)[];
  #from = 0n;
  #to = U64_MAX + 1n;
  #hasBegun = false;

  constructor(from: TimeOption | undefined, to: TimeOption | undefined) {
    this.#options = [from, to];
    const ends = [
      from === undefined ? undefined : nanoseconds('from', from),
      to === undefined ? undefined : nanoseconds('to', to),
    ];
    this.#ends = ends;
    // Unless one end is relative and the other is not, they can be compared before any record.
    if (isRelative(ends[0]) === isRelative(ends[1])) this.#resolve(0n);
  }

  /** Resolves relative times, once, from the first times of the streams. */
  begin(firsts: readonly bigint[]): void {
    if (this.#hasBegun || firsts.length === 0) return;
    this.#hasBegun = true;
    let earliest = firsts[0];
    for (const first of firsts) if (first < earliest) earliest = first;
    this.#resolve(earliest);
  }

  /** Returns whether a time, given as words, is in the range. */
  has(low: number, high: number): boolean {
    const ts = (BigInt(high) << 32n) | BigInt(low);
    if (ts < this.#from || ts >= this.#to) return false;
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
    return true;
  }

  #resolve(base: bigint): void {
    const [from, to] = this.#ends.map((end) =>
      end === undefined ? undefined : end.ns + (end.isRelative ? base : 0n),
    );
    this.#from = from ?? 0n;
    this.#to = to ?? U64_MAX + 1n;
    if (this.#from < this.#to) return;
    const [begin, end] = this.#options.map((option) => String(option ?? 'not given'));
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option('from')} is ${begin} and ${option('to')} is ${end}: the range is empty; ` +
        `${option('from')} must be earlier than ${option('to')}`,
    );
  }
}

/** A set of record indexes. Lookups in nearly ascending order cost O(1). */
export class IndexSet {
  readonly #ascending: Float64Array;
  #at = 0;

  constructor(indexes: Iterable<number>) {
    checkIterable('refused', indexes);
    const ascending = Float64Array.from(indexes, (each) =>
      typeof each === 'number' ? each : Number.NaN,
    ).sort();
    for (const index of ascending) {
      if (Number.isSafeInteger(index) && index >= 0) continue;
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        (option) =>
          `${option('refused')} has ${index}; ` +
          'expected indexes of submissions, whole numbers from 0',
      );
    }
    this.#ascending = ascending;
  }

  has(index: number): boolean {
    const all = this.#ascending;
    while (this.#at < all.length && all[this.#at] < index) this.#at += 1;
    while (this.#at > 0 && all[this.#at - 1] >= index) this.#at -= 1;
    return all[this.#at] === index;
  }
}
