// Lays out a table for a terminal.
import { formatCount } from '../words/format.ts';
import type { TablePart } from '../words/section.ts';
import { colors } from './output.ts';
import { type Align, table } from './terminal-text.ts';

/** Longer tables are cut; `--json` has all rows. */
const ROWS_MAX = 16;

/** Rows as lines; columns on the right are left out where they must not be shown and do not fit. */
function fittingLines(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  width: number,
  least = align.length,
): string[] {
  const lines = table(rows, align);
  const isFitting = lines.every(({ length }) => length <= width);
  if (isFitting || align.length <= least) return lines;
  const fewer = align.length - 1;
  return fittingLines(
    rows.map((row) => row.slice(0, fewer)),
    align.slice(0, fewer),
    width,
    least,
  );
}

/** A table as lines of at most `width` where its columns allow that. */
export function tableLines(
  { heads, rows, textColumns, least, isWhole }: Omit<TablePart, 'kind'>,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const hasHeads = heads.some((head) => head !== '');
  const align = heads.map((_, i): Align => (textColumns.includes(i) ? 'left' : 'right'));
  const shown = isWhole ? rows : rows.slice(0, ROWS_MAX);
  const lines = fittingLines(hasHeads ? [heads, ...shown] : shown, align, width, least);
  const more = rows.length - shown.length;
  return [
    ...lines.map((line, i) => (hasHeads && i === 0 ? colors.dim(line) : line)),
    ...(more > 0 ? [colors.dim(`… ${formatCount(more)} more, all in --json`)] : []),
  ];
}
