import { AioscopeError } from '../../errors.ts';

/** Indexes of records, looked up in about the order of the records. */
export class IndexSet {
  readonly #ascending: Float64Array;
  #at = 0;

  constructor(indexes: Iterable<number>) {
    const ascending = Float64Array.from(indexes).sort();
    for (const index of ascending) {
      if (Number.isSafeInteger(index) && index >= 0) continue;
      throw new AioscopeError('AIOSCOPE_OPTION', `refused has ${index}; it is a list of indexes of submissions, whole numbers from 0 up`);
    }
    this.#ascending = ascending;
  }

  has(index: number): boolean {
    const all = this.#ascending;
    while (this.#at < all.length && all[this.#at] < index) this.#at += 1;
    while (this.#at > 0 && all[this.#at - 1] >= index) this.#at -= 1;
    return all[this.#at] === index;
  }
}
