import { type Command, InvalidArgumentError } from 'commander';
import { PARQUET_CODECS, TS_TYPES } from '../internal.ts';
import type { ProfileName } from '../node.ts';
import type { RowOptions } from '../text.ts';
import { checkOption, columnsOption } from './column-options.ts';
import { usageError } from './exit.ts';
import type { SelectionOptions } from './input.ts';
import type { MatchingOptions } from './match-inputs.ts';
import { count, DescribedOption, wholeNumber } from './option.ts';
import { printWarning } from './output.ts';
import { int64Option, oneFormat } from './row-format.ts';

/** The output formats of `export`. */
export const EXPORTS = ['arrow', 'arrow-file', 'parquet', 'csv', 'ndjson', 'raw'] as const;
/** One of them. */
export type Format = (typeof EXPORTS)[number];

/** Whether a format is text, of which a part is useful: `export | head` does not fail. */
export const isText = (format: Format): format is 'csv' | 'ndjson' =>
  format === 'csv' || format === 'ndjson';

/** The formats of files, by their extension: readers of `.arrow` expect Arrow's file format. */
const EXTENSIONS: Readonly<Record<string, Format>> = {
  arrow: 'arrow-file',
  arrows: 'arrow',
  csv: 'csv',
  feather: 'arrow-file',
  ndjson: 'ndjson',
  parquet: 'parquet',
};

/** Some values of `--partition-by`, for completion. */
const PARTITIONS = ['aio_lio_opcode', 'aio_fildes', 'pid', 'records:1M'] as const;

/** The options of `aioscope export`. */
export interface ExportOptions extends MatchingOptions, Omit<SelectionOptions, 'to'> {
  readonly format?: Format;
  readonly ndjson?: boolean;
  /** Times and, until the old spelling goes, a format. */
  readonly to?: readonly string[];
  readonly output: string;
  readonly pairs?: boolean;
  readonly check?: ProfileName;
  readonly columns?: readonly string[];
  readonly names?: boolean;
  readonly int64?: RowOptions['int64'];
  readonly tsType?: (typeof TS_TYPES)[number];
  readonly codec?: (typeof PARQUET_CODECS)[number];
  readonly partitionBy?: string;
  readonly follow?: boolean;
  readonly workers?: number;
  readonly force?: boolean;
}

const isFormat = (value: string): value is Format => EXPORTS.includes(value as Format);

/** The time of `--to`: the last value that is not a format. */
export const timeOf = ({ to }: ExportOptions): string | undefined =>
  to?.filter((value) => !isFormat(value)).at(-1);

/**
 * The output format: of `--format`, or of the extension of the output file. Arrow has two, between
 * which the extension also chooses where `--format arrow` is given.
 */
export function formatOf({ format, ndjson, to, output }: ExportOptions): Format {
  const old = to?.filter(isFormat).at(-1);
  if (old !== undefined)
    printWarning(`'--to ${old}' is now '--format ${old}'; the old spelling will be removed`);
  const first = oneFormat([format, ndjson ? 'ndjson' : undefined, old]);
  const byExtension = EXTENSIONS[/\.(\w+)$/.exec(output)?.[1] ?? ''];
  const found = first === 'arrow' && byExtension === 'arrow-file' ? byExtension : first;
  return (
    found ??
    byExtension ??
    usageError(
      `the output format is missing; add --format with one of ${EXPORTS.join(', ')}, or name the ` +
        `output file by one of .${Object.keys(EXTENSIONS).join(', .')}`,
    )
  );
}

function partition(value: string): string {
  const [, size] = /^records(?::(.*))?$/.exec(value) ?? [value, null];
  if (size === null) return value;
  const records = size === undefined ? 0 : count(size);
  if (records > 0) return `records:${records}`;
  throw new InvalidArgumentError('Ranges of records need a size, such as records:1M.');
}

function withFormatOptions(command: Command): Command {
  return command
    .addOption(
      new DescribedOption('--format <format>', 'output format', {
        values: EXPORTS,
        detail: ' (default: by the extension of the output file)',
      }),
    )
    .option('--ndjson', 'same as --format ndjson: one JSON object per line')
    .addOption(int64Option())
    .option('--names', 'add columns with the names of opcodes, results and --check columns')
    .addOption(
      new DescribedOption('--ts-type <type>', "type of the envelope's ts, in ns", {
        values: TS_TYPES,
        detail: ` (default: ${TS_TYPES[0]})`,
      }),
    )
    .addOption(
      new DescribedOption('--codec <codec>', 'Parquet compression', {
        values: PARQUET_CODECS,
        detail: ` (default: ${PARQUET_CODECS[0]})`,
      }),
    )
    .addOption(
      new DescribedOption('--partition-by <column>', 'write a folder of Parquet files', {
        candidates: () => PARTITIONS.map((each) => [each, '']),
        detail: ', one per value of this column; records:1M for ranges',
        parse: partition,
      }),
    );
}

/** Adds the options of `aioscope export` itself. */
export function withExportOptions(command: Command): Command {
  const common = command
    .option('-o, --output <file>', 'output file; - is standard output', '-')
    .option('--force', 'overwrite an existing file')
    .option('--pairs', 'match submissions to completions, and write the pairs')
    .addOption(checkOption())
    .addOption(columnsOption('write'))
    .option('--follow', 'keep reading as the file grows, until Ctrl-C, which completes the output')
    .option(
      '--workers <n>',
      'threads for a long file (default: one per core for csv and ndjson, 2 for pairs, else 1)',
      wholeNumber,
    );
  // The old spelling of a format may precede a time.
  common.options
    .find(({ long }) => long === '--to')
    ?.argParser((value, earlier: readonly string[] = []) => [...earlier, value]);
  return withFormatOptions(common);
}

/** Refuses options that the format has no use for, which would be silently ignored. */
export function checkOptions(
  format: Format,
  { columns, names, int64, tsType, codec, partitionBy, ...options }: ExportOptions,
): void {
  const isTable = format === 'arrow' || format === 'arrow-file' || format === 'parquet';
  if (format === 'raw' && columns !== undefined)
    usageError('raw copies whole records; remove --columns');
  if (format === 'raw' && options.pairs)
    usageError('raw copies records, not pairs; choose another format');
  if (format === 'raw' && options.check !== undefined && options.where === undefined)
    usageError(
      'raw cannot add the columns of --check; ' +
        'select by them, as in --where firstRefusal!=0, or remove --check',
    );
  if (options.pairs && options.check !== undefined)
    usageError('--check applies to records, not pairs; remove --check or --pairs');
  if (options.pairs && options.follow)
    usageError('--follow applies to records; remove it or --pairs');
  if (!options.pairs && (options.order ?? options.key ?? options.refused) !== undefined)
    usageError('--order, --key and --refused apply to matching; add --pairs');
  if (names && format === 'raw') usageError('raw copies whole records; remove --names');
  if (!isTable && tsType !== undefined)
    usageError(`--ts-type applies to arrow, arrow-file and parquet, not to ${format}`);
  if (format !== 'ndjson' && int64 !== undefined)
    usageError(`--int64 applies to ndjson, not to ${format}`);
  if (format !== 'parquet' && (codec !== undefined || partitionBy !== undefined))
    usageError(`--codec and --partition-by apply to parquet, not to ${format}`);
}
