// The options of `sql`.
import type { Command } from 'commander';
import type { EngineOption } from '../node.ts';
import type { Int64Form } from '../text.ts';
import { usageError } from './exit.ts';
import { type InputOptions, withInputOptions } from './input.ts';
import { DescribedOption } from './option.ts';
import { printWarning } from './output.ts';
import { int64Option, rowFormatOf } from './row-format.ts';

/** The output formats of `sql`. */
export const SQL_FORMATS = ['table', 'csv', 'json', 'ndjson', 'arrow', 'parquet'] as const;
/** One of them. */
export type SqlFormat = (typeof SQL_FORMATS)[number];

/** The options of `aioscope sql`. */
export interface SqlOptions extends InputOptions {
  readonly engine?: EngineOption;
  readonly format?: SqlFormat;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly int64?: Int64Form;
  /** A format, in the old spelling. */
  readonly to?: string;
  readonly output: string;
  readonly force?: boolean;
}

/** The format of the old spelling `--to`, where `json` was a row per line. */
function oldFormat(to: string): SqlFormat {
  const format = SQL_FORMATS.find((each) => each === (to === 'json' ? 'ndjson' : to));
  if (format === undefined)
    return usageError(
      '--to is a time in other commands, and sql selects records in the query, ' +
        "as in 'where ts < 1'",
    );
  printWarning(`'--to ${to}' is now '--format ${format}'; the old spelling will be removed`);
  return format;
}

/** The output format that the options choose. */
export const sqlFormatOf = ({ to, ...options }: SqlOptions): SqlFormat =>
  rowFormatOf(options, to === undefined ? undefined : oldFormat(to));

/** Adds the options of `aioscope sql`. */
export function withSqlOptions(command: Command): Command {
  const [to, output] = [
    command.createOption('--to <format>', 'old spelling of --format').hideHelp(),
    command.createOption('-o, --output <file>', 'output file; - is standard output').default('-'),
  ];
  return withInputOptions(command)
    .addOption(
      new DescribedOption('--format <format>', 'output format', {
        values: SQL_FORMATS,
        detail: ' (default: table)',
      }),
    )
    .addOption(to)
    .addOption(output)
    .option('--force', 'overwrite an existing file')
    .option('--json', 'same as --format json: one object of columns, rows and quality')
    .option('--ndjson', 'same as --format ndjson: one JSON object per line')
    .addOption(int64Option());
}
