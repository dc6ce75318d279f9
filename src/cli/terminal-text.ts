// Text for a terminal: escaped characters, columns, line breaks, bars of characters.
import { UNIT_SPACE } from '../words/format.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const PRINTABLE = /^[\x20-\x7e]*$/;

/** Text from outside, such as a file name, with control characters escaped: an escape is \x1b. */
export function visible(text: string): string {
  if (PRINTABLE.test(text)) return text;
  return text.replace(UNPRINTABLE, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`;
  });
}

const IN_LINES = /[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Lines of CSV or JSON for a terminal: control characters but line feeds are escaped. JSON stays
 * JSON: it has escaped all below U+0020 already, and the rest becomes a \u escape.
 */
export const visibleLines = (text: string): string =>
  text.replace(IN_LINES, (char) =>
    char < ' '
      ? visible(char)
      : char.split('').reduce((escaped, unit) => escaped + utf16Escape(unit), ''),
  );

const utf16Escape = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Whether a column of a table is flush left or right. */
export type Align = 'left' | 'right';

/**
 * Rows as lines with their columns aligned, two spaces apart. `widths` are the least widths, and
 * grow. Control characters in cells are escaped.
 */
export function table(
  texts: readonly (readonly string[])[],
  align: readonly Align[],
  widths: number[] = [],
): string[] {
  // One test of a page of records costs less than one of each cell.
  const rows = PRINTABLE.test(texts.map((row) => row.join('')).join(''))
    ? texts
    : texts.map((row) => row.map(visible));
  for (const row of rows) {
    for (const [i, { length }] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (align[i] === 'left' ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** Text in lines of at most `width`. Numbers stay with their units; long words are not broken. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.replace(UNIT_SPACE, '\u00a0').split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > width && line !== '') lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => line.replaceAll('\u00a0', ' '));
}

/** A bar of up to `width` characters; the smallest part is still visible. */
export function bar(part: number, whole: number, width: number): string {
  if (part === 0 || whole === 0) return '';
  const eighths = Math.max(1, Math.round((part / whole) * width * 8));
  const rest = eighths % 8;
  const end = rest > 0 ? String.fromCharCode(0x2590 - rest) : '';
  return `${'█'.repeat(Math.floor(eighths / 8))}${end}`;
}
