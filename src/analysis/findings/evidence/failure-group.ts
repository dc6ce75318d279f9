import type { Counters } from '../../report/fold-axis.ts';

/** Failures with one errno, of one opcode on one descriptor. */
export class FailureGroup {
  readonly errno: number;
  readonly opcode: number;
  /** EAGAIN of a request with RWF_NOWAIT. */
  readonly isNowait: boolean;
  /** Failures by the cells of the descriptor's axis of offsets. */
  readonly cells: Counters;
  count = 0;
  /** Those with an offset. */
  placed = 0;
  /** The lowest index of a completion. */
  firstIndex: number = Number.POSITIVE_INFINITY;
  /** The first byte of all, and the one after the last; NaN if a length is not known. */
  offsetFrom: number = Number.POSITIVE_INFINITY;
  offsetTo = 0;
  #fromHigh: number = 2 ** 32;
  #fromLow = 0;
  #toHigh = -1;
  #toLow = 0;

  constructor(errno: number, opcode: number, isNowait: boolean, cells: Counters) {
    this.errno = errno;
    this.opcode = opcode;
    this.isNowait = isNowait;
    this.cells = cells;
  }

  /** Adds a failure that completion `index` shows, row `row` of these times. */
  add(index: number, ts: Uint32Array, row: number): void {
    this.count += 1;
    if (index < this.firstIndex) this.firstIndex = index;
    const [low, high] = [ts[2 * row], ts[2 * row + 1]];
    if (high < this.#fromHigh || (high === this.#fromHigh && low < this.#fromLow)) {
      this.#fromHigh = high;
      this.#fromLow = low;
    }
    if (high > this.#toHigh || (high === this.#toHigh && low > this.#toLow)) {
      this.#toHigh = high;
      this.#toLow = low;
    }
  }

  /** Notes where the last one was; `length` is NaN if it is not known. */
  place(cell: number, offset: number, length: number): void {
    this.placed += 1;
    this.cells.values[cell] += 1;
    if (offset < this.offsetFrom) this.offsetFrom = offset;
    // NaN stays NaN.
    if (!(offset + length <= this.offsetTo))
      this.offsetTo = Math.max(offset + length, this.offsetTo);
  }

  /** The time of the first completion, and of the last. */
  get from(): bigint {
    return (BigInt(this.#fromHigh) << 32n) | BigInt(this.#fromLow);
  }

  get to(): bigint {
    return (BigInt(this.#toHigh) << 32n) | BigInt(this.#toLow);
  }
}
