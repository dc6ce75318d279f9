import zlib from 'node:zlib';
import type { Command } from 'commander';
import {
  type BatchStream,
  csvHeader,
  csvRows,
  ndjsonRows,
  type Schema,
  selectColumns,
} from '../node.ts';
import { arrowFile, arrowStream } from '../sinks/arrow.ts';
import { batchesOf, pairsOf } from './batches.ts';
import { usageError } from './exit.ts';
import { writeByDuckDB } from './export-duckdb.ts';
import {
  checkOptions,
  EXPORTS,
  type ExportOptions,
  type Format,
  withExportOptions,
} from './export-options.ts';
import {
  type Input,
  REPEATED_OPTIONS,
  resolveInputs,
  timeBaseOf,
  withConditions,
  withInputOptions,
} from './input.ts';
import { withMatchingOptions } from './match-inputs.ts';
import { failOnClosedPipe, refuseTerminal, writeOut } from './output.ts';
import { openFolder, openTarget, writeTarget } from './target.ts';

/** Rows that are formatted as text at a time. */
const TEXT_ROWS = 2048;
/** Bytes of records per batch: the records and their columns fit the caches together. */
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

/** The options of writing Parquet; zstd comes from Node. */
function parquetOptions({ codec }: ExportOptions) {
  const { zstdCompressSync: zstd } = zlib as {
    zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
  };
  if (codec === 'zstd' && zstd === undefined)
    usageError(`zstd needs Node 22.15, and this is ${process.version}; use --codec snappy`);
  return { codec, zstd };
}

/** The columns and metadata of a table. */
const tableOptions = (files: readonly string[], { columns, names, tsType }: ExportOptions) => ({
  columns,
  names,
  tsType,
  metadata: { source: files.join(', ') },
});

/** The bytes of a format in chunks; a chunk is valid until the next step. */
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
  if (format !== 'csv' && format !== 'ndjson') refuseTerminal(`${format} is`);
  failOnClosedPipe();
  for await (const chunk of chunks) await writeOut(chunk);
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
  if (options.output === '-') usageError('--partition-by writes a folder; name it with -o');
  await writeTarget(await openFolder(options.output), async (folder) => {
    for await (const { path, bytes } of parts) await folder.write(path, bytes);
  });
}

/** The records, or the pairs, to write. */
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
  const given = { where, from, to, since: await timeBaseOf(inputs, { from, to }), engine, check };
  return batchesOf(inputs, given, {
    rows: (schema) => rowsOf(format, schema),
    sameLayout: format === 'raw',
    quiet,
  });
}

/** `aioscope export FILE…` */
async function run(files: readonly string[], options: ExportOptions): Promise<void> {
  const { format, time } = options.to ?? {};
  if (format === undefined)
    return usageError(`the output format is missing; add --to with one of ${EXPORTS.join(', ')}`);
  checkOptions(format, options);
  if (format === 'parquet' && options.partitionBy === undefined && options.output !== '-')
    return toParquet(files, time, options);
  const batches = await streamOf(files, format, time, options);
  if (options.partitionBy !== undefined)
    return toFolder(options.partitionBy, batches, files, options);
  const chunks = await chunksOf(format, batches, files, options);
  if (options.output === '-') return toStandardOutput(format, chunks);
  await writeTarget(
    await openTarget(options.output, options.force === true, true),
    async (target) => {
      for await (const chunk of chunks) await target.write(chunk);
    },
  );
}

/** Writes one Parquet file: by DuckDB where it can, otherwise by our own writer. */
async function toParquet(
  files: readonly string[],
  to: string | undefined,
  options: ExportOptions,
): Promise<void> {
  await writeTarget(
    await openTarget(options.output, options.force === true, true),
    async (target) => {
      const { where, from, engine } = options;
      const inputs = options.pairs ? [] : resolveInputs(files, options);
      const since = await timeBaseOf(inputs, { from, to });
      const given = {
        ...{ ...tableOptions(files, options), codec: options.codec },
        ...{ where, from, to, since, engine },
      };
      const isOurs = options.pairs || options.check !== undefined;
      const remaining = isOurs
        ? inputs
        : await writeByDuckDB(inputs, target, options.output, given);
      if (remaining === undefined) return;
      const batches = await streamOf(files, 'parquet', to, options, remaining);
      for await (const chunk of await chunksOf('parquet', batches, files, options))
        await target.write(chunk);
    },
  );
}

const HELP = `${REPEATED_OPTIONS}
Multiple files are written as one; they must be of one kind, with the same
columns. --pairs takes two files, submissions then completions, and writes the
pairs of aioscope match --pairs, with latencyNs, span and overtook; --where then
selects pairs, and --from and --to select records in both files, as in match.

--from and a time in --to need an envelope with ts. --to raw copies records
unchanged, so with --where it extracts a part of a dump; of a ring it copies the
events. An export that fails
leaves no file behind.

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

/** Adds the command `export`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('export')
    .argument('<file...>', 'dumps to read; - is standard input');
  withExportOptions(withMatchingOptions(withConditions(withInputOptions(command))))
    .description(
      'Convert records or pairs to Arrow, Parquet, CSV or NDJSON, or copy records unchanged.',
    )
    .addHelpText('after', HELP)
    .action(run);
}
