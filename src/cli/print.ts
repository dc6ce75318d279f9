import type { Command } from 'commander';
import { runNameReader } from '../internal.ts';
import {
  type ColumnSource,
  open,
  type ProfileName,
  type RecordBatch,
  type Schema,
} from '../node.ts';
import { placeNames, placeOf, selectColumns } from '../text.ts';
import { alignOf, printable, recordCell } from '../words/record-cells.ts';
import { checkOption, columnsOption } from './column-options.ts';
import {
  type InputOptions,
  openInput,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  untilInterrupted,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { count } from './option.ts';
import { colors, warnTorn, write } from './output.ts';
import { ProgressBar } from './progress.ts';
import {
  type Printer,
  type RowFormatOptions,
  rowFormatOf,
  textPrinter,
  withRowFormat,
} from './row-format.ts';
import { type Align, table } from './terminal-text.ts';

/** The options of `aioscope print`. */
interface PrintOptions extends InputOptions, SelectionOptions, RowFormatOptions {
  readonly skip: number;
  readonly limit?: number;
  readonly columns?: readonly string[];
  readonly follow?: boolean;
  readonly check?: ProfileName;
}

/** One value as text, with its name or unit. */
const cell = (batch: RecordBatch, column: ColumnSource, i: number): string =>
  column.runName === undefined
    ? recordCell(batch, column, i)
    : printable(runNameReader(batch, column.runName)(i) ?? '–');

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
    footer: () => '',
  };
}

/** The printer of a schema's rows in the format that the options choose. */
export function printerOf(
  options: RowFormatOptions & Pick<PrintOptions, 'columns'>,
  schema: Schema,
): Printer {
  const format = rowFormatOf(options);
  const { columns, int64 } = options;
  const selected = selectColumns(schema, columns);
  if (format === 'table') return tablePrinter(schema, selected);
  return textPrinter(format, schema, { columns, int64 });
}

/** Rows that are formatted at a time. */
const PAGE_ROWS = 512;

/** `aioscope print FILE` */
async function print(file: string, options: PrintOptions): Promise<void> {
  const [input] = await resolveInputs([file], options);
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
  let printed = false;
  const show = async (rows: string) => {
    await write(printed ? rows : printer.header() + rows);
    printed = true;
  };
  try {
    // Up to the record before the first to print, where reading stops with a limit of 0.
    let passed = options.follow ? 0 : await reader.seek(Math.max(0, options.skip - 1));
    for await (const batch of reader) {
      const begin = Math.max(0, options.skip - passed);
      const end = Math.min(batch.length, last - passed);
      if (begin < end) await show(printer.rows(batch, begin, end));
      passed += batch.length;
      if (passed >= last) break;
    }
    if (!printed) await show(printer.nothing);
    await write(printer.footer(reader.quality));
  } finally {
    await bar.stop();
  }
  warnTorn(file, reader.quality.tornBytes, reader.quality.tornOffset);
}

const HELP = `
--skip passes over records of a regular file without reading them, unless the file is
compressed or --where, --from or --to selects from it.
With --json, 64-bit numbers beyond 2^53 are strings; --int64 chooses another form.
A file is read on one thread, so there is no --workers; aioscope export writes long files
as CSV and NDJSON on every core.

Examples:
  $ aioscope print --limit 20 dump.iocb
  $ aioscope print --where 'res<0' --limit 20 dump.ioev
  $ aioscope print --kind io_event --columns obj,res --format csv dump.ioev > dump.csv
  $ aioscope print --layout ts:u64,addr:u64,pid:u32,tid:u32,record dump.ioev56
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb
  $ aioscope print --kind aio_ring --ndjson ring.bin | jq .res
  $ aioscope print --json --limit 1k dump.iocb | jq '.rows[0], .quality'`;

/** Adds the command `print`. */
export function add(aioscope: Command): void {
  const command = withSelectionOptions(
    withInputOptions(
      aioscope.command('print').argument('<file>', 'dump or trace to read; - is standard input'),
    ),
  )
    .description('Print the records of a file, one per line.')
    .option('--skip <n>', 'skip the first n records, such as 10k', count, 0)
    .option('--limit <n>', 'print at most n records, such as 500 or 2M', count)
    .addOption(columnsOption('print'))
    .addOption(checkOption())
    .option('--follow', 'keep reading as the file grows, until Ctrl-C')
    .option('--json', 'same as --format json: one object of columns, rows and quality');
  withRowFormat(command, 'the records').addHelpText('after', HELP).action(print);
}
