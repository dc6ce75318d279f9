import { AioscopeError, shown } from '../errors.ts';
import type { Schema } from '../layout/schema.ts';
import { iteratorSource, responseSource, webSource } from './chunk-source.ts';
import type { GlobalType } from './global-type.ts';
import type { HttpFile } from './http-file.ts';
import { bytesOf, memorySource } from './memory-source.ts';
import type { Quality } from './options.ts';
import { StreamSet, setSource } from './stream-set.ts';

/** Bytes that are read in order, into memory that the reader owns. */
export interface ByteSource {
  /** What messages and reports call it: a path, `-`, a file name, `memory`, `blob` or `stream`. */
  readonly name: string;
  /** Size in bytes, if it is known in advance. */
  readonly byteLength: number | undefined;
  /** The offset of its first byte in the file that `name` names; 0 unless given. */
  readonly byteOffset?: number | undefined;
  /**
   * Where the bytes can be read at any offset once the first read has returned: the descriptor of
   * an open file, a blob, or a file of a server, which begin where this source begins (`byteOffset`
   * is 0). Several readers may use it until `close`.
   */
  readonly origin?: number | GlobalType<'Blob'> | HttpFile | undefined;
  /** Reads into the beginning of `target`. Returns the number of bytes read, 0 at the end. */
  read(target: Uint8Array): number | Promise<number>;
  /**
   * Whether a read would return bytes at once, of a source that grows: a reader that has whole
   * records does not wait for more.
   */
  ready?(): boolean | undefined;
  /**
   * The same source from its beginning, if it can be read twice. Reading it fails if it is no
   * longer the same.
   */
  reopen?(): ByteSource | undefined;
  /**
   * Bytes `begin` to `end` of a source that can be read at any offset, apart from its own reads:
   * undefined of any other, and perhaps before its first read. It can be read until `close`.
   */
  range?(begin: number, end: number): ByteSource | undefined;
  /**
   * Makes the next read return the bytes from `position` on, of a source that can be read at any
   * offset and does not grow: false of any other, and perhaps before its first read.
   */
  seek?(position: number): boolean;
  /** The streams of a trace, which is not one stream of bytes; undefined for anything else. */
  streams?(): StreamSet | Promise<StreamSet>;
  /** The sources that it joins; undefined of a single one. */
  readonly parts?: SourceParts | undefined;
  /** Releases what the source holds. May be called before its end. */
  close(): void | Promise<void>;
}

/** One of several sources that are read as one. */
export interface SourcePart {
  readonly name: string;
  readonly schema: Schema;
  /** Where its bytes begin in what `name` names; 0 of decompressed bytes. */
  readonly offset: number;
  /** What has been read of it so far; its offsets are those of the part. */
  readonly quality: Readonly<Quality>;
}

/** The sources that are read as one, in their order. */
export interface SourceParts {
  readonly all: readonly SourcePart[];
  /** What has been read of all so far. Torn bytes have no common offset: it is null. */
  readonly quality: Readonly<Quality>;
  /** Which part a record that has been read is of, and its index there. */
  place(index: number): { readonly file: string; readonly fileIndex: number };
}

/** The web stream of bytes, of any runtime. */
export interface ByteStream {
  readonly locked: boolean;
  getReader(): {
    read(): Promise<{ readonly done: false; readonly value: Uint8Array } | { readonly done: true }>;
    cancel(): Promise<void>;
    releaseLock(): void;
  };
}

/** A response of `fetch`, of any runtime. */
export interface FetchedResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly bodyUsed: boolean;
  readonly body: ByteStream | AsyncIterable<Uint8Array> | null;
}

/** A file that `open` of `node:fs/promises` has opened. */
export interface OpenFile {
  /** The descriptor; -1 once it is closed. */
  readonly fd: number;
  stat(): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * What can be read: bytes in memory, a `Blob` or `File`, a web stream, a `Response` of `fetch`, an
 * iterable of byte chunks (a Node Readable is one), a `ByteSource`, or a `Trace`. Under Node also a
 * path or a `file:` URL, where `-` is standard input, and a `FileHandle`. The path of a trace is
 * the same as the trace: a reader of one stream takes the stream of its `kind`.
 *
 * A `FileHandle` is read from the beginning of its file. It keeps its position if the file is a
 * regular one, and stays open: whoever opened it closes it, after the reading. A source that
 * can be read once and has been read is an error, `AIOSCOPE_SOURCE`; an iterator only if it was
 * read here.
 */
export type Source =
  | Uint8Array
  | ArrayBufferLike
  | GlobalType<'Blob'>
  | ByteStream
  | FetchedResponse
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | ByteSource
  | StreamSet
  | OpenFile
  | string
  | GlobalType<'URL'>;

const EXPECTED =
  'a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, a Response, or an async iterable of ' +
  'byte chunks';

/**
 * Makes a byte source of anything that every runtime can read.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else, and for what has been read already;
 *   `AIOSCOPE_READ` for the response of a server that refused
 */
export function byteSource(source: Source): ByteSource {
  const bytes = bytesOf(source);
  if (bytes !== undefined) return memorySource(bytes);
  if (source instanceof StreamSet) return setSource(source.name, () => source);
  if (typeof source === 'object' && source !== null) {
    if ('read' in source && 'byteLength' in source && typeof source.read === 'function')
      return source as ByteSource;
    if ('bodyUsed' in source) return responseSource(source);
    if ('getReader' in source) return webSource(source);
    if (Symbol.asyncIterator in source || Symbol.iterator in source)
      return iteratorSource(source as AsyncIterable<Uint8Array> | Iterable<Uint8Array>);
  }
  const got = `${typeof source === 'string' ? 'the text ' : ''}${shown(source)}`;
  throw new AioscopeError('AIOSCOPE_SOURCE', `the source is ${got}; it has to be ${EXPECTED}`);
}
