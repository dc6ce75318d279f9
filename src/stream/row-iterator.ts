import type { Reader } from './named.ts';

/** What every iterator of the language inherits: its helpers, where the runtime has them. */
const IteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf([][Symbol.iterator]()),
);

/** What a step of an iteration returns. */
type Step<T> = IteratorResult<T, undefined>;

/**
 * Iterates over the rows of a batch. A generator does the same, and its step takes as long as the
 * object of a record.
 */
export class RowIterator<T> implements IterableIterator<T> {
  readonly #read: Reader<T>;
  #rows: number;
  #next = 0;

  constructor(rows: number, read: Reader<T>) {
    this.#rows = rows;
    this.#read = read;
  }

  next(): Step<T> {
    const i = this.#next;
    if (i >= this.#rows) return { done: true, value: undefined };
    // An iteration that has thrown is over.
    this.#next = this.#rows;
    const value = this.#read(i);
    this.#next = i + 1;
    return { done: false, value };
  }

  return(value?: undefined): Step<T> {
    this.#next = this.#rows;
    return { done: true, value };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

Object.setPrototypeOf(RowIterator.prototype, IteratorPrototype);
