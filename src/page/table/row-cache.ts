// Rows near those that are seen: one ask at a time, the newest wish next, nothing asked twice.
import type { Rows } from '../session.ts';

/** One record. */
export interface Row {
  readonly cells: readonly string[];
  readonly bytes: Uint8Array;
}

/** Reads consecutive rows. */
export type ReadRows = (first: number, count: number) => Promise<Rows>;

/** Rows per block: blocks are kept and dropped as a whole. */
const BLOCK_ROWS = 32;
/** Blocks of one ask, at most. */
const ASK_BLOCKS = 8;
/** Blocks that are kept. */
const KEPT_BLOCKS = 64;

/** Cuts an answer into rows. */
function rowsOf({ cells, bytes }: Rows): Row[] {
  const stride = cells.length === 0 ? 0 : bytes.byteLength / cells.length;
  return cells.map((row, i) => ({
    cells: row,
    bytes: bytes.subarray(i * stride, (i + 1) * stride),
  }));
}

/** The rows of one file. */
export class RowCache {
  readonly #read: ReadRows;
  readonly #onChange: () => void;
  /** In the order of their last use. */
  readonly #blocks = new Map<number, readonly Row[]>();
  #wanted: { readonly first: number; readonly end: number } | undefined;
  #isReading = false;
  #error: unknown;

  /** `onChange` is called after rows have come, or could not be read. */
  constructor(read: ReadRows, onChange: () => void) {
    this.#read = read;
    this.#onChange = onChange;
  }

  /** Why the last rows could not be read; undefined if they could. */
  get error(): unknown {
    return this.#error;
  }

  /** A row that has been read; undefined of any other. */
  at(index: number): Row | undefined {
    const number = Math.floor(index / BLOCK_ROWS);
    return this.#blocks.get(number)?.[index - number * BLOCK_ROWS];
  }

  /** Wishes for rows `first` to `end`; earlier wishes that are not being read are dropped. */
  want(first: number, end: number): void {
    this.#wanted = { first, end };
    void this.#next();
  }

  /** The blocks of the wish that are missing, from the first of them on. */
  #missing(): { readonly from: number; readonly count: number } | undefined {
    if (this.#wanted === undefined) return undefined;
    const { first, end } = this.#wanted;
    const last = Math.ceil(end / BLOCK_ROWS);
    let from = Math.floor(first / BLOCK_ROWS);
    for (; from < last && this.#blocks.has(from); from++) this.#touch(from);
    let count = 0;
    while (from + count < last && count < ASK_BLOCKS && !this.#blocks.has(from + count)) count++;
    return count === 0 ? undefined : { from, count };
  }

  #touch(number: number): void {
    const block = this.#blocks.get(number);
    if (block === undefined) return;
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
  }

  async #next(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    for (let ask = this.#missing(); ask !== undefined; ask = this.#missing()) {
      const { from, count } = ask;
      const wish = this.#wanted;
      try {
        const rows = rowsOf(await this.#read(from * BLOCK_ROWS, count * BLOCK_ROWS));
        this.#error = undefined;
        for (let i = 0; i < count; i++) this.#keep(from + i, rows, i * BLOCK_ROWS);
      } catch (error) {
        this.#error = error;
        // Not asked again until something is wished for.
        if (this.#wanted === wish) this.#wanted = undefined;
      }
      this.#onChange();
    }
    this.#isReading = false;
  }

  #keep(number: number, rows: readonly Row[], at: number): void {
    this.#blocks.set(number, rows.slice(at, at + BLOCK_ROWS));
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) return;
      this.#blocks.delete(oldest);
    }
  }
}
