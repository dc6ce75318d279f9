import { AioscopeError, excerpt, listed } from '../errors.ts';
import { notAValue, valuesOf } from './condition-value.ts';
import type { Schema } from './schema.ts';

/** A condition on one column: a range of numbers, or a text. */
export interface Condition {
  /** The index of the column in the schema. */
  readonly column: number;
  /** The smallest and the largest matching value; undefined if unbounded. */
  readonly low?: bigint;
  readonly high?: bigint;
  /** The text of a `charN` column, up to its first NUL. */
  readonly text?: string;
  /** Whether the bounds count from the column's value in the first record. */
  readonly isRelative: boolean;
  /** False if the condition is negated. */
  readonly isWanted: boolean;
}

/** Alternatives, at least one of which has to hold: every clause of it. */
export interface AnyOf {
  readonly any: readonly Clauses[];
}

/** What has to hold of a record: every one of these. */
export type Clauses = readonly (Condition | AnyOf)[];

const GRAMMAR =
  'a condition is a column, one of = != < <= > >=, and a value, such as res<0; join conditions ' +
  'by `and`, `or` or a comma, group them by parentheses, and quote text that contains any of ' +
  'these, as in comm="a, b"';
/** Deeper parentheses are not a condition that a person wrote. */
const DEPTH_MAX = 100;

const SPACE = /\s*/y;
const HEAD = /([A-Za-z_]\w*)\s*(==|!=|<=|>=|=|<|>)\s*/y;
/** What joins conditions. */
const JOINT = /,|(?:and|or)(?=[\s(]|$)/iy;
/** What may end a value: a joint after it, or a parenthesis. */
const STOP = /[(),]|\s(?:and|or)(?=[\s(]|$)/gi;
/** Follows the closing quote of a value. */
const AFTER_QUOTED = /(?=\s*(?:[,)]|$)|\s+(?:and|or)(?:[\s(]|$))/iy;

/** Parses a text of conditions in one pass. */
class Parser {
  readonly #text: string;
  readonly #schema: Schema;
  readonly #columns: ReadonlyMap<string, number>;
  #at = 0;
  #depth = 0;

  constructor(text: string, schema: Schema, columns: ReadonlyMap<string, number>) {
    this.#text = text.trim();
    this.#schema = schema;
    this.#columns = columns;
  }

  parse(): Clauses {
    const clauses = this.#anyOf();
    if (this.#at === this.#text.length) return clauses;
    this.#refuse(`'${excerpt(this.#text.slice(this.#at))}' does not join conditions; ${GRAMMAR}`);
  }

  /** Takes what a sticky pattern matches here. */
  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #refuse(what: string, code: 'AIOSCOPE_OPTION' | 'AIOSCOPE_COLUMN' = 'AIOSCOPE_OPTION'): never {
    throw new AioscopeError(code, `where '${excerpt(this.#text)}': ${what}`);
  }

  /** Conditions up to the end or a closing parenthesis; `and` binds closer than `or`. */
  #anyOf(): Clauses {
    const any: (Condition | AnyOf)[][] = [[]];
    for (;;) {
      any[any.length - 1].push(...this.#clause());
      this.#take(SPACE);
      const joint = this.#take(JOINT)?.[0].toLowerCase();
      if (joint === undefined) return any.length === 1 ? any[0] : [{ any }];
      if (joint === 'or') any.push([]);
    }
  }

  /** One condition, or several in parentheses. */
  #clause(): Clauses {
    this.#take(SPACE);
    if (this.#text[this.#at] !== '(') return [this.#condition()];
    if (this.#depth === DEPTH_MAX) this.#refuse(`more than ${DEPTH_MAX} parentheses are open`);
    this.#at += 1;
    this.#depth += 1;
    const clauses = this.#anyOf();
    if (this.#text[this.#at] !== ')') this.#refuse('a parenthesis is not closed');
    this.#at += 1;
    this.#depth -= 1;
    return clauses;
  }

  /** An unquoted value, which may contain spaces, and parentheses that it closes. */
  #unquoted(): string {
    const begin = this.#at;
    let open = 0;
    STOP.lastIndex = begin;
    let stop = STOP.exec(this.#text);
    for (; stop !== null; stop = STOP.exec(this.#text)) {
      const [sign] = stop;
      if (sign === '(') open += 1;
      else if (sign === ')' && open > 0) open -= 1;
      else if (sign !== ')' || this.#depth > 0) break;
    }
    this.#at = stop?.index ?? this.#text.length;
    return this.#text.slice(begin, this.#at).trimEnd();
  }

  /** A value in quotes, of which a doubled one is part of the text. */
  #quoted(quote: string): string {
    const begin = this.#at;
    const rest = (): string => excerpt(this.#text.slice(begin));
    const parts: string[] = [];
    for (let from = begin + 1; ; ) {
      const end = this.#text.indexOf(quote, from);
      if (end < 0) break;
      parts.push(this.#text.slice(from, end));
      if (this.#text[end + 1] === quote) {
        from = end + 2;
        continue;
      }
      this.#at = end + 1;
      if (this.#take(AFTER_QUOTED) === null) break;
      return parts.join(quote);
    }
    this.#refuse(`${rest()} is not properly quoted; double a quote inside the text`);
  }

  #value(): string {
    const quote = this.#text[this.#at];
    return quote === '"' || quote === "'" ? this.#quoted(quote) : this.#unquoted();
  }

  #columnOf(name: string): number {
    const found = this.#columns.get(name) ?? (name === 'fd' && this.#columns.get('aio_fildes'));
    if (typeof found === 'number') return found;
    this.#refuse(
      `column '${excerpt(name)}' does not exist; the columns are ${listed(this.#columns.keys())}`,
      'AIOSCOPE_COLUMN',
    );
  }

  #condition(): Condition {
    const head = this.#take(HEAD);
    if (head === null)
      this.#refuse(`'${excerpt(this.#unquoted())}' is not a condition; ${GRAMMAR}`);
    const [, name, sign] = head;
    const text = this.#value();
    const index = this.#columnOf(name);
    const column = this.#schema.columns[index];
    const common = { column: index, isRelative: false, isWanted: sign !== '!=' };
    if (column.type === 'char') {
      if (/^[=!]/.test(sign)) return { ...common, text };
      this.#refuse(`${excerpt(name)} is text, which compares by = and != only, not by ${sign}`);
    }
    const [low, high] = valuesOf(text, column) ?? this.#refuse(notAValue(text, column));
    if (sign === '<') return { ...common, high: low - 1n };
    if (sign === '<=') return { ...common, high };
    if (sign === '>') return { ...common, low: high + 1n };
    if (sign === '>=') return { ...common, low };
    return { ...common, low, high };
  }
}

/**
 * Parses texts of conditions, all of which have to hold.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an invalid condition or value, `AIOSCOPE_COLUMN` for
 *   a column that does not exist
 */
export function parseConditions(texts: readonly string[], schema: Schema): Clauses {
  const columns = new Map(schema.columns.map(({ name }, i) => [name, i]));
  return texts.flatMap((text) => new Parser(text, schema, columns).parse());
}
