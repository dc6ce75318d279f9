import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { oneOf, type Schema } from '../../layout/schema.ts';
import { type Nanoseconds, nanoseconds } from '../../layout/where.ts';
import { closeQuietly } from '../../stream/fault.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import type { OpenOptions, ReadOptions } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';

/** How submissions and completions can be put in order. */
export const MATCH_ORDERS = ['time', 'counting'] as const;
/** What can say which completion belongs to which submission. */
export const MATCH_KEYS = ['address', 'data'] as const;

/** How submissions and completions are to be matched. */
export interface MatchOptions extends ReadOptions, Pick<OpenOptions, 'engine' | 'compression'> {
  /** Layout and byte order of the submissions; recognized where they are not said. */
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
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `slowest is ${slowest}; it is a whole number from 0 to ${SLOWEST_MAX}`,
    );
  const isCut = from !== undefined || to !== undefined;
  if (order === 'counting' && (isCut || slowest > 0))
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      'order is counting, which knows no time; leave from, to and slowest out',
    );
  return {
    order,
    key,
    refused: refused && new IndexSet(refused),
    cut: isCut ? new TimeCut(from, to) : undefined,
    slowest,
  };
}

/** Opens one of the two streams and detects what is not given of its format. */
export async function openLane(
  source: Source | Opened,
  kind: 'iocb' | 'io_event',
  format: Omit<PartialFormat, 'kind'> | undefined,
  options: MatchOptions,
  batchSize: number,
): Promise<RecordReader> {
  const { compression, engine, signal, onProgress } = options;
  const isGiven = format?.layout !== undefined && format.endian !== undefined;
  const opened = await openSource(source, {
    ...{ ...format, kind, compression, signal, detectLayout: !isGiven },
    whereEmpty: { kind, layout: 'traced' },
  });
  try {
    const { name, schema } = opened;
    if (schema.kind !== kind)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `${name} holds ${schema.kind}, and ${SIDES[kind]} are ${kind}; ` +
          'give submissions first, then completions',
      );
    const knowsRefused = options.refused !== undefined || hasField(schema, 'ret');
    const check = kind === 'iocb' && !knowsRefused ? 'linux' : undefined;
    return new RecordReader(opened, { engine, signal, onProgress, batchSize, check });
  } catch (error) {
    await closeQuietly(opened, signal);
    throw error;
  }
}

const SIDES = { iocb: 'submissions', io_event: 'completions' } as const;

const hasField = ({ columns }: Pick<Schema, 'columns'>, name: string): boolean =>
  columns.some((column) => column.name === name && column.type !== 'char');

/** What a side's envelope does not have, in words; undefined where nothing is missing. */
function lackOf(
  side: string,
  { layout, columns }: Schema,
  needed: readonly ('addr' | 'ts')[],
): string | undefined {
  const missing = needed.filter((name) => !hasField({ columns }, name));
  if (missing.length === 0) return undefined;
  const names = missing
    .map((name) => (name === 'addr' ? 'addr, the address of each iocb' : name))
    .join(', and ');
  return layout.envelopeBytes === 0
    ? `the ${side} are bare records, without ${names}`
    : `layout '${layout.text}' of the ${side} has no ${names}`;
}

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` where the records lack what the options need */
export function checkSchemas(
  submissions: Schema,
  completions: Schema,
  { order, key }: ResolvedOptions,
): void {
  const byTime = order === 'time' ? (['ts'] as const) : [];
  const lacks = [
    lackOf('submissions', submissions, key === 'address' ? ['addr', ...byTime] : byTime),
    lackOf('completions', completions, byTime),
  ].filter((lack) => lack !== undefined);
  if (lacks.length > 0) {
    const isLate =
      order === 'time' && !(hasField(submissions, 'ts') && hasField(completions, 'ts'));
    const ways = [
      'capture both in an envelope such as ts:u64,addr:u64,pid:u32,tid:u32,record',
      ...(key === 'address' && !hasField(submissions, 'addr')
        ? ['match by key data, where all requests in flight have an aio_data of their own']
        : []),
      ...(isLate
        ? ['match by order counting, where both begin together and nothing was refused']
        : []),
    ];
    throw new AioscopeError(
      'AIOSCOPE_UNMATCHABLE',
      `unmatchable: ${lacks.join(', and ')}; ${ways.join(', or ')}`,
    );
  }
  for (const schema of [submissions, completions]) {
    const pid = schema.columns.find(({ name }) => name === 'pid');
    if (pid === undefined || (pid.type !== 'char' && pid.byteLength <= 4)) continue;
    throw new AioscopeError(
      'AIOSCOPE_LAYOUT',
      `layout '${schema.layout.text}': pid is a number of up to 32 bits to be matched by`,
    );
  }
}

/** A time as an option has it. */
type TimeOption = string | bigint | number;

const U64_MAX = 2n ** 64n - 1n;
const isRelative = (end: Nanoseconds | undefined): boolean => end?.isRelative === true;

/** A stretch of time: from `from`, which is in it, to `to`, which is not. */
export class TimeCut {
  /** The earliest and the latest time that was found in it. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly #options: readonly (TimeOption | undefined)[];
  readonly #ends: readonly (Nanoseconds | undefined)[];
  #from = 0n;
  #to = U64_MAX + 1n;
  #hasBegun = false;

  constructor(from: TimeOption | undefined, to: TimeOption | undefined) {
    this.#options = [from, to];
    const ends = [
      from === undefined ? undefined : nanoseconds('from', from),
      to === undefined ? undefined : nanoseconds('to', to),
    ];
    this.#ends = ends;
    // What can be told before the first record is.
    if (isRelative(ends[0]) === isRelative(ends[1])) this.#resolve(0n);
  }

  /** Say what relative times are counted from, once: the first records of the streams are there. */
  begin(firsts: readonly bigint[]): void {
    if (this.#hasBegun || firsts.length === 0) return;
    this.#hasBegun = true;
    let earliest = firsts[0];
    for (const first of firsts) if (first < earliest) earliest = first;
    this.#resolve(earliest);
  }

  /** Whether a time, as words, lies in it. */
  has(low: number, high: number): boolean {
    const ts = (BigInt(high) << 32n) | BigInt(low);
    if (ts < this.#from || ts >= this.#to) return false;
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
    return true;
  }

  #resolve(base: bigint): void {
    const [from, to] = this.#ends.map((end) =>
      end === undefined ? undefined : end.ns + (end.isRelative ? base : 0n),
    );
    this.#from = from ?? 0n;
    this.#to = to ?? U64_MAX + 1n;
    if (this.#from < this.#to) return;
    const [told, until] = this.#options.map((option) => String(option ?? 'not said'));
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `from is ${told} and to is ${until}: nothing lies between; from has to be the earlier`,
    );
  }
}

/** Indexes of records, looked up in about the order of the records. */
export class IndexSet {
  readonly #ascending: Float64Array;
  #at = 0;

  constructor(indexes: Iterable<number>) {
    const ascending = Float64Array.from(indexes).sort();
    for (const index of ascending) {
      if (Number.isSafeInteger(index) && index >= 0) continue;
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `refused has ${index}; it is a list of indexes of submissions, whole numbers from 0 up`,
      );
    }
    this.#ascending = ascending;
  }

  has(index: number): boolean {
    const all = this.#ascending;
    while (this.#at < all.length && all[this.#at] < index) this.#at += 1;
    while (this.#at > 0 && all[this.#at - 1] >= index) this.#at -= 1;
    return all[this.#at] === index;
  }
}
