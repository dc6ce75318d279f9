import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { oneOf, resolveSchema, type Schema } from '../../layout/schema.ts';
import type { ReadOptions } from '../../stream/frames.ts';
import { type OpenOptions, RecordReader, toSource } from '../../stream/reader.ts';
import { recognise } from '../../stream/recognise.ts';
import type { ByteSource, Source } from '../../stream/source.ts';
import { IndexSet } from './index-set.ts';
import { TimeCut } from './time-cut.ts';

/** How submissions and completions can be put in order. */
export const MATCH_ORDERS = ['time', 'counting'] as const;
/** What can say which completion belongs to which submission. */
export const MATCH_KEYS = ['address', 'data'] as const;

/** How submissions and completions are to be matched. */
export interface MatchOptions extends ReadOptions, Pick<OpenOptions, 'engine' | 'compression'> {
  /** Layout and byte order of the submissions; recognised where they are not said. */
  readonly submissions?: Omit<PartialFormat, 'kind'> | undefined;
  /** Those of the completions. */
  readonly completions?: Omit<PartialFormat, 'kind'> | undefined;
  /** `time` merges both streams by the envelope's `ts`; `counting` takes the k-th submission of a key for that of its k-th completion. */
  readonly order?: (typeof MATCH_ORDERS)[number] | undefined;
  /** `address`: the envelope's `addr` is the event's `obj`; `data`: `aio_data` is `data`, for programs that tag their requests. */
  readonly key?: (typeof MATCH_KEYS)[number] | undefined;
  /** Indexes of the submissions that io_submit refused: they are left out, and then all that is left is known to have been in flight. */
  readonly refused?: Iterable<number> | undefined;
  /**
   * Leave out what is before this time: nanoseconds as `ts` has them, or a number with its unit (`8412.5s`, `20ms`, `7us`); with `+`
   * since the first record of both streams, the earlier of the two that they begin with.
   */
  readonly from?: string | bigint | number | undefined;
  /** Leave out what is at this time or after it; the same forms. */
  readonly to?: string | bigint | number | undefined;
  /** How many of the slowest pairs to keep with both records: none unless said otherwise, up to 10000. */
  readonly slowest?: number | undefined;
}

/** Options that make sense. */
export interface ResolvedOptions {
  readonly order: (typeof MATCH_ORDERS)[number];
  readonly key: (typeof MATCH_KEYS)[number];
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
  readonly slowest: number;
}

const SLOWEST_MAX = 10_000;

/** @throws AioscopeError `AIOSCOPE_OPTION` for options that make no sense */
export function resolveOptions(options: MatchOptions): ResolvedOptions {
  const order = oneOf('order', options.order ?? 'time', MATCH_ORDERS);
  const key = oneOf('key', options.key ?? 'address', MATCH_KEYS);
  const { from, to, refused, slowest = 0 } = options;
  if (!Number.isInteger(slowest) || slowest < 0 || slowest > SLOWEST_MAX)
    throw new AioscopeError('AIOSCOPE_OPTION', `slowest is ${slowest}; it is a whole number from 0 to ${SLOWEST_MAX}`);
  const isCut = from !== undefined || to !== undefined;
  if (order === 'counting' && (isCut || slowest > 0))
    throw new AioscopeError('AIOSCOPE_OPTION', 'order is counting, which knows no time; leave from, to and slowest out');
  return { order, key, refused: refused && new IndexSet(refused), cut: isCut ? new TimeCut(from, to) : undefined, slowest };
}

/** Open one of the two streams with a format that is recognised where it is not said. */
export async function openLane(
  source: Source | ByteSource,
  kind: 'iocb' | 'io_event',
  format: Omit<PartialFormat, 'kind'> | undefined,
  options: MatchOptions,
  batchSize: number,
): Promise<RecordReader> {
  const bytes = toSource(source, options.compression);
  const isSaid = format?.layout !== undefined && format.endian !== undefined;
  const known = isSaid
    ? { source: bytes, format: { ...format, kind } }
    : await recognise(bytes, { ...format, kind, whereEmpty: { kind, layout: 'traced' } }, options.signal);
  const { engine, signal, onProgress } = options;
  const given = { ...known.format, engine, signal, onProgress, compression: 'none', batchSize } as const;
  const knowsRefused = options.refused !== undefined || hasField(resolveSchema(given), 'ret');
  return new RecordReader(known.source, kind === 'iocb' && !knowsRefused ? { ...given, check: 'linux' } : given);
}

const hasField = ({ columns }: Pick<Schema, 'columns'>, name: string): boolean =>
  columns.some((column) => column.name === name && column.type !== 'char');

/** What a side's envelope does not have, in words; undefined where nothing is missing. */
function lackOf(side: string, { layout, columns }: Schema, needed: readonly ('addr' | 'ts')[]): string | undefined {
  const missing = needed.filter((name) => !hasField({ columns }, name));
  if (missing.length === 0) return undefined;
  const names = missing.map((name) => (name === 'addr' ? 'addr, the address of each iocb' : name)).join(', and ');
  return layout.envelopeBytes === 0
    ? `the ${side} are bare records, without ${names}`
    : `layout '${layout.text}' of the ${side} has no ${names}`;
}

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` where the records lack what the options need */
export function checkSchemas(submissions: Schema, completions: Schema, { order, key }: ResolvedOptions): void {
  const byTime = order === 'time' ? (['ts'] as const) : [];
  const lacks = [
    lackOf('submissions', submissions, key === 'address' ? ['addr', ...byTime] : byTime),
    lackOf('completions', completions, byTime),
  ].filter((lack) => lack !== undefined);
  if (lacks.length > 0) {
    const isLate = order === 'time' && !(hasField(submissions, 'ts') && hasField(completions, 'ts'));
    const ways = [
      'capture both in an envelope such as ts:u64,addr:u64,pid:u32,tid:u32,record',
      ...(key === 'address' && !hasField(submissions, 'addr')
        ? ['match by key data, where all requests in flight have an aio_data of their own']
        : []),
      ...(isLate ? ['match by order counting, where both begin together and nothing was refused'] : []),
    ];
    throw new AioscopeError('AIOSCOPE_UNMATCHABLE', `unmatchable: ${lacks.join(', and ')}; ${ways.join(', or ')}`);
  }
  for (const schema of [submissions, completions]) {
    const pid = schema.columns.find(({ name }) => name === 'pid');
    if (pid === undefined || (pid.type !== 'char' && pid.byteLength <= 4)) continue;
    throw new AioscopeError('AIOSCOPE_LAYOUT', `layout '${schema.layout.text}': pid is a number of up to 32 bits to be matched by`);
  }
}
