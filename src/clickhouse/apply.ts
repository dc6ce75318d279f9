// Creating the database and its tables on every node, and adding the columns that they lack.
import type { Schema } from '../layout/schema.ts';
import type { ClusterNode } from './cluster-node.ts';
import { storedColumns, TABLES, type TableName } from './columns.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { checkEngines } from './engine-check.ts';
import { withNodes } from './load.ts';
import { addColumns } from './server-columns.ts';
import { shardsOf } from './shards.ts';
import {
  extraOf,
  LOAD_COLUMNS,
  LOADS,
  type StatementOptions,
  tableStatements,
} from './statements.ts';
import { TargetTable } from './target-table.ts';

type Schemas = ReadonlyMap<TableName, readonly Schema[]>;

/** Adds to the tables of a node the columns that they lack. */
async function complete(
  node: ClusterNode,
  database: string,
  schemas: Schemas,
  codecs: boolean,
): Promise<void> {
  for (const table of TABLES) {
    const columns = [...storedColumns(table), ...extraOf(table, schemas)];
    await new TargetTable(node, database, table).prepare(columns, codecs);
  }
  const definitions = LOAD_COLUMNS.map((each) => {
    const [name] = each.split(' ');
    return [name.replaceAll('`', ''), each] as const;
  });
  await addColumns({ node, database, table: LOADS }, new Map(definitions));
}

/**
 * Creates the database and the tables that do not exist, on every node, and adds the columns that
 * existing ones lack. Columns have codecs where the node supports them, unless `statements` say
 * otherwise. Returns the number of shards that the nodes belong to.
 *
 * @throws AioscopeError `AIOSCOPE_CLICKHOUSE` if a node fails, or tables exist that differ in more
 *   than columns; `AIOSCOPE_OPTION` if two addresses are those of one server
 */
export const applyStatements = (
  options: ConnectionOptions,
  statements: StatementOptions,
  schemas: Schemas = new Map(),
): Promise<number> =>
  withNodes(options, undefined, async (nodes, database) => {
    for (const node of nodes) await checkEngines(node, database, statements);
    for (const node of nodes) {
      const codecs = statements.codecs !== false && (await node.hasCodecs());
      for (const statement of tableStatements({ ...statements, database, codecs }, schemas))
        await node.run('creating tables', statement);
      await complete(node, database, schemas, codecs);
    }
    const { all } = await shardsOf(nodes, database);
    return all.length;
  });

/** Whether every node supports column codecs. */
export const hasCodecs = (options: ConnectionOptions): Promise<boolean> =>
  withNodes(options, undefined, async (nodes) => {
    const all = await Promise.all(nodes.map((node) => node.hasCodecs()));
    return all.every((has) => has);
  });
