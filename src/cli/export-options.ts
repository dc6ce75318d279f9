import { type Command, InvalidArgumentError } from 'commander';
import { PARQUET_CODECS, PROFILES, type ProfileName, TS_TYPES } from '../node.ts';
import { usageError } from './exit.ts';
import { choice, columnNames, type SelectionOptions } from './input.ts';
import type { MatchingOptions } from './match-inputs.ts';

/** The output formats of `export`. */
export const EXPORTS = ['arrow', 'arrow-file', 'parquet', 'csv', 'ndjson', 'raw'] as const;
/** One of them. */
export type Format = (typeof EXPORTS)[number];

/** Some values of `--partition-by`, for completion. */
export const PARTITIONS = ['aio_lio_opcode', 'aio_fildes', 'pid', 'records:1000000'] as const;

/** `--to` is a format or a time: formats are words, times begin with a digit or a plus. */
interface To {
  readonly format?: Format;
  readonly time?: string;
}

/** The options of `aioscope export`. */
export interface ExportOptions extends MatchingOptions, Omit<SelectionOptions, 'to'> {
  readonly to?: To;
  readonly output: string;
  readonly pairs?: boolean;
  readonly check?: ProfileName;
  readonly columns?: readonly string[];
  readonly names?: boolean;
  readonly tsType?: (typeof TS_TYPES)[number];
  readonly codec?: (typeof PARQUET_CODECS)[number];
  readonly partitionBy?: string;
  readonly force?: boolean;
}

/** Adds a value of `--to` to the earlier one: a format and a time can both be given. */
function toValue(value: string, earlier: To = {}): To {
  if (/^[+\d]/.test(value)) return { ...earlier, time: value };
  return { ...earlier, format: choice(EXPORTS)(value) };
}

function partition(value: string): string {
  if (!/^records(:|$)/.test(value) || /^records:[1-9]\d{0,14}$/.test(value)) return value;
  throw new InvalidArgumentError('Ranges of records need a size, such as records:1000000.');
}

/** Adds the options of `aioscope export` itself. */
export function withExportOptions(command: Command): Command {
  return command
    .option(
      '--to <format-or-time>',
      `output format: ${EXPORTS.join(', ')}; given a time, only records before it`,
      toValue,
    )
    .option('-o, --output <file>', 'output file; - is standard output', '-')
    .option('--pairs', 'match submissions to completions, and write the pairs')
    .option(
      '--check <profile>',
      `add columns for what this kernel would refuse, and for anomalies: ${PROFILES.join(', ')}`,
      choice(PROFILES),
    )
    .option('--columns <names>', 'columns to write, in this order, comma-separated', columnNames)
    .option('--names', 'add columns with the names of opcodes, results and --check columns')
    .option(
      '--ts-type <type>',
      `type of the envelope's ts, in ns: ${TS_TYPES.join(', ')} (default: ${TS_TYPES[0]})`,
      choice(TS_TYPES),
    )
    .option(
      '--codec <codec>',
      `Parquet compression: ${PARQUET_CODECS.join(', ')} (default: ${PARQUET_CODECS[0]})`,
      choice(PARQUET_CODECS),
    )
    .option(
      '--partition-by <column>',
      'write a folder of Parquet files, one per value of this column; records:1000000 for ranges',
      partition,
    )
    .option('--force', 'overwrite an existing file');
}

/** Refuses options that the format has no use for, which would be silently ignored. */
export function checkOptions(
  format: Format,
  { columns, names, tsType, codec, partitionBy, ...options }: ExportOptions,
): void {
  const isTable = format === 'arrow' || format === 'arrow-file' || format === 'parquet';
  if (format === 'raw' && columns !== undefined)
    usageError('--to raw copies whole records; remove --columns');
  if (format === 'raw' && options.pairs)
    usageError('--to raw copies records, not pairs; choose another format');
  if (format === 'raw' && options.check !== undefined && options.where === undefined)
    usageError(
      '--to raw cannot add the columns of --check; ' +
        'select by them, as in --where firstRefusal!=0, or remove --check',
    );
  if (options.pairs && options.check !== undefined)
    usageError('--check applies to records, not pairs; remove --check or --pairs');
  if (!options.pairs && (options.order ?? options.key ?? options.refused) !== undefined)
    usageError('--order, --key and --refused apply to matching; add --pairs');
  if (!isTable && (names || tsType !== undefined))
    usageError(`--names and --ts-type apply to arrow, arrow-file and parquet, not to ${format}`);
  if (format !== 'parquet' && (codec !== undefined || partitionBy !== undefined))
    usageError(`--codec and --partition-by apply to parquet, not to ${format}`);
}
