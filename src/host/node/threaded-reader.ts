// Batches of a long file, decoded on several threads and given in the order of the file.
import { statSync } from 'node:fs';
import type { Kind } from '../../layout/schema.ts';
import { RecordBatch, type RecordOf } from '../../stream/batch.ts';
import { ownedColumns, rowsOf } from '../../stream/decoder.ts';
import { peek } from '../../stream/peek.ts';
import { type OpenOptions, RecordReader } from '../../stream/reader.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { Quality } from '../../stream/source-buffer.ts';
import { isLong } from '../workers/pool.ts';
import { type Chunk, faultIn } from './decode-share.ts';

/** Bytes that a thread decodes at a time: large enough that handing them over costs nothing beside. */
const CHUNK_BYTES = 2 ** 22;
const BATCH_SIZE = 8192;

/** Whether a path leads to a regular file; where it leads nowhere, whoever opens it says why. */
function isFile(path: string | URL): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A reader of a path: long regular files that are not compressed are decoded on several threads, all else as ever. */
export class ThreadedReader<K extends Kind> extends RecordReader<K> {
  readonly #path: string | URL;
  readonly #openBytes: () => ByteSource;
  readonly #given: OpenOptions;
  readonly #workers: number;
  #threaded: Quality | undefined;

  constructor(
    path: string | URL,
    openBytes: () => ByteSource,
    options: OpenOptions,
    workers: number,
  ) {
    super(openBytes(), options);
    this.#path = path;
    this.#openBytes = openBytes;
    this.#given = options;
    this.#workers = workers;
  }

  override get quality(): Readonly<Quality> {
    return this.#threaded === undefined ? super.quality : { ...this.#threaded };
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch<RecordOf<K>>, void, void> {
    // A look into a FIFO would take from it.
    if (this.schema.kind !== 'aio_ring' && isFile(this.#path)) {
      const bytes = this.#openBytes();
      try {
        this.#given.signal?.throwIfAborted();
        const { source } = await peek(bytes, 1, this.#given.signal);
        if (isLong(source)) return yield* this.#decode(source);
      } finally {
        await bytes.close();
      }
    }
    yield* super[Symbol.asyncIterator]();
  }

  /** The chunks of the file in turn, each from the thread whose it is. */
  async *#decode({
    origin,
    name,
    byteLength = 0,
  }: ByteSource): AsyncGenerator<RecordBatch<RecordOf<K>>, void, void> {
    this.take();
    // Most programs never start a thread.
    const { DecodeThread } = await import('./decode-thread.ts');
    const { stride } = this.schema;
    const { batchSize = BATCH_SIZE, owned, signal, onProgress, ...options } = this.#given;
    const chunkRecords = Math.max(1, Math.round(CHUNK_BYTES / stride / batchSize)) * batchSize;
    const bufferBytes = ownedColumns(this.schema, chunkRecords).byteLength;
    const common = {
      fd: origin as number,
      name,
      byteLength,
      chunkRecords,
      step: this.#workers,
      options,
    };
    const threads = Array.from(
      { length: this.#workers },
      (_, first) => new DecodeThread({ ...common, first }, bufferBytes),
    );
    const quality: Quality = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
    this.#threaded = quality;
    try {
      for (let i = 0, begin = 0; begin < byteLength; i++, begin += chunkRecords * stride) {
        const thread = threads[i % threads.length];
        const chunk = await thread.take(begin, signal);
        const firstIndex = i * chunkRecords;
        quality.records += chunk.records;
        const fault = faultIn(chunk);
        quality.bytes =
          fault === undefined
            ? Math.min(byteLength, begin + chunkRecords * stride)
            : begin + chunk.records * stride;
        onProgress?.({ ...quality, totalBytes: byteLength });
        for (const batch of this.#batches(chunk, chunkRecords, firstIndex, batchSize)) {
          yield owned ? batch.copy() : batch;
          signal?.throwIfAborted();
        }
        if (fault !== undefined) throw fault;
        thread.giveBack(chunk.buffer);
      }
      quality.tornBytes = byteLength % stride;
      quality.tornOffset = quality.tornBytes > 0 ? byteLength - quality.tornBytes : null;
    } finally {
      await Promise.all(threads.map((thread) => thread.end()));
    }
  }

  *#batches(
    { buffer, records }: Chunk,
    rows: number,
    firstIndex: number,
    batchSize: number,
  ): Generator<RecordBatch<RecordOf<K>>> {
    const columns = ownedColumns(this.schema, rows).columns(buffer);
    for (let begin = 0; begin < records; begin += batchSize) {
      const end = Math.min(records, begin + batchSize);
      let live = true;
      const arrays = columns.map((array, i) => rowsOf(this.schema.columns[i], array, begin, end));
      const place = { firstIndex: firstIndex + begin, ring: undefined, isLive: () => live };
      const batch = new RecordBatch<RecordOf<K>>(this.schema, arrays, end - begin, place);
      try {
        yield batch;
      } finally {
        live = false;
      }
    }
  }
}
