// CSV as `export` and `print` write it (RFC 4180), with any of their columns.
import type { TraceBuilder } from '../../trace/builder.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from '../format.ts';
import { type Cell, cellOf, kindOf, RecordTaker } from './record-taker.ts';

const NAME = /^[A-Za-z_]\w*$/;
/** A text with a line break goes on in the next line; one has at most this many characters. */
const CHARS_MAX = 2 ** 16;
/** The mark before a text that a spreadsheet would take for a formula. */
const ESCAPED = /^'(?=[=+\-@\t\r])/;

/** The cells of a line; undefined if it ends in quotes. */
function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      cells.push(line.slice(at, end < 0 ? line.length : end));
      at = end < 0 ? line.length + 1 : end + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    if (end < 0) return undefined;
    cells.push(line.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 2;
  }
  return cells;
}

class CsvParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #lost: () => void;
  #columns: readonly string[] = [];
  #taker: RecordTaker | undefined;
  #tsAt: number;
  /** The beginning of a line that ends in quotes. */
  #rest = '';

  constructor(builder: TraceBuilder, { files, sample, lost }: ParserContext) {
    this.#lost = lost;
    this.#builder = builder;
    if (files === 1) builder.keepOrder();
    this.#tsAt = sample[0]?.split(',').indexOf('ts') ?? -1;
  }

  timeOf(line: string): bigint | undefined {
    const cell = this.#tsAt < 0 ? undefined : line.split(',')[this.#tsAt];
    return cell !== undefined && /^\d{1,20}$/.test(cell) ? BigInt(cell) : undefined;
  }

  line(line: string): LineOutcome {
    const whole = this.#rest === '' ? line : `${this.#rest}\n${line}`;
    this.#rest = '';
    if (whole === '') return 'ignored';
    const cells = cellsOf(whole);
    if (cells === undefined) {
      if (whole.length > CHARS_MAX) return 'unparsed';
      this.#rest = whole;
      return 'held';
    }
    if (cells.every((cell) => NAME.test(cell))) return this.#header(cells);
    if (this.#taker === undefined || cells.length !== this.#columns.length) return 'unparsed';
    const row: { [column: string]: Cell } = {};
    for (const [i, name] of this.#columns.entries()) {
      const text = cells[i].replace(ESCAPED, '');
      const cell = text === '' && name !== 'comm' ? null : cellOf(name, text);
      if (cell === undefined) return 'unparsed';
      row[name] = cell;
    }
    this.#taker.take(row);
    return 'used';
  }

  end(): void {
    if (this.#rest !== '') this.#lost();
    this.#taker?.end();
  }

  #header(names: readonly string[]): LineOutcome {
    const kind = kindOf(names);
    if (kind === undefined) return 'unparsed';
    this.#tsAt = names.indexOf('ts');
    if (this.#columns.join() === names.join()) return 'ignored';
    this.#taker?.end();
    this.#columns = names;
    this.#taker = new RecordTaker(this.#builder, kind, names);
    return 'ignored';
  }
}

/** CSV of records. */
export const csv: LogFormat = {
  name: 'csv',
  parser: (builder, _file, context) => new CsvParser(builder, context),
};
