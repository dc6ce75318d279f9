// NDJSON as `export` and `print` write it: flat objects, 64-bit numbers as numbers or as strings.
import type { TraceBuilder } from '../../trace/builder.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from '../format.ts';
import { type Cell, cellOf, kindOf, RecordTaker } from './record-taker.ts';

/** `"name":` and a text, null, or a number, which JSON.parse would round. */
const MEMBER = /"(\w+)":\s*(?:(-?\d+)|"((?:[^"\\]|\\.)*)"|null)\s*([,}])\s*/y;
const TIME = /"ts":\s*"?(\d{1,20})\b/;
/** Sets of columns that one file has. */
const TAKERS_MAX = 64;

/** The members of a flat object; undefined for anything else. */
function rowOf(line: string): { readonly [column: string]: Cell } | undefined {
  const row: { [column: string]: Cell } = {};
  const begin = /^\s*\{\s*/.exec(line);
  if (begin === null) return undefined;
  MEMBER.lastIndex = begin[0].length;
  for (;;) {
    const found = MEMBER.exec(line);
    if (found === null) return undefined;
    const [all, name, number, text, end] = found;
    const isNull = number === undefined && text === undefined;
    const cell = isNull ? null : cellOf(name, number ?? (JSON.parse(`"${text}"`) as string));
    if (cell === undefined) return undefined;
    row[name] = cell;
    if (end === '}') return found.index + all.length === line.length ? row : undefined;
  }
}

class NdjsonParser implements LineParser {
  readonly #builder: TraceBuilder;
  /** By the names of columns. */
  readonly #takers = new Map<string, RecordTaker>();

  constructor(builder: TraceBuilder, { files }: ParserContext) {
    this.#builder = builder;
    if (files === 1) builder.keepOrder();
  }

  timeOf(line: string): bigint | undefined {
    const time = TIME.exec(line)?.[1];
    return time === undefined ? undefined : BigInt(time);
  }

  line(line: string): LineOutcome {
    if (line.trim() === '') return 'ignored';
    const row = rowOf(line);
    const taker = row && this.#takerOf(Object.keys(row));
    if (taker === undefined) return 'unparsed';
    taker.take(row ?? {});
    return 'used';
  }

  end(): void {
    for (const taker of this.#takers.values()) taker.end();
  }

  #takerOf(columns: readonly string[]): RecordTaker | undefined {
    const key = columns.join();
    const known = this.#takers.get(key);
    if (known !== undefined) return known;
    const kind = kindOf(columns);
    if (kind === undefined || this.#takers.size > TAKERS_MAX) return undefined;
    const taker = new RecordTaker(this.#builder, kind, columns);
    this.#takers.set(key, taker);
    return taker;
  }
}

/** NDJSON of records. */
export const ndjson: LogFormat = {
  name: 'ndjson',
  parser: (builder, _file, context) => new NdjsonParser(builder, context),
};
