import { SCALARS, type ScalarArray } from '../../abi/scalar.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import type { BlockReader } from '../../stream/block-reader.ts';
import type { ArenaSlice, Decoder } from '../../stream/decoder.ts';
import type { BlocksAhead } from '../../stream/host.ts';
import type { Reading } from '../../stream/reading.ts';
import { TimeOrder } from './time-order.ts';

/** Records per block. The columns of a block of each stream fit in the L2 cache. */
export const BLOCK_RECORDS = 1024;

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
  readonly #leaving: (() => void)[] = [];
  readonly #order: TimeOrder;
  /** Whether words of narrower columns are filled only by `widen`: a kernel does not read them. */
  widensLater = false;
  #isWide = true;
  #records = 0;
  #done = 0;
  /** The blocks that another thread decodes, from some filling on, as long as it can. */
  ahead: BlocksAhead | undefined;
  /** Whether the current filling is one that the other thread has read. */
  #isPassed = false;

  private constructor(reading: Reading) {
    this.#reading = reading;
    this.decoder = reading.decoder;
    this.schema = reading.decoder.schema;
    const { rows } = this.decoder.plan;
    const ts = this.wide('ts');
    this.hasTime = ts !== null;
    this.ts = ts ?? new Uint32Array(2 * rows);
    this.#order = new TimeOrder(rows);
    this.rows = this.#order.ascending;
  }

  /** Starts reading, into a slice of an arena if one is given. */
  static async start(reader: Pick<BlockReader, 'start'>, slice?: ArenaSlice): Promise<InputStream> {
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
    return this.rows === this.#order.ascending;
  }

  /** The bytes of all columns of the block, and those between them. */
  get columnBytes(): Uint8Array {
    const { arena, plan } = this.decoder;
    return new Uint8Array(arena.buffer, plan.columns, plan.tallies - plan.columns);
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

  /** Has `keep` called before a block is overwritten. */
  onLeave(keep: () => void): void {
    this.#leaving.push(keep);
  }

  /** Decodes the next block. */
  async load(): Promise<void> {
    if (this.count > 0 && this.#leaving.length > 0) {
      this.widen();
      for (const keep of this.#leaving) keep();
    }
    this.first += this.count;
    this.at = 0;
    this.count = 0;
    if (this.#done === this.#records) await this.#fill();
    else if (this.#isPassed) await this.#continue();
    this.ended = this.#records === 0;
    if (this.ended) return;
    this.count = Math.min(BLOCK_RECORDS, this.#records - this.#done);
    if (this.#isPassed) this.#take();
    else this.#reading.decode(this.#done, this.count);
    this.#done += this.count;
    this.#prepare();
  }

  /** Begins a filling, one that the other thread has read if there is one. */
  async #fill(): Promise<void> {
    const offset = this.ahead && this.#reading.nextOffset;
    const { sourceBytes } = this.decoder.plan;
    const isAhead = offset !== undefined && this.ahead?.begins(offset, sourceBytes) === true;
    this.#isPassed = isAhead && (await this.ahead?.hasNext()) === true;
    this.#records = await (this.#isPassed ? this.#reading.pass() : this.#reading.next());
    this.#done = 0;
  }

  /** Reads the rest of a filling here if the other thread has not got to its end. */
  async #continue(): Promise<void> {
    if (await this.ahead?.hasNext()) return;
    this.#reading.goBack(this.#records - this.#done);
    this.ahead = undefined;
    await this.#fill();
  }

  /** Takes a block of the other thread. */
  #take(): void {
    const { ascending, sorted } = this.#order;
    const isInOrder = this.ahead?.take(this.columnBytes, sorted) !== false;
    this.rows = isInOrder ? ascending : sorted;
  }

  /** Decodes the block again, the first one, after its conversion of times has changed. */
  decodeAgain(): void {
    if (this.count === 0) return;
    this.earliest = null;
    this.latest = null;
    this.#reading.decode(this.#done - this.count, this.count);
    this.#prepare();
  }

  /** Returns whether two rows of the block have equal records, and equal values in `more`. */
  areEqual(i: number, j: number, more: readonly string[]): boolean {
    return this.schema.columns.every(({ name, type, inRecord }, column) => {
      if (type === 'char' || !(inRecord || more.includes(name))) return true;
      return this.decoder.columns[column][i] === this.decoder.columns[column][j];
    });
  }

  /** Returns what a row has in its record and in `more`, as text that can be compared. */
  textOf(i: number, more: readonly string[]): string {
    return this.schema.columns
      .map(({ name, type, inRecord }, column) =>
        type === 'char' || !(inRecord || more.includes(name))
          ? ''
          : this.decoder.columns[column][i],
      )
      .join();
  }

  close(): Promise<void> {
    return this.#reading.close();
  }

  /** Fills the words of narrower columns, unless that is done. */
  widen(): void {
    if (!this.#isWide) for (const fill of this.#widening) fill();
    this.#isWide = true;
  }

  #prepare(): void {
    this.#isWide = false;
    if (!this.widensLater) this.widen();
    if (!this.hasTime) return;
    if (!this.#isPassed) this.rows = this.#order.sort(this.ts, this.count);
    this.#observe(this.rows[0]);
    this.#observe(this.rows[this.count - 1]);
  }

  #find(name: string): readonly [ColumnSource, ScalarArray] | null {
    const i = this.schema.columns.findIndex(
      ({ name: each, type, inRecord, absent }) =>
        each === name && type !== 'char' && (inRecord || absent !== 'all'),
    );
    return i < 0 ? null : [this.schema.columns[i], this.decoder.columns[i] as ScalarArray];
  }

  #observe(row: number): void {
    const ts = (BigInt(this.ts[2 * row + 1]) << 32n) | BigInt(this.ts[2 * row]);
    if (this.earliest === null || ts < this.earliest) this.earliest = ts;
    if (this.latest === null || ts > this.latest) this.latest = ts;
  }
}
