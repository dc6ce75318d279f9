import type { ExactValue, QueryRows } from '../duckdb/index.ts';
import { csvCell, INT64_JSON, type Int64Form } from '../text.ts';
import { type Align, table } from './terminal-text.ts';

type Lines = AsyncGenerator<string, void, void>;
type Result = AsyncIterable<QueryRows<ExactValue>>;

function jsonOf(value: ExactValue, wide: (value: bigint) => string): string {
  if (typeof value === 'bigint') return wide(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => jsonOf(each, wide)).join(',')}]`;
  const members = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}:${jsonOf(each, wide)}`,
  );
  return `{${members.join(',')}}`;
}

const textOf = (value: ExactValue): string =>
  value === null
    ? ''
    : typeof value === 'object'
      ? jsonOf(value, INT64_JSON.number)
      : String(value);

/** Rows as CSV (RFC 4180); nulls are empty, and formulas of spreadsheets are text. */
export async function* csvText(result: Result): Lines {
  let isFirst = true;
  for await (const { names, rows } of result) {
    const lines = isFirst ? [names, ...rows] : rows;
    isFirst = false;
    yield lines.map((row) => `${row.map((value) => csvCell(textOf(value))).join(',')}\n`).join('');
  }
}

/** Rows as JSON objects. */
function objectsOf({ names, rows }: QueryRows<ExactValue>, int64: Int64Form): string[] {
  const keys = names.map((name) => JSON.stringify(name));
  const wide = INT64_JSON[int64];
  return rows.map(
    (row) => `{${row.map((value, i) => `${keys[i]}:${jsonOf(value, wide)}`).join(',')}}`,
  );
}

/** Rows as JSON objects, one per line. */
export async function* ndjsonText(result: Result, int64: Int64Form): Lines {
  for await (const part of result)
    yield objectsOf(part, int64)
      .map((object) => `${object}\n`)
      .join('');
}

/** One JSON object of the columns, the rows, one per line, and the quality of the files. */
export async function* jsonText(
  result: Result,
  int64: Int64Form,
  quality: () => Promise<object>,
): Lines {
  let isFirst = true;
  let separator = '\n';
  for await (const part of result) {
    const columns = part.names.map((name, i) => ({ name, type: part.types[i] }));
    if (isFirst) yield `{"columns":${JSON.stringify(columns)},"rows":[`;
    isFirst = false;
    const objects = objectsOf(part, int64);
    if (objects.length === 0) continue;
    yield separator + objects.join(',\n');
    separator = ',\n';
  }
  yield `${separator === '\n' ? '' : '\n'}],"quality":${JSON.stringify(await quality())}}\n`;
}

/** Tables are for reading: longer values are cut. */
const CELL_WIDTH = 60;

function cellOf(value: ExactValue): string {
  if (value === null) return '–';
  // A line break would end the row early.
  const text = textOf(value).replace(/[\r\n\t]+/g, ' ');
  return text.length > CELL_WIDTH ? `${text.slice(0, CELL_WIDTH - 1)}…` : text;
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(.*\))$/;

/** Rows with aligned columns, numbers flush right. Widths grow, as rows arrive in parts. */
export async function* tableText(result: Result): Lines {
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
