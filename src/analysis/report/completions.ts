import { MAX_ERRNO } from '../../abi/errno.ts';
import { errnoName } from '../../abi/name.ts';
import { Batches, type BatchesJson } from './batches.ts';
import { type CompletionBlock, LENGTH_MAX, pidsOf } from './block.ts';
import { type DistinctJson, DistinctSample } from './distinct.ts';
import { type AxisJson, FoldAxis } from './fold-axis.ts';
import { Sizes, type SizesJson } from './sizes.ts';

/** Completions over time, or over their index where the records have no time. Every list has an entry a bin. */
export interface CompletionChartsJson {
  axis: AxisJson;
  completions: number[];
  errors: number[];
  /** Sums of `res` from 0 up; what POLL requests gave is a mask and counts as bytes. */
  bytes: string[];
}

/** What a report says of completions. Of a ring image they are the live ones. */
export interface CompletionsJson {
  records: number;
  failed: number;
  /** `res` that no kernel gives: below -4095, or more than 2 GiB - 4 KiB. */
  impossible: number;
  errors: {
    errno: number;
    name: string | null;
    count: number;
    firstIndex: number;
    lastIndex: number;
  }[];
  /** `res` from 0 up. Unmatched, so what POLL requests gave is among them. */
  sizes?: SizesJson;
  charts: { time?: CompletionChartsJson; index?: CompletionChartsJson };
  distinct: { addresses: DistinctJson };
  /** There when the envelope has `ts`. */
  batches?: BatchesJson;
}

/** Cells of a bin: completions, errors, bytes in two words. */
const CELLS = 4;

class CompletionCharts {
  readonly axis: FoldAxis;
  readonly #lane: { readonly cells: Float64Array };

  constructor(unit: AxisJson['unit']) {
    this.axis = new FoldAxis(unit);
    this.#lane = this.axis.lane(CELLS);
  }

  add(block: CompletionBlock): void {
    const { count, res } = block;
    const slots = this.axis.slotsOf(block);
    const { cells } = this.#lane;
    for (let i = 0; i < count; i++) {
      const [low, high] = [res[2 * i], res[2 * i + 1]];
      const cell = slots[i] * CELLS;
      cells[cell] += 1;
      if (high >= 2 ** 31) cells[cell + 1] += 1;
      else if (high === 0 && low <= LENGTH_MAX) {
        cells[cell + 2] += low & 0xffff;
        cells[cell + 3] += low >>> 16;
      }
    }
  }

  merge(charts: CompletionCharts): void {
    this.axis.merge(charts.axis);
  }

  toJSON(): CompletionChartsJson | undefined {
    const [begin, end] = this.axis.used;
    if (begin === end) return undefined;
    const { cells } = this.#lane;
    const list = (cell: number) =>
      Array.from({ length: end - begin }, (_, i) => cells[(begin + i) * CELLS + cell]);
    const highs = list(3);
    const bytes = list(2).map((low, i) => (BigInt(low) + (BigInt(highs[i]) << 16n)).toString());
    return { axis: this.axis.toJSON(), completions: list(0), errors: list(1), bytes };
  }
}

/** What a report knows of completions. Parts of a trace merge in their order. */
export class CompletionReport {
  records = 0;
  #failed = 0;
  #impossible = 0;
  readonly #errors = new Float64Array(MAX_ERRNO + 1);
  readonly #first = new Float64Array(MAX_ERRNO + 1).fill(Number.POSITIVE_INFINITY);
  readonly #last = new Float64Array(MAX_ERRNO + 1).fill(-1);
  readonly #sizes = new Sizes();
  readonly #time = new CompletionCharts('ns');
  readonly #index = new CompletionCharts('record');
  readonly #addresses = new DistinctSample();
  readonly #batches = new Batches();

  add(block: CompletionBlock): void {
    const { count, res, obj } = block;
    const pids = pidsOf(block);
    for (let i = 0; i < count; i++)
      this.#addResult(res[2 * i], res[2 * i + 1], block.index + (block.rows?.[i] ?? i));
    for (let i = 0; i < count; i++)
      this.#addresses.add(pids[i] | 0, 0, obj[2 * i] | 0, obj[2 * i + 1] | 0, 1, 0);
    (block.ts === undefined ? this.#index : this.#time).add(block);
    this.#batches.add(block);
    this.records += count;
  }

  merge(report: CompletionReport): void {
    this.records += report.records;
    this.#failed += report.#failed;
    this.#impossible += report.#impossible;
    for (let errno = 0; errno <= MAX_ERRNO; errno++) {
      this.#errors[errno] += report.#errors[errno];
      this.#first[errno] = Math.min(this.#first[errno], report.#first[errno]);
      this.#last[errno] = Math.max(this.#last[errno], report.#last[errno]);
    }
    this.#sizes.merge(report.#sizes);
    this.#time.merge(report.#time);
    this.#index.merge(report.#index);
    this.#addresses.merge(report.#addresses);
    this.#batches.merge(report.#batches);
  }

  toJSON(): CompletionsJson {
    const [time, index, sizes, batches] = [
      this.#time.toJSON(),
      this.#index.toJSON(),
      this.#sizes.toJSON(),
      this.#batches.toJSON(),
    ];
    return {
      records: this.records,
      failed: this.#failed,
      impossible: this.#impossible,
      errors: [...this.#errors].flatMap((count, errno) =>
        count === 0
          ? []
          : [
              {
                errno,
                name: errnoName(errno),
                count,
                firstIndex: this.#first[errno],
                lastIndex: this.#last[errno],
              },
            ],
      ),
      ...(sizes && { sizes }),
      charts: { ...(time && { time }), ...(index && { index }) },
      distinct: { addresses: this.#addresses.toJSON() },
      ...(batches && { batches }),
    };
  }

  #addResult(low: number, high: number, index: number): void {
    if (high < 2 ** 31) {
      if (high === 0 && low <= LENGTH_MAX) this.#sizes.add(low);
      else this.#impossible += 1;
      return;
    }
    this.#failed += 1;
    const errno = 2 ** 32 - low;
    if (high !== 0xffffffff || errno > MAX_ERRNO || low === 0) {
      this.#impossible += 1;
      return;
    }
    this.#errors[errno] += 1;
    if (index < this.#first[errno]) this.#first[errno] = index;
    if (index > this.#last[errno]) this.#last[errno] = index;
  }
}
