import type { RecordKind } from '../abi/record.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import type { Schema } from '../layout/schema.ts';
import { RecordBatch } from './batch.ts';
import { type ColumnArray, columnArray } from './decoder.ts';

/**
 * Batches of one schema, as `open` and `openPairs` return them. Sinks accept any columns, those of
 * a check included.
 */
export interface BatchStream<R extends RecordKind = RecordKind, F extends FieldTypes = FieldTypes>
  extends AsyncIterable<RecordBatch<R, F>> {
  readonly schema: Schema;
}

/** Copies rows of several batches into one. */
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

  /**
   * Copies rows `begin` to `limit` of a batch as far as they fit. Returns the row after the last.
   */
  take(batch: RecordBatch, begin: number, limit = batch.length): number {
    const end = Math.min(limit, begin + this.#indexes.length - this.#length);
    this.#schema.columns.forEach(({ name, type, byteLength }, i) => {
      const width = type === 'char' ? byteLength : 1;
      const rows = (batch.columns[name] as Uint8Array).subarray(begin * width, end * width);
      (this.#arrays[i] as Uint8Array).set(rows, this.#length * width);
    });
    for (let i = begin; i < end; i++) this.#indexes[this.#length + i - begin] = batch.indexOf(i);
    this.#length += end - begin;
    return end;
  }

  /** Moves the rows into a new builder with room for `rows` rows, and returns that. */
  grown(rows: number): BatchBuilder {
    const larger = new BatchBuilder(this.#schema, rows);
    const own = this.build(() => true);
    larger.take(own, 0);
    return larger;
  }

  /** Returns the rows as a batch, a view that is valid while `isLive`, and begins a new one. */
  build(isLive: () => boolean): RecordBatch {
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
 * Merges small batches: one of `least` rows or more passes unchanged, shorter ones are copied
 * together into batches of at most `most` rows. Rings, which are small, pass unchanged.
 */
export async function* coalesce(
  stream: BatchStream,
  least: number,
  most: number,
): AsyncGenerator<RecordBatch, void, void> {
  if (stream.schema.kind === 'aio_ring') return yield* stream;
  let builder = new BatchBuilder(stream.schema, most);
  let { schema } = stream;
  let step = 0;
  const built = (): RecordBatch => {
    const current = step;
    return builder.build(() => step === current);
  };
  for await (const batch of stream) {
    if (batch.length >= least) {
      if (builder.length > 0) yield built();
      step += 1;
      yield batch;
      continue;
    }
    // Of several traces each has names of its own, and fields that it lacks.
    if (batch.schema !== schema) {
      if (builder.length > 0) yield built();
      step += 1;
      schema = batch.schema;
      builder = new BatchBuilder(schema, most);
    }
    for (let begin = 0; begin < batch.length; ) {
      begin = builder.take(batch, begin);
      if (!builder.isFull) continue;
      yield built();
      step += 1;
    }
  }
  if (builder.length > 0) yield built();
  step += 1;
}
