import { AioscopeError, badValue } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { oneOf } from '../../layout/schema.ts';
import type { SelectOptions } from '../../layout/where.ts';
import { loaded } from '../../stream/fault.ts';
import {
  checkWorkers,
  type OpenOptions,
  READ_NAMES,
  type ReadOptions,
} from '../../stream/options.ts';
import type { TsUnit } from '../../stream/times.ts';
import type { Clocks } from './clocks.ts';
import type { Repeats } from './repeats.ts';
import type { IndexSet, TimeCut } from './time-cut.ts';

/** Orders in which submissions and completions can be matched. */
export const MATCH_ORDERS = ['time', 'counting'] as const;
/** Keys by which a completion can be matched to its submission. */
export const MATCH_KEYS = ['address', 'data'] as const;

/** Options of `match`. */
export interface MatchOptions extends ReadOptions, Pick<OpenOptions, 'engine' | 'compression'> {
  /** Layout and byte order of the submissions. Default: detected. */
  readonly submissions?: Omit<PartialFormat, 'kind'> | undefined;
  /** Layout and byte order of the completions. Default: detected. */
  readonly completions?: Omit<PartialFormat, 'kind'> | undefined;
  /**
   * `time` (default) merges both streams by the envelope's `ts`. `counting` pairs the k-th
   * submission with a key and the k-th completion with it.
   */
  readonly order?: (typeof MATCH_ORDERS)[number] | undefined;
  /**
   * `address`: the envelope's `addr` equals `obj`. `data`: `aio_data` equals `data`, for programs
   * that give each request in flight a distinct tag. Default: `address`, or `data` for captures
   * without addresses.
   */
  readonly key?: (typeof MATCH_KEYS)[number] | undefined;
  /**
   * Indexes of the submissions that io_submit refused. They are left out, and all others are known
   * to have been in flight.
   */
  readonly refused?: Iterable<number> | undefined;
  /**
   * Only records at or after this time: nanoseconds as in `ts`, or a number with a unit
   * (`8412.5s`, `20ms`, `7us`). With a `+`, relative to the first record of the two streams,
   * whichever is earlier.
   */
  readonly from?: string | bigint | number | undefined;
  /** Only records before this time, in the same forms. */
  readonly to?: string | bigint | number | undefined;
  /**
   * Only pairs that meet these conditions, in the grammar of `open`: on the columns of `openPairs`
   * (`res<0`, `depth>=32`, `doubt=1`), on `latency`, which is `latencyNs`, and on `path` and `comm`
   * where a trace names files and processes. Times may have a unit: `latency>1.5ms`. Default: all
   * pairs. Records are matched before pairs are selected.
   */
  readonly where?: SelectOptions['where'];
  /** How many of the slowest pairs to keep, with both records: 0 (default) to 10000. */
  readonly slowest?: number | undefined;
  /**
   * How many of the requests without a completion to list, oldest first: 0 (default) to 131072.
   * With conditions, those that meet them, on columns of submissions, `depth` and `age`. If one of
   * these is `age`, a number of nanoseconds or a time (`age>1s`), they select no pairs.
   */
  readonly open?: number | undefined;
  /**
   * What to add to the times of completions where they are of another clock than those of
   * submissions: nanoseconds, or a number with a unit (`-1.5s`). `auto` estimates it from the order
   * of the first records at each address. All times are then those of the submissions' clock.
   */
  readonly clockOffset?: 'auto' | (string & {}) | bigint | number | undefined;
  /** The unit of `ts` in both streams; `ns` unless given. All results are in nanoseconds. */
  readonly tsUnit?: TsUnit | undefined;
  /**
   * Drops records that repeat the one before them at their address: submissions at most 20 µs
   * later, completions at most 5 µs. For captures that have everything twice. False unless given.
   */
  readonly dedupe?: boolean | undefined;
  /**
   * Node only, for regular files of 128 MiB or more together; from 1 to 256. With 1, the calling
   * thread does everything. Otherwise, and by default on more than one core, a second thread reads
   * and decodes. Larger numbers add no further thread. The result is the same.
   */
  readonly workers?: number | undefined;
}

/** The names of `MatchOptions`. */
export const MATCH_NAMES = [
  READ_NAMES,
  'engine',
  'compression',
  'submissions:object',
  'completions:object',
  'order',
  'key',
  'refused:any',
  'from:string|bigint|number',
  'to:string|bigint|number',
  'slowest:number',
  'open:number',
  'clockOffset:string|bigint|number',
  'tsUnit',
  'dedupe:boolean',
  'where:string|string[]',
  'workers:number',
] as const;

/** Valid options with their defaults. */
export interface ResolvedOptions {
  readonly order: (typeof MATCH_ORDERS)[number];
  readonly key: (typeof MATCH_KEYS)[number];
  /** Whether the key was not given. */
  readonly isKeyPresumed: boolean;
  /** Made from the options when the match starts. */
  readonly refused?: IndexSet | undefined;
  readonly cut?: TimeCut | undefined;
  readonly slowest: number;
  readonly open: number;
  readonly dedupe: boolean;
  /** Convert times, and find repeats; undefined unless options ask for them. */
  readonly clocks?: Clocks | undefined;
  readonly repeats?: Repeats | undefined;
}

export const SLOWEST_MAX = 10_000;
/** As many as can be in flight. */
export const OPEN_REQUESTS_MAX = 131_072;

/** Checks an option that is a number of rows. */
export function checkCount(name: string, count: number, max: number): void {
  if (!Number.isInteger(count) || count < 0 || count > max)
    throw badValue(name, count, `it must be a whole number from 0 to ${max}`);
}

/** @throws AioscopeError `AIOSCOPE_OPTION` for invalid options */
export function resolveOptions(options: MatchOptions): ResolvedOptions {
  const order = oneOf('order', options.order ?? 'time', MATCH_ORDERS);
  const key = oneOf('key', options.key ?? 'address', MATCH_KEYS);
  const { from, to, slowest = 0, open = 0, dedupe = false, workers } = options;
  if (workers !== undefined) checkWorkers(workers);
  checkCount('slowest', slowest, SLOWEST_MAX);
  checkCount('open', open, OPEN_REQUESTS_MAX);
  const isCut = from !== undefined || to !== undefined;
  if (order === 'counting' && (isCut || slowest > 0))
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option('order')} is counting, which ignores time: ` +
        `${option('from')}, ${option('to')} and ` +
        `${option('slowest')} cannot be used with it`,
    );
  return {
    order,
    key,
    isKeyPresumed: options.key === undefined,
    slowest,
    open,
    dedupe,
  };
}

/** The range of time and the refused submissions of options. Loaded on demand. */
export async function selectionOf({
  from,
  to,
  refused,
}: MatchOptions): Promise<Pick<ResolvedOptions, 'refused' | 'cut'>> {
  const isCut = from !== undefined || to !== undefined;
  if (refused === undefined && !isCut) return {};
  const { IndexSet, TimeCut } = await loaded('match', import('./time-cut.ts'));
  return {
    refused: refused === undefined ? undefined : new IndexSet(refused),
    cut: isCut ? new TimeCut(from, to) : undefined,
  };
}
