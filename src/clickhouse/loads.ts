// Listing loads, and dropping one.
import { AioscopeError } from '../errors.ts';
import { checkArgument, checkOptions } from '../layout/option-names.ts';
import { ChunkMap } from './chunk-map.ts';
import { partOfChunk } from './chunks.ts';
import type { ClusterNode } from './cluster-node.ts';
import { TABLES, type TableName } from './columns.ts';
import { CONNECTION_NAMES, type ConnectionOptions } from './connection-options.ts';
import { checkLoad, withNodes } from './load.ts';
import { type CompleteEntry, entriesOn } from './manifest.ts';
import { type Shards, shardsOf } from './shards.ts';
import { LOADS, quoteText } from './statements.ts';
import { TargetTable } from './target-table.ts';

/** What is in place of a file, or of another part, of a load. */
export interface LoadStatus {
  readonly load: string;
  readonly table: TableName;
  readonly file: string;
  /** Rows and chunks in place, on all nodes. */
  readonly rows: number;
  readonly chunks: number;
  /** How many shards that have chunks of it are not among those of these nodes. */
  readonly shardsMissing: number;
  /** Whether all of it is in place, on these nodes. */
  readonly isComplete: boolean;
  /** Records of the file; undefined if that was not known when it was loaded. */
  readonly records: number | undefined;
  /** The conditions and the check of the load; empty if it has all records. */
  readonly selection: string;
  /** The fields that the source could not show. They are 0 in the table. */
  readonly lacks: readonly string[];
}

/** What is in place of an entry. */
function statusOf(entry: CompleteEntry, found: ChunkMap, { all }: Shards): LoadStatus {
  const { load, table, file, selection, lacks, records, part } = entry;
  const { rows, chunks } = found.count((chunk) => partOfChunk(chunk) === part);
  const shardsMissing = entry.shards.split(',').filter((id) => !all.includes(id)).length;
  return {
    ...{ load, table, file, rows, chunks, shardsMissing },
    isComplete:
      entry.isComplete && shardsMissing === 0 && rows === entry.rows && chunks === entry.chunks,
    records: records < 0 ? undefined : records,
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
    const shards = await shardsOf(nodes, database);
    const entries = await allEntries(nodes, database);
    const status: LoadStatus[] = [];
    for (const table of TABLES) {
      const targets = nodes.map((node) => new TargetTable(node, database, table));
      const own = entries.filter((entry) => entry.table === table);
      const loads = [...new Set(own.map(({ load }) => load))];
      const maps = await Promise.all(
        loads.map(async (load) => [load, await ChunkMap.of(targets, shards, load)] as const),
      );
      const found = new Map(maps);
      for (const entry of own) {
        const map = found.get(entry.load);
        if (map !== undefined) status.push(statusOf(entry, map, shards));
      }
    }
    const place = ({ load, table }: LoadStatus) => `${load} ${TABLES.indexOf(table)}`;
    return status.sort((a, b) => (place(a) < place(b) ? -1 : 1));
  });
}

/** Refuses nodes that have only a part of a load: the rest would stay, without being listed. */
function checkShards(entries: readonly CompleteEntry[], { all }: Shards): void {
  for (const { load, shards } of entries) {
    const missing = shards.split(',').filter((id) => !all.includes(id));
    if (missing.length === 0) continue;
    throw new AioscopeError(
      'AIOSCOPE_CLICKHOUSE',
      `the load ${load} also has chunks on the shards ${missing.join(', ')}, which none of the ` +
        'nodes given is of; name a node of each shard',
    );
  }
}

/**
 * Drops a load on these nodes: its rows, and its staging tables. Returns the number of rows.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, also if the load does not exist; `AIOSCOPE_PEER`;
 *   `AIOSCOPE_CLICKHOUSE` if a node fails, or the load is also on other nodes
 */
export async function dropLoad(load: string, options: ConnectionOptions): Promise<number> {
  checkArgument('options', options, 'object');
  checkOptions('dropLoad', options, CONNECTION_NAMES);
  checkLoad(load);
  return withNodes(options, undefined, async (nodes, database) => {
    const entries = await allEntries(nodes, database, load);
    checkShards(entries, await shardsOf(nodes, database));
    let rows = 0;
    for (const table of TABLES) {
      const dropped = new Map<number, number>();
      for (const node of nodes) {
        const target = new TargetTable(node, database, table);
        await target.dropStaging(load);
        // Of what one replica drops, another may still have parts.
        for (const [chunk, count] of await target.chunks(load)) {
          await target.dropChunk(load, chunk);
          dropped.set(chunk, Math.max(count, dropped.get(chunk) ?? 0));
        }
      }
      for (const count of dropped.values()) rows += count;
    }
    for (const node of nodes)
      await node.run(
        'dropping a load from the table of loads',
        `ALTER TABLE ${database}.${LOADS} DROP PARTITION ${quoteText(load)}`,
      );
    if (rows > 0 || entries.length > 0) return rows;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `there is no load ${load} on these nodes; aioscope clickhouse loads lists them`,
    );
  });
}
