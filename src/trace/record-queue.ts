/** Records that are held back for those with earlier times: about this many per part. */
const WINDOW = 2 ** 14;

/**
 * Puts packed records in the order of their times, within a window. A record begins with its `ts`,
 * a u64, and its size is a multiple of 8 bytes.
 */
export class RecordQueue {
  readonly #stride: number;
  readonly #isLittle: boolean;
  /** Room for twice the window: half is released once it is full. */
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  /** Times relative to the first, which doubles hold exactly for 104 days. */
  #times = new Float64Array(0);
  #base: bigint | undefined;
  #count = 0;
  #isSorted = true;
  #released = Number.NEGATIVE_INFINITY;
  /** Records that were later than the window allows, and are out of order. */
  late = 0;
  /** All records so far. */
  records = 0;

  constructor(stride: number, isLittle: boolean) {
    this.#stride = stride;
    this.#isLittle = isLittle;
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Records that have not been taken yet. */
  get pending(): number {
    return this.#count;
  }

  /** Whether `take` would return records without being told that no more come. */
  get isFull(): boolean {
    return this.#count >= 2 * WINDOW;
  }

  /** The memory that `add` returns places in. Valid until the next `add`. */
  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** Adds a record of zeros with this time. Returns its offset in `view`. */
  add(ts: bigint): number {
    if (this.#count === this.#times.length) this.#grow();
    this.#base ??= ts;
    const time = Number(ts - this.#base);
    const at = this.#count * this.#stride;
    const last = this.#count === 0 ? this.#released : this.#times[this.#count - 1];
    if (time < last) this.#isSorted = false;
    if (time < this.#released) this.late += 1;
    this.#times[this.#count] = time;
    this.#count += 1;
    this.records += 1;
    this.#bytes.fill(0, at, at + this.#stride);
    this.#view.setBigUint64(at, ts, this.#isLittle);
    return at;
  }

  /**
   * Removes the earlier half of a full queue, or all records at the end, and returns them in the
   * order of their times; those of one time in the order in which they were added.
   */
  take(isEnd: boolean): Uint8Array<ArrayBuffer> {
    if (!isEnd && !this.isFull) return new Uint8Array(0);
    this.#sort();
    const count = isEnd ? this.#count : WINDOW;
    const bytes = this.#bytes.slice(0, count * this.#stride);
    if (count > 0) this.#released = this.#times[count - 1];
    this.#bytes.copyWithin(0, count * this.#stride, this.#count * this.#stride);
    this.#times.copyWithin(0, count, this.#count);
    this.#count -= count;
    return bytes;
  }

  #grow(): void {
    const rows = Math.max(1024, 2 * this.#times.length);
    const bytes = new Uint8Array(rows * this.#stride);
    bytes.set(this.#bytes);
    const times = new Float64Array(rows);
    times.set(this.#times);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#times = times;
  }

  #sort(): void {
    if (this.#isSorted) return;
    const times = this.#times;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    order.sort((a, b) => times[a] - times[b] || a - b);
    const stride = this.#stride;
    const bytes = new Uint8Array(this.#bytes.byteLength);
    const sorted = new Float64Array(times.length);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] * stride;
      bytes.set(this.#bytes.subarray(from, from + stride), i * stride);
      sorted[i] = times[order[i]];
    }
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#times = sorted;
    this.#isSorted = true;
  }
}
