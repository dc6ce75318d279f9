// Listing loads, and dropping one.
import { AioscopeError, badValue } from '../errors.ts';
import { checkArgument, checkOptions } from '../layout/option-names.ts';
import { partOfChunk } from './chunks.ts';
import type { ClusterNode } from './cluster-node.ts';
import { TABLES, type TableName } from './columns.ts';
import { CONNECTION_NAMES, type ConnectionOptions } from './connection-options.ts';
import { checkLoad, withNodes } from './load.ts';
import { type CompleteEntry, entriesOn } from './manifest.ts';
import { LOADS, quoteText } from './statements.ts';
import { type ChunkRows, TargetTable } from './target-table.ts';

/** What is in place of a file, or of another part, of a load. */
export interface LoadStatus {
  readonly load: string;
  readonly table: TableName;
  readonly file: string;
  /** Rows and chunks in place, on all nodes. */
  readonly rows: number;
  readonly chunks: number;
  /** Whether all of it is in place. */
  readonly isComplete: boolean;
  /** Records of the file; undefined if that was not known when it was loaded. */
  readonly records: number | undefined;
  /** The conditions and the check of the load; empty if it has all records. */
  readonly selection: string;
  /** The fields that the source could not show. They are 0 in the table. */
  readonly lacks: readonly string[];
}

type Found = ReadonlyMap<string, readonly ChunkRows[]>;

/** The chunks of every load in a table; of replicas, those of one. */
async function chunksIn(
  nodes: readonly ClusterNode[],
  database: string,
  table: TableName,
  loads: readonly string[],
): Promise<Found> {
  const targets = nodes.map((node) => new TargetTable(node, database, table));
  const shards = await Promise.all(targets.map((target) => target.shard()));
  const ones = targets.filter((_, i) => shards.indexOf(shards[i]) === i);
  const found = new Map<string, readonly ChunkRows[]>();
  for (const load of loads)
    found.set(load, await Promise.all(ones.map((target) => target.chunks(load))));
  return found;
}

/** What is in place of an entry. */
function statusOf(entry: CompleteEntry, found: readonly ChunkRows[]): LoadStatus {
  const { load, table, file, selection, lacks, records, part } = entry;
  const own = found.flatMap((chunks) =>
    [...chunks].filter(([chunk]) => partOfChunk(chunk) === part).map(([, rows]) => rows),
  );
  const rows = own.reduce((sum, each) => sum + each, 0);
  return {
    ...{ load, table, file, rows, chunks: own.length },
    isComplete: entry.isComplete && rows === entry.rows && own.length === entry.chunks,
    records: records === 0 ? undefined : records,
    selection,
    lacks: lacks === '' ? [] : lacks.split(','),
  };
}

/** The entries that any node has, each once; complete if it is so on one. */
async function allEntries(
  nodes: readonly ClusterNode[],
  database: string,
  load?: string,
): Promise<CompleteEntry[]> {
  const lists = await Promise.all(nodes.map((node) => entriesOn(node, database, load)));
  const all = new Map<string, CompleteEntry>();
  for (const entry of lists.flat()) {
    const key = `${entry.load} ${entry.table} ${entry.part}`;
    const known = all.get(key);
    if (known === undefined || (entry.isComplete && !known.isComplete)) all.set(key, entry);
  }
  return [...all.values()];
}

/**
 * Lists the loads on these nodes, one entry for each file or other part.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_PEER`; `AIOSCOPE_CLICKHOUSE` if a node fails
 */
export async function listLoads(options: ConnectionOptions): Promise<LoadStatus[]> {
  checkArgument('options', options, 'object');
  checkOptions('listLoads', options, CONNECTION_NAMES);
  return withNodes(options, undefined, async (nodes, database) => {
    const entries = await allEntries(nodes, database);
    const status: LoadStatus[] = [];
    for (const table of TABLES) {
      const own = entries.filter((entry) => entry.table === table);
      const loads = [...new Set(own.map(({ load }) => load))];
      const found = await chunksIn(nodes, database, table, loads);
      status.push(...own.map((entry) => statusOf(entry, found.get(entry.load) ?? [])));
    }
    const place = ({ load, table }: LoadStatus) => `${load} ${TABLES.indexOf(table)}`;
    return status.sort((a, b) => (place(a) < place(b) ? -1 : 1));
  });
}

/** Refuses nodes that have only a part of a load: the rest would stay, without being listed. */
function checkShards(load: string, entries: readonly CompleteEntry[], shards: number): void {
  const loadedOn = Math.max(0, ...entries.map((entry) => entry.shards));
  if (loadedOn <= shards) return;
  throw new AioscopeError(
    'AIOSCOPE_CLICKHOUSE',
    `the load ${load} is on ${loadedOn} shards, and the nodes given are of ${shards}; ` +
      'name a node of each shard',
  );
}

/**
 * Drops a load on these nodes: its rows, and its staging tables. Returns the number of rows.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, also if there is no such load; `AIOSCOPE_PEER`;
 *   `AIOSCOPE_CLICKHOUSE` if a node fails
 */
export async function dropLoad(load: string, options: ConnectionOptions): Promise<number> {
  checkArgument('options', options, 'object');
  checkOptions('dropLoad', options, CONNECTION_NAMES);
  checkLoad(load);
  return withNodes(options, undefined, async (nodes, database) => {
    const entries = await allEntries(nodes, database, load);
    let rows = 0;
    for (const table of TABLES) {
      const targets = nodes.map((node) => new TargetTable(node, database, table));
      const shards = await Promise.all(targets.map((target) => target.shard()));
      checkShards(load, entries, new Set(shards).size);
      for (const [i, target] of targets.entries()) {
        await target.dropStaging(load);
        // A replica drops what the other one does.
        if (shards.indexOf(shards[i]) !== i) continue;
        for (const [chunk, count] of await target.chunks(load)) {
          await target.dropChunk(load, chunk);
          rows += count;
        }
      }
    }
    for (const node of nodes)
      await node.run(
        'dropping a load from the table of loads',
        `ALTER TABLE ${database}.${LOADS} DROP PARTITION ${quoteText(load)}`,
      );
    if (rows > 0 || entries.length > 0) return rows;
    throw badValue('load', load, 'these nodes have no load of that name');
  });
}
