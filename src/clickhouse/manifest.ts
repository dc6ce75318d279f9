// The table of loads: what each load was begun with, so that it is resumed with the same.
import { AioscopeError } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { TableName } from './columns.ts';
import { LOADS, quoteText } from './statements.ts';

/** What a part of a load was begun with. */
export interface LoadEntry {
  readonly load: string;
  readonly table: TableName;
  /** The number of the part among those of the table. */
  readonly part: number;
  readonly file: string;
  /** The size of the file in bytes, and its records; 0 if they were not known. */
  readonly bytes: number;
  readonly records: number;
  /** What tells the file from another of its size; empty if that was not known. */
  readonly fingerprint: string;
  readonly chunkRows: number;
  /** The shards that have the chunks: those on a node that is left out would be loaded twice. */
  readonly shards: number;
  /** The conditions and the check, as text; empty if there are none. */
  readonly selection: string;
  /** The fields that the source could not show, which are 0. */
  readonly lacks: string;
}

/** What is known of a part once all of it is in place. */
export interface CompleteEntry extends LoadEntry {
  readonly isComplete: boolean;
  readonly rows: number;
  readonly chunks: number;
}

const NAMES = [
  ...['load', 'table', 'part', 'file', 'bytes', 'records', 'chunkRows', 'selection', 'lacks'],
  ...['fingerprint', 'shards'],
] as const;

/** The entries of a load on a node, or of all loads. */
export async function entriesOn(
  node: ClusterNode,
  database: string,
  load?: string,
): Promise<CompleteEntry[]> {
  const keys = NAMES.map((name) => (name === 'table' ? '`table`' : name));
  const where = load === undefined ? '' : `WHERE load = ${quoteText(load)} `;
  const rows = await node.rows(
    'reading the table of loads',
    `SELECT ${keys.map((key) => `toString(${key})`).join(', ')}, toString(max(isComplete)), ` +
      `toString(max(\`rows\`)), toString(max(chunks)) FROM ${database}.${LOADS} ${where}` +
      `GROUP BY ${keys.join(', ')} ORDER BY load, \`table\`, part`,
  );
  return rows.map(([name, table, part, file, bytes, records, chunkRows, selection, ...more]) => {
    const [lacks, fingerprint, shards, isComplete, count, chunks] = more;
    return {
      ...{ load: name, table: table as TableName, part: Number(part), file, bytes: Number(bytes) },
      ...{ records: Number(records), chunkRows: Number(chunkRows), selection, lacks, fingerprint },
      shards: Number(shards),
      ...{ isComplete: isComplete === '1', rows: Number(count), chunks: Number(chunks) },
    };
  });
}

/** Adds an entry on a node. */
export function addEntry(
  node: ClusterNode,
  database: string,
  entry: LoadEntry & Partial<CompleteEntry>,
): Promise<void> {
  const { isComplete = false, rows = 0, chunks = 0 } = entry;
  const values = NAMES.map((name) => {
    const value = entry[name];
    return typeof value === 'number' ? String(value) : quoteText(value);
  });
  const all = [...values, isComplete ? '1' : '0', String(rows), String(chunks), 'now()'];
  const names = NAMES.map((name) => (name === 'table' ? '`table`' : name));
  return node.run(
    'writing to the table of loads',
    `INSERT INTO ${database}.${LOADS} (${names.join(', ')}, isComplete, \`rows\`, chunks, ` +
      `writtenAt) VALUES (${all.join(', ')})`,
  );
}

const things = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What must not change, and how an error describes it. */
const DESCRIBED: Readonly<Partial<Record<keyof LoadEntry, (entry: LoadEntry) => string>>> = {
  bytes: ({ bytes }) => `a file of ${things(bytes, 'byte')}`,
  records: ({ records }) => `a file of ${things(records, 'record')}`,
  fingerprint: ({ fingerprint }) => `a file with the fingerprint ${fingerprint || 'of nothing'}`,
  chunkRows: ({ chunkRows }) => `chunks of ${things(chunkRows, 'row')}`,
  shards: ({ shards }) => `nodes of ${things(shards, 'shard')}`,
  selection: ({ selection }) => `the selection ${selection || 'of everything'}`,
};

/** Refuses to resume a load with something else than it was begun with. */
export function checkSame(entry: LoadEntry, known: LoadEntry, url: string): void {
  const differs = Object.entries(DESCRIBED).find(
    ([name]) => entry[name as keyof LoadEntry] !== known[name as keyof LoadEntry],
  );
  if (differs === undefined) return;
  const said = (each: LoadEntry) => differs[1](each);
  throw new AioscopeError(
    'AIOSCOPE_CLICKHOUSE',
    `${url}: the load ${entry.load} was begun with ${said(known)} (${known.file}), and this is ` +
      `${said(entry)} (${entry.file}); use the same files, nodes and options, give this load ` +
      `another name, or remove the old one: aioscope clickhouse drop ${entry.load}`,
  );
}
