import type { ScalarArray } from '../../abi/scalar.ts';
import type { ColumnSource } from '../../layout/schema.ts';
import type { InputStream } from './input-stream.ts';

/** A column of submissions whose words are kept per slot, from word `at` on. */
interface Kept {
  readonly name: string;
  readonly words: 1 | 2;
  readonly at: number;
  readonly source: Uint32Array;
}

/** The envelope columns that are kept. With all, a long envelope would multiply the memory. */
export const KEPT_ENVELOPE = ['ts', 'addr', 'pid', 'tid', 'ctx', 'seq'] as const;

/** Returns whether a column of submissions is kept. */
export const isKept = ({ name, type, inRecord }: ColumnSource): boolean =>
  type !== 'char' && (inRecord || KEPT_ENVELOPE.some((each) => each === name));

/** Marks rows of a stream's block. */
export interface RowMarks {
  has(row: number): boolean;
}

const FIRST_SLOTS = 1024;

/**
 * The kept columns of every submission in flight, and the queue depth that it found, by slot: for
 * sinks that take whole records.
 */
export class RowStore {
  readonly #kept: readonly Kept[];
  readonly #stride: number;
  /** The word of the depth. */
  readonly #depthAt: number;
  /** Which rows of the stream's block to mark. */
  readonly #marks: RowMarks | undefined;
  #rows: Uint32Array;

  constructor(stream: InputStream, marks?: RowMarks) {
    const kept: Kept[] = [];
    let at = 0;
    for (const { name, byteLength } of stream.schema.columns.filter(isKept)) {
      const words = byteLength === 8 ? 2 : 1;
      const source = words === 2 ? stream.wide(name) : stream.narrow(name);
      if (source !== null) kept.push({ name, words, at, source });
      at += words;
    }
    this.#kept = kept;
    this.#depthAt = at;
    this.#marks = marks;
    this.#stride = at + (marks === undefined ? 1 : 2);
    this.#rows = new Uint32Array(FIRST_SLOTS * this.#stride);
  }

  /** Keeps row `i` of the stream's block, and the queue depth with it, for a slot. */
  keep(slot: number, i: number, depth: number): void {
    const base = slot * this.#stride;
    while (base + this.#stride > this.#rows.length) {
      const wider = new Uint32Array(2 * this.#rows.length);
      wider.set(this.#rows);
      this.#rows = wider;
    }
    this.#rows[base + this.#depthAt] = depth;
    if (this.#marks !== undefined)
      this.#rows[base + this.#depthAt + 1] = Number(this.#marks.has(i));
    for (const { words, at, source } of this.#kept) {
      if (words === 1) this.#rows[base + at] = source[i];
      else {
        this.#rows[base + at] = source[2 * i];
        this.#rows[base + at + 1] = source[2 * i + 1];
      }
    }
  }

  /** Whether the submission in a slot is marked: all are without marks. */
  isMarked(slot: number): boolean {
    return this.#marks === undefined || this.#rows[slot * this.#stride + this.#depthAt + 1] !== 0;
  }

  /** The queue depth after the submission in a slot, itself included. */
  depthOf(slot: number): number {
    return this.#rows[slot * this.#stride + this.#depthAt];
  }

  /** Returns a function that copies a kept column from a slot to a row, or null if not kept. */
  copier(name: string, target: ScalarArray): ((slot: number, row: number) => void) | null {
    const kept = this.#kept.find((each) => each.name === name);
    if (kept === undefined) return null;
    const { at, words } = kept;
    if (words === 1)
      return (slot, row) => {
        target[row] = this.#rows[slot * this.#stride + at];
      };
    const wide = new Uint32Array(target.buffer, target.byteOffset, 2 * target.length);
    return (slot, row) => {
      wide[2 * row] = this.#rows[slot * this.#stride + at];
      wide[2 * row + 1] = this.#rows[slot * this.#stride + at + 1];
    };
  }
}
