import { log2Bucket } from '../summary/section.ts';
import type { Counters, FoldAxis } from './fold-axis.ts';

/** A heat map: `counts[x][y]`. Each list ends at its last count that is not 0. */
export interface GridJson {
  /**
   * Row y begins at `y * step` if `linear`. If `log2`, row 0 holds 0 and row y holds
   * 2^(y-1) … 2^y - 1.
   */
  rows:
    | { unit: 'bytes' | 'ns'; scale: 'linear'; step: string }
    | { unit: 'bytes' | 'ns'; scale: 'log2' };
  counts: number[][];
  /** Values that the map leaves out: offsets of 64 TiB or more. */
  clipped: number;
}

/** Returns the counters of each bin in use, up to the last that is not 0. */
function columnsOf(axis: FoldAxis, { values, perBin }: Counters): number[][] {
  const [begin, end] = axis.used;
  const columns: number[][] = [];
  for (let slot = begin; slot < end; slot++) {
    const column = values.subarray(slot * perBin, (slot + 1) * perBin);
    columns.push([...column.subarray(0, column.findLastIndex((count) => count !== 0) + 1)]);
  }
  return columns;
}

/** Rows of an offset map; at least a page each. */
const ROWS = 64;
const PAGE_BITS = 12;
/** Offsets of 64 TiB or more are clipped: one of 2^62 would fold a whole disk into one row. */
const CLIP = 2 ** 46;

/** Counts of time × offset. Rows begin at 0 and fold in pairs when an offset falls outside. */
export class OffsetMap {
  readonly #axis: FoldAxis;
  readonly #counters: Counters;
  #rowBits = PAGE_BITS;
  #scale = 2 ** -PAGE_BITS;
  #clipped = 0;

  constructor(axis: FoldAxis) {
    this.#axis = axis;
    this.#counters = axis.counters(ROWS);
  }

  /** Counts the submissions of a block in their bins; those with a negative offset are left out. */
  add(slots: Uint16Array, offsets: Float64Array, count: number): void {
    const { values } = this.#counters;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i];
      if (offset < 0) continue;
      if (offset >= CLIP) {
        this.#clipped += 1;
        continue;
      }
      while (offset * this.#scale >= ROWS) this.#foldRows();
      values[slots[i] * ROWS + Math.floor(offset * this.#scale)] += 1;
    }
  }

  /** Folds both maps to rows of one height; merging the axes then adds the counts. */
  align(map: OffsetMap): void {
    while (this.#rowBits < map.#rowBits) this.#foldRows();
    while (map.#rowBits < this.#rowBits) map.#foldRows();
    this.#clipped += map.#clipped;
  }

  toJSON(): GridJson {
    return {
      rows: { unit: 'bytes', scale: 'linear', step: `${2 ** this.#rowBits}` },
      counts: columnsOf(this.#axis, this.#counters),
      clipped: this.#clipped,
    };
  }

  #foldRows(): void {
    const { values } = this.#counters;
    for (let begin = 0; begin < values.length; begin += ROWS) {
      for (let row = 0; row < ROWS / 2; row++)
        values[begin + row] = values[begin + 2 * row] + values[begin + 2 * row + 1];
      values.fill(0, begin + ROWS / 2, begin + ROWS);
    }
    this.#rowBits += 1;
    this.#scale /= 2;
  }
}

const LOG2_ROWS = 65;

/** Counts of time × log2 of a value, such as a latency. Merging the axes merges it. */
export class Log2Map {
  readonly #axis: FoldAxis;
  readonly #counters: Counters;
  readonly #unit: 'bytes' | 'ns';

  constructor(axis: FoldAxis, unit: 'bytes' | 'ns') {
    this.#axis = axis;
    this.#counters = axis.counters(LOG2_ROWS);
    this.#unit = unit;
  }

  /** Counts a 64-bit value in bin `slot`, as two words. V8 allocates nothing for signed words. */
  add(slot: number, low: number, high: number): void {
    this.#counters.values[slot * LOG2_ROWS + log2Bucket(low, high)] += 1;
  }

  toJSON(): GridJson {
    return {
      rows: { unit: this.#unit, scale: 'log2' },
      counts: columnsOf(this.#axis, this.#counters),
      clipped: 0,
    };
  }
}
