import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Command } from 'commander';
import type { DuckDBInput } from '../duckdb/index.ts';
import { AioscopeError } from '../node.ts';
import { stoppedBySignals, writeError } from './duckdb.ts';
import { BAD_USAGE, usageError } from './exit.ts';
import { REPEATED_OPTIONS, resolveInputs } from './input.ts';
import { openTables } from './match-inputs.ts';
import { failOnClosedPipe, printError, refuseTerminal, warnTorn, writeOut } from './output.ts';
import { ProgressBar } from './progress.ts';
import { type SqlFormat, type SqlOptions, sqlFormatOf, withSqlOptions } from './sql-options.ts';
import { csvText, jsonText, ndjsonText, tableText } from './sql-text.ts';
import { openTarget, type Target } from './target.ts';
import { visible } from './terminal-text.ts';

/** DuckDB's errors in the query, as opposed to the data. */
const IN_QUERY = /^(Parser|Binder|Catalog|Syntax) Error: /;

/** An error in the query. DuckDB's message has several lines, one of which marks the place. */
class QueryError extends Error {}

/** DuckDB's error as ours. */
function queryError(error: unknown): unknown {
  if (error instanceof AioscopeError) return error;
  const message = (error as Error).message.replace(
    /^(Failed to extract statements|Invalid Input Error): /,
    '',
  );
  const Reason = IN_QUERY.test(message) ? QueryError : Error;
  return new Reason(message, { cause: error });
}

/** Writes Parquet. DuckDB writes only files: for a pipe, the bytes of a temporary file follow. */
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

/** The quality of the files, as far as they have been read. */
async function qualityOf(connection: DuckDBConnection): Promise<object> {
  const read = await connection.runAndReadAll(
    'SELECT file, bytes, records, tornBytes, tornOffset FROM files',
  );
  const files = read
    .getRowObjects()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'bigint' ? Number(value) : value,
        ]),
      ),
    );
  return { files };
}

/** Writes the result of a query. */
async function writeResult(
  connection: DuckDBConnection,
  query: string,
  format: SqlFormat,
  { int64 = 'auto' }: SqlOptions,
  target: Pick<Target, 'path' | 'write'>,
) {
  if (format === 'parquet') return writeParquet(connection, query, target);
  const { queryArrow, queryRows } = await import('../duckdb/index.ts');
  if (format === 'arrow') {
    for await (const chunk of queryArrow(connection, query)) await target.write(chunk);
    return;
  }
  const result = queryRows(connection, query, { bigint: true });
  const text = {
    table: () => tableText(result),
    csv: () => csvText(result),
    ndjson: () => ndjsonText(result, int64),
    json: () => jsonText(result, int64, () => qualityOf(connection)),
  }[format];
  const encoder = new TextEncoder();
  for await (const lines of text()) await target.write(encoder.encode(lines));
}

async function writeTorn(connection: DuckDBConnection): Promise<void> {
  const torn = await connection.runAndReadAll(
    'SELECT file, tornBytes, tornOffset FROM files WHERE tornBytes > 0',
  );
  for (const [file, bytes, offset] of torn.getRows())
    warnTorn(String(file), Number(bytes), Number(offset));
}

async function targetOf({ output, force }: SqlOptions, format: SqlFormat): Promise<Target> {
  if (output !== '-') return openTarget(output, force === true, true);
  const isBinary = format === 'arrow' || format === 'parquet';
  if (isBinary) {
    refuseTerminal(`${format} is`);
    failOnClosedPipe();
  }
  const done = async () => {};
  return { write: writeOut, finish: done, abandon: done };
}

/** Creates the tables, runs the query, and writes the result. */
async function answer(
  query: string,
  inputs: readonly DuckDBInput[],
  format: SqlFormat,
  options: SqlOptions,
): Promise<void> {
  const { connect } = await import('../duckdb/index.ts');
  const bar = new ProgressBar('sql');
  const onProgress = options.output === '-' && process.stdout.isTTY ? undefined : bar.update;
  const { engine, compression } = options;
  const target = await targetOf(options, format);
  const stop = stoppedBySignals();
  try {
    stop.connection = await connect(inputs, {
      query,
      engine,
      compression,
      onProgress,
      signal: stop.signal,
    });
    await writeResult(stop.connection, query, format, options, target);
    await target.finish();
    await bar.stop();
    await writeTorn(stop.connection);
  } catch (error) {
    await target.abandon();
    if (stop.exitCode !== 0) process.exit(stop.exitCode);
    throw queryError(target.path === undefined ? error : writeError(error, options.output));
  } finally {
    stop.restore();
    await bar.stop();
  }
}

/** `aioscope sql QUERY FILE…` */
async function run(query: string, files: readonly string[], options: SqlOptions): Promise<void> {
  const format = sqlFormatOf(options);
  if (query.trim() === '') usageError("the query is empty; try 'select count(*) from io_event'");
  const inputs: DuckDBInput[] = [];
  const resolved = await resolveInputs(files, options, 'whole');
  const dumps = await openTables(resolved.filter(({ whole }) => whole === undefined));
  for (const { whole: source, kind } of resolved) {
    const next = source ? { source, kind } : dumps.shift();
    if (next !== undefined) inputs.push(next);
  }
  try {
    await answer(query, inputs, format, options);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const [first, ...lines] = error.message.split('\n');
    printError(first);
    process.stderr.write(lines.map((line) => `${visible(line)}\n`).join(''));
    process.exitCode = BAD_USAGE;
  }
}

const HELP = `${REPEATED_OPTIONS}
Tables: io_event, iocb and aio_ring, for the kinds of the files given (files of
one kind form one table, with their names in the column file); pairs, where files
of submissions and of completions can be matched, joined as by match, with the
file and the fileIndex of each submission; open, the requests without a
completion, with their age in ns and class; and files. A trace also has refused,
calls, processes and descriptors. Record tables add the columns index, file,
opcode_name and errno_name, and comm and path, the names of process and file,
where a trace knows them; fd_path(pid, fd, ts) and pid_comm(pid, ts)
look them up. Records are
selected in the query, WHERE res < 0 or ts BETWEEN 1 AND 2, not by --where, --from
and --to. A query reads its files as they are when it begins, on one thread: there
are no --follow and --workers. docs/sql.md has more.
DuckDB runs the queries: npm install @duckdb/node-api (in a clone of aioscope,
with --no-save -D).

Examples:
  $ aioscope sql "select errno_name, count(*) from io_event where res < 0 group by all" dump.ioev
  $ aioscope sql "select max(latencyNs) from pairs" dump.iocb88 dump.ioev56
  $ aioscope sql "select aio_fildes, count(*), max(ageNs) from open group by all" run.trace
  $ aioscope sql --format csv -o large.csv "from iocb where aio_nbytes > 1e6" dump.iocb
  $ aioscope sql --json "from io_event limit 9" dump.ioev | jq '.rows[].res, .quality'`;

/** Adds the command `sql`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('sql')
    .argument('<query>', 'query in DuckDB SQL')
    .argument('<file...>', 'dumps or traces to query; - is standard input');
  withSqlOptions(command)
    .description(
      'Query records and pairs with SQL. Uncompressed files are read in place, and only the ' +
        'columns used.',
    )
    .addHelpText('after', HELP)
    .action(run);
}
