import { type Ns, type NsOrigin, putNs } from './ns.ts';

/** Records that are held back for those with earlier times, per part. */
const WINDOW = 2 ** 14;
/** Records that are released at once: so few that little memory is garbage at a time. */
const RELEASED = 2 ** 12;
/** Bytes that are returned in one array at most: what outlives two collections of garbage stays. */
const PIECE_BYTES = 2 ** 16;
/** Records of a full queue. */
const FULL = WINDOW + RELEASED;
/** Rows that there is room for: some are added before the earliest are taken. */
const ROWS = FULL + RELEASED;

/**
 * Puts packed records in the order of their times, within a window. A record begins with its `ts`,
 * a u64, and its size is a multiple of 8 bytes.
 */
export class RecordQueue {
  readonly #stride: number;
  readonly #isLittle: boolean;
  /** The earliest records are released once it is full. */
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  /** Times relative to the first, which doubles hold exactly for 104 days. */
  #times = new Float64Array(0);
  /** Room for sorting, kept since it would be much garbage. */
  #order: [Uint32Array, Uint32Array] = [new Uint32Array(0), new Uint32Array(0)];
  #base: bigint | undefined;
  #count = 0;
  #isSorted = true;
  #released = Number.NEGATIVE_INFINITY;
  /** Records that were later than the window allows, and are out of order. */
  late = 0;
  /** All records so far. */
  records = 0;
  /** Whether records keep the order in which they are added. */
  keepsOrder = false;

  constructor(stride: number, isLittle: boolean) {
    this.#stride = stride;
    this.#isLittle = isLittle;
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Whether `take` would return records without being told that no more come. */
  get isFull(): boolean {
    return this.#count >= FULL;
  }

  /** The memory that `add` returns places in. Valid until the next `add`. */
  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** Adds a record of zeros with this time. Returns its offset in `view`. */
  add(ts: Ns, origin?: NsOrigin): number {
    if (this.#count === this.#times.length) this.#grow();
    this.#base ??= origin?.ns ?? BigInt(ts);
    const time = this.keepsOrder ? 0 : this.#relative(ts, origin);
    const at = this.#count * this.#stride;
    const last = this.#count === 0 ? this.#released : this.#times[this.#count - 1];
    if (time < last) this.#isSorted = false;
    if (time < this.#released) this.late += 1;
    this.#times[this.#count] = time;
    this.#count += 1;
    this.records += 1;
    this.#bytes.fill(0, at, at + this.#stride);
    putNs(this.#view, at, ts, origin, this.#isLittle);
    return at;
  }

  /** A time relative to the first. */
  #relative(ts: Ns, origin: NsOrigin | undefined): number {
    const base = this.#base ?? 0n;
    if (typeof ts === 'bigint') return Number(ts - base);
    return origin === undefined || origin.ns === base ? ts : ts + Number(origin.ns - base);
  }

  /**
   * Removes the earliest records of a full queue, or all at the end, and returns them in the order
   * of their times, in pieces; those of one time in the order in which they were added.
   */
  take(isEnd: boolean): Uint8Array<ArrayBuffer>[] {
    if (!isEnd && !this.isFull) return [];
    const count = isEnd ? this.#count : RELEASED;
    return this.#isSorted ? this.#takeFirst(count) : this.#takeEarliest(count);
  }

  /** The time before which a full queue has to release its records; undefined if it is not full. */
  get due(): bigint | undefined {
    if (!this.isFull) return undefined;
    const last = this.#times[this.#isSorted ? RELEASED : this.#ordered()[RELEASED]];
    return (this.#base ?? 0n) + BigInt(last) + 1n;
  }

  /** Removes the records before a time. Returns them as `take` does. */
  takeUntil(ts: bigint): Uint8Array<ArrayBuffer>[] {
    if (this.#count === 0) return [];
    const until = Number(ts - (this.#base ?? ts));
    let count = 0;
    for (let i = 0; i < this.#count; i++) if (this.#times[i] < until) count += 1;
    if (count === 0) return [];
    return this.#isSorted ? this.#takeFirst(count) : this.#takeEarliest(count);
  }

  /** Removes the records at the beginning. */
  #takeFirst(count: number): Uint8Array<ArrayBuffer>[] {
    const stride = this.#stride;
    const pieces = piecesOf(count, stride, (begin, end) =>
      this.#bytes.slice(begin * stride, end * stride),
    );
    if (count > 0) this.#released = this.#times[count - 1];
    this.#bytes.copyWithin(0, count * stride, this.#count * stride);
    this.#times.copyWithin(0, count, this.#count);
    this.#count -= count;
    return pieces;
  }

  /** Removes the earliest records. The others stay in the order in which they were added. */
  #takeEarliest(count: number): Uint8Array<ArrayBuffer>[] {
    const times = this.#times;
    const order = this.#ordered();
    const words = this.#stride / 4;
    const from = new Uint32Array(this.#bytes.buffer);
    const pieces = piecesOf(count, this.#stride, (begin, end) => {
      const taken = new Uint32Array((end - begin) * words);
      for (let i = begin; i < end; i++) copyWords(from, order[i], taken, i - begin, words);
      return new Uint8Array(taken.buffer);
    });
    if (count > 0) this.#released = times[order[count - 1]];
    const rest = order.subarray(count, this.#count).sort();
    this.#isSorted = true;
    for (let i = 0; i < rest.length; i++) {
      copyWords(from, rest[i], from, i, words);
      times[i] = times[rest[i]];
      if (i > 0 && times[i] < times[i - 1]) this.#isSorted = false;
    }
    this.#count = rest.length;
    return pieces;
  }

  /** The indexes of all records in the order of their times. */
  #ordered(): Uint32Array {
    const rows = this.#times.length;
    if (this.#order[0].length < rows) this.#order = [new Uint32Array(rows), new Uint32Array(rows)];
    return orderOf(this.#times, this.#count, ...this.#order);
  }

  #grow(): void {
    // Room that is not written to takes no memory; steps of growth would leave as much garbage.
    const rows = this.#times.length === 0 ? 1024 : Math.max(ROWS, 2 * this.#times.length);
    const bytes = new Uint8Array(rows * this.#stride);
    bytes.set(this.#bytes);
    const times = new Float64Array(rows);
    times.set(this.#times);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#times = times;
  }
}

/** Copies a record from one row to another: faster by words than as a part of an array. */
function copyWords(
  from: Uint32Array,
  row: number,
  to: Uint32Array,
  target: number,
  words: number,
): void {
  for (let i = 0; i < words; i++) to[target * words + i] = from[row * words + i];
}

/** Makes pieces of the rows up to `count`, each of as many as a piece may have. */
function piecesOf(
  count: number,
  stride: number,
  pieceOf: (begin: number, end: number) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  const rows = Math.floor(PIECE_BYTES / stride);
  return Array.from({ length: Math.ceil(count / rows) }, (_, i) =>
    pieceOf(i * rows, Math.min(count, (i + 1) * rows)),
  );
}

/**
 * The first `count` indexes in the order of their times, equal ones in their own order, in one of
 * two arrays. A merge sort: that of typed arrays, which calls a function to compare, leaves a MB of
 * garbage each time.
 */
function orderOf(
  times: Float64Array,
  count: number,
  first: Uint32Array,
  second: Uint32Array,
): Uint32Array {
  let [from, to] = [first, second];
  for (let i = 0; i < count; i++) from[i] = i;
  for (let width = 1; width < count; width *= 2) {
    for (let begin = 0; begin < count; begin += 2 * width) {
      const middle = Math.min(count, begin + width);
      const end = Math.min(count, middle + width);
      let left = begin;
      let right = middle;
      for (let at = begin; at < end; at++) {
        const isLeft = left < middle && (right === end || times[from[left]] <= times[from[right]]);
        to[at] = isLeft ? from[left++] : from[right++];
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
