import { log2Bucket } from '../summary/section.ts';
import type { FoldAxis } from './fold-axis.ts';

/** A heat map as JSON: `counts[x][y]`, each list up to its last cell that is not 0. */
export interface GridJson {
  /** Row y holds `y * step` and more; of `log2` rows row 0 holds 0 and row y holds 2^(y-1) … 2^y - 1. */
  rows:
    | { unit: 'bytes' | 'ns'; scale: 'linear'; step: string }
    | { unit: 'bytes' | 'ns'; scale: 'log2' };
  counts: number[][];
  /** What lies beyond the map: offsets of 64 TiB and more. */
  clipped: number;
}

/** The columns of a lane that are used, each cut behind its last cell that is not 0. */
function columnsOf(axis: FoldAxis, cells: Float64Array, height: number): number[][] {
  const [begin, end] = axis.used;
  const columns: number[][] = [];
  for (let slot = begin; slot < end; slot++) {
    const column = cells.subarray(slot * height, (slot + 1) * height);
    columns.push([...column.subarray(0, column.findLastIndex((count) => count !== 0) + 1)]);
  }
  return columns;
}

/** Rows of an offset map; the smallest is a page high. */
const ROWS = 64;
const PAGE_BITS = 12;
/** Offsets from here on are clipped, 64 TiB: one of 2^62 would fold a whole disk into one row. */
const CLIP = 2 ** 46;

/** Time × offset: rows fold as bins do, from 0 up. */
export class OffsetMap {
  readonly #axis: FoldAxis;
  readonly #lane: { readonly cells: Float64Array };
  #rowBits = PAGE_BITS;
  #scale = 2 ** -PAGE_BITS;
  #clipped = 0;

  constructor(axis: FoldAxis) {
    this.#axis = axis;
    this.#lane = axis.lane(ROWS);
  }

  /** Count the requests of a block, each in its bin of the axis; an offset below 0 is none. */
  add(slots: Uint16Array, offsets: Float64Array, count: number): void {
    const { cells } = this.#lane;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i];
      if (offset < 0) continue;
      if (offset >= CLIP) {
        this.#clipped += 1;
        continue;
      }
      while (offset * this.#scale >= ROWS) this.#foldRows();
      cells[slots[i] * ROWS + Math.floor(offset * this.#scale)] += 1;
    }
  }

  /** To be called before the axes are merged: brings both maps to rows of one height. */
  align(map: OffsetMap): void {
    while (this.#rowBits < map.#rowBits) this.#foldRows();
    while (map.#rowBits < this.#rowBits) map.#foldRows();
    this.#clipped += map.#clipped;
  }

  toJSON(): GridJson {
    return {
      rows: { unit: 'bytes', scale: 'linear', step: `${2 ** this.#rowBits}` },
      counts: columnsOf(this.#axis, this.#lane.cells, ROWS),
      clipped: this.#clipped,
    };
  }

  #foldRows(): void {
    const { cells } = this.#lane;
    for (let begin = 0; begin < cells.length; begin += ROWS) {
      for (let row = 0; row < ROWS / 2; row++)
        cells[begin + row] = cells[begin + 2 * row] + cells[begin + 2 * row + 1];
      cells.fill(0, begin + ROWS / 2, begin + ROWS);
    }
    this.#rowBits += 1;
    this.#scale /= 2;
  }
}

const LOG2_ROWS = 65;

/** Time × log2 of anything: of latencies, for one. Its lanes merge with its axis. */
export class Log2Map {
  readonly #axis: FoldAxis;
  readonly #lane: { readonly cells: Float64Array };
  readonly #unit: 'bytes' | 'ns';

  constructor(axis: FoldAxis, unit: 'bytes' | 'ns') {
    this.#axis = axis;
    this.#lane = axis.lane(LOG2_ROWS);
    this.#unit = unit;
  }

  /** Count an unsigned value, as two words (signed ones cost no objects), in bin `slot` of the axis. */
  add(slot: number, low: number, high: number): void {
    this.#lane.cells[slot * LOG2_ROWS + log2Bucket(low, high)] += 1;
  }

  toJSON(): GridJson {
    return {
      rows: { unit: this.#unit, scale: 'log2' },
      counts: columnsOf(this.#axis, this.#lane.cells, LOG2_ROWS),
      clipped: 0,
    };
  }
}
