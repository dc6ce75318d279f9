// The columns of a table as its server describes them, and those that it lacks.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from './cluster-node.ts';
import { quoteName, quoteText } from './quote.ts';

/** A column as the server describes it. */
export interface ServerColumn {
  readonly name: string;
  readonly type: string;
  /** `DEFAULT`, `MATERIALIZED`, `ALIAS` or `EPHEMERAL`; empty for a plain column. */
  readonly kind: string;
  /** The expression of that kind. */
  readonly expression: string;
  /** Its codec, as in a definition; empty if it has none. */
  readonly codec: string;
}

/** A table on a node. */
export interface ServerTable {
  readonly node: ClusterNode;
  readonly database: string;
  readonly table: string;
}

/** How often, and at which interval, we look whether somebody else has added the columns. */
const ADD_TRIES = 50;
const ADD_WAIT_MS = 100;

/** Whether the server computes the values, so that an insert cannot give them. */
export const isComputed = ({ kind }: ServerColumn): boolean => kind !== '' && kind !== 'DEFAULT';

/** The columns of a table; an empty list if it does not exist. */
export async function readColumns(
  { node, database, table }: ServerTable,
  hasCodecs: boolean,
): Promise<ServerColumn[]> {
  const rows = await node.rows(
    `reading the columns of ${database}.${table}`,
    'SELECT name, type, default_kind, default_expression, ' +
      `${hasCodecs ? 'compression_codec' : "''"} FROM system.columns ` +
      `WHERE database = ${quoteText(database)} AND table = ${quoteText(table)}`,
  );
  return rows.map(([name, type, kind, expression, codec]) => ({
    ...{ name, type, kind, expression, codec },
  }));
}

/** The definition of the same column; one with `value` has that default instead of its own. */
export function sameDefinition(column: ServerColumn, value?: string): string {
  const { name, type, kind, expression, codec } = column;
  const own = kind === '' ? '' : ` ${kind} ${expression}`;
  return `${quoteName(name)} ${type}${value === undefined ? own : ` DEFAULT ${value}`} ${codec}`;
}

/**
 * Adds the columns that a table lacks, of definitions by name. Another loader, or a replica, may
 * add them at the same time.
 */
export async function addColumns(
  target: ServerTable,
  definitions: ReadonlyMap<string, string>,
): Promise<void> {
  const missing = async () => {
    const known = new Set((await readColumns(target, false)).map(({ name }) => name));
    return [...definitions].filter(([name]) => !known.has(name));
  };
  const lacking = await missing();
  if (lacking.length === 0) return;
  const added = lacking.map(([, definition]) => `ADD COLUMN ${definition}`).join(', ');
  const name = `${target.database}.${target.table}`;
  try {
    await target.node.run(`adding columns to ${name}`, `ALTER TABLE ${name} ${added}`);
  } catch (error) {
    for (let tries = 0; (await missing()).length > 0; tries++) {
      if (tries === ADD_TRIES) throw error;
      await sleep(ADD_WAIT_MS);
    }
  }
}
