// Describes loads into ClickHouse and their results.
import { formatCount, formatQuantity } from './format.ts';
import type { TablePart } from './section.ts';

/** What a load has done in one table. */
interface TableLoad {
  readonly table: string;
  readonly rows: number;
  readonly loaded: number;
  readonly skipped: number;
}

/** What is in place of a file of a load. */
interface LoadStatus {
  readonly load: string;
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  readonly chunks: number;
  readonly isComplete: boolean;
  readonly shardsMissing: number;
  readonly selection: string;
  readonly lacks: readonly string[];
}

/** What a load has done, a line per table. */
export function loadedText(load: string, tables: readonly TableLoad[]): string {
  const lines = tables.map(({ table, rows, loaded, skipped }) => {
    const before = skipped === 0 ? '' : `, ${formatQuantity(skipped, 'chunk')} already in place`;
    const have = rows === 1 ? 'row' : 'rows';
    const now = formatQuantity(loaded, 'chunk');
    return `${table}: ${formatCount(rows)} ${have}; ${now} loaded${before}\n`;
  });
  return `Load ${load} is complete.\n${lines.join('')}`;
}

/** Of a load that also has chunks elsewhere, these nodes cannot say whether it is complete. */
function stateOf(isComplete: boolean, shardsMissing: number): string {
  if (shardsMissing > 0) return `on ${formatQuantity(shardsMissing, 'more shard')}`;
  return isComplete ? 'complete' : 'incomplete';
}

/** The loads as a table. */
export const loadsTable = (loads: readonly LoadStatus[]): Omit<TablePart, 'kind'> => ({
  heads: ['load', 'table', 'rows', 'chunks', 'state', 'selection', 'file'],
  rows: loads.map(({ load, table, rows, chunks, isComplete, shardsMissing, selection, file }) => [
    ...[load, table, formatCount(rows), formatCount(chunks)],
    ...[stateOf(isComplete, shardsMissing), selection, file],
  ]),
  textColumns: [0, 1, 4, 5, 6],
  least: 5,
  isWhole: true,
});

/** A warning of fields that the source of records could not show. */
export const lacksText = (file: string, fields: readonly string[]): string =>
  `${file}: the source could not show ${fields.join(', ')}; ` +
  'ClickHouse has 0 there, and the table of loads lists these fields';
