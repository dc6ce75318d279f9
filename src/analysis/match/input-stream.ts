import { SCALARS, type ScalarArray } from '../../abi/scalar.ts';
import { AioscopeError } from '../../errors.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import type { ArenaSlice, Decoder } from '../../stream/decoder.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Reading } from '../../stream/reading.ts';

/** Records per block. The columns of a block of each stream fit in the L2 cache. */
export const BLOCK_RECORDS = 1024;

/** Returns whether row `i` has an earlier time than row `j`. */
const isBefore = (ts: Uint32Array, i: number, j: number): boolean =>
  ts[2 * i + 1] < ts[2 * j + 1] || (ts[2 * i + 1] === ts[2 * j + 1] && ts[2 * i] < ts[2 * j]);

/** One of the two streams of a match: its records, decoded block by block, as columns of words. */
export class InputStream {
  /** Rows of the block, the position of the next one in `rows`, and the index of row 0. */
  count = 0;
  at = 0;
  first = 0;
  ended = false;
  /** The words of `ts`; zeros without such a column. */
  readonly ts: Uint32Array;
  readonly hasTime: boolean;
  /** The rows of the block in order of time: a stream that threads share may step back a little. */
  rows: Uint32Array;
  /** The lowest and highest `ts` so far; null before the first record. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly schema: Schema;
  readonly decoder: Decoder;
  readonly #reading: Reading;
  readonly #widening: (() => void)[] = [];
  readonly #ascending: Uint32Array;
  readonly #sorted: Uint32Array;
  #records = 0;
  #done = 0;

  private constructor(reading: Reading) {
    this.#reading = reading;
    this.decoder = reading.decoder;
    this.schema = reading.decoder.schema;
    const { rows } = this.decoder.plan;
    const ts = this.wide('ts');
    this.hasTime = ts !== null;
    this.ts = ts ?? new Uint32Array(2 * rows);
    this.#ascending = Uint32Array.from({ length: rows }, (_, i) => i);
    this.#sorted = new Uint32Array(rows);
    this.rows = this.#ascending;
  }

  /** Starts reading into a slice of an arena. */
  static async start(reader: RecordReader, slice: ArenaSlice): Promise<InputStream> {
    return new InputStream(await reader.start(slice));
  }

  /** Returns whether there is a numeric column of this name. */
  has(name: string): boolean {
    return this.#find(name) !== null;
  }

  /** Returns where a numeric column of this width begins in the arena, or undefined. */
  addressOf(name: string, byteLength: number): number | undefined {
    const i = this.schema.columns.findIndex(
      (column) => column.name === name && column.type !== 'char',
    );
    return i >= 0 && this.schema.columns[i].byteLength === byteLength
      ? this.decoder.addresses[i]
      : undefined;
  }

  /** Returns whether there is a signed numeric column of this name. */
  isSigned(name: string): boolean {
    const found = this.#find(name);
    return found !== null && SCALARS[found[0].type as keyof typeof SCALARS].signed;
  }

  /** Whether the rows of the block were in order of time already. */
  get isInOrder(): boolean {
    return this.rows === this.#ascending;
  }

  /** Returns the words of a column, two per row, low word first, or null. `load` refills them. */
  wide(name: string): Uint32Array | null {
    const found = this.#find(name);
    if (found === null) return null;
    const [{ type }, array] = found;
    if (type === 'u64' || type === 'i64')
      return new Uint32Array(array.buffer, array.byteOffset, 2 * array.length);
    const { signed } = SCALARS[type as keyof typeof SCALARS];
    const words = new Uint32Array(2 * array.length);
    this.#widen(() => {
      for (let i = 0; i < this.count; i++) {
        const value = array[i] as number;
        words[2 * i] = value;
        words[2 * i + 1] = signed ? value >> 31 : 0;
      }
    });
    return words;
  }

  /** Returns the words of a column of up to 32 bits, one per row, or null. `load` refills them. */
  narrow(name: string): Uint32Array | null {
    const found = this.#find(name);
    if (found === null) return null;
    const [{ byteLength }, array] = found;
    if (byteLength === 4) return new Uint32Array(array.buffer, array.byteOffset, array.length);
    const words = new Uint32Array(array.length);
    this.#widen(() => {
      for (let i = 0; i < this.count; i++) words[i] = array[i] as number;
    });
    return words;
  }

  /** Has `fill` called for each block, this one included. */
  #widen(fill: () => void): void {
    this.#widening.push(fill);
    fill();
  }

  /** Decodes the next block. */
  async load(): Promise<void> {
    this.first += this.count;
    this.at = 0;
    this.count = 0;
    if (this.#done === this.#records) {
      this.#records = await this.#reading.next();
      this.#done = 0;
    }
    this.ended = this.#records === 0;
    if (this.ended) return;
    this.count = Math.min(BLOCK_RECORDS, this.#records - this.#done);
    this.#reading.decode(this.#done, this.count);
    this.#done += this.count;
    for (const fill of this.#widening) fill();
    if (this.hasTime) this.#sort();
  }

  close(): Promise<void> {
    return this.#reading.close();
  }

  #find(name: string): readonly [ColumnSource, ScalarArray] | null {
    const i = this.schema.columns.findIndex(
      ({ name: each, type, inRecord, absent }) =>
        each === name && type !== 'char' && (inRecord || absent !== 'all'),
    );
    return i < 0 ? null : [this.schema.columns[i], this.decoder.columns[i] as ScalarArray];
  }

  /** Sorts the rows by time, stably. Insertion sort: rows are nearly sorted. */
  #sort(): void {
    const { ts, count } = this;
    let inOrder = 1;
    while (inOrder < count && !isBefore(ts, inOrder, inOrder - 1)) inOrder += 1;
    this.rows = inOrder >= count ? this.#ascending : this.#sorted;
    if (this.rows === this.#sorted) {
      this.rows.set(this.#ascending);
      for (let i = inOrder; i < count; i++) {
        let at = i;
        for (; at > 0 && isBefore(ts, i, this.rows[at - 1]); at--)
          this.rows[at] = this.rows[at - 1];
        this.rows[at] = i;
      }
    }
    this.#observe(this.rows[0]);
    this.#observe(this.rows[count - 1]);
  }

  #observe(row: number): void {
    const ts = (BigInt(this.ts[2 * row + 1]) << 32n) | BigInt(this.ts[2 * row]);
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
  }
}

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if the column is missing */
function needed(words: Uint32Array | null, name: string): Uint32Array {
  if (words !== null) return words;
  throw new AioscopeError('AIOSCOPE_UNMATCHABLE', `records have no ${name} to match by`);
}

/** The columns that form the key of a record, as words; zeros for those that are not part of it. */
class KeyColumns {
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
  readonly ts: Uint32Array;

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    const zeros = new Uint32Array(stream.ts.length);
    this.ts = stream.ts;
    this.key = needed(stream.wide(key), key);
    this.keyPid = (joinsProcess ? stream.narrow('pid') : null) ?? zeros;
    this.ctx = (joinsContext ? stream.wide('ctx') : null) ?? zeros;
  }
}

/** The columns of submissions that matching reads. */
export class SubmissionColumns extends KeyColumns {
  readonly pid: Uint32Array;
  readonly data: Uint32Array;
  readonly opcode: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly fd: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly #ret: Uint32Array | null;

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(stream, key, joinsProcess, joinsContext);
    this.pid = stream.narrow('pid') ?? new Uint32Array(stream.ts.length);
    this.data = needed(stream.wide('aio_data'), 'aio_data');
    this.opcode = needed(stream.narrow('aio_lio_opcode'), 'aio_lio_opcode');
    this.rwFlags = needed(stream.narrow('aio_rw_flags'), 'aio_rw_flags');
    this.fd = needed(stream.narrow('aio_fildes'), 'aio_fildes');
    this.nbytes = needed(stream.wide('aio_nbytes'), 'aio_nbytes');
    this.#ret = stream.wide('ret');
  }

  /** Returns whether io_submit returned an error for row `i`. */
  isRefused(i: number): boolean {
    return this.#ret !== null && this.#ret[2 * i + 1] >= 2 ** 31;
  }
}

/** The columns of completions that matching reads. */
export class CompletionColumns extends KeyColumns {
  readonly data: Uint32Array;
  readonly res: Uint32Array;
  readonly res2: Uint32Array;
  readonly tid: Uint32Array;

  constructor(stream: InputStream, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(stream, key, joinsProcess, joinsContext);
    this.data = needed(stream.wide('data'), 'data');
    this.res = needed(stream.wide('res'), 'res');
    this.res2 = needed(stream.wide('res2'), 'res2');
    this.tid = stream.narrow('tid') ?? new Uint32Array(stream.ts.length);
  }
}

/**
 * Returns a test of whether Linux always refuses row `i`, so that it is never in flight. If it is
 * known which submissions were refused, the stream lacks that column and the test is always false.
 */
export function neverOpens(submissions: InputStream): (i: number) => boolean {
  const refusals = submissions.narrow('firstRefusal');
  return refusals === null ? () => false : (i) => refusals[i] !== 0;
}
