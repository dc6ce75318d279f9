import zlib from 'node:zlib';
import { type Command, InvalidArgumentError } from 'commander';
import {
  type BatchStream,
  csvHeader,
  csvRows,
  ndjsonRows,
  PARQUET_CODECS,
  PROFILES,
  type Schema,
  selectColumns,
  TS_TYPES,
} from '../node.ts';
import { arrowFile, arrowStream } from '../sinks/arrow.ts';
import { batchesOf, pairsOf } from './batches.ts';
import { writeByDuckDB } from './export-duckdb.ts';
import {
  bad,
  checkOptions,
  EXPORTS,
  type ExportOptions,
  type Format,
  toValue,
} from './export-options.ts';
import {
  choice,
  columnNames,
  type Input,
  REPEATED,
  resolveInputs,
  sinceOf,
  withConditions,
  withInputOptions,
} from './input.ts';
import { withMatchingOptions } from './match-inputs.ts';
import { loudPipe, writeOut } from './output.ts';
import { openFolder, openTarget } from './target.ts';

/** Rows of text that are made at once. */
const TEXT_ROWS = 2048;
/** Bytes of records that are decoded at once: they and their columns stay in the caches together. */
const BATCH_BYTES = 2 ** 20;

const rowsOf = (format: Format, { stride }: Schema): number =>
  format === 'csv' || format === 'ndjson'
    ? TEXT_ROWS
    : Math.max(256, Math.min(2 ** 15, Math.floor(BATCH_BYTES / stride)));

async function* rawBytes(batches: BatchStream): AsyncGenerator<Uint8Array, void, void> {
  for await (const { bytes } of batches) if (bytes !== undefined) yield bytes;
}

async function* textOf(
  batches: BatchStream,
  format: 'csv' | 'ndjson',
  columns: readonly string[] | undefined,
) {
  const encoder = new TextEncoder();
  selectColumns(batches.schema, columns);
  if (format === 'csv') yield encoder.encode(csvHeader(batches.schema, columns));
  const rows = format === 'csv' ? csvRows : ndjsonRows;
  for await (const batch of batches) yield encoder.encode(rows(batch, { columns }));
}

/** How Parquet is to be written: zstd by Node, where it has it. */
function parquetOptions({ codec }: ExportOptions) {
  const { zstdCompressSync: zstd } = zlib as {
    zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
  };
  if (codec === 'zstd' && zstd === undefined)
    bad(`this Node, ${process.version}, has no zstd, which came with 22.15; take --codec snappy`);
  return { codec, zstd };
}

/** What a table says of itself, and which columns it has. */
const tableOptions = (files: readonly string[], { columns, names, tsType }: ExportOptions) => ({
  columns,
  names,
  tsType,
  metadata: { source: files.join(', ') },
});

/** The bytes of a format, chunk by chunk; a chunk is valid until the next is asked for. */
async function chunksOf(
  format: Format,
  batches: BatchStream,
  files: readonly string[],
  options: ExportOptions,
) {
  const table = tableOptions(files, options);
  if (format === 'raw') return rawBytes(batches);
  if (format === 'arrow') return arrowStream(batches, { ...table, views: true });
  if (format === 'arrow-file') return arrowFile(batches, { ...table, views: true });
  if (format === 'parquet')
    return (await import('../sinks/parquet.ts')).parquetFile(batches, {
      ...table,
      ...parquetOptions(options),
    });
  return textOf(batches, format, options.columns);
}

async function toStandardOutput(format: Format, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (process.stdout.isTTY && format !== 'csv' && format !== 'ndjson')
    bad(
      `${format} is binary and standard output is a terminal; name a file with -o, or pipe it on`,
    );
  loudPipe();
  for await (const chunk of chunks) await writeOut(chunk);
}

/** Write everything or leave nothing. */
async function whole<T extends { finish(): Promise<void>; abandon(): Promise<void> }>(
  target: T,
  fill: (target: T) => Promise<void>,
) {
  try {
    await fill(target);
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

async function toFolder(
  by: string,
  batches: BatchStream,
  files: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const { parquetPartitions } = await import('../sinks/parquet.ts');
  const [, name, size] = /^(records):(\d+)$/.exec(by) ?? [by, by];
  const table = { ...tableOptions(files, options), ...parquetOptions(options) };
  const parts = parquetPartitions(batches, {
    ...table,
    by: name,
    ...(size !== undefined && { size: Number(size) }),
  });
  if (options.output === '-') bad('--partition-by writes a folder; name it with -o');
  await whole(await openFolder(options.output), async (folder) => {
    for await (const { path, bytes } of parts) await folder.write(path, bytes);
  });
}

/** What is written: records, or pairs of them. */
async function streamOf(
  files: readonly string[],
  format: Format,
  to: string | undefined,
  options: ExportOptions,
  opened?: readonly Input[],
): Promise<BatchStream> {
  const { where, from, engine, check } = options;
  const quiet = options.output === '-' && process.stdout.isTTY;
  if (options.pairs) return pairsOf(files, options, { where, from, to }, quiet);
  const inputs = opened ?? resolveInputs(files, options);
  const given = { where, from, to, since: await sinceOf(inputs, { from, to }), engine, check };
  return batchesOf(inputs, given, {
    rows: (schema) => rowsOf(format, schema),
    asTheyLie: format === 'raw',
    quiet,
  });
}

/** `aioscope export FILE…` */
async function run(files: readonly string[], options: ExportOptions): Promise<void> {
  const { format, time } = options.to ?? {};
  if (format === undefined)
    return bad(`--to says what to export to, and is missing; it is one of ${EXPORTS.join(', ')}`);
  checkOptions(format, options);
  if (format === 'parquet' && options.partitionBy === undefined && options.output !== '-')
    return toParquet(files, time, options);
  const batches = await streamOf(files, format, time, options);
  if (options.partitionBy !== undefined)
    return toFolder(options.partitionBy, batches, files, options);
  const chunks = await chunksOf(format, batches, files, options);
  if (options.output === '-') return toStandardOutput(format, chunks);
  await whole(await openTarget(options.output, options.force === true, true), async (target) => {
    for await (const chunk of chunks) await target.write(chunk);
  });
}

/** One Parquet file, by DuckDB where it can and by ourselves what it leaves. */
async function toParquet(
  files: readonly string[],
  to: string | undefined,
  options: ExportOptions,
): Promise<void> {
  await whole(await openTarget(options.output, options.force === true, true), async (target) => {
    const { where, from, engine } = options;
    const inputs = options.pairs ? [] : resolveInputs(files, options);
    const since = await sinceOf(inputs, { from, to });
    const wanted = {
      ...tableOptions(files, options),
      where,
      from,
      to,
      since,
      engine,
      codec: options.codec,
    };
    const isOurs = options.pairs || options.check !== undefined;
    const left = isOurs ? inputs : await writeByDuckDB(inputs, target, options.output, wanted);
    if (left === undefined) return;
    const batches = await streamOf(files, 'parquet', to, options, left);
    for await (const chunk of await chunksOf('parquet', batches, files, options))
      await target.write(chunk);
  });
}

function partition(value: string): string {
  if (!/^records(:|$)/.test(value) || /^records:[1-9]\d{0,14}$/.test(value)) return value;
  throw new InvalidArgumentError('Ranges of records have a size, such as records:1000000.');
}

const HELP = `${REPEATED}
Several files become one; they have to be of one kind, and have the same columns. With --pairs there
are two, submissions and completions: rows are what match --pairs finds, with latencyNs, span and
overtook; --where selects pairs, and --from and --to cut both files, as match does.

A timestamp needs an envelope with ts. --to raw writes the records as they lie, so that --where cuts
a dump; of a ring it writes the events. An export that does not succeed leaves nothing behind.

Examples:
  $ aioscope export --to parquet -o dump.parquet dump.iocb
  $ aioscope export --to arrow --names -o - dump.ioev | python3 plot.py
  $ aioscope export --to raw --where 'res<0' -o failed.ioev dump.ioev
  $ aioscope export --to csv --columns ts,pid,res --from +1s --to +2s -o part.csv dump.ioev56
  $ aioscope export --to parquet --partition-by aio_lio_opcode -o folder dump.iocb
  $ aioscope export --pairs --to parquet --names -o pairs.parquet dump.iocb88 dump.ioev56
  $ aioscope export --pairs --to csv --where 'latencyNs>1000000' -o slow.csv dump.iocb88 dump.ioev56
  $ aioscope export --check linux --to arrow --names -o checked.arrow dump.iocb
  $ aioscope export --check linux --to raw --where 'firstRefusal!=0' -o refused.iocb dump.iocb`;

/** Give the program its command `export`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('export')
    .argument('<file...>', 'dumps to read; - is standard input');
  withMatchingOptions(withConditions(withInputOptions(command)))
    .description(
      'Write records in a format that other programs read: Arrow, Parquet, CSV, NDJSON, or as they are.',
    )
    .option(
      '--to <format-or-time>',
      `what to: ${EXPORTS.join(', ')}; a time: only records whose ts is earlier`,
      toValue,
    )
    .option('-o, --output <file>', 'where to write; - is standard output', '-')
    .option('--pairs', 'match submissions to completions, and write the pairs')
    .option(
      '--check <profile>',
      `add columns that say what would be refused, and what else is odd: ${PROFILES.join(', ')}`,
      choice(PROFILES),
    )
    .option(
      '--columns <names>',
      'only these columns, in this order: names, comma-separated',
      columnNames,
    )
    .option('--names', 'beside opcodes, results and the columns of --check a column of their names')
    .option(
      '--ts-type <type>',
      `the envelope's ts as ${TS_TYPES.join(' or ')} in nanoseconds (default: ${TS_TYPES[0]})`,
      choice(TS_TYPES),
    )
    .option(
      '--codec <codec>',
      `how Parquet is compressed: ${PARQUET_CODECS.join(', ')} (default: ${PARQUET_CODECS[0]})`,
      choice(PARQUET_CODECS),
    )
    .option(
      '--partition-by <column>',
      'Parquet files in a folder for each value: a column, or records:1000000 for ranges',
      partition,
    )
    .option('--force', 'overwrite the file if it exists')
    .addHelpText('after', HELP)
    .action(run);
}
