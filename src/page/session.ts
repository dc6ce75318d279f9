// What the views know of the data: files that are opened, surveyed, read again and searched.
import type {
  CheckJson,
  Endian,
  Kind,
  MatchJson,
  Progress,
  ReportJson,
  SummaryJson,
} from '../index.ts';
import type { StreamName } from '../internal-page.ts';

/** Where the bytes of a file are: in the browser, or on the server that the page is from. */
export type FileBytes =
  | { readonly name: string; readonly blob: Blob }
  | {
      readonly name: string;
      readonly url: string;
      readonly byteLength: number;
      /** Where its bytes begin in what `url` leads to; 0 unless given. */
      readonly begin?: number;
      /** Names the version of the file; a read of any other is refused. */
      readonly etag: string;
    };

/** A trace: its files by their names in it. */
export interface TraceBytes {
  readonly name: string;
  readonly files: Readonly<Record<string, FileBytes>>;
}

/** What a person gives to the page. */
export type PageSource = FileBytes | TraceBytes;

/** How records lie in a file. */
export interface FileFormat {
  readonly kind: Kind;
  readonly layout: string;
  readonly endian: Endian;
}

/** A column of the records of a file. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
  /** Where its bytes are, from the start of a record with its envelope. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** A file whose format is known. */
export interface OpenedFile extends FileFormat {
  readonly name: string;
  /** Where its bytes are; undefined if they can only be read from the beginning. */
  readonly bytes: FileBytes | undefined;
  /** Bytes of the file, compressed or not. */
  readonly byteLength: number;
  readonly compression: 'gzip' | 'zstd' | null;
  /** Which part of a trace it is, if `bytes` are those of a whole trace, compressed. */
  readonly part?: StreamName;
  /** Bytes per record. */
  readonly stride: number;
  /** Bytes before the first record. */
  readonly headerBytes: number;
  /** Whole records; undefined if the file is compressed. */
  readonly records: number | undefined;
  readonly columns: readonly FileColumn[];
  /** What the detected format is based on; empty if it was given. */
  readonly evidence: readonly string[];
  /** A warning if the detected format is doubtful. */
  readonly doubt: string | null;
  /** Why no format was recognized: this one is a guess, and a survey leaves the file out. */
  readonly unknown?: string;
}

/** Whether the format of a file was recognized, or given. */
export const isKnown = ({ unknown }: OpenedFile): boolean => unknown === undefined;

/** What a survey of all files has found. */
export interface SurveyResult {
  readonly report: ReportJson;
  /** Like `aioscope summary --json`. */
  readonly summary: SummaryJson;
  /** What the kernel would refuse. */
  readonly check: CheckJson;
  /** Like `aioscope match --json`; present once submissions are matched to completions. */
  readonly match?: MatchJson;
}

/** A survey while it runs. */
export interface SurveyUpdate {
  readonly progress: Progress;
  /** What was found in the bytes read so far; undefined if nothing is new. */
  readonly part?: SurveyResult;
}

/** A range of time (ns, `from` ≤ ts < `to`), or of records where there is no time. */
export interface TimeRange {
  readonly unit: 'ns' | 'record';
  readonly from: bigint;
  readonly to: bigint;
}

/** The earliest and the latest time (ns) of every 16,384 records; `count` of each are valid. */
export interface TimeZones {
  /** Of the whole file. */
  readonly records: number;
  readonly count: number;
  readonly earliest: BigUint64Array;
  readonly latest: BigUint64Array;
}

/** Consecutive records of a file. */
export interface Rows {
  readonly first: number;
  readonly names: readonly string[];
  /** Values as text, in the terms of the ABI, row by row. */
  readonly cells: readonly (readonly string[])[];
  /** The records as they are in the file. */
  readonly bytes: Uint8Array;
}

/** What to search a file for. */
export interface Search {
  /** A condition, such as `res<0 and obj=0x7f00`. */
  readonly where: string;
  /** The first record that is looked at. */
  readonly from: number;
  readonly direction: 'forward' | 'backward';
}

/** The record that a search has found. */
export interface Found {
  /** Undefined if no record meets the condition. */
  readonly index: number | undefined;
}

/** The speed of one way to decode. */
export interface RaceRow {
  readonly name: string;
  readonly role: 'wasm' | 'js' | 'plain';
  readonly bytesPerSecond: number;
  /** How often it ran. */
  readonly runs: number;
}

/** Files as the views use them. Every promise rejects with the signal's reason once that fires. */
export interface Session {
  /** Detects the formats, unless they are given by the place of the file. */
  open(formats?: readonly (Partial<FileFormat> | undefined)[]): Promise<readonly OpenedFile[]>;
  /** Reads every byte of every file whose format is known. */
  survey(onUpdate: (update: SurveyUpdate) => void, signal: AbortSignal): Promise<SurveyResult>;
  /** Reads only the records of a range, and counts them exactly. */
  range(
    range: TimeRange,
    onUpdate: (update: SurveyUpdate) => void,
    signal: AbortSignal,
  ): Promise<SurveyResult>;
  rows(file: number, first: number, count: number): Promise<Rows>;
  /** The first records of a file as another format would read them. */
  preview(file: number, format: FileFormat, count: number): Promise<Rows>;
  /** The first record at or after a time (ns). */
  atTime(
    file: number,
    time: bigint,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<Found>;
  find(
    file: number,
    search: Search,
    signal: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<Found>;
  /** Compares engines and plain JavaScript on the records of a file. */
  race(
    file: number,
    onRow: (row: RaceRow) => void,
    signal: AbortSignal,
  ): Promise<readonly RaceRow[]>;
  /** Stops all workers. */
  close(): void;
}
