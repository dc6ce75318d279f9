import zlib from 'node:zlib';
import type { Command } from 'commander';
import type { BatchStream } from '../node.ts';
import { arrowFile, arrowStream } from '../sinks/arrow.ts';
import { usageError } from './exit.ts';
import { writeByDuckDB } from './export-duckdb.ts';
import { streamOf, textStream } from './export-input.ts';
import {
  checkOptions,
  type ExportOptions,
  type Format,
  formatOf,
  isText,
  timeOf,
  withExportOptions,
} from './export-options.ts';
import {
  REPEATED_OPTIONS,
  resolveInputs,
  timeBaseOf,
  untilInterrupted,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { withMatchingOptions } from './match-inputs.ts';
import { failOnClosedPipe, refuseTerminal, writeOut } from './output.ts';
import { openTarget, writeTarget } from './target.ts';
import { openFolder } from './target-folder.ts';

async function* rawBytes(batches: BatchStream): AsyncGenerator<Uint8Array, void, void> {
  for await (const { bytes } of batches) if (bytes !== undefined) yield bytes;
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
  format: Exclude<Format, 'csv' | 'ndjson'>,
  batches: BatchStream,
  files: readonly string[],
  options: ExportOptions,
) {
  const table = tableOptions(files, options);
  if (format === 'raw') return rawBytes(batches);
  if (format === 'arrow') return arrowStream(batches, { ...table, views: true });
  if (format === 'arrow-file') return arrowFile(batches, { ...table, views: true });
  return (await import('../sinks/parquet.ts')).parquetFile(batches, {
    ...table,
    ...parquetOptions(options),
  });
}

async function toStandardOutput(format: Format, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (!isText(format)) {
    refuseTerminal(`${format} is`);
    failOnClosedPipe();
  }
  for await (const chunk of chunks) await writeOut(chunk);
}

async function toFolder(
  by: string,
  batches: BatchStream,
  files: readonly string[],
  options: ExportOptions,
  follow: AbortSignal | undefined,
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
  await writeTarget(await openFolder(options.output, follow), async (folder) => {
    for await (const { path, bytes } of parts) await folder.write(path, bytes);
  });
}

/** `aioscope export FILE…` */
async function run(files: readonly string[], options: ExportOptions): Promise<void> {
  const format = formatOf(options);
  checkOptions(format, options);
  const { output, partitionBy } = options;
  // Before the output is opened, whose own handler removes it at an interrupt.
  const follow = options.follow ? untilInterrupted() : undefined;
  if (format === 'parquet' && partitionBy === undefined && output !== '-')
    return toParquet(files, options, follow);
  if (isText(format))
    return write(format, await textStream(files, format, options, { follow }), options, follow);
  const batches = await streamOf(files, format, options, { follow });
  if (partitionBy !== undefined) return toFolder(partitionBy, batches, files, options, follow);
  return write(format, await chunksOf(format, batches, files, options), options, follow);
}

/** Writes the bytes of a format to where the options say. */
async function write(
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
  { output, force }: ExportOptions,
  follow: AbortSignal | undefined,
): Promise<void> {
  if (output === '-') return toStandardOutput(format, chunks);
  const target = await openTarget(output, force === true, !isText(format), follow);
  await writeTarget(target, async () => {
    for await (const chunk of chunks) await target.write(chunk);
  });
}

/** Writes one Parquet file: by DuckDB where it can, otherwise by our own writer. */
async function toParquet(
  files: readonly string[],
  options: ExportOptions,
  follow: AbortSignal | undefined,
): Promise<void> {
  const target = await openTarget(options.output, options.force === true, true, follow);
  await writeTarget(target, async () => {
    const { where, from, engine } = options;
    const to = timeOf(options);
    const inputs = options.pairs ? [] : await resolveInputs(files, options);
    const since = await timeBaseOf(inputs, { from, to });
    const given = {
      ...{ ...tableOptions(files, options), codec: options.codec },
      ...{ where, from, to, since, engine },
    };
    const isOurs = options.pairs || options.check !== undefined || follow !== undefined;
    const opened = isOurs ? inputs : await writeByDuckDB(inputs, target, options.output, given);
    if (opened === undefined) return;
    const batches = await streamOf(files, 'parquet', options, { follow, opened });
    for await (const chunk of await chunksOf('parquet', batches, files, options))
      await target.write(chunk);
  });
}

const HELP = `${REPEATED_OPTIONS}
Multiple files are written as one; they must be of one kind, with the same
columns. --pairs takes files of submissions and of completions, any number in any
order, and writes the pairs of aioscope match --pairs, with latencyNs, span, overtook
and depth; --where then selects pairs, and --from and --to select records in all
files, as in match.

Arrow has two formats: -o dump.arrow gets the file format, which readers can map,
-o dump.arrows and a pipe get the stream. arrow-file is the file format anywhere.

Times need an envelope with ts. raw copies records unchanged, so with --where it
extracts a part of a dump; from a ring it copies the events. In CSV, text that a
spreadsheet would run as a formula has a ' before it.
--workers serves long uncompressed files; for arrow, parquet and raw only without
conditions. With --pairs, a second thread reads and decodes files of 128 MiB or more
together, unless it is 1. An export that fails leaves no file behind.

Examples:
  $ aioscope export -o dump.parquet dump.iocb
  $ aioscope export --format arrow --names dump.ioev | python3 plot.py
  $ aioscope export --format raw --where 'res<0' -o failed.ioev dump.ioev
  $ aioscope export --columns ts,pid,res --from +1s --to +2s -o part.csv dump.ioev56
  $ aioscope export --format parquet --partition-by aio_lio_opcode -o folder dump.iocb
  $ aioscope export --pairs --names -o pairs.parquet dump.iocb88 dump.ioev56
  $ aioscope export --pairs --where 'latency>1ms' -o slow.csv dump.iocb88 dump.ioev56
  $ aioscope export --check linux --names -o checked.arrow dump.iocb
  $ aioscope export --check linux --format raw --where 'firstRefusal!=0' -o refused.iocb dump.iocb`;

/** Adds the command `export`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('export')
    .argument('<file...>', 'dumps or traces to read; - is standard input')
    .description(
      'Convert records or pairs to Arrow, Parquet, CSV or NDJSON, or copy records unchanged.',
    )
    .addHelpText('after', HELP)
    .action(run);
  withExportOptions(withMatchingOptions(withSelectionOptions(withInputOptions(command))));
}
