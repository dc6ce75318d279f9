// Messages between threads: data that can be cloned.
import type { PartSpec } from '../../analysis/survey/part.ts';
import type { SurveyReadOptions } from '../../analysis/survey/survey-opened.ts';
import { AioscopeError, type ErrorCode, messageOf } from '../../errors.ts';
import type { HttpFile } from '../../stream/http-file.ts';
import type { Progress } from '../../stream/options.ts';

/** A range of bytes of a source. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
  /** Whether the source ends there. */
  readonly isLast: boolean;
  /** Bytes of the whole source when it was opened. */
  readonly sourceBytes: number;
}

/** How a source is divided into ranges of whole records, and which of them one worker takes. */
export interface Cut {
  readonly byteLength: number;
  /** Where the first range begins. */
  readonly begin: number;
  /** Where each range ends and the next begins. */
  readonly ends: readonly number[];
  /** Without `claims` a worker takes this range and every `step`th after it. */
  readonly first: number;
  readonly step: number;
  /** In shared memory, the number of ranges taken so far: the next idle worker takes the next. */
  readonly claims: Int32Array | undefined;
}

/** What can be read at any offset, in every thread: the same as that of a `ByteSource`. */
export type Origin = number | Blob | HttpFile;

/** The work of one worker: ranges of a source that can be read at any offset, or all of it. */
export interface Share<O extends Origin = Origin> {
  readonly origin: O;
  readonly name: string;
  /** Undefined if the share is the whole source, which is opened by the worker. */
  readonly cut: Cut | undefined;
  /** The kernel that the program has handed in, if any. */
  readonly kernel: object | undefined;
  /** What is counted. */
  readonly parts: readonly PartSpec[];
  /** With a cut, they include the resolved format. */
  readonly options: ShareOptions;
}

/** How a share is read. */
export type ShareOptions = Omit<SurveyReadOptions, 'signal' | 'onProgress' | 'follow'>;

/** An error as one thread sends it to another. */
interface Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly byteOffset?: number;
}

/**
 * What a worker reports: that it cannot read the source, the range it begins, its progress over all
 * ranges, what it found in a range, and how it ended.
 */
export type Reply =
  | { readonly type: 'unable'; readonly reason: string }
  | { readonly type: 'range'; readonly range: ByteRange }
  | { readonly type: 'progress'; readonly progress: Progress }
  | {
      readonly type: 'found';
      /** The number of the range. */
      readonly index: number;
      /** The state of each part. */
      readonly states: readonly unknown[];
    }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly fault: Fault };

/** Returns a thrown value as data: a cloned error loses its class and fields. */
export function faultOf(thrown: unknown): Fault {
  const message = messageOf(thrown);
  if (!(thrown instanceof AioscopeError))
    return { name: thrown instanceof Error ? thrown.name : 'Error', message };
  const { name, code, byteOffset } = thrown;
  return { name, message, code, ...(byteOffset !== undefined && { byteOffset }) };
}

/** Returns the error of a fault: an `AioscopeError` if it was one. */
export function errorOf({ name, message, code, byteOffset }: Fault): Error {
  if (code === undefined) return Object.assign(new Error(message), { name });
  return new AioscopeError(code, message, byteOffset === undefined ? {} : { byteOffset });
}
