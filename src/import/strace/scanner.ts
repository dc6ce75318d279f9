import type { Int } from '../../trace/put-record.ts';
import { integerOf } from '../integer.ts';
import { unescaped } from './escapes.ts';
import { IOPRIO_CLASS_SHIFT, NUMBERS } from './names.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const EQUALS = 0x3d;
const ZERO = 0x30;

/** The end of a token that is not in brackets. */
const isEnd = (code: number): boolean =>
  code === 0x2c || code === 0x7d || code === 0x5d || code === 0x29 || code === SPACE;

/** The value of a hexadecimal digit; 16 of other characters. */
function digitOf(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : 16;
}

/** The number of a text, or of a name; undefined if it is neither. */
export const intOf = (text: string): Int | undefined => NUMBERS.get(text) ?? integerOf(text);

/** Flags as printed: `RWF_SYNC|0x40`. */
function flagsOf(text: string): Int | undefined {
  let all = 0n;
  for (const name of text.split('|')) {
    const bit = intOf(name.trim());
    if (bit === undefined) return undefined;
    all |= BigInt(bit);
  }
  return Number(all);
}

/** Reads the values in the arguments of a call, from left to right. */
export class Scanner {
  readonly text: string;
  at: number;
  /** What is in angle brackets behind the last number: the path of a descriptor. */
  path: string | undefined;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  /** Skips blanks and comments. Returns the next character; an empty text at the end. */
  peek(): string {
    for (;;) {
      while (this.text.charCodeAt(this.at) === SPACE) this.at += 1;
      if (!this.text.startsWith('/*', this.at)) return this.text.charAt(this.at);
      this.#skipComment();
    }
  }

  /** Comments are nested where a name has one of its own. */
  #skipComment(): void {
    const { text } = this;
    let depth = 0;
    do {
      if (text.startsWith('/*', this.at)) depth += 1;
      else if (text.startsWith('*/', this.at)) depth -= 1;
      else {
        this.at += 1;
        continue;
      }
      this.at += 2;
    } while (depth > 0 && this.at < text.length);
  }

  /** Moves past a character if it comes next; returns whether it does. */
  accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at += 1;
    return true;
  }

  /** Whether three dots come next, which are skipped. */
  skipDots(): boolean {
    if (this.peek() !== '.' || !this.text.startsWith('...', this.at)) return false;
    this.at += 3;
    return true;
  }

  /**
   * The name before the next `=`, which is skipped; undefined if there is none before the value
   * ends.
   */
  key(): string | undefined {
    this.peek();
    const { text } = this;
    let end = this.at;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (code === 0x3d) break;
      if (isEnd(code) || code === 0x7b || code === 0x5b || code === QUOTE) return undefined;
      end += 1;
    }
    if (end === text.length) return undefined;
    const name = text.slice(this.at, end);
    this.at = end + 1;
    return name;
  }

  /**
   * Skips a name and the `=` or `:` behind it, and returns the name; undefined if there is none.
   */
  nameBefore(): string | undefined {
    this.peek();
    const [all, name] = /^([a-z_]\w*)[:=]/i.exec(this.text.slice(this.at, this.at + 32)) ?? [];
    if (all !== undefined) this.at += all.length;
    return name;
  }

  /** Skips a name and the `=` behind it; returns whether they come next. */
  skipKey(name: string): boolean {
    if (this.peek() !== name[0] || !this.text.startsWith(name, this.at)) return false;
    if (this.text.charCodeAt(this.at + name.length) !== EQUALS) return false;
    this.at += name.length + 1;
    return true;
  }

  /** A number, name or flags; undefined for anything else. The path behind it is in `path`. */
  int(): Int | undefined {
    this.peek();
    const number = this.#digits();
    if (number !== undefined) return number;
    const token = this.token();
    return intOf(token) ?? (token.includes('|') ? flagsOf(token) : priority(token));
  }

  /** A number that a double holds, and nothing behind it; undefined, and nothing skipped, else. */
  #digits(): number | undefined {
    const { text } = this;
    const isHex = text.charCodeAt(this.at) === ZERO && text.charCodeAt(this.at + 1) === 0x78;
    const begin = isHex ? this.at + 2 : this.at;
    const most = begin + (isHex ? 13 : 15);
    const radix = isHex ? 16 : 10;
    let number = 0;
    let at = begin;
    let code = text.charCodeAt(at);
    for (; at < most; code = text.charCodeAt(++at)) {
      const digit = digitOf(code);
      if (digit >= radix) break;
      number = number * radix + digit;
    }
    if (at === begin || !isEnd(code)) return undefined;
    this.at = at;
    this.path = undefined;
    return number;
  }

  /** Skips a value of any shape. Returns how many items a list has, or -1 if it is cut short. */
  skipValue(): number {
    const next = this.peek();
    if (next === '"') {
      this.#skipString();
      return 0;
    }
    if (next !== '[' && next !== '{') {
      this.token();
      return 0;
    }
    this.at += 1;
    let items = 0;
    let isCut = false;
    const close = next === '[' ? ']' : '}';
    while (!this.accept(close)) {
      if (this.peek() === '') return -1;
      if (this.accept(',')) continue;
      if (this.skipDots()) {
        isCut = true;
        continue;
      }
      if (next === '{') this.key();
      const before = this.at;
      this.skipValue();
      if (this.at === before) this.at += 1;
      items += 1;
    }
    return isCut ? -1 : items;
  }

  #skipString(): void {
    const { text } = this;
    this.at += 1;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      this.at += code === BACKSLASH ? 2 : 1;
      if (code === QUOTE) break;
    }
    this.skipDots();
  }

  /** Skips a text up to the end of the value. The path behind it is in `path`. */
  token(): string {
    this.peek();
    const { text } = this;
    const start = this.at;
    let depth = 0;
    let end = start;
    this.path = undefined;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === 0x3c && depth === 0) break;
      if (code === 0x28) depth += 1;
      else if (code === 0x29 && depth > 0) depth -= 1;
      else if (depth === 0 && isEnd(code)) break;
    }
    this.at = end;
    if (text.charCodeAt(end) === 0x3c) this.#skipPath();
    return text.slice(start, end);
  }

  /**
   * A path in angle brackets: it ends at a `>` before which the value ends, and may hold others.
   */
  #skipPath(): void {
    const { text } = this;
    for (let end = text.indexOf('>', this.at); end >= 0; end = text.indexOf('>', end + 1)) {
      const rest = text.slice(end + 1, end + 11);
      const isDeleted = rest === '(deleted)';
      const next = text.charCodeAt(end + 1);
      if (!(isDeleted || rest.startsWith('(deleted)') || Number.isNaN(next) || isEnd(next)))
        continue;
      const path = text.slice(this.at + 1, end).replace(/<(?:block|char) \d+:\d+>$/, '');
      this.path = path.includes('\\') ? unescaped(path) : path;
      this.at = end + 1 + (rest.startsWith('(deleted)') ? '(deleted)'.length : 0);
      return;
    }
    this.at = text.length;
  }
}

/** `IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)` */
function priority(token: string): Int | undefined {
  const [, name = '', level = ''] = /^IOPRIO_PRIO_VALUE\(([^,]+), *(\d+)\)$/.exec(token) ?? [];
  const priorityClass = intOf(name);
  if (priorityClass === undefined) return undefined;
  return (Number(priorityClass) << IOPRIO_CLASS_SHIFT) | Number(level);
}
