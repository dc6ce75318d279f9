// Creating the database and its tables on every node.
import type { Schema } from '../layout/schema.ts';
import type { TableName } from './columns.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { withNodes } from './load.ts';
import { type StatementOptions, tableStatements } from './statements.ts';

/** Creates the database and the tables that do not exist, on every node, with what it can. */
export async function applyStatements(
  options: ConnectionOptions,
  statements: StatementOptions,
  schemas?: ReadonlyMap<TableName, readonly Schema[]>,
): Promise<void> {
  await withNodes(options, undefined, async (nodes) => {
    for (const node of nodes) {
      const codecs = await node.hasCodecs();
      const all = tableStatements({ ...statements, codecs }, schemas);
      for (const statement of all) await node.run('creating tables', statement);
    }
  });
}

/** Whether all nodes have codecs of columns. */
export const hasCodecs = (options: ConnectionOptions): Promise<boolean> =>
  withNodes(options, undefined, async (nodes) => {
    const all = await Promise.all(nodes.map((node) => node.hasCodecs()));
    return all.every((has) => has);
  });
