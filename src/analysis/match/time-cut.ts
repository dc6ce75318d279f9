import { AioscopeError } from '../../errors.ts';
import { type Nanoseconds, nanoseconds } from '../../layout/where.ts';

/** A time as an option has it. */
type TimeOption = string | bigint | number;

const U64_MAX = 2n ** 64n - 1n;
const isRelative = (end: Nanoseconds | undefined): boolean => end?.isRelative === true;

/** A stretch of time: from `from`, which is in it, to `to`, which is not. */
export class TimeCut {
  /** The earliest and the latest time that was found in it. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly #options: readonly (TimeOption | undefined)[];
  readonly #ends: readonly (Nanoseconds | undefined)[];
  #from = 0n;
  #to = U64_MAX + 1n;
  #hasBegun = false;

  constructor(from: TimeOption | undefined, to: TimeOption | undefined) {
    this.#options = [from, to];
    const ends = [from === undefined ? undefined : nanoseconds('from', from), to === undefined ? undefined : nanoseconds('to', to)];
    this.#ends = ends;
    // What can be told before the first record is.
    if (isRelative(ends[0]) === isRelative(ends[1])) this.#resolve(0n);
  }

  /** Say what relative times are counted from, once: the first records of the streams are there. */
  begin(firsts: readonly bigint[]): void {
    if (this.#hasBegun || firsts.length === 0) return;
    this.#hasBegun = true;
    let earliest = firsts[0];
    for (const first of firsts) if (first < earliest) earliest = first;
    this.#resolve(earliest);
  }

  /** Whether a time, as words, lies in it. */
  has(low: number, high: number): boolean {
    const ts = (BigInt(high) << 32n) | BigInt(low);
    if (ts < this.#from || ts >= this.#to) return false;
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
    return true;
  }

  #resolve(base: bigint): void {
    const [from, to] = this.#ends.map((end) => (end === undefined ? undefined : end.ns + (end.isRelative ? base : 0n)));
    this.#from = from ?? 0n;
    this.#to = to ?? U64_MAX + 1n;
    if (this.#from < this.#to) return;
    const [told, until] = this.#options.map((option) => String(option ?? 'not said'));
    throw new AioscopeError('AIOSCOPE_OPTION', `from is ${told} and to is ${until}: nothing lies between; from has to be the earlier`);
  }
}
