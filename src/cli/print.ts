import type { Command } from 'commander';
import {
  AioscopeError,
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
import { colors, tell, write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { type Align, table } from './terminal-text.ts';

/** How records can be printed. */
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

/** Writes rows of a batch as text. */
interface Printer {
  /** What comes before the first row; asked for once that is made. */
  header(): string;
  rows(batch: RecordBatch, begin: number, end: number): string;
  /** What stands in place of rows where there are none. */
  readonly nothing: string;
}

const VECTORED = /^IOCB_CMD_P(READ|WRITE)V$/;

/** Text from a dump must not steer the terminal. */
const printable = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** One value as a person reads it. */
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

/** The meanings whose values are words: they stand flush left, numbers and addresses flush right. */
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

/** What writes rows of a schema as the options say. */
export function printerOf(
  {
    json,
    format = json ? 'ndjson' : 'table',
    columns,
  }: Pick<PrintOptions, 'json' | 'format' | 'columns'>,
  schema: Schema,
): Printer {
  if (json && format !== 'ndjson')
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `--json is --format ndjson, and --format ${format} is not; give one of them`,
    );
  const selected = selectColumns(schema, columns);
  if (format === 'table') return tablePrinter(schema, selected);
  const [header, rows] =
    format === 'csv' ? [csvHeader(schema, columns), csvRows] : ['', ndjsonRows];
  return {
    nothing: '',
    header: () => header,
    rows: (batch, begin, end) => rows(batch, { columns, begin, end }),
  };
}

/** Rows that are made into text at once. */
const PAGE_ROWS = 512;

/** `aioscope print FILE` */
async function print(file: string, options: PrintOptions): Promise<void> {
  const [input] = resolveInputs([file], options);
  const { source, format } = await openInput(
    input,
    options.follow ? untilInterrupted() : undefined,
  );
  const bar = new ProgressBar(file);
  const onProgress = process.stdout.isTTY ? undefined : bar.update;
  const { engine, check } = options;
  const given = {
    ...format,
    ...selectionOf(options),
    engine,
    check,
    compression: 'none',
    batchSize: PAGE_ROWS,
    onProgress,
  } as const;
  const reader = open(source, given);
  const printer = printerOf(options, reader.schema);
  const last =
    options.limit === undefined ? Number.POSITIVE_INFINITY : options.skip + options.limit;
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
  const { tornBytes, tornOffset } = reader.quality;
  if (tornBytes > 0)
    tell(`${file}: ${tornBytes} bytes from byte ${tornOffset} on are no whole record`);
}

const HELP = `
Examples:
  $ aioscope print --limit 20 dump.iocb
  $ aioscope print --where 'res<0' --limit 20 dump.ioev
  $ aioscope print --kind io_event --columns obj,res --format csv dump.ioev > dump.csv
  $ aioscope print --layout ts:u64,addr:u64,pid:u32,tid:u32,record dump.ioev56
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb
  $ aioscope print --kind aio_ring --format ndjson ring.bin | jq .res`;

/** Give the program its command `print`. */
export function add(aioscope: Command): void {
  withSelectionOptions(
    withInputOptions(
      aioscope.command('print').argument('<file>', 'dump to read; - is standard input'),
    ),
  )
    .description('Print the records of a file, one a line.')
    .option('--skip <records>', 'leave out so many records at the beginning', wholeNumber, 0)
    .option('--limit <records>', 'print no more than so many records', wholeNumber)
    .option(
      '--columns <names>',
      'print only these columns, in this order: names, comma-separated',
      columnNames,
    )
    .option(
      '--format <format>',
      `how: ${FORMATS.join(', ')}; table has names and units, the others have the numbers of the columns (default: table)`,
      choice(FORMATS),
    )
    .option(
      '--check <profile>',
      `add columns that say what would be refused, and what else is odd: ${PROFILES.join(', ')}`,
      choice(PROFILES),
    )
    .option('--follow', 'wait at the end for the file to grow, until Ctrl-C')
    .option('--json', 'the same as --format ndjson')
    .addHelpText('after', HELP)
    .action(print);
}
