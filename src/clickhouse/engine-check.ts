// Refusing tables that have other engines than asked for, and clusters that a node does not know.
import { AioscopeError, excerpt } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import { TABLES } from './columns.ts';
import { quoteText } from './quote.ts';
import { LOADS, localName, type StatementOptions } from './statements.ts';

const fault = (node: ClusterNode, message: string) =>
  new AioscopeError('AIOSCOPE_CLICKHOUSE', `${node.url}: ${message}`);

/** An engine without what does not matter here: paths, keys and settings. */
function shortEngine(engine: string): string {
  const [, name = engine, cluster = ''] = /^(\w+)(?:\('?(\w+))?/.exec(engine) ?? [];
  return name === 'Distributed' ? `${name}(${cluster})` : name;
}

/** Refuses a cluster that the node does not know: its queries would fail. */
async function checkCluster(node: ClusterNode, cluster: string): Promise<void> {
  const rows = await node.rows(
    'looking for the cluster',
    'SELECT DISTINCT cluster FROM system.clusters ORDER BY cluster',
  );
  const known = rows.map(([name]) => name);
  if (known.includes(cluster)) return;
  const others = known.length === 0 ? 'it has none' : `it has ${excerpt(known.join(', '))}`;
  throw fault(
    node,
    `there is no cluster ${cluster} in the configuration of this node (${others}); add it to ` +
      'remote_servers, or name another by --cluster',
  );
}

/**
 * Refuses tables that exist with another engine: `CREATE TABLE IF NOT EXISTS` leaves them as they
 * are.
 *
 * @throws AioscopeError `AIOSCOPE_CLICKHOUSE`
 */
export async function checkEngines(
  node: ClusterNode,
  database: string,
  { cluster, replicated = false }: StatementOptions,
): Promise<void> {
  if (cluster !== undefined) await checkCluster(node, cluster);
  const rows = await node.rows(
    'looking for tables',
    `SELECT name, engine_full FROM system.tables WHERE database = ${quoteText(database)} ` +
      'ORDER BY name',
  );
  const engines = new Map(rows.map(([name, engine]) => [name, shortEngine(engine)]));
  const named = (names: readonly string[]) =>
    names.map((name) => `${database}.${name} (${engines.get(name)})`).join(', ');

  const asked = cluster === undefined ? 'Merge' : `Distributed(${cluster})`;
  const others = TABLES.filter((table) => (engines.get(table) ?? asked) !== asked);
  if (others.length > 0)
    throw fault(
      node,
      `not ${asked}: ${named(others)}; run this with the --cluster that the tables were made ` +
        'with, or drop these tables on the node, which hold no rows, and run it again',
    );
  const locals = [...TABLES.map(localName), LOADS].filter((name) => {
    const engine = engines.get(name);
    // ClickHouse Cloud replaces both engines by Shared ones.
    if (engine === undefined || engine.startsWith('Shared')) return false;
    return engine.startsWith('Replicated') !== replicated;
  });
  if (locals.length > 0)
    throw fault(
      node,
      `${replicated ? 'not replicated' : 'replicated'}: ${named(locals)}; ` +
        `run this ${replicated ? 'without' : 'with'} --replicated, or make other tables by ` +
        '--database NAME',
    );
}
