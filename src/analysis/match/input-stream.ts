import { SCALARS, type ScalarArray } from '../../abi/scalar.ts';
import { AioscopeError } from '../../errors.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import type { ArenaSlice, Decoder } from '../../stream/decoder.ts';
import type { Reading, RecordReader } from '../../stream/reader.ts';

/** Records of each stream that are decoded at once: the columns of both stay in the L2 cache. */
export const BLOCK_RECORDS = 1024;

/** Whether row `i` is of an earlier time than row `j`. */
const isBefore = (ts: Uint32Array, i: number, j: number): boolean =>
  ts[2 * i + 1] < ts[2 * j + 1] || (ts[2 * i + 1] === ts[2 * j + 1] && ts[2 * i] < ts[2 * j]);

/** One of the two streams: blocks of its records, decoded, and its columns as words of 32 bits. */
export class Lane {
  /** Rows of the block, the next of them, and the index that the first has among all records. */
  count = 0;
  at = 0;
  first = 0;
  ended = false;
  /** Words of `ts`; zeros where there is none. */
  readonly ts: Uint32Array;
  readonly hasTime: boolean;
  /** The rows of the block in the order of time: where threads write to one stream, time steps back now and then. */
  rows: Uint32Array;
  /** The earliest and the latest `ts` so far; null before the first record. */
  earliest: bigint | null = null;
  latest: bigint | null = null;
  readonly schema: Schema;
  readonly #session: Reading;
  readonly #decoder: Decoder;
  readonly #widening: (() => void)[] = [];
  readonly #steady: Uint32Array;
  readonly #sorted: Uint32Array;
  #records = 0;
  #done = 0;

  private constructor(session: Reading) {
    this.#session = session;
    this.#decoder = session.decoder;
    this.schema = session.decoder.schema;
    const { rows } = this.#decoder.plan;
    const ts = this.wide('ts');
    this.hasTime = ts !== null;
    this.ts = ts ?? new Uint32Array(2 * rows);
    this.#steady = Uint32Array.from({ length: rows }, (_, i) => i);
    this.#sorted = new Uint32Array(rows);
    this.rows = this.#steady;
  }

  static async start(reader: RecordReader, room: ArenaSlice): Promise<Lane> {
    return new Lane(await reader.start(room));
  }

  /** Whether there is a column of numbers of this name. */
  has(name: string): boolean {
    return this.#find(name) !== null;
  }

  /** Where a column of numbers of so many bytes lies; undefined where there is none. */
  addressOf(name: string, byteLength: number): number | undefined {
    const i = this.schema.columns.findIndex(
      (column) => column.name === name && column.type !== 'char',
    );
    return i >= 0 && this.schema.columns[i].byteLength === byteLength
      ? this.#decoder.addresses[i]
      : undefined;
  }

  /** Whether a column of numbers has a sign. */
  isSigned(name: string): boolean {
    const found = this.#find(name);
    return found !== null && SCALARS[found[0].type as keyof typeof SCALARS].signed;
  }

  /** Whether the rows of the block are in the order of time as they are. */
  get isSteady(): boolean {
    return this.rows === this.#steady;
  }

  /** Words of a column of up to 64 bits, two a row, the low one first; null where there is none. */
  wide(name: string): Uint32Array | null {
    const found = this.#find(name);
    if (found === null) return null;
    const [{ type }, array] = found;
    if (type === 'u64' || type === 'i64')
      return new Uint32Array(array.buffer, array.byteOffset, 2 * array.length);
    const { signed } = SCALARS[type as keyof typeof SCALARS];
    const words = new Uint32Array(2 * array.length);
    this.#widening.push(() => {
      for (let i = 0; i < this.count; i++) {
        const value = array[i] as number;
        words[2 * i] = value;
        words[2 * i + 1] = signed ? value >> 31 : 0;
      }
    });
    return words;
  }

  /** Words of a column of up to 32 bits, one a row; null where there is none. */
  narrow(name: string): Uint32Array | null {
    const found = this.#find(name);
    if (found === null) return null;
    const [{ byteLength }, array] = found;
    if (byteLength === 4) return new Uint32Array(array.buffer, array.byteOffset, array.length);
    const words = new Uint32Array(array.length);
    this.#widening.push(() => {
      for (let i = 0; i < this.count; i++) words[i] = array[i] as number;
    });
    return words;
  }

  /** Decode the next block. */
  async load(): Promise<void> {
    this.first += this.count;
    this.at = 0;
    this.count = 0;
    if (this.#done === this.#records) {
      this.#records = await this.#session.next();
      this.#done = 0;
    }
    this.ended = this.#records === 0;
    if (this.ended) return;
    this.count = Math.min(BLOCK_RECORDS, this.#records - this.#done);
    this.#session.decode(this.#done, this.count);
    this.#done += this.count;
    for (const widen of this.#widening) widen();
    if (this.hasTime) this.#arrange();
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #find(name: string): readonly [ColumnSource, ScalarArray] | null {
    const i = this.schema.columns.findIndex(
      (column) => column.name === name && column.type !== 'char',
    );
    return i < 0 ? null : [this.schema.columns[i], this.#decoder.columns[i] as ScalarArray];
  }

  /** Put the rows in the order of time; those of one time stay as they are. */
  #arrange(): void {
    const { ts, count } = this;
    let steady = 1;
    while (steady < count && !isBefore(ts, steady, steady - 1)) steady += 1;
    this.rows = steady >= count ? this.#steady : this.#sorted;
    if (this.rows === this.#sorted) {
      this.rows.set(this.#steady);
      for (let i = steady; i < count; i++) {
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

/** A column that has to be there. */
function needed(words: Uint32Array | null, name: string): Uint32Array {
  if (words !== null) return words;
  throw new AioscopeError('AIOSCOPE_UNMATCHABLE', `records have no ${name} to be matched by`);
}

/** The columns that make the key of a record: one or two words each a row; those that do not join are zeros. */
class KeyColumns {
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
  readonly ts: Uint32Array;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    const zeros = new Uint32Array(lane.ts.length);
    this.ts = lane.ts;
    this.key = needed(lane.wide(key), key);
    this.keyPid = (joinsProcess ? lane.narrow('pid') : null) ?? zeros;
    this.ctx = (joinsContext ? lane.wide('ctx') : null) ?? zeros;
  }
}

/** What matching reads of submissions. */
export class RequestColumns extends KeyColumns {
  readonly pid: Uint32Array;
  readonly data: Uint32Array;
  readonly opcode: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly fd: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly #ret: Uint32Array | null;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(lane, key, joinsProcess, joinsContext);
    this.pid = lane.narrow('pid') ?? new Uint32Array(lane.ts.length);
    this.data = needed(lane.wide('aio_data'), 'aio_data');
    this.opcode = needed(lane.narrow('aio_lio_opcode'), 'aio_lio_opcode');
    this.rwFlags = needed(lane.narrow('aio_rw_flags'), 'aio_rw_flags');
    this.fd = needed(lane.narrow('aio_fildes'), 'aio_fildes');
    this.nbytes = needed(lane.wide('aio_nbytes'), 'aio_nbytes');
    this.#ret = lane.wide('ret');
  }

  /** Whether the envelope says what io_submit returned. */
  get hasRet(): boolean {
    return this.#ret !== null;
  }

  /** Whether io_submit returned an error for row `i`. */
  isRefused(i: number): boolean {
    return this.#ret !== null && this.#ret[2 * i + 1] >= 2 ** 31;
  }
}

/** What matching reads of completions. */
export class ResultColumns extends KeyColumns {
  readonly data: Uint32Array;
  readonly res: Uint32Array;
  readonly res2: Uint32Array;
  readonly tid: Uint32Array;

  constructor(lane: Lane, key: string, joinsProcess: boolean, joinsContext: boolean) {
    super(lane, key, joinsProcess, joinsContext);
    this.data = needed(lane.wide('data'), 'data');
    this.res = needed(lane.wide('res'), 'res');
    this.res2 = needed(lane.wide('res2'), 'res2');
    this.tid = lane.narrow('tid') ?? new Uint32Array(lane.ts.length);
  }
}

/**
 * Tells of row `i` of the submissions whether the rules of Linux refuse it, so that it is never in flight. Where it is known
 * which were refused, nobody asks, and the lane has no such column.
 */
export function neverOpens(submissions: Lane): (i: number) => boolean {
  const reasons = submissions.narrow('firstRefusal');
  return reasons === null ? () => false : (i) => reasons[i] !== 0;
}
