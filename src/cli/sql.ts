import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Command } from 'commander';
import type { DuckDBFile } from '../duckdb/index.ts';
import { AioscopeError, type EngineOption, type Kind } from '../node.ts';
import { stoppedBySignals, writeError } from './duckdb.ts';
import { BAD_USAGE } from './exit.ts';
import {
  choice,
  type Input,
  type InputOptions,
  openInput,
  REPEATED,
  resolveInputs,
  withInputOptions,
} from './input.ts';
import { loudPipe, tell, writeOut } from './output.ts';
import { ProgressBar } from './progress.ts';
import { csvText, jsonText, tableText } from './sql-text.ts';
import { openTarget, type Target } from './target.ts';
import { visible } from './terminal-text.ts';

/** What the result of a query can be written as. */
export const SQL_FORMATS = ['table', 'csv', 'json', 'arrow', 'parquet'] as const;
type Format = (typeof SQL_FORMATS)[number];

/** The options of `aioscope sql`. */
interface SqlOptions extends InputOptions {
  readonly engine?: EngineOption;
  readonly to?: Format;
  readonly json?: boolean;
  readonly output: string;
  readonly force?: boolean;
}

const bad = (message: string): never => {
  throw new AioscopeError('AIOSCOPE_OPTION', message);
};

function formatOf({ to, json }: SqlOptions): Format {
  if (json && to !== undefined && to !== 'json')
    bad(`--json is --to json, and --to ${to} is not; give one of them`);
  return to ?? (json ? 'json' : 'table');
}

/** Recognize an input. What can be opened as often as wanted is given by its name, anything else as it has been opened. */
async function opened(input: Input): Promise<DuckDBFile> {
  const { source, format } = await openInput(input);
  const isFile = input.file !== '-' && statSync(input.file, { throwIfNoEntry: false })?.isFile();
  if (!isFile) return { source, ...format };
  await source.close();
  return { source: input.file, ...format };
}

/** Sorts of DuckDB's errors that lie in the query, and not in the data. */
const IN_QUERY = /^(Parser|Binder|Catalog|Syntax) Error: /;

/** The tables that there can be. */
function tableNames(tables: readonly DuckDBFile[]): string[] {
  const kinds = tables.map(({ kind }) => kind as Kind);
  const [submissions, completions] = (['iocb', 'io_event'] as const).map(
    (each) => kinds.filter((kind) => kind === each).length,
  );
  return [
    ...new Set(kinds),
    ...(submissions > 0 && submissions === completions ? ['pairs'] : []),
    'files',
  ];
}

/** Something is wrong with the query: DuckDB says it in several lines, one of which points at the place. */
class QueryError extends Error {}

/** DuckDB's error as ours: what it says has the place in the query, and of a table that is not there those that are. */
function queryError(error: unknown, tables: readonly DuckDBFile[]): unknown {
  if (error instanceof AioscopeError) return error;
  const message = (error as Error).message.replace(
    /^(Failed to extract statements|Invalid Input Error): /,
    '',
  );
  if (!IN_QUERY.test(message)) return new Error(message, { cause: error });
  const listed = /^Catalog Error: Table /.test(message)
    ? `\nThe tables are ${tableNames(tables).join(', ')}.`
    : '';
  return new QueryError(message + listed, { cause: error });
}

/** Make Parquet: DuckDB writes files by itself, and what is no file is given one's bytes. */
async function writeParquet(
  connection: DuckDBConnection,
  query: string,
  { path, write }: Pick<Target, 'path' | 'write'>,
): Promise<void> {
  const { queryParquet } = await import('../duckdb/index.ts');
  if (path !== undefined) return queryParquet(connection, query, path);
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-sql-'));
  try {
    const file = join(folder, 'result.parquet');
    await queryParquet(connection, query, file);
    for await (const chunk of createReadStream(file)) await write(chunk as Uint8Array);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Write what a query gives. */
async function writeResult(
  connection: DuckDBConnection,
  query: string,
  format: Format,
  target: Pick<Target, 'path' | 'write'>,
) {
  if (format === 'parquet') return writeParquet(connection, query, target);
  const { queryArrow, queryRows } = await import('../duckdb/index.ts');
  if (format === 'arrow') {
    for await (const chunk of queryArrow(connection, query)) await target.write(chunk);
    return;
  }
  const text = { table: tableText, csv: csvText, json: jsonText }[format];
  const encoder = new TextEncoder();
  for await (const lines of text(queryRows(connection, query)))
    await target.write(encoder.encode(lines));
}

async function writeTorn(connection: DuckDBConnection): Promise<void> {
  const torn = await connection.runAndReadAll(
    'SELECT file, tornBytes, tornOffset FROM files WHERE tornBytes > 0',
  );
  for (const [file, bytes, offset] of torn.getRows())
    tell(`${file}: ${bytes} bytes from byte ${offset} on are no whole record`);
}

async function targetOf({ output, force }: SqlOptions, format: Format): Promise<Target> {
  if (output !== '-') return openTarget(output, force === true, true);
  const isBinary = format === 'arrow' || format === 'parquet';
  if (process.stdout.isTTY && isBinary)
    bad(
      `${format} is binary and standard output is a terminal; name a file with -o, or pipe it on`,
    );
  if (isBinary) loudPipe();
  const done = async () => {};
  return { write: writeOut, finish: done, abandon: done };
}

/** Make the tables, ask, and write what comes. */
async function answer(
  query: string,
  tables: readonly DuckDBFile[],
  format: Format,
  options: SqlOptions,
): Promise<void> {
  const { connect } = await import('../duckdb/index.ts');
  const bar = new ProgressBar('sql');
  const onProgress = options.output === '-' && process.stdout.isTTY ? undefined : bar.update;
  const { engine, compression } = options;
  const target = await targetOf(options, format);
  const stop = stoppedBySignals();
  try {
    stop.connection = await connect(tables, {
      query,
      engine,
      compression,
      onProgress,
      signal: stop.signal,
    });
    await writeResult(stop.connection, query, format, target);
    await target.finish();
    await bar.stop();
    await writeTorn(stop.connection);
  } catch (error) {
    await target.abandon();
    if (stop.exitCode !== 0) process.exit(stop.exitCode);
    throw queryError(target.path === undefined ? error : writeError(error, options.output), tables);
  } finally {
    stop.restore();
    await bar.stop();
  }
}

/** `aioscope sql QUERY FILE…` */
async function run(query: string, files: readonly string[], options: SqlOptions): Promise<void> {
  const format = formatOf(options);
  if (query.trim() === '') bad("the query is empty; it is such as 'select count(*) from io_event'");
  const tables: DuckDBFile[] = [];
  for (const input of resolveInputs(files, options)) tables.push(await opened(input));
  try {
    await answer(query, tables, format, options);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const [first, ...lines] = error.message.split('\n');
    tell(first);
    process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''));
    process.exitCode = BAD_USAGE;
  }
}

const HELP = `${REPEATED}
Tables are io_event, iocb and aio_ring, as far as there are such files (several are one table, and
file says which), pairs where submissions and completions can be matched, and files. Besides the
columns of the records there are index, file, opcode_name and errno_name; docs/sql.md has queries.
DuckDB runs them: npm install @duckdb/node-api (in a clone of aioscope with --no-save -D).

Examples:
  $ aioscope sql "select errno_name, count(*) from io_event where res < 0 group by all" dump.ioev
  $ aioscope sql "select max(latencyNs) from pairs" dump.iocb88 dump.ioev56
  $ aioscope sql --to csv -o large.csv "from iocb where aio_nbytes > 1e6" dump.iocb
  $ aioscope sql --json "from files" dump.ioev.gz | jq .records`;

/** Give the program its command `sql`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('sql')
    .argument('<query>', 'what is asked for, in the SQL of DuckDB')
    .argument('<file...>', 'dumps that are the tables; - is standard input');
  withInputOptions(command)
    .description(
      'Query records and pairs in SQL. Plain files are read in place, only the columns that are asked for.',
    )
    .option(
      '--to <format>',
      `how the result is written: ${SQL_FORMATS.join(', ')}; 64-bit numbers are text in json (default: table)`,
      choice(SQL_FORMATS),
    )
    .option('-o, --output <file>', 'where to write; - is standard output', '-')
    .option('--force', 'overwrite the file if it exists')
    .option('--json', 'the same as --to json: an object for each row')
    .addHelpText('after', HELP)
    .action(run);
}
