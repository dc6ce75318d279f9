// Where a part of a capture begins and ends in time, and whose records it has.
import { SCALARS } from '../../abi/scalar.ts';
import type { Schema } from '../../layout/schema.ts';
import { closeQuietly, readFault, unlessAborted } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import { hasField } from './matchable.ts';
import type { MatchOptions } from './options.ts';

/** How parts are looked at. */
export type LookOptions = Pick<MatchOptions, 'signal'>;

/** The first and the last block of a part. */
export interface PartEnds {
  /** The lowest time in the first block, and the highest in the last. */
  readonly first: bigint;
  readonly last: bigint;
  /** The processes and addresses in both; empty without such a field. */
  readonly pids: ReadonlySet<bigint>;
  readonly addresses: ReadonlySet<bigint>;
  /** Records in the part. */
  readonly records: number;
}

/** Consecutive records as they are stored: few of their fields are looked at. */
export class StoredBlock {
  readonly schema: Schema;
  readonly length: number;
  readonly #view: DataView;

  constructor(schema: Schema, bytes: Uint8Array) {
    this.schema = schema;
    this.length = Math.floor(bytes.byteLength / schema.stride);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Returns a reader of a field by record, without its sign; undefined without such a field. */
  field(name: string): ((i: number) => bigint) | undefined {
    const { columns, stride, endian } = this.schema;
    const column = columns.find((each) => each.name === name);
    if (column === undefined || column.type === 'char' || column.absent === 'all') return undefined;
    const { sourceOffset } = column;
    const { byteLength } = SCALARS[column.type];
    const view = this.#view;
    const isLittle = endian === 'little';
    const valueAt = {
      1: (at: number) => BigInt(view.getUint8(at)),
      2: (at: number) => BigInt(view.getUint16(at, isLittle)),
      4: (at: number) => BigInt(view.getUint32(at, isLittle)),
      8: (at: number) => view.getBigUint64(at, isLittle),
    }[byteLength];
    return (i) => valueAt(i * stride + sourceOffset);
  }

  /** The values of a field; none without it. */
  *values(name: string): Generator<bigint, void, void> {
    const valueAt = this.field(name);
    for (let i = 0; valueAt !== undefined && i < this.length; i++) yield valueAt(i);
  }

  /** The addresses of the iocbs. */
  get addresses(): Generator<bigint, void, void> {
    return this.values(this.schema.kind === 'iocb' ? 'addr' : 'obj');
  }
}

/** What the blocks of a part show, added up. */
class Ends implements PartEnds {
  first = 2n ** 64n;
  last = -1n;
  records = 0;
  readonly pids = new Set<bigint>();
  readonly addresses = new Set<bigint>();

  add(block: StoredBlock, isFirst: boolean): void {
    for (const ts of block.values('ts')) {
      if (isFirst && ts < this.first) this.first = ts;
      if (ts > this.last) this.last = ts;
    }
    if (this.addresses.size >= KEPT_MAX) return;
    for (const pid of block.values('pid')) this.pids.add(pid);
    for (const address of block.addresses) this.addresses.add(address);
  }
}

/** Of a part that is read whole, processes and addresses are kept up to about this many. */
const KEPT_MAX = 2 * BLOCK_RECORDS;

/** The blocks of a source; only `begin` to `end` of its records if it has ranges. */
async function* blocksOf(
  { bytes, schema, offset }: Opened,
  { signal }: LookOptions,
  range?: readonly [number, number],
): AsyncGenerator<StoredBlock, void, void> {
  const { stride } = schema;
  const source = (range && bytes.range?.(range[0] * stride, range[1] * stride)) ?? bytes;
  const block = new Uint8Array(BLOCK_RECORDS * stride);
  let at = offset;
  for (let filled = block.length; filled === block.length; ) {
    filled = 0;
    for (let read = 1; read > 0 && filled < block.length; filled += read, at += read) {
      try {
        read = await unlessAborted(source.read(block.subarray(filled)), signal);
      } catch (error) {
        signal?.throwIfAborted();
        throw readFault(source.name, at, error);
      }
    }
    if (filled >= stride) yield new StoredBlock(schema, block.subarray(0, filled));
  }
}

/** The records in a source; undefined if that is not known, or it has no ranges. */
function rangedRecords({ bytes, length, schema }: Opened): number | undefined {
  const hasRanges = length !== undefined && bytes.range?.(0, 0) !== undefined;
  return hasRanges ? Math.floor(length / schema.stride) : undefined;
}

/**
 * The blocks of a source from its beginning, apart from any other reading of it; none if it can be
 * read only once.
 */
export async function* everyBlock(
  opened: Opened,
  options: LookOptions,
): AsyncGenerator<StoredBlock, void, void> {
  const again = opened.reopen();
  if (again === undefined) return;
  try {
    yield* blocksOf(again, options);
  } finally {
    await closeQuietly(again, options.signal);
  }
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
      for await (const block of blocksOf(again, options)) {
        ends.add(block, ends.records === 0);
        ends.records += block.length;
      }
    } else {
      ends.records = records;
      const begin = Math.max(0, records - BLOCK_RECORDS);
      for await (const block of blocksOf(again, options, [0, Math.min(records, BLOCK_RECORDS)]))
        ends.add(block, true);
      for await (const block of blocksOf(again, options, [begin, records])) ends.add(block, false);
    }
  } finally {
    await closeQuietly(again, options.signal);
  }
  return ends.records === 0 ? null : ends;
}
