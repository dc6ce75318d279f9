import type { RecordBatch } from './batch.ts';
import { blobSource } from './blob-source.ts';
import type { Inflaters } from './compression.ts';
import type { Opened } from './open-source.ts';
import type { ByteOptions, OpenOptions, Quality, ReadOptions } from './options.ts';
import type { ByteSource, Source } from './source.ts';

/** Analyses of one source for several workers. */
export interface Job extends ReadOptions {
  /** Which analyses: their names and options can be cloned. */
  readonly parts: readonly { readonly name: string; readonly options: object }[];
  /** How the source is read. */
  readonly options: object;
  /** How many workers may run; one per core if undefined. */
  readonly workers: number | undefined;
  /** Takes the states of the parts for one range of the source after the other, in their order. */
  readonly take: (states: readonly unknown[]) => void;
}

/** What a runtime adds: its own kinds of source, decompressors and threads. */
export interface Host {
  /** The bytes of a source that not every runtime can read; undefined for any other source. */
  bytesOf(source: Source, options: ByteOptions): ByteSource | undefined;
  /** The decompressors, by name. */
  readonly inflaters: Inflaters;
  /**
   * Writes the bytes of a source into a temporary file, so that they can be read at any offset. A
   * fault of the source comes after the bytes before it. `close` removes the file.
   */
  spool?(source: ByteSource, signal: ReadOptions['signal']): Promise<ByteSource>;
  /**
   * Decodes a long file on several threads, in the order of the file. Counts what it yields in
   * `quality`. The calling thread has to decode a source that is not for threads, where undefined
   * is returned, and one that no thread can read, where the reason is.
   */
  decodeOnThreads?(
    opened: Opened,
    options: OpenOptions,
    quality: Quality,
  ): Promise<AsyncGenerator<RecordBatch, void, void> | string | undefined>;
  /** Divides a long source among workers. */
  readOnWorkers?(opened: Opened, job: Job): Promise<WorkersRead>;
}

/** How workers read a source. */
export interface WorkersRead {
  /** Whether they did: otherwise nothing was read, and the calling thread has to. */
  readonly isRead: boolean;
  /** Why workers did not read it all; null if they did, or if it is not for workers. */
  readonly workersReason: string | null;
}

/** The decompressors of runtimes with web standards, loaded on demand. */
export const WEB_INFLATERS: Inflaters = {
  gzip: async () => (await import('./compression.ts')).webGzipInflater(),
  zstd: async () => (await import('./zstd/inflater.ts')).zstdInflater(),
};

/** What every runtime with web standards has, web pages included: blobs and files. */
export const webHost: Host = {
  bytesOf: (source) =>
    typeof Blob !== 'undefined' && source instanceof Blob ? blobSource(source) : undefined,
  inflaters: WEB_INFLATERS,
};

let current = webHost;

/** The host of this runtime: `webHost`, or Node's once `aioscope` is loaded there. */
export const currentHost = (): Host => current;

/** Makes `host` the one that sources are opened with from now on. */
export function useHost(host: Host): void {
  current = host;
}

/** With fewer bytes than this, one thread finishes before another has started. */
const LONG_BYTES = 2 ** 28;

/** Whether a source is worth several threads: it is long, and can be read at any offset. */
export const isLong = ({ byteLength = 0, origin }: ByteSource): boolean =>
  byteLength >= LONG_BYTES && origin !== undefined;
