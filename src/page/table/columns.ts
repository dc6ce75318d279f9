// The columns of the table of records: names, sides and widths.
import { type Field, RECORDS } from '../../abi/record.ts';
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
export const INDEX = 'index';

/** The columns of a file: the index of a record, of a ring the state of a slot, then its fields. */
export const headsOf = ({ kind, columns }: Pick<OpenedFile, 'kind' | 'columns'>): Head[] => [
  { name: kind === 'aio_ring' ? 'slot' : INDEX, align: 'right' },
  ...(kind === 'aio_ring' ? [{ name: 'state', align: 'left' } as const] : []),
  ...columns.map(({ name, type }) => ({ name, align: sideOf(name, type) })),
];

/** Longer texts are cut; the byte pane has all of them. */
const WIDTH_MAX = 40;

/** Widens columns, in characters, to what they hold: they never get narrower, so that rows stay. */
export function widen(widths: number[], cells: readonly string[]): void {
  cells.forEach((cell, i) => {
    widths[i] = Math.max(widths[i] ?? 0, Math.min(WIDTH_MAX, cell.length));
  });
}

/** The columns of a CSS grid. */
export const templateOf = (widths: readonly number[]): string =>
  widths.map((width) => `calc(${width}ch + 1.5rem)`).join(' ');
