import pc from 'picocolors';
import { AioscopeError, type ColumnSource, csvHeader, csvRows, ndjsonRows, open, type RecordBatch, type Schema } from '../node.ts';
import { type Align, exactBytes, seconds, table } from './format.ts';
import { type InputOptions, resolveInputs } from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';

/** How records can be printed. */
export const FORMATS = ['table', 'ndjson', 'csv'] as const;

/** The options of `aioscope print`. */
export interface PrintOptions extends InputOptions {
  readonly skip: number;
  readonly limit?: number;
  readonly columns?: readonly string[];
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
}

/** Writes rows of a batch as text; `header` comes before the first. */
interface Printer {
  readonly header: string;
  rows(batch: RecordBatch, begin: number, end: number): string;
}

const VECTORED = /^IOCB_CMD_P(READ|WRITE)V$/;

/** One value as a person reads it. */
function cell(batch: RecordBatch, { name, meaning, inRecord }: ColumnSource, i: number): string {
  const value = batch.columns[name]?.[i];
  if (!inRecord && name === 'ts' && typeof value === 'bigint' && value >= 0n) return seconds(value);
  if (!inRecord && (name === 'addr' || name === 'ctx') && value !== undefined) return `0x${value.toString(16)}`;
  if (meaning === 'length') {
    const vectored = VECTORED.test(batch.named('aio_lio_opcode', i));
    return vectored ? `${value} iovecs` : exactBytes(value as bigint);
  }
  if (meaning === 'result' && (value as bigint) > 0n) return exactBytes(value as bigint);
  return batch.named(name, i);
}

/** Values that are words or addresses stand flush left, numbers flush right. */
const alignOf = ({ meaning, type }: ColumnSource): Align =>
  type === 'char' || meaning === 'opcode' || meaning === 'flags' || meaning === 'rwFlags' || meaning === 'ioprio' ? 'left' : 'right';

function tablePrinter(schema: Schema, names: readonly string[]): Printer {
  const columns = names.map((name) => schema.columns.find((column) => column.name === name) as ColumnSource);
  const align: Align[] = ['right', 'right', ...columns.map(alignOf)];
  const heads = ['index', 'offset', ...names];
  const widths = heads.map(({ length }) => length);
  let headed = false;
  return {
    header: '',
    rows(batch, begin, end) {
      const rows: string[][] = [];
      for (let i = begin; i < end; i++) {
        rows.push([`${batch.firstIndex + i}`, `${batch.offsetOf(i)}`, ...columns.map((column) => cell(batch, column, i))]);
      }
      const lines = table(rows, align, widths);
      if (!headed) lines.unshift(pc.bold(table([heads], align, widths)[0]));
      headed = true;
      return `${lines.join('\n')}\n`;
    },
  };
}

function printerOf(format: PrintOptions['format'], schema: Schema, columns: readonly string[]): Printer {
  if (format === 'csv') return { header: csvHeader(schema, columns), rows: (batch, begin, end) => csvRows(batch, { columns, begin, end }) };
  if (format === 'ndjson') return { header: '', rows: (batch, begin, end) => ndjsonRows(batch, { columns, begin, end }) };
  return tablePrinter(schema, columns);
}

function checkColumns(schema: Schema, wanted: readonly string[] | undefined): readonly string[] {
  const known = schema.columns.map(({ name }) => name);
  const missing = wanted?.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw new AioscopeError('AIOSCOPE_COLUMN', `column '${missing}' does not exist; the columns are ${known.join(', ')}`);
  return wanted ?? known;
}

/** Rows that are made into text at once. */
const PAGE_ROWS = 512;

/** `aioscope print FILE` */
export async function print(file: string, options: PrintOptions): Promise<void> {
  const [input] = resolveInputs([file], options);
  const bar = new ProgressBar(file);
  const onProgress = process.stdout.isTTY ? undefined : bar.update;
  const reader = open(file, { ...input, batchSize: PAGE_ROWS, onProgress });
  const printer = printerOf(options.json ? 'ndjson' : options.format, reader.schema, checkColumns(reader.schema, options.columns));
  const last = options.limit === undefined ? Number.POSITIVE_INFINITY : options.skip + options.limit;
  try {
    if (printer.header !== '') await write(printer.header);
    for await (const batch of reader) {
      const begin = Math.max(0, options.skip - batch.firstIndex);
      const end = Math.min(batch.length, last - batch.firstIndex);
      if (begin < end) await write(printer.rows(batch, begin, end));
      if (batch.firstIndex + batch.length >= last) return;
    }
  } finally {
    await bar.stop();
  }
  const { tornBytes, tornOffset } = reader.quality;
  if (tornBytes > 0) process.stderr.write(`aioscope: ${file}: ${tornBytes} bytes from byte ${tornOffset} on are no whole record\n`);
}
