import type { RecordBatch } from './batch.ts';
import { blobSource } from './blob-source.ts';
import type { Inflaters } from './compression.ts';
import type { Compression } from './magic.ts';
import type { Opened } from './open-source.ts';
import type { ByteOptions, OpenOptions, Quality, ReadOptions } from './options.ts';
import type { ByteSource, Source } from './source.ts';
import type { TsUnit } from './times.ts';

/** Analyses of one source for several workers. */
export interface Job extends ReadOptions {
  /** Which analyses: their names and options can be cloned. */
  readonly parts: readonly { readonly name: string; readonly options: object }[];
  /** How the source is read. */
  readonly options: object;
  /** How many workers may run; one per core if undefined. */
  readonly workers: number | undefined;
  /** The bytes to read; all of them if undefined. */
  readonly window?: { readonly begin: number; readonly end: number } | undefined;
  /** Whether results are shown as they grow: the first ranges are short then. */
  readonly grows?: boolean | undefined;
  /** Takes the states of the parts for one range of the source after the other, in their order. */
  readonly take: (states: readonly unknown[]) => void;
  /** Whether what was taken equals what one thread finds. */
  readonly isExact: () => boolean;
}

/** A long source that a thread may decode, in blocks of `batchSize` records. */
export interface AheadJob extends Pick<OpenOptions, 'engine' | 'check'> {
  readonly opened: Opened;
  readonly batchSize: number;
  /** How its times are converted, as `TimeConversion` does; undefined if they are not. */
  readonly times: { readonly unit: TsUnit; readonly offset: bigint } | undefined;
}

/** The blocks of one source that a thread decodes, in their order. */
export interface BlocksAhead {
  /** Whether the thread is ready for its first block. */
  readonly runs: boolean;
  /**
   * Whether the blocks of the filling at `byteOffset` are decoded by the thread. The first one is a
   * few fillings of `fillingBytes` after the one for which this is asked when the thread runs.
   */
  begins(byteOffset: number, fillingBytes: number): boolean;
  /** Waits for the next block. Resolves to false once no more come: they are read here then. */
  hasNext(): Promise<boolean>;
  /**
   * Copies the next block into the columns of a decoder, and its rows in order of time into `rows`,
   * unless they ascend: then returns true.
   */
  take(columns: Uint8Array, rows: Uint32Array): boolean;
}

/** A thread that decodes several sources, whose blocks are all taken by the calling thread. */
export interface ThreadAhead {
  /** In the order of the jobs. */
  readonly sources: readonly BlocksAhead[];
  /** Ends the thread: from then on it reads no file. */
  end(): Promise<unknown>;
}

/** Decompresses `raw`, by `decode` wherever nothing is quicker. */
export type Quicker = (raw: ByteSource, decode: (raw: ByteSource) => ByteSource) => ByteSource;

/** What a runtime adds: its own kinds of source, decompressors and threads. */
export interface Host {
  /** The bytes of a source that not every runtime can read; undefined for any other source. */
  bytesOf(source: Source, options: ByteOptions): ByteSource | undefined;
  /** The decompressors, by name. */
  readonly inflaters: Inflaters;
  /** A quicker way to decompress some sources, with the same results; undefined without one. */
  quickerDecoder?(compression: Compression): Promise<Quicker | undefined>;
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
  /**
   * Starts a thread that decodes sources while the calling thread uses their blocks. Undefined if
   * that is not worth it, or not possible.
   */
  decodeAhead?(
    jobs: readonly AheadJob[],
    options: Pick<OpenOptions, 'workers' | 'signal'>,
  ): Promise<ThreadAhead | undefined>;
}

/** How workers read a source. */
export interface WorkersRead {
  /** Whether they did; otherwise the calling thread has to, from the beginning. */
  readonly isRead: boolean;
  /** The source as it is still open; undefined if nobody has taken it. */
  readonly rest?: Opened;
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
