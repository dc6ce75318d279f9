// The output formats of records and pairs, and the options that choose one.
import type { Command } from 'commander';
import type { RecordBatch, Schema } from '../node.ts';
import {
  csvHeader,
  csvRows,
  INT64_FORMS,
  ndjsonRows,
  placeNames,
  type RowOptions,
  selectColumns,
} from '../text.ts';
import { usageError } from './exit.ts';
import { DescribedOption } from './option.ts';
import { shown } from './output.ts';

/** The output formats of records and pairs. */
export const FORMATS = ['table', 'ndjson', 'csv', 'json'] as const;

/** The values of the options that choose an output format. */
export interface RowFormatOptions {
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly int64?: RowOptions['int64'];
}

/** Formats rows of a batch as text. */
export interface Printer {
  /** The text before the first rows; called after they are made, which set the widths. */
  header(): string;
  rows(batch: RecordBatch, begin: number, end: number): string;
  /** The text in place of rows where there are none. */
  readonly nothing: string;
  /** The text after the last rows. */
  footer(quality: object): string;
}

/** The option of how JSON has 64-bit numbers. */
export const int64Option = (): DescribedOption =>
  new DescribedOption('--int64 <form>', '64-bit numbers in JSON', {
    values: INT64_FORMS,
    detail: '; auto is a number up to 2^53 and a string beyond (default: auto)',
  });

/** Adds the options that choose an output format; `what` has it. */
export function withRowFormat(command: Command, what: string): Command {
  return command
    .addOption(
      new DescribedOption('--format <format>', `output format of ${what}`, {
        values: FORMATS,
        detail: '; table shows names and units, the others numbers (default: table)',
      }),
    )
    .option('--ndjson', 'same as --format ndjson: one JSON object per line')
    .addOption(int64Option());
}

/** The one format that options name; undefined if they name none. */
export function oneFormat<F extends string>(named: readonly (F | undefined)[]): F | undefined {
  const [first, ...others] = named.flatMap((each) => each ?? []);
  const other = others.find((each) => each !== first);
  if (other !== undefined)
    usageError(`the output format cannot be both ${first} and ${other}; choose one`);
  return first;
}

/** The output format of rows that the options choose; `old` is one in an old spelling. */
export function rowFormatOf<F extends string>(
  { format, json, ndjson, int64 }: Omit<RowFormatOptions, 'format'> & { readonly format?: F },
  old?: F,
): F | 'json' | 'ndjson' | 'table' {
  const named = [format, old, json ? 'json' : undefined, ndjson ? 'ndjson' : undefined] as const;
  const chosen = oneFormat<F | 'json' | 'ndjson'>(named) ?? 'table';
  if (int64 !== undefined && chosen !== 'json' && chosen !== 'ndjson')
    usageError(`--int64 applies to json and ndjson, not to ${chosen}`);
  return chosen;
}

/** The columns of rows in JSON, with their types. */
function columnsJson(schema: Schema, columns: readonly string[] | undefined) {
  const places = placeNames(schema).map((name) => ({
    name,
    type: name === 'state' ? 'text' : name === 'slot' ? 'u32' : 'u64',
  }));
  const values = selectColumns(schema, columns).map(({ name, type }) => ({
    name,
    type: type === 'char' ? 'text' : type,
  }));
  return JSON.stringify([...places, ...values]);
}

/** One object: the columns, the rows as they are in NDJSON, and the quality of the input. */
function jsonPrinter(schema: Schema, options: RowOptions): Printer {
  let begun = false;
  return {
    nothing: '',
    header: () => `{"columns":${columnsJson(schema, options.columns)},"rows":[`,
    rows(batch, begin, end) {
      const lines = ndjsonRows(batch, { ...options, begin, end }).trimEnd();
      const text = shown(`${begun ? ',' : ''}\n${lines.replaceAll('\n', ',\n')}`);
      begun = true;
      return text;
    },
    footer: (quality) => `${begun ? '\n' : ''}],"quality":${JSON.stringify(quality)}}\n`,
  };
}

/** The printer of CSV, NDJSON or JSON. */
export function textPrinter(
  format: Exclude<(typeof FORMATS)[number], 'table'>,
  schema: Schema,
  options: Pick<RowOptions, 'columns' | 'int64'>,
): Printer {
  if (format === 'json') return jsonPrinter(schema, options);
  const [header, rows] =
    format === 'csv' ? [csvHeader(schema, options.columns), csvRows] : ['', ndjsonRows];
  return {
    nothing: '',
    header: () => header,
    rows: (batch, begin, end) => shown(rows(batch, { ...options, begin, end })),
    footer: () => '',
  };
}
