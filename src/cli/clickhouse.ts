// `aioscope clickhouse`: its tables, loads, and what has been loaded.
import type { Command } from 'commander';
import { dropLoad, listLoads, tableStatements } from '../clickhouse/index.ts';
import { applyStatements, hasCodecs } from '../internal-clickhouse.ts';
import { loadsTable } from '../words/clickhouse.ts';
import { formatQuantity } from '../words/format.ts';
import { addLoad } from './clickhouse-load.ts';
import { connectionOf, type NodeOptions, withNodeOptions } from './clickhouse-options.ts';
import { schemasOf } from './clickhouse-schemas.ts';
import { type InputOptions, withInputOptions } from './input.ts';
import { printWarning, write } from './output.ts';
import { tableLines } from './table-lines.ts';

interface SchemaOptions extends NodeOptions, InputOptions {
  readonly cluster?: string;
  readonly replicated?: boolean;
  readonly codecs: boolean;
  readonly apply?: boolean;
}

/** `aioscope clickhouse schema [FILE…]` */
async function schema(files: readonly string[], options: SchemaOptions): Promise<void> {
  const { cluster, replicated, database, url, apply } = options;
  const schemas = await schemasOf(files, options);
  if (apply) {
    const connection = await connectionOf(options);
    const statements = { cluster, replicated, database, codecs: options.codecs };
    const shards = await applyStatements(connection, statements, schemas);
    if (cluster === undefined && shards > 1)
      printWarning('without --cluster, a query sees only the rows of the node that it is sent to');
    await write(`The tables exist on ${formatQuantity(url?.length ?? 0, 'node')}.\n`);
    return;
  }
  const codecs =
    options.codecs && (url === undefined || (await hasCodecs(await connectionOf(options))));
  const all = tableStatements({ cluster, replicated, database, codecs }, schemas);
  await write(all.map((statement) => `${statement};\n`).join('\n'));
}

/** `aioscope clickhouse loads` */
async function loads({ json, ...options }: NodeOptions & { json?: boolean }): Promise<void> {
  const found = await listLoads(await connectionOf(options));
  if (json) return write(`${JSON.stringify(found)}\n`);
  await write(
    found.length === 0 ? 'There are no loads.\n' : `${tableLines(loadsTable(found)).join('\n')}\n`,
  );
}

/** `aioscope clickhouse drop NAME` */
async function drop(
  name: string,
  { json, ...options }: NodeOptions & { json?: boolean },
): Promise<void> {
  const rows = await dropLoad(name, await connectionOf(options));
  if (json) return write(`${JSON.stringify({ load: name, rows })}\n`);
  await write(`Dropped ${formatQuantity(rows, 'row')} of ${name}.\n`);
}

const HELP = `
The user and the password come from CLICKHOUSE_USER and CLICKHOUSE_PASSWORD unless
options give them. docs/clickhouse.md has queries and advice for long traces.

A load takes whole files: there are no --from and --to, select times by --where 'ts>=…'.
There is no --follow, because a load has to be repeatable; and no --workers: one process
sends to all nodes at once, and several can load different files.

Examples:
  $ aioscope clickhouse schema --cluster storage --apply --url http://node1:8123 \\
      --url http://node2:8123
  $ aioscope clickhouse load --url http://node1:8123 --url http://node2:8123 run.trace
  $ aioscope clickhouse loads --url http://node1:8123 --url http://node2:8123`;

const SCHEMA_HELP = `
Without files, the tables have the fields of the kernel's structs and of the common
envelopes; fields of other layouts are added when they are loaded, or here, for the
files given. --apply creates tables and adds columns, and is an error where tables exist
with another engine. With --cluster, the tables without _local are distributed over it.

Examples:
  $ aioscope clickhouse schema --cluster storage --replicated > aio.sql
  $ aioscope clickhouse schema --apply --url http://node1:8123`;

const LOADS_HELP = `
A line per file. A load is complete once all of its chunks are in place.

Examples:
  $ aioscope clickhouse loads --url http://node1:8123 --url http://node2:8123
  $ aioscope clickhouse loads --json --url http://node1:8123`;

const DROP_HELP = `
Give all nodes: those that are left out keep their rows.

Examples:
  $ aioscope clickhouse drop monday --url http://node1:8123 --url http://node2:8123`;

/** Adds the command `clickhouse`, and its own commands. */
export function add(aioscope: Command): void {
  const clickhouse = aioscope
    .command('clickhouse')
    .description('Load records and pairs into a cluster of ClickHouse.')
    .addHelpText('after', HELP);
  const tables = clickhouse
    .command('schema')
    .description('Print or run the statements that create the tables.')
    .argument('[file...]', 'dumps or traces whose fields become columns')
    .option('--cluster <name>', 'cluster over which the tables are distributed')
    .option('--replicated', 'replicated tables, by the macros {shard} and {replica}')
    .option('--no-codecs', 'omit column codecs, for servers before 20.1')
    .option('--apply', 'create what is missing on every --url: tables and columns')
    .addHelpText('after', SCHEMA_HELP)
    .action(schema);
  withInputOptions(withNodeOptions(tables));
  addLoad(clickhouse);
  withNodeOptions(
    clickhouse.command('loads').description('List the loads and whether they are complete.'),
  )
    .option('--json', 'print JSON')
    .addHelpText('after', LOADS_HELP)
    .action(loads);
  withNodeOptions(
    clickhouse
      .command('drop')
      .description('Drop a load: its rows on all nodes given.')
      .argument('<name>', 'name of the load')
      .addHelpText('after', DROP_HELP),
  )
    .option('--json', 'print JSON')
    .action(drop);
}
