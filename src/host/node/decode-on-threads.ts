// Batches of a long file, decoded on several threads and yielded in the order of the file.
import { Worker } from 'node:worker_threads';
import { kernelInUse } from '../../engine/wasm.ts';
import { type Schema, schemaOf } from '../../layout/schema.ts';
import { RecordBatch } from '../../stream/batch.ts';
import { ownedColumns, rowsOf } from '../../stream/decoder.ts';
import type { Opened } from '../../stream/open-source.ts';
import { BATCH_SIZE, type OpenOptions, type Quality } from '../../stream/options.ts';
import { type Chunk, type DecodeShare, faultIn } from './decode-share.ts';
import { ChunkThread, startThreads } from './decode-thread.ts';
import { identityOf } from './file-identity.ts';
import { expectOpen } from './file-source.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/** Bytes per chunk: large enough that handing a chunk over costs next to nothing. */
const CHUNK_BYTES = 2 ** 22;

/** The batches of a decoded chunk: views, valid until the next one. */
function* batchesOf(
  schema: Schema,
  { buffer, records }: Chunk,
  chunkRecords: number,
  chunkIndex: number,
  batchSize: number,
): Generator<RecordBatch> {
  const columns = ownedColumns(schema, chunkRecords).columns(buffer);
  for (let begin = 0; begin < records; begin += batchSize) {
    const end = Math.min(records, begin + batchSize);
    let live = true;
    const arrays = columns.map((array, i) => rowsOf(schema.columns[i], array, begin, end));
    const firstIndex = chunkIndex * chunkRecords + begin;
    const place = { firstIndex, ring: undefined, isLive: () => live };
    try {
      yield new RecordBatch(schema, arrays, end - begin, place);
    } finally {
      live = false;
    }
  }
}

/** Starts threads on a file, one after another; each decodes every `workers`th chunk of it. */
function* decodingThreads(
  { bytes: { origin, name, byteLength = 0 } }: Opened,
  schema: Schema,
  chunkRecords: number,
  options: OpenOptions,
): Generator<ChunkThread<Chunk>> {
  const { kind, layout, endian, check, engine, batchSize, workers = 1 } = options;
  const decoding = { kind, layout, endian, check, engine, batchSize };
  const fd = origin as number;
  const file = { fd, file: identityOf(fd), name, byteLength };
  const common = { ...file, chunkRecords, step: workers, kernel: kernelInUse() };
  const bufferBytes = ownedColumns(schema, chunkRecords).byteLength;
  for (let first = 0; first < workers; first++) {
    const share: DecodeShare = { ...common, first, options: decoding };
    const worker = new Worker(new URL('./decode-worker.js', import.meta.url), {
      ...THREAD_OPTIONS,
      workerData: share,
    });
    yield new ChunkThread(worker, name, bufferBytes);
  }
}

/** A file in chunks, and the threads that decode them in turn. */
interface Decoding {
  readonly opened: Opened;
  readonly schema: Schema;
  readonly chunkRecords: number;
  readonly threads: readonly ChunkThread<Chunk>[];
}

/** The batches of all threads, in the order of the file. */
async function* batchesOfThreads(
  { opened, schema, chunkRecords, threads }: Decoding,
  { batchSize = BATCH_SIZE, owned, signal, onProgress }: OpenOptions,
  quality: Quality,
): AsyncGenerator<RecordBatch, void, void> {
  const { byteLength = 0, origin } = opened.take();
  const { stride } = schema;
  const chunkBytes = chunkRecords * stride;
  try {
    for (let i = 0, begin = 0; begin < byteLength; i++, begin += chunkBytes) {
      const thread = threads[i % threads.length];
      const chunk = await thread.take(begin, signal);
      expectOpen(opened, origin as number);
      quality.records += chunk.records;
      const fault = faultIn(chunk);
      quality.bytes =
        fault === undefined
          ? Math.min(byteLength, begin + chunkBytes)
          : begin + chunk.records * stride;
      onProgress?.({ ...quality, totalBytes: byteLength });
      for (const batch of batchesOf(schema, chunk, chunkRecords, i, batchSize)) {
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
    await opened.close();
  }
}

/**
 * Decodes a regular file on threads, and counts in `quality` the records it yields. If a thread
 * cannot read the file, or the signal fires before all can, returns the reason, and has read
 * nothing.
 */
export async function decodeOnThreads(
  opened: Opened,
  options: OpenOptions,
  quality: Quality,
): Promise<AsyncGenerator<RecordBatch, void, void> | string> {
  const { batchSize = BATCH_SIZE, signal } = options;
  const schema = schemaOf({ ...options, names: opened.schema.names });
  const chunkRecords = Math.max(1, Math.round(CHUNK_BYTES / schema.stride / batchSize)) * batchSize;
  const start = decodingThreads(opened, schema, chunkRecords, options);
  const threads = await startThreads(start, signal);
  if (typeof threads === 'string') return threads;
  return batchesOfThreads({ opened, schema, chunkRecords, threads }, options, quality);
}
