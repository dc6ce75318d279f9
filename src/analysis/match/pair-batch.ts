import { SCALARS, type ScalarArray, type ScalarType } from '../../abi/scalar.ts';
import type { ColumnSource, Schema } from '../../layout/schema.ts';
import { RecordBatch } from '../../stream/batch.ts';
import type { BatchPlace } from '../../stream/batch-type.ts';
import { type ColumnArray, columnArray } from '../../stream/decoder.ts';
import { packRecords } from '../../stream/row-filter.ts';
import type { InputStream } from './input-stream.ts';
import type { PairConditions, PairFilter } from './pair-filter.ts';
import type { Completion, PairPlace } from './pair-sink.ts';
import { isKept, type KEPT_ENVELOPE, type RowStore } from './row-store.ts';

/** The columns of a pair after those of its submission. */
const JOINED = [
  { name: 'submissionIndex', type: 'u64' },
  { name: 'completionIndex', type: 'u64' },
  { name: 'latencyNs', type: 'i64' },
  { name: 'span', type: 'u32' },
  { name: 'overtook', type: 'u32' },
  { name: 'depth', type: 'u32' },
  { name: 'doubt', type: 'u32' },
  { name: 'completionTs', type: 'u64' },
  { name: 'completionTid', type: 'u32' },
  { name: 'res', type: 'i64', meaning: 'result' },
  { name: 'res2', type: 'i64' },
] as const;

type JoinedName = (typeof JOINED)[number]['name'];
type Envelope = (typeof KEPT_ENVELOPE)[number];
/**
 * The columns of a pair beside those of an iocb; of the envelope those that the submissions have.
 */
export type PairFields = {
  readonly [C in (typeof JOINED)[number] as C['name']]: C['type'];
} & { readonly [N in Envelope]?: ScalarType };
type Joined = Readonly<Record<JoinedName, ScalarArray>>;
type JoinedWords = Readonly<Record<JoinedName, Uint32Array>>;

/** Writes a 64-bit value; each word is taken modulo 2^32. */
function setWords(words: Uint32Array, row: number, low: number, high: number): void {
  words[2 * row] = low;
  words[2 * row + 1] = high;
}

const I64_MAX = 2n ** 63n - 1n;

/** A column that records of a match have beside those of the submission. */
interface JoinedColumn {
  readonly name: string;
  readonly type: ScalarType;
  readonly meaning?: 'result';
}

/** Returns the schema of pairs: the columns of the submissions, then `JOINED`. */
export const pairSchema = (submissions: Schema): Schema => joinSchema(submissions, JOINED, 'pairs');

/** Returns the schema of rows that are submissions with more columns. */
export function joinSchema(
  { check: _, ...submissions }: Schema,
  joined: readonly JoinedColumn[],
  rows: Schema['rows'],
): Schema {
  const columns: ColumnSource[] = submissions.columns.filter(isKept);
  let at = submissions.stride;
  for (const { name, type, meaning } of joined) {
    const { byteLength } = SCALARS[type];
    columns.push({
      name,
      type,
      byteLength,
      sourceOffset: at,
      columnOffset: at,
      inRecord: meaning !== undefined,
      meaning,
    });
    at += byteLength;
  }
  return { ...submissions, columns, rows };
}

/** Consecutive pairs: a batch of submissions and their completions. Valid as a batch of `open`. */
export class PairBatch extends RecordBatch<'iocb', PairFields> {
  readonly #stride: number;
  readonly #place: BatchPlace;

  constructor(schema: Schema, arrays: readonly ColumnArray[], length: number, place: BatchPlace) {
    super(schema, arrays, length, place);
    this.#stride = schema.stride;
    this.#place = place;
  }

  /** Returns the byte offset of the submission of pair `i` in its source. */
  override offsetOf(i: number): number {
    this.indexOf(i);
    return Number(this.columns.submissionIndex[i]) * this.#stride;
  }

  /** Returns a copy of the pairs that stays valid. */
  override copy(): PairBatch {
    const { schema, length, columns }: RecordBatch = this;
    const arrays = schema.columns.map(({ name }) => columns[name].slice());
    return new PairBatch(schema, arrays, length, {
      ...this.#place,
      rows: this.#place.rows?.slice(0, length),
      isLive: () => true,
    });
  }
}

/** Packs the values of `rows` at the beginning of a column. Words are copied, not bigints. */
function packColumn(array: ColumnArray, rows: Uint32Array, kept: number): void {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: bytes } = array;
  if (bytes % 4 === 0)
    packRecords(new Uint8Array(buffer, byteOffset, byteLength), bytes, rows, kept);
  else for (let i = 0; i < kept; i++) array[i] = array[rows[i]];
}

/** Collects pairs into the columns of a batch. */
export class PairBuffer {
  readonly rows: number;
  readonly schema: Schema;
  length = 0;
  readonly #arrays: readonly ColumnArray[];
  readonly #copiers: readonly ((slot: number, row: number) => void)[];
  readonly #joined: Joined;
  /** The same arrays as words. */
  readonly #words: JoinedWords;
  readonly #filter: PairFilter | undefined;
  readonly #store: RowStore;
  #firstIndex = 0;
  #step = 0;

  constructor(stream: InputStream, store: RowStore, rows: number, conditions?: PairConditions) {
    this.rows = rows;
    this.#store = store;
    this.schema = pairSchema(stream.schema);
    this.#arrays = this.schema.columns.map((column) =>
      columnArray(column, new ArrayBuffer(rows * column.byteLength), 0, rows),
    );
    this.#filter = conditions?.(this.schema, this.#arrays, rows);
    const named = this.schema.columns.map(
      ({ name }, i) => [name, this.#arrays[i] as ScalarArray] as const,
    );
    this.#copiers = named.flatMap(([name, array]) => store.copier(name, array) ?? []);
    const joined = named.filter(([name]) => JOINED.some((each) => each.name === name));
    this.#joined = Object.fromEntries(joined) as Joined;
    this.#words = Object.fromEntries(
      joined.map(([name, { buffer }]) => [name, new Uint32Array(buffer)]),
    ) as JoinedWords;
  }

  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    { span, overtook, doubt }: PairPlace,
  ): void {
    const row = this.length;
    const joined = this.#joined;
    const words = this.#words;
    for (const copy of this.#copiers) copy(slot, row);
    setWords(words.submissionIndex, row, submissionIndex, submissionIndex / 2 ** 32);
    setWords(words.completionIndex, row, completion.index, completion.index / 2 ** 32);
    joined.latencyNs[row] = latency > I64_MAX ? I64_MAX : latency < -I64_MAX ? -I64_MAX : latency;
    joined.span[row] = span;
    joined.overtook[row] = overtook;
    joined.depth[row] = this.#store.depthOf(slot);
    joined.doubt[row] = doubt;
    setWords(words.completionTs, row, completion.tsLow, completion.tsHigh);
    joined.completionTid[row] = completion.tid;
    setWords(words.res, row, completion.resLow, completion.resHigh);
    setWords(words.res2, row, completion.res2Low, completion.res2High);
    this.length += 1;
  }

  /** Empties the buffer and returns the selected pairs as a batch, valid until the next call. */
  take(): PairBatch {
    const { schema } = this;
    const rows = this.#filter?.rows;
    const length = this.#filter?.select(this.length) ?? this.length;
    if (rows !== undefined && length < this.length)
      for (const array of this.#arrays) packColumn(array, rows, length);
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

  /** Invalidates the last batch. */
  retire(): void {
    this.#step += 1;
  }
}
