import type { Command } from 'commander';
import {
  type ColumnSource,
  csvHeader,
  csvRows,
  ndjsonRows,
  open,
  PROFILES,
  type ProfileName,
  placeNames,
  placeOf,
  type RecordBatch,
  type Schema,
  selectColumns,
} from '../node.ts';
import { formatExactBytes, formatSeconds } from '../words/format.ts';
import { usageError } from './exit.ts';
import {
  choice,
  columnNames,
  type InputOptions,
  openInput,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  untilInterrupted,
  wholeNumber,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { colors, shown, warnTorn, write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { type Align, table } from './terminal-text.ts';

/** The output formats of records and pairs. */
export const FORMATS = ['table', 'ndjson', 'csv'] as const;

/** The options of `aioscope print`. */
interface PrintOptions extends InputOptions, SelectionOptions {
  readonly skip: number;
  readonly limit?: number;
  readonly columns?: readonly string[];
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly check?: ProfileName;
}

/** Formats rows of a batch as text. */
interface Printer {
  /** The text before the first rows; called after they are made, which set the widths. */
  header(): string;
  rows(batch: RecordBatch, begin: number, end: number): string;
  /** The text of an empty result. */
  readonly nothing: string;
}

const VECTORED = /^IOCB_CMD_P(READ|WRITE)V$/;

/** Text with control characters escaped: a dump must not control the terminal. */
const printable = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** One value as text, with its name or unit. */
function cell(
  batch: RecordBatch,
  { name, type, meaning, inRecord }: ColumnSource,
  i: number,
): string {
  if (type === 'char') return printable(batch.named(name, i));
  const value = batch.columns[name]?.[i];
  if (!inRecord && name === 'ts' && typeof value === 'bigint' && value >= 0n)
    return formatSeconds(value);
  if (!inRecord && (name === 'addr' || name === 'ctx') && value !== undefined)
    return `0x${value.toString(16)}`;
  if (meaning === 'length') {
    const vectored = VECTORED.test(batch.named('aio_lio_opcode', i));
    return vectored ? `${value} iovecs` : formatExactBytes(value as bigint);
  }
  if (meaning === 'result' && (value as bigint) > 0n) return formatExactBytes(value as bigint);
  return batch.named(name, i);
}

/** The meanings whose values are words: aligned left. Numbers and addresses are aligned right. */
const WORDS: readonly ColumnSource['meaning'][] = [
  ...(['opcode', 'flags', 'rwFlags', 'ioprio'] as const),
  ...(['iocbAnomalies', 'iocbReason', 'ioEventAnomalies', 'ioEventReason'] as const),
];

const alignOf = ({ meaning, type }: ColumnSource): Align =>
  type === 'char' || (meaning !== undefined && WORDS.includes(meaning)) ? 'left' : 'right';

function tablePrinter(schema: Schema, columns: readonly ColumnSource[]): Printer {
  const heads = [...placeNames(schema), ...columns.map(({ name }) => name)];
  const align: Align[] = [...placeNames(schema).map((): Align => 'right'), ...columns.map(alignOf)];
  const widths = heads.map(({ length }) => length);
  return {
    nothing: 'no records\n',
    header: () => `${colors.bold(table([heads], align, widths)[0])}\n`,
    rows(batch, begin, end) {
      const rows: string[][] = [];
      for (let i = begin; i < end; i++) {
        rows.push([
          ...placeOf(batch, i).map(String),
          ...columns.map((column) => cell(batch, column, i)),
        ]);
      }
      return `${table(rows, align, widths).join('\n')}\n`;
    },
  };
}

/** The printer of a schema's rows in the format that the options choose. */
export function printerOf(
  {
    json,
    format = json ? 'ndjson' : 'table',
    columns,
  }: Pick<PrintOptions, 'json' | 'format' | 'columns'>,
  schema: Schema,
): Printer {
  if (json && format !== 'ndjson')
    usageError(`--json means --format ndjson; it cannot be combined with --format ${format}`);
  const selected = selectColumns(schema, columns);
  if (format === 'table') return tablePrinter(schema, selected);
  const [header, rows] =
    format === 'csv' ? [csvHeader(schema, columns), csvRows] : ['', ndjsonRows];
  return {
    nothing: '',
    header: () => header,
    rows: (batch, begin, end) => shown(rows(batch, { columns, begin, end })),
  };
}

/** Rows that are formatted at a time. */
const PAGE_ROWS = 512;

/** `aioscope print FILE` */
async function print(file: string, options: PrintOptions): Promise<void> {
  const [input] = resolveInputs([file], options);
  const source = await openInput(input, options.follow ? untilInterrupted() : undefined);
  const bar = new ProgressBar(file);
  const onProgress = process.stdout.isTTY ? undefined : bar.update;
  const { engine, check } = options;
  const given = {
    ...selectionOf(options),
    engine,
    check,
    batchSize: PAGE_ROWS,
    onProgress,
  } as const;
  const reader = open(source, given);
  const printer = printerOf(options, reader.schema);
  const last = options.skip + (options.limit ?? Number.POSITIVE_INFINITY);
  let passed = 0;
  let printed = false;
  const show = async (rows: string) => {
    await write(printed ? rows : printer.header() + rows);
    printed = true;
  };
  try {
    for await (const batch of reader) {
      const begin = Math.max(0, options.skip - passed);
      const end = Math.min(batch.length, last - passed);
      if (begin < end) await show(printer.rows(batch, begin, end));
      passed += batch.length;
      if (passed >= last) break;
    }
    if (!printed) await show(printer.nothing);
  } finally {
    await bar.stop();
  }
  warnTorn(file, reader.quality.tornBytes, reader.quality.tornOffset);
}

const HELP = `
Examples:
  $ aioscope print --limit 20 dump.iocb
  $ aioscope print --where 'res<0' --limit 20 dump.ioev
  $ aioscope print --kind io_event --columns obj,res --format csv dump.ioev > dump.csv
  $ aioscope print --layout ts:u64,addr:u64,pid:u32,tid:u32,record dump.ioev56
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb
  $ aioscope print --kind aio_ring --format ndjson ring.bin | jq .res`;

/** Adds the command `print`. */
export function add(aioscope: Command): void {
  withSelectionOptions(
    withInputOptions(
      aioscope.command('print').argument('<file>', 'dump to read; - is standard input'),
    ),
  )
    .description('Print the records of a file, one per line.')
    .option('--skip <n>', 'skip the first n records', wholeNumber, 0)
    .option('--limit <n>', 'print at most n records', wholeNumber)
    .option('--columns <names>', 'columns to print, in this order, comma-separated', columnNames)
    .option(
      '--format <format>',
      `output format: ${FORMATS.join(', ')}; table shows names and units, the others numbers ` +
        '(default: table)',
      choice(FORMATS),
    )
    .option(
      '--check <profile>',
      `add columns of what this kernel would refuse, and of anomalies: ${PROFILES.join(', ')}`,
      choice(PROFILES),
    )
    .option('--follow', 'keep reading as the file grows, until Ctrl-C')
    .option('--json', 'same as --format ndjson')
    .addHelpText('after', HELP)
    .action(print);
}
