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
  /** Values that the map leaves out: those far above the others, at most 1 in 1,000. */
  clipped: number;
  /** The smallest and the largest of these; present if there are any. */
  clippedRange?: { from: string; to: string };
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

const LOG2_ROWS = 65;

/** Counts of time × log2 of a value, such as a latency. Merging the axes merges it. */
export class Log2Map {
  readonly #axis: FoldAxis;
  readonly counters: Counters;
  readonly #unit: 'bytes' | 'ns';

  constructor(axis: FoldAxis, unit: 'bytes' | 'ns') {
    this.#axis = axis;
    this.counters = axis.counters(LOG2_ROWS);
    this.#unit = unit;
  }

  /** Counts a 64-bit value in bin `slot`, as two words. V8 allocates nothing for signed words. */
  add(slot: number, low: number, high: number): void {
    this.counters.values[slot * LOG2_ROWS + log2Bucket(low, high)] += 1;
  }

  toJSON(): GridJson {
    return {
      rows: { unit: this.#unit, scale: 'log2' },
      counts: columnsOf(this.#axis, this.counters),
      clipped: 0,
    };
  }
}
