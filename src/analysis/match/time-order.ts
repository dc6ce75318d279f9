/** Returns whether row `i` has an earlier time than row `j`. */
const isBefore = (ts: Uint32Array, i: number, j: number): boolean =>
  ts[2 * i + 1] < ts[2 * j + 1] || (ts[2 * i + 1] === ts[2 * j + 1] && ts[2 * i] < ts[2 * j]);

/** The rows of a block in order of time: a stream that threads share may step back a little. */
export class TimeOrder {
  /** The rows as they are. */
  readonly ascending: Uint32Array;
  /** Rows in order of time, of a block that was not in order. */
  readonly sorted: Uint32Array;

  constructor(rows: number) {
    this.ascending = Uint32Array.from({ length: rows }, (_, i) => i);
    this.sorted = new Uint32Array(rows);
  }

  /**
   * Sorts the first `count` rows by the words of their times, stably. Returns one of the two
   * arrays. Insertion sort: rows are nearly sorted.
   */
  sort(ts: Uint32Array, count: number): Uint32Array {
    let inOrder = 1;
    while (inOrder < count && !isBefore(ts, inOrder, inOrder - 1)) inOrder += 1;
    if (inOrder >= count) return this.ascending;
    const rows = this.sorted;
    rows.set(this.ascending);
    for (let i = inOrder; i < count; i++) {
      let at = i;
      for (; at > 0 && isBefore(ts, i, rows[at - 1]); at--) rows[at] = rows[at - 1];
      rows[at] = i;
    }
    return rows;
  }
}
