import { BLOCK_RECORDS } from '../../stream/block-reader.ts';
import type { Envelope } from './block.ts';

/** Cells of one row of bins: `height` numbers for each bin of an axis. */
interface Lane {
  cells: Float64Array;
  readonly height: number;
}

/** An axis as JSON: bin i begins at `from + i * step`. */
export interface AxisJson {
  /** Nanoseconds of the envelope's clock, or the index of a record. */
  unit: 'ns' | 'record';
  from: string;
  step: string;
  bins: number;
}

/**
 * A fixed number of bins over a range that nobody knows beforehand. A bin is a power of two wide and begins at a multiple
 * of its width; when a value falls outside, neighbours are folded in pairs. So the outcome is the same in any order and
 * under any merging: the narrowest bins that hold the smallest and the largest value.
 */
export class FoldAxis {
  readonly bins: number;
  readonly unit: AxisJson['unit'];
  /** Bits of a value that are dropped at once, so that what is left is exact as a double. */
  readonly #grainBits: number;
  readonly #lanes: Lane[] = [];
  readonly #grains = new Float64Array(BLOCK_RECORDS);
  readonly #slots = new Uint16Array(BLOCK_RECORDS);
  #shift = 0;
  #scale = 1;
  /** Where the first slot begins, in grains. */
  #origin = 0;
  #low: number;
  #high = -1;

  constructor(unit: AxisJson['unit'], bins = 256) {
    this.unit = unit;
    this.bins = bins;
    this.#low = bins;
    this.#grainBits = unit === 'ns' ? 11 : 0;
  }

  /** Give every bin `height` cells, which fold with the axis. */
  lane(height: number): Lane {
    const lane = { cells: new Float64Array(this.bins * height), height };
    this.#lanes.push(lane);
    return lane;
  }

  /** The bin of row `row` of a column of words, which as arguments would cost objects; the axis folds where it must. */
  place(words: Uint32Array, row: number): number {
    const bits = this.#grainBits;
    const [low, high] = [words[2 * row], words[2 * row + 1]];
    return this.#slot(bits === 0 ? high * 2 ** 32 + low : high * 2 ** (32 - bits) + (low >>> bits));
  }

  /** The bins of a block's records, by time or by index; the axis folds first. Valid until the next call. */
  slotsOf(block: Envelope): Uint16Array {
    const { count } = block;
    if (count === 0) return this.#slots;
    const [least, most] = this.#measure(block);
    this.#slot(least);
    this.#slot(most);
    const [grains, slots, origin, scale] = [this.#grains, this.#slots, this.#origin, this.#scale];
    for (let i = 0; i < count; i++) slots[i] = (grains[i] - origin) * scale;
    return slots;
  }

  /** Find the grains of a block's records, the smallest and the largest. */
  #measure({ count, ts, index, rows }: Envelope): readonly [least: number, most: number] {
    const grains = this.#grains;
    if (ts === undefined) {
      for (let i = 0; i < count; i++) grains[i] = index + (rows?.[i] ?? i);
      return [index, grains[count - 1]];
    }
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

  /** Add every lane of `axis` to the lane of this one with the same number. */
  merge(axis: FoldAxis): void {
    if (axis.#high < 0) return;
    while (this.#high >= 0 && this.#shift < axis.#shift) this.#fold();
    const width = 2 ** axis.#shift;
    if (this.#high < 0) this.#begin(axis.#origin + axis.#low * width, axis.#shift);
    for (let from = axis.#low; from <= axis.#high; from++) {
      const to = this.#slot(axis.#origin + from * width);
      for (const [number, { cells, height }] of axis.#lanes.entries()) {
        const target = this.#lanes[number].cells;
        for (let i = 0; i < height; i++) target[to * height + i] += cells[from * height + i];
      }
    }
  }

  /** The bins from the first to the last that a value fell into, as a range of slots. */
  get used(): readonly [begin: number, end: number] {
    return this.#high < 0 ? [0, 0] : [this.#low, this.#high + 1];
  }

  toJSON(): AxisJson {
    const [begin, end] = this.used;
    const step = 1n << BigInt(this.#shift + this.#grainBits);
    const from =
      this.#high < 0
        ? 0n
        : (BigInt(this.#origin) << BigInt(this.#grainBits)) + BigInt(begin) * step;
    return { unit: this.unit, from: from.toString(), step: step.toString(), bins: end - begin };
  }

  #slot(grains: number): number {
    let slot = Math.floor((grains - this.#origin) * this.#scale);
    if (slot < 0 || slot >= this.bins || this.#high < 0) slot = this.#reach(grains);
    if (slot < this.#low) this.#low = slot;
    if (slot > this.#high) this.#high = slot;
    return slot;
  }

  #begin(grains: number, shift: number): void {
    this.#shift = shift;
    this.#scale = 2 ** -shift;
    this.#origin = Math.floor(grains * this.#scale) * 2 ** shift;
  }

  /** Fold, or move the window, until it holds `grains`. */
  #reach(grains: number): number {
    if (this.#high < 0) this.#begin(grains, this.#shift);
    for (;;) {
      const slot = Math.floor((grains - this.#origin) * this.#scale);
      const first = Math.min(slot, this.#low);
      const last = Math.max(slot, this.#high);
      if (last - first >= this.bins) this.#fold();
      else if (slot >= 0 && slot < this.bins) return slot;
      // What comes before the window is often followed by more of it: all the room goes there, or else behind.
      else
        this.#move(slot < 0 ? Math.max(last - this.bins + 1, -this.#origin * this.#scale) : first);
    }
  }

  /** Let the slot `by` become the first. */
  #move(by: number): void {
    const [begin, end] = this.used;
    for (const { cells, height } of this.#lanes) {
      cells.copyWithin((begin - by) * height, begin * height, end * height);
      if (by > 0) cells.fill(0, (end - by) * height, end * height);
      else cells.fill(0, begin * height, Math.min(begin - by, end) * height);
    }
    this.#origin += by * 2 ** this.#shift;
    this.#low -= by;
    this.#high -= by;
  }

  /** Make every bin twice as wide. */
  #fold(): void {
    const [begin, end] = this.used;
    const width = 2 ** this.#shift;
    const origin = Math.floor(this.#origin / (2 * width)) * 2 * width;
    const odd = (this.#origin - origin) / width;
    for (const lane of this.#lanes) {
      const { cells, height } = lane;
      const folded = new Float64Array(cells.length);
      for (let slot = begin; slot < end; slot++) {
        const to = (slot + odd) >>> 1;
        for (let i = 0; i < height; i++) folded[to * height + i] += cells[slot * height + i];
      }
      lane.cells = folded;
    }
    this.#low = (begin + odd) >>> 1;
    this.#high = (end - 1 + odd) >>> 1;
    this.#origin = origin;
    this.#begin(origin, this.#shift + 1);
  }
}
