// What an export reads, as batches or as text.
import { type TextOptions, textOf } from '../internal.ts';
import type { BatchStream, OpenOptions, Schema } from '../node.ts';
import { csvHeader } from '../text.ts';
import { type BatchNeeds, batchesOf, pairsOf, textsOf } from './batches.ts';
import { type ExportOptions, type Format, isText, timeOf } from './export-options.ts';
import { type Input, resolveInputs, timeBaseOf } from './input.ts';

/** Rows that are formatted as text at a time. */
const TEXT_ROWS = 2048;
/** Bytes of records per batch: the records and their columns fit the caches together. */
const BATCH_BYTES = 2 ** 20;

const rowsOf = (format: Format, { stride }: Schema): number =>
  isText(format) ? TEXT_ROWS : Math.max(256, Math.min(2 ** 15, Math.floor(BATCH_BYTES / stride)));

/** The inputs of a command, how their records are read, and what the format requires. */
async function inputsOf(
  files: readonly string[],
  format: Format,
  options: ExportOptions,
  { follow, opened }: Following,
): Promise<[readonly Input[], Omit<OpenOptions, 'kind'>, BatchNeeds]> {
  const { where, from, engine, check, workers } = options;
  const to = timeOf(options);
  const inputs = opened ?? (await resolveInputs(files, options));
  const since = await timeBaseOf(inputs, { from, to });
  const needs = {
    rows: (schema: Schema) => rowsOf(format, schema),
    sameLayout: format === 'raw',
    quiet: isQuiet(options),
    follow,
  };
  return [inputs, { where, from, to, since, engine, check, workers }, needs];
}

/** Whether progress is hidden. */
const isQuiet = ({ output }: ExportOptions): boolean => output === '-' && process.stdout.isTTY;

/** What is read until it is interrupted, and inputs that have been opened already. */
interface Following {
  readonly follow?: AbortSignal | undefined;
  readonly opened?: readonly Input[];
}

/** The records, or the pairs, to write. */
export async function streamOf(
  files: readonly string[],
  format: Format,
  options: ExportOptions,
  following: Following = {},
): Promise<BatchStream> {
  const { where, from, workers } = options;
  const given = { where, from, to: timeOf(options), workers };
  if (options.pairs) return pairsOf(files, options, given, isQuiet(options));
  return batchesOf(...(await inputsOf(files, format, options, following)));
}

/** The header, if the format has one, and the rows. */
async function* textWith(
  format: 'csv' | 'ndjson',
  rows: AsyncIterable<Uint8Array> & Pick<BatchStream, 'schema'>,
  { columns, names }: ExportOptions,
) {
  // Also of no records: a column that does not exist is an error.
  const header = csvHeader(rows.schema, columns, names);
  if (format === 'csv') yield new TextEncoder().encode(header);
  yield* rows;
}

/** The records, or the pairs, as text. */
export async function textStream(
  files: readonly string[],
  format: 'csv' | 'ndjson',
  options: ExportOptions,
  following: Following,
): Promise<AsyncIterable<Uint8Array>> {
  const { columns, names, int64 } = options;
  const text: TextOptions = { format, columns, names, int64 };
  if (!options.pairs) {
    const rows = await textsOf(...(await inputsOf(files, format, options, following)), text);
    return textWith(format, rows, options);
  }
  const pairs = await streamOf(files, format, options);
  const chunks = textOf(pairs.schema, pairs, text);
  return textWith(format, Object.assign(chunks, { schema: pairs.schema }), options);
}
