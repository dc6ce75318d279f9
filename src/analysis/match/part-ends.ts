// Where a part of a capture begins and ends in time, and whose records it has.
import type { Schema } from '../../layout/schema.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import { closeQuietly } from '../../stream/fault.ts';
import { Opened } from '../../stream/open-source.ts';
import { RecordReader } from '../../stream/reader.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import { hasField } from './matchable.ts';
import type { MatchOptions } from './options.ts';

/** How parts are looked at. */
export type LookOptions = Pick<MatchOptions, 'engine' | 'signal'>;

/** The first and the last block of a part. */
export interface PartEnds {
  /** The lowest time in the first block, and the highest in the last. */
  readonly first: bigint;
  readonly last: bigint;
  /** The processes and addresses in both; empty without such a field. */
  readonly pids: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
  /** Records in the part. */
  readonly records: number;
}

/** The values of a column, or nothing if it has no such field. */
export function* valuesOf(batch: RecordBatch, name: string): Generator<string, void, void> {
  if (!hasField(batch.schema, name)) return;
  for (const value of batch.columns[name] as Iterable<number | bigint>) yield `${value}`;
}

/** The column of the address of the iocb. */
export const addressColumn = ({ kind }: Schema): string => (kind === 'iocb' ? 'addr' : 'obj');

/** The time of record `i`, which has one. */
export const timeAt = ({ columns }: RecordBatch, i: number): bigint =>
  BigInt.asUintN(64, BigInt(columns['ts'][i] as number | bigint));

/** Processes and addresses of a part that is read whole are kept up to about this many. */
const KEPT_MAX = 2 * BLOCK_RECORDS;

/** What the blocks of a part show, added up. */
class Ends implements PartEnds {
  first = 2n ** 64n;
  last = -1n;
  records = 0;
  readonly pids = new Set<string>();
  readonly addresses = new Set<string>();

  add(batch: RecordBatch, isFirst: boolean): void {
    for (let i = 0; i < batch.length; i++) {
      const ts = timeAt(batch, i);
      if (isFirst && ts < this.first) this.first = ts;
      if (ts > this.last) this.last = ts;
    }
    if (this.addresses.size >= KEPT_MAX) return;
    for (const pid of valuesOf(batch, 'pid')) this.pids.add(pid);
    for (const address of valuesOf(batch, addressColumn(batch.schema))) this.addresses.add(address);
  }
}

/** The blocks of a source; only `begin` to `end` of its records if it has ranges. */
function blocksOf(source: Opened, options: LookOptions, range?: readonly [number, number]) {
  const { stride } = source.schema;
  const bytes = range && source.bytes.range?.(range[0] * stride, range[1] * stride);
  const opened = bytes === undefined ? source : new Opened(bytes, source.schema);
  return new RecordReader(opened, { ...options, batchSize: BLOCK_RECORDS });
}

/** The records in a source; undefined if that is not known, or it has no ranges. */
function rangedRecords({ bytes, length, schema }: Opened): number | undefined {
  const hasRanges = length !== undefined && bytes.range?.(0, 0) !== undefined;
  return hasRanges ? Math.floor(length / schema.stride) : undefined;
}

/**
 * The blocks of a source from its beginning, apart from any other reading of it; undefined if it
 * can be read only once.
 */
export async function* everyBlock(
  opened: Opened,
  options: LookOptions,
): AsyncGenerator<RecordBatch, void, void> {
  const again = opened.reopen();
  if (again !== undefined) yield* blocksOf(again, options);
}

/**
 * Looks at the ends of a part: at its first and last block where it can be read at any place, as a
 * plain file, otherwise at all of it. Null without records or times.
 */
export async function endsOf(opened: Opened, options: LookOptions): Promise<PartEnds | null> {
  const again = opened.reopen();
  if (again === undefined || !hasField(opened.schema, 'ts')) return null;
  const ends = new Ends();
  try {
    await again.prepare();
    const records = rangedRecords(again);
    if (records === undefined) {
      let isFirst = true;
      for await (const batch of blocksOf(again, options)) {
        ends.add(batch, isFirst);
        ends.records += batch.length;
        isFirst = false;
      }
    } else {
      ends.records = records;
      const begin = Math.max(0, records - BLOCK_RECORDS);
      for await (const batch of blocksOf(again, options, [0, Math.min(records, BLOCK_RECORDS)]))
        ends.add(batch, true);
      for await (const batch of blocksOf(again, options, [begin, records])) ends.add(batch, false);
    }
  } finally {
    await closeQuietly(again, options.signal);
  }
  return ends.records === 0 ? null : ends;
}
