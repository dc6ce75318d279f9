import { AioscopeError, type PARQUET_CODECS, type ProfileName, type TS_TYPES } from '../node.ts';
import { choice, type SelectionOptions } from './input.ts';
import type { MatchingOptions } from './match-inputs.ts';

/** What records can be exported to. */
export const EXPORTS = ['arrow', 'arrow-file', 'parquet', 'csv', 'ndjson', 'raw'] as const;
/** One of them. */
export type Format = (typeof EXPORTS)[number];

/** What Parquet files can be parted by, among others. */
export const PARTITIONS = ['aio_lio_opcode', 'aio_fildes', 'pid', 'records:1000000'] as const;

/** `--to` has two meanings that nothing can have both of: formats are words, times begin with a digit or a plus. */
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

/** What `--to` says, besides what it said before. */
export function toValue(value: string, earlier: To = {}): To {
  if (/^[+\d]/.test(value)) return { ...earlier, time: value };
  return { ...earlier, format: choice(EXPORTS)(value) };
}

/** The command line makes no sense. */
export const bad = (message: string): never => {
  throw new AioscopeError('AIOSCOPE_OPTION', message);
};

/** Options that a format has no use for are told: they would be ignored in silence. */
export function checkOptions(
  format: Format,
  { columns, names, tsType, codec, partitionBy, ...options }: ExportOptions,
): void {
  const isTable = format === 'arrow' || format === 'arrow-file' || format === 'parquet';
  if (format === 'raw' && columns !== undefined)
    bad('--to raw writes whole records as they lie in the file; leave --columns out');
  if (format === 'raw' && options.pairs)
    bad(
      '--to raw writes records as they lie in their file, and a pair is none; take another format',
    );
  if (format === 'raw' && options.check !== undefined && options.where === undefined)
    bad(
      '--to raw has no columns for --check; select by them, as in --where firstRefusal!=0, or leave --check out',
    );
  if (options.pairs && options.check !== undefined)
    bad('--check is for records, and --pairs are none; leave one of them out');
  if (!options.pairs && (options.order ?? options.key ?? options.refused) !== undefined)
    bad('--order, --key and --refused say how pairs are found; give --pairs with them');
  if (!isTable && (names || tsType !== undefined))
    bad(
      `--names and --ts-type are for arrow, arrow-file and parquet, and not for ${format}; leave them out`,
    );
  if (format !== 'parquet' && (codec !== undefined || partitionBy !== undefined))
    bad(`--codec and --partition-by are for parquet, and not for ${format}; leave them out`);
}
