// The table of loads: what each load was begun with, so that it is resumed with the same.
import { AioscopeError } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { TableName } from './columns.ts';
import { LOADS, quoteName, quoteText } from './statements.ts';

/** What a part of a load was begun with. */
export interface LoadEntry {
  readonly load: string;
  readonly table: TableName;
  /** The number of the part among those of the table. */
  readonly part: number;
  readonly file: string;
  /** The size of the file in bytes, and its records; -1 if they were not known. */
  readonly bytes: number;
  readonly records: number;
  /** Kind, layout and byte order. */
  readonly format: string;
  /** Distinguishes files of equal size; empty if nothing was known. */
  readonly fingerprint: string;
  readonly chunkRows: number;
  /** The identities of the shards that have the chunks, sorted and joined by commas. */
  readonly shards: string;
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

const TEXTS = [
  ...(['load', 'table', 'file', 'format', 'fingerprint', 'shards', 'selection', 'lacks'] as const),
];
const NUMBERS = ['part', 'bytes', 'records', 'chunkRows'] as const;
const NAMES = [...TEXTS, ...NUMBERS] as const;
const KEYS = NAMES.map(quoteName).join(', ');

/** The entries of a load on a node, or of all loads. */
export async function entriesOn(
  node: ClusterNode,
  database: string,
  load?: string,
): Promise<CompleteEntry[]> {
  const where = load === undefined ? "load != ''" : `load = ${quoteText(load)}`;
  const rows = await node.rows(
    'reading the table of loads',
    `SELECT ${NAMES.map((name) => `toString(${quoteName(name)})`).join(', ')}, ` +
      'toString(max(isComplete)), toString(max(`rows`)), toString(max(chunks)) ' +
      `FROM ${database}.${LOADS} WHERE ${where} GROUP BY ${KEYS} ` +
      'ORDER BY load, `table`, part',
  );
  return rows.map((row) => {
    const [isComplete, count, chunks] = row.slice(NAMES.length);
    const texts = Object.fromEntries(TEXTS.map((name, i) => [name, row[i]]));
    const numbers = Object.fromEntries(
      NUMBERS.map((name, i) => [name, Number(row[TEXTS.length + i])]),
    );
    const entry = { ...texts, ...numbers } as unknown as LoadEntry;
    return {
      ...entry,
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
  const values = [
    ...TEXTS.map((name) => quoteText(entry[name])),
    ...NUMBERS.map((name) => String(entry[name])),
    ...[isComplete ? '1' : '0', String(rows), String(chunks), 'now()'],
  ];
  return node.run(
    'writing to the table of loads',
    `INSERT INTO ${database}.${LOADS} (${KEYS}, isComplete, \`rows\`, chunks, writtenAt) ` +
      `VALUES (${values.join(', ')})`,
  );
}

const things = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const sizeIn = (count: number, noun: string): string =>
  count < 0 ? 'a source of unknown size' : `a file of ${things(count, noun)}`;

/** What must not change, and how an error describes it. */
const DESCRIBED: Readonly<Partial<Record<keyof LoadEntry, (entry: LoadEntry) => string>>> = {
  format: ({ format }) => `the format ${format}`,
  bytes: ({ bytes }) => sizeIn(bytes, 'byte'),
  records: ({ records }) => sizeIn(records, 'record'),
  fingerprint: ({ fingerprint }) => (fingerprint ? `contents ${fingerprint}` : 'unknown contents'),
  chunkRows: ({ chunkRows }) => `chunks of ${things(chunkRows, 'row')}`,
  shards: ({ shards }) =>
    `${things(shards.split(',').length, 'shard')} (${shards.replaceAll(',', ' and ')})`,
  selection: ({ selection }) => (selection ? `the selection ${selection}` : 'all records'),
};

/** Refuses to resume a load with something else than it was begun with. */
export function checkSame(entry: LoadEntry, known: LoadEntry, url: string): void {
  const differs = Object.entries(DESCRIBED).find(
    ([name]) => entry[name as keyof LoadEntry] !== known[name as keyof LoadEntry],
  );
  if (differs === undefined) return;
  const [, described] = differs;
  throw new AioscopeError(
    'AIOSCOPE_CLICKHOUSE',
    `${url}: the load ${entry.load} was begun with ${described(known)} (${known.file}), and this ` +
      `is ${described(entry)} (${entry.file}); use the same files, nodes and options, give this ` +
      `load another name, or remove the old one: aioscope clickhouse drop ${entry.load}`,
  );
}
