import type { ScalarArray } from '../../abi/scalar.ts';
import type { ColumnSource } from '../../layout/schema.ts';
import type { Lane } from './lane.ts';

/** A copier of one column of submissions: from row `i` to the row of a slot. */
interface Kept {
  readonly name: string;
  readonly words: 1 | 2;
  readonly at: number;
  readonly source: Uint32Array;
}

/** What is kept of envelopes: more would let a long envelope multiply the memory. */
const ENVELOPE: readonly string[] = ['ts', 'addr', 'pid', 'tid', 'ctx', 'seq'];

/** Whether a column of submissions is kept. */
export const isKept = ({ name, type, inRecord }: ColumnSource): boolean => type !== 'char' && (inRecord || ENVELOPE.includes(name));

const FIRST_SLOTS = 1024;

/** The whole of every open submission, for pairs that are told with both their records: by slot of the open table. */
export class RowStore {
  readonly #kept: readonly Kept[];
  readonly #stride: number;
  #rows: Uint32Array;

  constructor(lane: Lane) {
    const kept: Kept[] = [];
    let at = 0;
    for (const { name, byteLength } of lane.schema.columns.filter(isKept)) {
      const words = byteLength === 8 ? 2 : 1;
      const source = words === 2 ? lane.wide(name) : lane.narrow(name);
      if (source !== null) kept.push({ name, words, at, source });
      at += words;
    }
    this.#kept = kept;
    this.#stride = at;
    this.#rows = new Uint32Array(FIRST_SLOTS * at);
  }

  /** Keep row `i` of the lane's block as that of a slot. */
  keep(slot: number, i: number): void {
    const base = slot * this.#stride;
    while (base + this.#stride > this.#rows.length) {
      const wider = new Uint32Array(2 * this.#rows.length);
      wider.set(this.#rows);
      this.#rows = wider;
    }
    for (const { words, at, source } of this.#kept) {
      if (words === 1) this.#rows[base + at] = source[i];
      else {
        this.#rows[base + at] = source[2 * i];
        this.#rows[base + at + 1] = source[2 * i + 1];
      }
    }
  }

  /** Copy a kept column of a slot into row `row` of a column of pairs. */
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
