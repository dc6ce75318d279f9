import { AioscopeError } from '../../errors.ts';

const U64_MAX = 2n ** 64n - 1n;

/** A stretch of time: from `from`, which is in it, to `to`, which is not. */
export class TimeCut {
  /** The earliest and the latest time that was found in it. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly #from: bigint;
  readonly #to: bigint;

  constructor(from: bigint | number | undefined, to: bigint | number | undefined) {
    this.#from = nanoseconds('from', from) ?? 0n;
    this.#to = nanoseconds('to', to) ?? U64_MAX + 1n;
    if (this.#from < this.#to) return;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `from is ${this.#from} and to is ${this.#to}: nothing lies between; from has to be the earlier`,
    );
  }

  /** Whether a time, as words, lies in it. */
  has(low: number, high: number): boolean {
    const ts = (BigInt(high) << 32n) | BigInt(low);
    if (ts < this.#from || ts >= this.#to) return false;
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
    return true;
  }
}

function nanoseconds(option: string, value: bigint | number | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (isWhole && value >= 0 && value <= U64_MAX) return BigInt(value);
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${option} is ${String(value)}; it is a time in nanoseconds as the envelope's ts has it, from 0 up`,
  );
}
