import { MAX_ERRNO } from '../../abi/errno.ts';
import { MAX_RW_COUNT } from '../../abi/limit.ts';
import { errnoName } from '../../abi/name.ts';
import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import type { StateOf } from '../summary/state.ts';
import { type CompletionBlock, pidsOf } from './block.ts';
import { CallGaps } from './call-gaps.ts';
import { DistinctAddresses, type DistinctJson } from './distinct.ts';
import { type AxisJson, type Counters, FoldAxis } from './fold-axis.ts';
import { Sizes, type SizesJson } from './sizes.ts';

/** Completions over time, or over their index if records have no time. One entry per bin. */
export interface CompletionChartsJson {
  axis: AxisJson;
  completions: number[];
  errors: number[];
  /** Sums of non-negative `res`. The result of a POLL is a mask and is counted as bytes. */
  bytes: string[];
}

/** The completions of a report: of a ring image, only the live events. */
export interface CompletionsJson {
  records: number;
  failed: number;
  /** With a `res` that no kernel returns: below -4095, or above 2 GiB - 4 KiB. */
  impossible: number;
  errors: {
    errno: number;
    name: string | null;
    count: number;
    firstIndex: number;
    lastIndex: number;
  }[];
  /** Non-negative `res`, including the masks that POLL returned. */
  sizes?: SizesJson;
  charts: { time?: CompletionChartsJson; index?: CompletionChartsJson };
  distinct: { addresses: DistinctJson };
}

/** Counters of a bin: completions, errors, and bytes as `low + high * 65536`. */
const COUNTERS = 4;

class CompletionCharts {
  readonly axis: FoldAxis;
  readonly counters: Counters;

  constructor(unit: AxisJson['unit']) {
    this.axis = new FoldAxis(unit);
    this.counters = this.axis.counters(COUNTERS);
  }

  add(block: CompletionBlock): void {
    const { count, res } = block;
    if (count === 0) return;
    const slot = this.axis.slotOf(block);
    if (slot >= 0) {
      this.#addToBin(block, slot * COUNTERS);
      return;
    }
    const slots = this.axis.slotsOf(block);
    const { values } = this.counters;
    // V8 would allocate words that are destructured.
    for (let i = 0; i < count; i++) {
      const high = res[2 * i + 1];
      const at = slots[i] * COUNTERS;
      values[at] += 1;
      if (high >= 2 ** 31) values[at + 1] += 1;
      else if (high === 0) {
        const low = res[2 * i];
        if (low > MAX_RW_COUNT) continue;
        values[at + 2] += low & 0xffff;
        values[at + 3] += low >>> 16;
      }
    }
  }

  /** Adds a block whose records are all in one bin, as those of most blocks are. */
  #addToBin({ count, res }: CompletionBlock, at: number): void {
    const { values } = this.counters;
    let errors = 0;
    let lows = 0;
    let highs = 0;
    for (let i = 0; i < count; i++) {
      const high = res[2 * i + 1];
      if (high >= 2 ** 31) errors += 1;
      else if (high === 0) {
        const low = res[2 * i];
        if (low > MAX_RW_COUNT) continue;
        lows += low & 0xffff;
        highs += low >>> 16;
      }
    }
    values[at] += count;
    values[at + 1] += errors;
    values[at + 2] += lows;
    values[at + 3] += highs;
  }

  merge(charts: StateOf<CompletionCharts>): void {
    this.axis.merge(charts.axis, [[this.counters, charts.counters]]);
  }

  toJSON(): CompletionChartsJson | undefined {
    const [begin, end] = this.axis.used;
    if (begin === end) return undefined;
    const list = (counter: number) => this.axis.listOf(this.counters, counter);
    const highs = list(3);
    const bytes = list(2).map((low, i) => (BigInt(low) + (BigInt(highs[i]) << 16n)).toString());
    return { axis: this.axis.toJSON(), completions: list(0), errors: list(1), bytes };
  }
}

/** Counts completions. Parts of a capture merge in order. */
export class CompletionReport {
  records = 0;
  /** The gaps between the records of each thread. */
  readonly gaps = new CallGaps();
  failed = 0;
  impossible = 0;
  readonly errors: Float64Array = new Float64Array(MAX_ERRNO + 1);
  readonly first: Float64Array = new Float64Array(MAX_ERRNO + 1).fill(Number.POSITIVE_INFINITY);
  readonly last: Float64Array = new Float64Array(MAX_ERRNO + 1).fill(-1);
  readonly sizes = new Sizes();
  readonly time = new CompletionCharts('ns');
  readonly index = new CompletionCharts('record');
  readonly addresses = new DistinctAddresses();
  /** The results of a block that are sizes. */
  readonly #lengths = new Uint32Array(BLOCK_RECORDS);

  add(block: CompletionBlock): void {
    const { count, res, obj } = block;
    const pids = pidsOf(block);
    const lengths = this.#lengths;
    let sized = 0;
    for (let i = 0; i < count; i++) {
      const low = res[2 * i];
      if (res[2 * i + 1] === 0 && low <= MAX_RW_COUNT) lengths[sized++] = low;
      else this.#addOther(res, i, block.index + (block.rows?.[i] ?? i));
    }
    this.sizes.addAll(lengths, 0, sized);
    this.addresses.add(obj, pids, count);
    (block.ts === undefined ? this.index : this.time).add(block);
    this.records += count;
  }

  merge(report: StateOf<CompletionReport>): void {
    this.records += report.records;
    this.failed += report.failed;
    this.impossible += report.impossible;
    for (let errno = 0; report.failed > 0 && errno <= MAX_ERRNO; errno++) {
      this.errors[errno] += report.errors[errno];
      this.first[errno] = Math.min(this.first[errno], report.first[errno]);
      this.last[errno] = Math.max(this.last[errno], report.last[errno]);
    }
    this.sizes.merge(report.sizes);
    this.time.merge(report.time);
    this.index.merge(report.index);
    this.addresses.merge(report.addresses);
    this.gaps.merge(report.gaps);
  }

  toJSON(): CompletionsJson {
    const [time, index, sizes] = [this.time.toJSON(), this.index.toJSON(), this.sizes.toJSON()];
    return {
      records: this.records,
      failed: this.failed,
      impossible: this.impossible,
      errors: [...this.errors].flatMap((count, errno) =>
        count === 0
          ? []
          : [
              {
                errno,
                name: errnoName(errno),
                count,
                firstIndex: this.first[errno],
                lastIndex: this.last[errno],
              },
            ],
      ),
      ...(sizes && { sizes }),
      charts: { ...(time && { time }), ...(index && { index }) },
      distinct: { addresses: this.addresses.toJSON() },
    };
  }

  /** Adds a result that is not a size. V8 would allocate its words if they were arguments. */
  #addOther(res: Uint32Array, row: number, index: number): void {
    const low = res[2 * row];
    const high = res[2 * row + 1];
    if (high < 2 ** 31) {
      this.impossible += 1;
      return;
    }
    this.failed += 1;
    const errno = 2 ** 32 - low;
    if (high !== 0xffffffff || errno > MAX_ERRNO || low === 0) {
      this.impossible += 1;
      return;
    }
    this.errors[errno] += 1;
    if (index < this.first[errno]) this.first[errno] = index;
    if (index > this.last[errno]) this.last[errno] = index;
  }
}
