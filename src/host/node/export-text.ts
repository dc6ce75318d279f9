// A file as CSV or NDJSON: of a long one, ranges are decoded and written on several threads.
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { kernelInUse } from '../../engine/wasm.ts';
import { isRelative, resolveConditions } from '../../layout/where.ts';
import type { Opened } from '../../stream/open-source.ts';
import {
  BATCH_SIZE,
  formatOf,
  type OpenOptions,
  type Quality,
  withCheck,
  workersOf,
} from '../../stream/options.ts';
import type { RecordReader } from '../../stream/reader.ts';
import { reasonAgainstThreads } from './address-space.ts';
import { faultIn } from './decode-share.ts';
import { ChunkThread, startThreads } from './decode-thread.ts';
import type { ExportShare, TextChunk } from './export-share.ts';
import { identityOf } from './file-identity.ts';
import { expectOpen } from './file-source.ts';
import { type TextOptions, textOf } from './text-rows.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/** With fewer bytes than this, one thread has finished soon after others have started. */
const LONG_BYTES = 2 ** 25;
/** Bytes of records per range. Their text is several times as long. */
const RANGE_BYTES = 2 ** 19;
/** Bytes of text that a buffer holds at first; it grows with its ranges. */
const TEXT_BYTES = 2 ** 21;

/** The text of an input, and how complete its records are once it has been read. */
export interface TextExport {
  /** Views, each valid until the next step. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly quality: () => Readonly<Quality>;
}

/** How the records are read: options of `open`, whose format is that of the source. */
type Reading = Omit<OpenOptions, 'kind' | 'layout' | 'endian'>;

/** Whether ranges can be written apart from each other, and threads are worth it. */
function isForThreads({ bytes, schema }: Opened, options: Reading): boolean {
  const { byteLength = 0, origin } = bytes;
  if (byteLength < LONG_BYTES || typeof origin !== 'number') return false;
  if (schema.kind === 'aio_ring') return false;
  const { where, from, to, since, check } = options;
  return !isRelative(resolveConditions({ where, from, to, since }, withCheck(schema, check)));
}

/** Starts threads on a file, one after another; each writes every `workers`th range of it. */
function* exportThreads(
  { bytes: { origin, name, byteLength = 0 }, schema }: Opened,
  options: OpenOptions,
  chunkRecords: number,
  workers: number,
  text: TextOptions,
  begin: (share: ExportShare) => Worker,
): Generator<ChunkThread<TextChunk>> {
  const fd = origin as number;
  const file = { fd, file: identityOf(fd), name, byteLength };
  const common = { ...file, chunkRecords, step: workers, kernel: kernelInUse(), options };
  for (let first = 0; first < workers; first++) {
    const share: ExportShare = { ...common, first, names: schema.names, text };
    yield new ChunkThread(begin(share), name, TEXT_BYTES);
  }
}

/** The texts of all threads, in the order of the file. */
async function* textOfThreads(
  opened: Opened,
  threads: readonly ChunkThread<TextChunk>[],
  chunkBytes: number,
  { signal, onProgress }: Reading,
  quality: Quality,
): AsyncGenerator<Uint8Array, void, void> {
  const { byteLength = 0, origin } = opened.take();
  try {
    for (let i = 0, begin = 0; begin < byteLength; i++, begin += chunkBytes) {
      const thread = threads[i % threads.length];
      const chunk = await thread.take(begin, signal);
      expectOpen(opened, origin as number);
      const { bytes, records, tornBytes, tornOffset } = chunk.quality;
      quality.bytes += bytes;
      quality.records += records;
      Object.assign(quality, { tornBytes, tornOffset });
      onProgress?.({ ...quality, totalBytes: byteLength });
      if (chunk.byteLength > 0) yield new Uint8Array(chunk.buffer, 0, chunk.byteLength);
      signal?.throwIfAborted();
      const fault = faultIn(chunk);
      if (fault !== undefined) throw fault;
      thread.giveBack(chunk.buffer);
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
    await opened.close();
  }
}

/** Writes a file on threads; undefined if the calling thread has to: nothing is read then. */
async function onThreads(
  opened: Opened,
  reading: Reading,
  text: TextOptions,
): Promise<TextExport | undefined> {
  const workers = workersOf(reading.workers, availableParallelism());
  if (workers === 1 || !isForThreads(opened, reading)) return undefined;
  if (reasonAgainstThreads(workers) !== null) return undefined;
  const { schema } = opened;
  const { where, from, to, since, engine, check, batchSize = BATCH_SIZE, signal } = reading;
  const options = {
    ...formatOf(schema),
    ...{ where, from, to, since, engine, check, batchSize },
  };
  const chunkRecords = Math.max(1, Math.round(RANGE_BYTES / schema.stride / batchSize)) * batchSize;
  // Loaded on demand: most files are short and need no threads.
  const { Worker } = await import('node:worker_threads');
  const begin = (share: ExportShare) =>
    new Worker(new URL('./export-worker.js', import.meta.url), {
      ...THREAD_OPTIONS,
      workerData: share,
    });
  const start = exportThreads(opened, options, chunkRecords, workers, text, begin);
  const threads = await startThreads(start, signal);
  if (typeof threads === 'string') return undefined;
  const quality: Quality = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
  const chunkBytes = chunkRecords * schema.stride;
  const chunks = textOfThreads(opened, threads, chunkBytes, reading, quality);
  return { chunks, quality: () => quality };
}

/**
 * Writes the records of an opened source as text, as `csvRows` and `ndjsonRows` do. `reader`, with
 * the options `reading`, is iterated only if threads cannot be used; the text is the same.
 */
export async function exportText(
  opened: Opened,
  reader: RecordReader,
  reading: Reading,
  text: TextOptions,
): Promise<TextExport> {
  const threaded = await onThreads(opened, reading, text);
  if (threaded !== undefined) return threaded;
  return { chunks: textOf(reader.schema, reader, text), quality: () => reader.quality };
}
