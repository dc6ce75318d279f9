// What a page and its rows worker say to each other. Every ask has all that its answer needs.
import type { Progress } from '../../index.ts';
import type {
  FileBytes,
  FileFormat,
  Found,
  OpenedFile,
  RaceRow,
  Rows,
  Search,
} from '../session.ts';

/** The file that an ask is about. */
export interface AskedFile {
  readonly source: FileBytes;
  readonly format: FileFormat;
  /** How the bytes are compressed; not at all unless given. */
  readonly compression?: OpenedFile['compression'];
  /** Which part of a compressed trace it is. */
  readonly part?: OpenedFile['part'];
}

/** An ask without its number. */
export type AskBody =
  | ({ readonly op: 'rows'; readonly first: number; readonly count: number } & AskedFile)
  | ({ readonly op: 'preview'; readonly count: number } & AskedFile)
  | ({ readonly op: 'find'; readonly search: Search } & AskedFile)
  | ({
      readonly op: 'atTime';
      readonly time: bigint;
      /** No record before this one is at or after the time. */
      readonly first: number;
    } & AskedFile)
  | ({ readonly op: 'race' } & AskedFile);

/** What the page posts; `stop` has the number of the ask that it ends. */
export type Ask = { readonly id: number } & (AskBody | { readonly op: 'stop' });

/** The last word on each ask. */
export interface Answers {
  readonly rows: Rows;
  readonly preview: Rows;
  readonly find: Found;
  readonly atTime: Found;
  readonly race: readonly RaceRow[];
}

/** The answer to one ask. */
export type Answer = Answers[keyof Answers];

/** What went wrong. A stopped ask has the code `ABORTED`. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** What the worker posts. */
export type Tell =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly row: RaceRow }
  | { readonly id: number; readonly last: true; readonly answer: Answer }
  | { readonly id: number; readonly last: true; readonly fault: Fault };

/** The code of an ask that was stopped. */
export const ABORTED = 'ABORTED';
