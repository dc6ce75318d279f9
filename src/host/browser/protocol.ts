import type { SummarizeOptions, SummaryJson } from '../../analysis/summary.ts';
import { AioscopeError, type ErrorCode, messageOf } from '../../errors.ts';
import type { Progress, ReadOptions } from '../../stream/frames.ts';

/** The options that can be cloned: the others stay on the page's side of the boundary. */
export type WorkerOptions<O extends ReadOptions> = Omit<O, keyof ReadOptions>;

/** What a worker found. */
export interface WorkerSummary {
  /** The statistics, as `Summary.toJSON()` gives them. */
  readonly summary: SummaryJson;
  /** Why the worker's engine is not the faster one; null where it is, or where an engine was asked for. */
  readonly engineReason: string | null;
}

/** What workers can be asked to do: a job's name, what it takes and what it gives. All of it is data that can be cloned. */
export interface Jobs {
  readonly summarize: {
    readonly input: { readonly source: Blob; readonly options: WorkerOptions<SummarizeOptions> };
    readonly output: WorkerSummary;
  };
}
/** The name of a job. */
export type JobName = keyof Jobs;

/** What a page asks of a worker, once in its life. */
export interface Request<J extends JobName> {
  readonly job: J;
  readonly input: Jobs[J]['input'];
}

/** An error on its way from one thread to the other. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly byteOffset?: number;
}

/** What a worker says: any number of times how far it has come, then what it found or why it could not. */
export type Reply<J extends JobName> =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'done'; readonly output: Jobs[J]['output'] }
  | { readonly type: 'failed'; readonly fault: Fault };

/** Whatever was thrown, as data: the clone of an error has lost its class and its fields. */
export function faultOf(thrown: unknown): Fault {
  const message = messageOf(thrown);
  if (!(thrown instanceof AioscopeError)) return { name: thrown instanceof Error ? thrown.name : 'Error', message };
  const { name, code, byteOffset } = thrown;
  return { name, message, code, ...(byteOffset !== undefined && { byteOffset }) };
}

/** The error of a fault: an `AioscopeError` where it was one. */
export function errorOf({ name, message, code, byteOffset }: Fault): Error {
  if (code === undefined) return Object.assign(new Error(message), { name });
  return new AioscopeError(code, message, byteOffset === undefined ? {} : { byteOffset });
}
