import type { RecordKind } from '../abi/record.ts';
import type { Schema } from '../layout/schema.ts';
import { RecordBatch } from './batch.ts';
import { type ColumnArray, columnArray } from './decoder.ts';

/** Batches of one schema, one after the other: what `open` and `openPairs` give. Sinks take it whatever its columns, those of a check too. */
export interface BatchStream<R extends RecordKind = RecordKind>
  extends AsyncIterable<RecordBatch<R>> {
  readonly schema: Schema;
}

/** Rows that are collected in columns of their own until there are enough. */
export class BatchBuilder {
  readonly #schema: Schema;
  readonly #arrays: readonly ColumnArray[];
  readonly #indexes: Float64Array;
  #length = 0;

  constructor(schema: Schema, rows: number) {
    this.#schema = schema;
    this.#arrays = schema.columns.map((column) =>
      columnArray(column, new ArrayBuffer(rows * column.byteLength), 0, rows),
    );
    this.#indexes = new Float64Array(rows);
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.#indexes.length;
  }

  /** Take rows `begin` to `most` of a batch, as many as there is room for; gives the row after the last. */
  take(batch: RecordBatch, begin: number, most = batch.length): number {
    const end = Math.min(most, begin + this.#indexes.length - this.#length);
    this.#schema.columns.forEach(({ name, type, byteLength }, i) => {
      const width = type === 'char' ? byteLength : 1;
      const rows = (batch.columns[name] as Uint8Array).subarray(begin * width, end * width);
      (this.#arrays[i] as Uint8Array).set(rows, this.#length * width);
    });
    for (let i = begin; i < end; i++) this.#indexes[this.#length + i - begin] = batch.indexOf(i);
    this.#length += end - begin;
    return end;
  }

  /** The same rows, with room for more. */
  grown(rows: number): BatchBuilder {
    const larger = new BatchBuilder(this.#schema, rows);
    larger.take(
      this.give(() => true),
      0,
    );
    return larger;
  }

  /** What was collected, as a batch that is valid until `isLive` says otherwise; then collect anew. */
  give(isLive: () => boolean): RecordBatch {
    const length = this.#length;
    this.#length = 0;
    const arrays = this.#arrays.map((array, i) => {
      const { type, byteLength } = this.#schema.columns[i];
      return array.subarray(0, type === 'char' ? length * byteLength : length);
    });
    return new RecordBatch(this.#schema, arrays, length, {
      firstIndex: 0,
      rows: this.#indexes,
      ring: undefined,
      isLive,
    });
  }
}

/**
 * The same records in batches that are not small: one of `least` rows and more passes as it is, shorter ones are copied
 * together, `most` at a time. Rings, which are small, pass as they are.
 */
export async function* coalesce(
  stream: BatchStream,
  least: number,
  most: number,
): AsyncGenerator<RecordBatch, void, void> {
  if (stream.schema.kind === 'aio_ring') return yield* stream;
  const collector = new BatchBuilder(stream.schema, most);
  let step = 0;
  const collected = (): RecordBatch => {
    const current = step;
    return collector.give(() => step === current);
  };
  for await (const batch of stream) {
    if (batch.length >= least) {
      if (collector.length > 0) yield collected();
      step += 1;
      yield batch;
      continue;
    }
    for (let begin = 0; begin < batch.length; ) {
      begin = collector.take(batch, begin);
      if (!collector.isFull) continue;
      yield collected();
      step += 1;
    }
  }
  if (collector.length > 0) yield collected();
  step += 1;
}
