import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import type { StateOf } from '../summary/state.ts';
import type { Envelope } from './block.ts';

/** Numbers that belong to the bins of an axis: `perBin` for each. */
export interface Counters {
  readonly values: Float64Array;
  readonly perBin: number;
}
/** The same, for counts below 2^32. */
export interface SmallCounters {
  readonly values: Uint32Array;
  readonly perBin: number;
}
export type AnyCounters = Counters | SmallCounters;

/** The axis of a chart: bin i begins at `from + i * step`. */
export interface AxisJson {
  /** Nanoseconds of the envelope's clock, or the index of a record. */
  unit: 'ns' | 'record';
  from: string;
  step: string;
  bins: number;
}

/**
 * A fixed number of bins over a range that is not known in advance. The width of a bin is a power
 * of two, and a bin begins at a multiple of its width. When a value falls outside, bins are folded
 * in pairs. So the result is the same in any order and after any merges: the narrowest bins that
 * hold the smallest and the largest value.
 */
export class FoldAxis {
  readonly bins: number;
  readonly unit: AxisJson['unit'];
  /** Low bits that are dropped from a value, so that the rest, its grains, is exact as a double. */
  readonly #grainBits: number;
  readonly #counters: AnyCounters[] = [];
  /** Made for the first block: an axis of single values needs none. */
  #grains = new Float64Array(0);
  #slots = new Uint16Array(0);
  shift = 0;
  #scale = 1;
  /** Where the first slot begins, in grains. A slot is an index of a bin. */
  origin = 0;
  low: number;
  high = -1;

  constructor(unit: AxisJson['unit'], bins = 256) {
    this.unit = unit;
    this.bins = bins;
    this.low = bins;
    this.#grainBits = unit === 'ns' ? 11 : 0;
  }

  /** Adds `perBin` counters to every bin, which fold with the axis. */
  counters(perBin: number): Counters {
    const counters = { values: new Float64Array(this.bins * perBin), perBin };
    this.#counters.push(counters);
    return counters;
  }

  /** The same, for counts below 2^32. */
  smallCounters(perBin: number): SmallCounters {
    const counters = { values: new Uint32Array(this.bins * perBin), perBin };
    this.#counters.push(counters);
    return counters;
  }

  /** Removes counters. */
  drop(counters: AnyCounters): void {
    const at = this.#counters.indexOf(counters);
    if (at >= 0) this.#counters.splice(at, 1);
  }

  /** Returns one counter of each bin in `used`. */
  listOf({ values, perBin }: Counters, counter: number): number[] {
    const [begin, end] = this.used;
    return Array.from({ length: end - begin }, (_, i) => values[(begin + i) * perBin + counter]);
  }

  /**
   * Returns the bin of row `row` of a 64-bit column; the axis folds if necessary. V8 would allocate
   * the words if they were passed as arguments.
   */
  place(words: Uint32Array, row: number): number {
    const bits = this.#grainBits;
    const [low, high] = [words[2 * row], words[2 * row + 1]];
    return this.#slot(bits === 0 ? high * 2 ** 32 + low : high * 2 ** (32 - bits) + (low >>> bits));
  }

  /**
   * Folds the axis if necessary, then returns the bin that all records of a block are in, by time
   * or by index; -1 if they are in several.
   */
  slotOf(block: Envelope): number {
    if (block.count === 0) return -1;
    const [least, most] = this.#measure(block);
    this.#slot(least);
    const slot = this.#slot(most);
    return this.#slot(least) === slot ? slot : -1;
  }

  /**
   * Returns the bins of the records of the block that `slotOf` was last called with. Valid until
   * the next call.
   */
  slotsOf({ count, ts, index, rows }: Envelope): Uint16Array {
    const [grains, slots, origin, scale] = [this.#grains, this.#slots, this.origin, this.#scale];
    if (ts === undefined)
      for (let i = 0; i < count; i++) grains[i] = index + (rows === undefined ? i : rows[i]);
    for (let i = 0; i < count; i++) slots[i] = (grains[i] - origin) * scale;
    return slots;
  }

  /** Returns the smallest and the largest grain of a block's records; computes those of times. */
  #measure({ count, ts, index, rows }: Envelope): readonly [least: number, most: number] {
    if (this.#slots.length === 0) {
      this.#grains = new Float64Array(BLOCK_RECORDS);
      this.#slots = new Uint16Array(BLOCK_RECORDS);
    }
    if (ts === undefined)
      return [index + (rows?.[0] ?? 0), index + (rows?.[count - 1] ?? count - 1)];
    const grains = this.#grains;
    const bits = this.#grainBits;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let i = 0; i < count; i++) {
      const grain = ts[2 * i + 1] * 2 ** (32 - bits) + (ts[2 * i] >>> bits);
      grains[i] = grain;
      if (grain < least) least = grain;
      if (grain > most) most = grain;
    }
    return [least, most];
  }

  /** Adds the counters of another axis, in pairs. */
  merge(
    axis: StateOf<FoldAxis>,
    pairs: readonly (readonly [to: AnyCounters, from: AnyCounters])[],
  ): void {
    if (axis.high < 0) return;
    while (this.high >= 0 && this.shift < axis.shift) this.#fold();
    const width = 2 ** axis.shift;
    if (this.high < 0) this.#begin(axis.origin + axis.low * width, axis.shift);
    for (let from = axis.low; from <= axis.high; from++) {
      const to = this.#slot(axis.origin + from * width);
      for (const [{ values: target }, { values, perBin }] of pairs) {
        for (let i = 0; i < perBin; i++) target[to * perBin + i] += values[from * perBin + i];
      }
    }
  }

  /** The slots from the first to the last bin with a value; `[0, 0]` if there are none. */
  get used(): readonly [begin: number, end: number] {
    return this.high < 0 ? [0, 0] : [this.low, this.high + 1];
  }

  toJSON(): AxisJson {
    const [begin, end] = this.used;
    const step = 1n << BigInt(this.shift + this.#grainBits);
    const from =
      this.high < 0 ? 0n : (BigInt(this.origin) << BigInt(this.#grainBits)) + BigInt(begin) * step;
    return { unit: this.unit, from: from.toString(), step: step.toString(), bins: end - begin };
  }

  #slot(grains: number): number {
    let slot = Math.floor((grains - this.origin) * this.#scale);
    if (slot < 0 || slot >= this.bins || this.high < 0) slot = this.#reach(grains);
    if (slot < this.low) this.low = slot;
    if (slot > this.high) this.high = slot;
    return slot;
  }

  #begin(grains: number, shift: number): void {
    this.shift = shift;
    this.#scale = 2 ** -shift;
    this.origin = Math.floor(grains * this.#scale) * 2 ** shift;
  }

  /** Folds or moves the window until it holds `grains`. */
  #reach(grains: number): number {
    if (this.high < 0) this.#begin(grains, this.shift);
    for (;;) {
      const slot = Math.floor((grains - this.origin) * this.#scale);
      const first = Math.min(slot, this.low);
      const last = Math.max(slot, this.high);
      if (last - first >= this.bins) this.#fold();
      else if (slot >= 0 && slot < this.bins) return slot;
      // A value before the window is often followed by others: leave all free bins on its side.
      else
        this.#move(slot < 0 ? Math.max(last - this.bins + 1, -this.origin * this.#scale) : first);
    }
  }

  /** Moves the window so that slot `by` becomes the first. */
  #move(by: number): void {
    const [begin, end] = this.used;
    for (const { values, perBin } of this.#counters) {
      values.copyWithin((begin - by) * perBin, begin * perBin, end * perBin);
      if (by > 0) values.fill(0, (end - by) * perBin, end * perBin);
      else values.fill(0, begin * perBin, Math.min(begin - by, end) * perBin);
    }
    this.origin += by * 2 ** this.shift;
    this.low -= by;
    this.high -= by;
  }

  /** Doubles the width of every bin. */
  #fold(): void {
    const [begin, end] = this.used;
    const width = 2 ** this.shift;
    const origin = Math.floor(this.origin / (2 * width)) * 2 * width;
    const odd = (this.origin - origin) / width;
    for (const { values, perBin } of this.#counters) foldBins(values, perBin, begin, end, odd);
    this.low = (begin + odd) >>> 1;
    this.high = (end - 1 + odd) >>> 1;
    this.origin = origin;
    this.#begin(origin, this.shift + 1);
  }
}

/**
 * Adds up the numbers of bins `begin` … `end - 1` in pairs; `odd` is 1 if the first bin of all is
 * the second of its pair. In place: the bins that a bin is made of are never below it.
 */
function foldBins(
  values: AnyCounters['values'],
  perBin: number,
  begin: number,
  end: number,
  odd: number,
): void {
  let from = begin * perBin;
  let to = ((begin + odd) >>> 1) * perBin;
  const last = end * perBin;
  if (((begin + odd) & 1) === 1) {
    values.copyWithin(to, from, from + perBin);
    from += perBin;
    to += perBin;
  }
  while (from + perBin < last) {
    for (const next = from + perBin; from < next; from++, to++)
      values[to] = values[from] + values[from + perBin];
    from += perBin;
  }
  if (from < last) values.copyWithin(to, from, last);
  values.fill(0, (((end - 1 + odd) >>> 1) + 1) * perBin, end * perBin);
}
