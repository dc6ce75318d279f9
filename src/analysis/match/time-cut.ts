// The records that a match takes: a range of time, and without those that were refused.
import { AioscopeError } from '../../errors.ts';
import { checkIterable } from '../../layout/option-names.ts';
import { type Nanoseconds, nanoseconds } from '../../layout/where.ts';

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
