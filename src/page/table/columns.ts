// The columns of the table of records: names, sides and widths.
import type { Field } from '../../index.ts';
import { RECORDS } from '../../internal-page.ts';
import { alignOf } from '../../words/record-cells.ts';
import type { OpenedFile } from '../session.ts';

/** A column as the table shows it. */
export interface Head {
  readonly name: string;
  readonly align: 'left' | 'right';
}

const FIELDS: readonly Field[] = [...RECORDS.iocb.fields, ...RECORDS.io_event.fields];

function sideOf(name: string, type: string): Head['align'] {
  const meaning = FIELDS.find((field) => field.name === name)?.meaning;
  return alignOf({ meaning, type: type.startsWith('char') ? 'char' : 'u64' });
}

/** The name of the column that counts records. */
const INDEX = 'index';

/** The columns of a file: the index of a record, of a ring the state of a slot, then its fields. */
export const headsOf = ({ kind, columns }: Pick<OpenedFile, 'kind' | 'columns'>): Head[] => [
  { name: kind === 'aio_ring' ? 'slot' : INDEX, align: 'right' },
  ...(kind === 'aio_ring' ? [{ name: 'state', align: 'left' } as const] : []),
  ...columns.map(({ name, type }) => ({ name, align: sideOf(name, type) })),
];

/** Longer texts are cut, in characters; the byte pane has all of them. */
const LENGTH_MAX = 40;

/** How wide a text is, in pixels. */
export type Measure = (text: string) => number;

/** Measures texts in the font of an element. */
export function measureIn(element: Element): Measure {
  const { fontSize, fontFamily } = getComputedStyle(element);
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return (text) => 8 * text.length;
  // The weight of the heads, which are wider.
  context.font = `600 ${fontSize} ${fontFamily}`;
  return (text) => context.measureText(text).width;
}

/** The widths of columns: they never get narrower, so that rows stay where they are. */
export class Widths {
  readonly #px: number[] = [];
  readonly #lengths: number[] = [];

  /** Widens columns to what they hold. Only a text that is as long as any before is measured. */
  widen(cells: readonly string[], measure: Measure): void {
    cells.forEach((cell, i) => {
      const length = Math.min(LENGTH_MAX, cell.length);
      if (length < (this.#lengths[i] ?? 0)) return;
      this.#lengths[i] = length;
      const px = Math.ceil(measure(cell.slice(0, LENGTH_MAX)));
      this.#px[i] = Math.max(this.#px[i] ?? 0, px);
    });
  }

  /** The columns of a CSS grid. */
  get template(): string {
    // With the space inside cells, and a line between two.
    return this.#px.map((px) => `calc(${px + 1}px + 1.5rem)`).join(' ');
  }
}
