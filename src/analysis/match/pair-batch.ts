import { SCALARS, type ScalarArray } from '../../abi/scalar.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import { resolveConditions, type SelectOptions } from '../../layout/where.ts';
import { type BatchPlace, RecordBatch } from '../../stream/batch.ts';
import { type ColumnArray, columnArray } from '../../stream/decoder.ts';
import { RowFilter } from '../../stream/row-filter.ts';
import type { Lane } from './lane.ts';
import { isKept, type RowStore } from './row-store.ts';

/** What a pair has besides its submission: whatever its completion says, and what both say together. */
const JOINED = [
  { name: 'submissionIndex', type: 'u64' },
  { name: 'completionIndex', type: 'u64' },
  { name: 'latencyNs', type: 'i64' },
  { name: 'span', type: 'u32' },
  { name: 'overtook', type: 'u32' },
  { name: 'completionTs', type: 'u64' },
  { name: 'completionTid', type: 'u32' },
  { name: 'res', type: 'i64', meaning: 'result' },
  { name: 'res2', type: 'i64' },
] as const;

type JoinedName = (typeof JOINED)[number]['name'];
type Joined = Readonly<Record<JoinedName, ScalarArray>>;
type JoinedWords = Readonly<Record<JoinedName, Uint32Array>>;

/** Write a 64-bit value; of a word only what fits 32 bits. */
function setWords(words: Uint32Array, row: number, low: number, high: number): void {
  words[2 * row] = low;
  words[2 * row + 1] = high;
}

const I64_MAX = 2n ** 63n - 1n;

/** The completion of a pair, as words: one object for all pairs. */
export interface Completion {
  index: number;
  tsLow: number;
  tsHigh: number;
  resLow: number;
  resHigh: number;
  res2Low: number;
  res2High: number;
  tid: number;
}

/** The columns of pairs over a stream of submissions: those of the submissions, then `JOINED`. */
export function pairSchema({ check: _, ...submissions }: Schema): Schema {
  const columns: ColumnSource[] = submissions.columns.filter(isKept);
  let at = submissions.stride;
  for (const { name, type, ...rest } of JOINED) {
    const { byteLength } = SCALARS[type];
    const meaning = 'meaning' in rest ? rest.meaning : undefined;
    columns.push({ name, type, byteLength, sourceOffset: at, columnOffset: at, inRecord: meaning !== undefined, meaning });
    at += byteLength;
  }
  return { ...submissions, columns, isPairs: true };
}

/** Some consecutive pairs: a batch of the submissions with the columns of their completions. Valid as long as a batch of `open` is. */
export class PairBatch extends RecordBatch {
  readonly #stride: number;
  readonly #place: BatchPlace;

  constructor(schema: Schema, arrays: readonly ColumnArray[], length: number, place: BatchPlace) {
    super(schema, arrays, length, place);
    this.#stride = schema.stride;
    this.#place = place;
  }

  /** The byte offset of the submission of pair `i` in its source. */
  override offsetOf(i: number): number {
    return Number(this.columns['submissionIndex'][i]) * this.#stride;
  }

  /** The same pairs in memory of their own. */
  override copy(): PairBatch {
    const { schema, length } = this;
    const arrays = schema.columns.map(({ name }) => this.columns[name].slice());
    return new PairBatch(schema, arrays, length, { ...this.#place, rows: this.#place.rows?.slice(0, length), isLive: () => true });
  }
}

/** Gathers pairs into the columns of a batch. */
export class PairBuffer {
  readonly rows: number;
  readonly schema: Schema;
  length = 0;
  readonly #arrays: readonly ColumnArray[];
  readonly #copiers: readonly ((slot: number, row: number) => void)[];
  readonly #joined: Joined;
  /** The same as words. */
  readonly #words: JoinedWords;
  readonly #filter: RowFilter | undefined;
  #firstIndex = 0;
  #step = 0;

  constructor(lane: Lane, store: RowStore, rows: number, where?: SelectOptions['where']) {
    this.rows = rows;
    this.schema = pairSchema(lane.schema);
    this.#arrays = this.schema.columns.map((column) => columnArray(column, new ArrayBuffer(rows * column.byteLength), 0, rows));
    const conditions = resolveConditions({ where }, this.schema);
    this.#filter = conditions && new RowFilter(conditions, this.schema, this.#arrays, rows);
    const named = this.schema.columns.map(({ name }, i) => [name, this.#arrays[i] as ScalarArray] as const);
    this.#copiers = named.flatMap(([name, array]) => store.copier(name, array) ?? []);
    const joined = named.filter(([name]) => JOINED.some((each) => each.name === name));
    this.#joined = Object.fromEntries(joined) as Joined;
    this.#words = Object.fromEntries(joined.map(([name, { buffer }]) => [name, new Uint32Array(buffer)])) as JoinedWords;
  }

  put(slot: number, submissionIndex: number, completion: Completion, latency: bigint, span: number, overtook: number): void {
    const row = this.length;
    const joined = this.#joined;
    const words = this.#words;
    for (const copy of this.#copiers) copy(slot, row);
    setWords(words.submissionIndex, row, submissionIndex, submissionIndex / 2 ** 32);
    setWords(words.completionIndex, row, completion.index, completion.index / 2 ** 32);
    joined.latencyNs[row] = latency > I64_MAX ? I64_MAX : latency < -I64_MAX ? -I64_MAX : latency;
    joined.span[row] = span;
    joined.overtook[row] = overtook;
    setWords(words.completionTs, row, completion.tsLow, completion.tsHigh);
    joined.completionTid[row] = completion.tid;
    setWords(words.res, row, completion.resLow, completion.resHigh);
    setWords(words.res2, row, completion.res2Low, completion.res2High);
    this.length += 1;
  }

  /** The pairs so far, or those of them that are wanted, as a batch, valid until the next: the buffer is empty afterwards. */
  take(): PairBatch {
    const { schema } = this;
    const rows = this.#filter?.rows;
    const length = this.#filter?.select(this.length) ?? this.length;
    if (rows !== undefined && length < this.length)
      for (const array of this.#arrays) for (let i = 0; i < length; i++) array[i] = array[rows[i]];
    this.#step += 1;
    const step = this.#step;
    const arrays = this.#arrays.map((array) => array.subarray(0, length));
    const batch = new PairBatch(schema, arrays, length, {
      firstIndex: this.#firstIndex,
      rows,
      ring: undefined,
      isLive: () => this.#step === step,
    });
    this.#firstIndex += this.length;
    this.length = 0;
    return batch;
  }

  /** Make the last batch stale. */
  retire(): void {
    this.#step += 1;
  }
}
