// Which nodes are replicas of one shard, and how a shard is recognized again.
import { randomBytes } from 'node:crypto';
import { AioscopeError } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import { LOADS, quoteText } from './statements.ts';

/** The shards of some nodes. */
export interface Shards {
  /** The identity of each node's shard, in the order of the nodes. */
  readonly ofNode: readonly string[];
  /** The identities, each once, sorted. */
  readonly all: readonly string[];
}

/** The path that the replicas of a table share; undefined if it is not replicated. */
async function replicaPath(node: ClusterNode, database: string): Promise<string | undefined> {
  const [found] = await node.rows(
    'looking for replicas',
    `SELECT zookeeper_path FROM system.replicas WHERE database = ${quoteText(database)} ` +
      `AND table = ${quoteText(LOADS)}`,
  );
  return found?.[0];
}

/**
 * The identity of a node that is not a replica: a random text in a row of its table of loads, which
 * is written the first time.
 */
async function ownIdentity(node: ClusterNode, database: string): Promise<string> {
  const what = 'reading the table of loads';
  const query =
    `SELECT min(fingerprint) FROM ${database}.${LOADS} WHERE load = '' ` +
    'GROUP BY load HAVING count() > 0';
  const [known] = await node.rows(what, query);
  if (known !== undefined) return known[0];
  const id = randomBytes(8).toString('hex');
  await node.run(
    'writing to the table of loads',
    `INSERT INTO ${database}.${LOADS} (load, fingerprint) VALUES ('', ${quoteText(id)})`,
  );
  // Another loader may have written one meanwhile: both take the least.
  const [[least]] = await node.rows(what, query);
  return least;
}

/**
 * Asks each node which shard it is of.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` if two addresses are those of one server
 */
export async function shardsOf(nodes: readonly ClusterNode[], database: string): Promise<Shards> {
  const found = await Promise.all(
    nodes.map(async (node) => {
      const path = await replicaPath(node, database);
      return { path, id: path ?? (await ownIdentity(node, database)) };
    }),
  );
  for (const [i, { path, id }] of found.entries()) {
    const other = found.findIndex((each) => each.id === id);
    if (path === undefined && other < i)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `${nodes[other].url} and ${nodes[i].url} are one server; name it once`,
      );
  }
  const ofNode = found.map(({ id }) => id);
  return { ofNode, all: [...new Set(ofNode)].sort() };
}
