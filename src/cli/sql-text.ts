import type { JsonValue, QueryRows } from '../duckdb/index.ts';
import { csvCell } from '../node.ts';
import { type Align, table } from './terminal-text.ts';

type Lines = AsyncGenerator<string, void, void>;

const textOf = (value: JsonValue): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Rows as CSV (RFC 4180); nulls are empty, and formulas of spreadsheets are text. */
export async function* csvText(result: AsyncIterable<QueryRows>): Lines {
  let isFirst = true;
  for await (const { names, rows } of result) {
    const lines = isFirst ? [names, ...rows] : rows;
    isFirst = false;
    yield lines.map((row) => `${row.map((value) => csvCell(textOf(value))).join(',')}\n`).join('');
  }
}

/** Rows as JSON objects, one per line. */
export async function* jsonText(result: AsyncIterable<QueryRows>): Lines {
  for await (const { names, rows } of result) {
    const keys = names.map((name) => JSON.stringify(name));
    yield rows
      .map((row) => `{${row.map((value, i) => `${keys[i]}:${JSON.stringify(value)}`).join(',')}}\n`)
      .join('');
  }
}

/** Tables are for reading: longer values are cut. */
const CELL_WIDTH = 60;

function cellOf(value: JsonValue): string {
  if (value === null) return '–';
  // A line break would end the row early.
  const text = textOf(value).replace(/[\r\n\t]+/g, ' ');
  return text.length > CELL_WIDTH ? `${text.slice(0, CELL_WIDTH - 1)}…` : text;
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(.*\))$/;

/** Rows with aligned columns, numbers flush right. Widths grow, as rows arrive in parts. */
export async function* tableText(result: AsyncIterable<QueryRows>): Lines {
  const widths: number[] = [];
  let isFirst = true;
  for await (const { names, types, rows } of result) {
    const align = types.map((type): Align => (NUMBERS.test(type) ? 'right' : 'left'));
    const cells = rows.map((row) => row.map(cellOf));
    const lines = table(isFirst ? [names, ...cells] : cells, align, widths);
    isFirst = false;
    yield lines.map((line) => `${line}\n`).join('');
  }
}
