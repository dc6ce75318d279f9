// What the page asks the worker that analyzes, and what that replies. Everything can be cloned.
import type { Progress } from '../index.ts';
import type {
  FileFormat,
  OpenedFile,
  PageSource,
  SurveyResult,
  TimeRange,
  TimeZones,
} from './session.ts';

/** An error as a worker sends it. */
export interface Fault {
  readonly code?: string;
  readonly message: string;
}

/** Finds out what files hold; formats that are given are taken as they are. */
export interface OpenAsk {
  readonly op: 'open';
  readonly sources: readonly PageSource[];
  readonly formats: readonly (Partial<FileFormat> | undefined)[];
}

/** Reads files, whole or the records of a range. */
export interface SurveyAsk {
  readonly op: 'survey';
  readonly sources: readonly PageSource[];
  /** Those of files; undefined of traces, whose description has them. */
  readonly formats: readonly (FileFormat | undefined)[];
  readonly range?: TimeRange;
  /** Of an earlier survey of the whole files. */
  readonly zones?: readonly TimeZones[];
}

export type Ask = { readonly id: number } & (OpenAsk | SurveyAsk);

/** A reply; `last` is that of the last one. */
export type Tell = { readonly id: number; readonly last?: true } & (
  | { readonly progress: Progress }
  | { readonly part: SurveyResult }
  | { readonly opened: readonly (readonly OpenedFile[])[] }
  | { readonly result: SurveyResult; readonly zones: readonly TimeZones[] }
  | { readonly fault: Fault }
);
