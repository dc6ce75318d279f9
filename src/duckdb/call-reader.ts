import { jsEngine } from '../engine/js-kernels.ts';
import { selectEngine } from '../engine/select.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { Decoder } from '../stream/decoder.ts';
import type { Opened } from '../stream/open-source.ts';
import type { Quality } from '../stream/options.ts';
import { readBatches } from '../stream/read-batches.ts';
import { Reading } from '../stream/reading.ts';
import type { ScanOptions } from './scan.ts';

/** Bytes per read. */
const READ_BYTES = 2 ** 20;

/** Reads the calls of a trace once, as a reader of `open` reads records. */
export class CallReader implements AsyncIterable<RecordBatch> {
  readonly #opened: Opened;
  readonly #batchSize: number;
  readonly #options: ScanOptions;
  #reading: Reading | undefined;

  constructor(opened: Opened, batchSize: number, options: ScanOptions) {
    this.#opened = opened;
    this.#batchSize = batchSize;
    this.#options = options;
  }

  get quality(): Readonly<Quality> {
    return this.#reading?.quality ?? { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch, void, void> {
    const { engine, signal, onProgress } = this.#options;
    const { schema } = this.#opened;
    const reads = Math.max(1, Math.round(READ_BYTES / (this.#batchSize * schema.stride)));
    const make = async () =>
      new Decoder(schema, selectEngine(engine, jsEngine), this.#batchSize, reads);
    this.#reading = await Reading.start(this.#opened.take(), schema, make, { signal, onProgress });
    yield* readBatches(this.#reading, this.#batchSize, { signal });
  }
}
