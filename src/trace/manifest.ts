// What capture.json says of a trace, and reading it.
import { AioscopeError } from '../errors.ts';
import type { AbsentField } from '../layout/absent.ts';
import type { RunNames } from '../layout/run-names.ts';
import { ENDIANS, type Endian } from '../layout/schema.ts';
import { PART_NAMES, PARTS, type PartName } from './part.ts';

/** The clock of a trace. */
export interface TraceClock {
  /** `unknown` if the source does not say it; `relative` times have no origin. */
  readonly id: 'monotonic' | 'realtime' | 'boottime' | 'relative' | 'unknown';
  /** Add it to a time to get CLOCK_REALTIME, in ns; null if it is not known. */
  readonly realtimeOffsetNs: string | null;
}

/** How many events of one kind a tracer saw, and how many of them it lost. */
export interface TraceLoss {
  /** A probe, or a part of the trace. */
  readonly of: string;
  readonly hits: number;
  readonly recorded: number;
  /** `hits` less `recorded`; null if the source cannot say it. */
  readonly lost: number | null;
}

/** A field of records of one kind that the source could not show. Its bytes are 0. */
export interface TraceAbsence extends AbsentField {
  readonly kind: 'iocb' | 'io_event' | 'call';
}

/** What a capture was limited to. */
export interface TraceSelection {
  /** The processes that were followed, with their children; empty for all. */
  readonly pids: readonly number[];
  /** The conditions that submissions had to meet. */
  readonly where: readonly string[];
}

/** One part as it was written. */
export interface TracePart {
  readonly file: string;
  readonly layout: string;
  readonly records: number;
}

/** The contents of capture.json. Times are decimal strings of ns. */
export interface TraceManifest extends Omit<RunNames, 'realtimeOffsetNs'> {
  readonly format: 'aioscope-trace';
  readonly version: 1;
  /** What wrote the trace, such as `aioscope 0.1.0`. */
  readonly writer: string;
  /** How it was made: `kprobe`, `strace`, … */
  readonly method: string;
  /** The names of the sources that were imported; empty of a capture. */
  readonly sources: readonly string[];
  /** What the source says of the kernel; null if nothing. */
  readonly kernel: string | null;
  readonly endian: Endian;
  readonly clock: TraceClock;
  readonly parts: Readonly<Partial<Record<PartName, TracePart>>>;
  /** False while a capture goes on, and for one that was killed. */
  readonly ended: boolean;
  /** What a capture was limited to; null of an import. */
  readonly selection: TraceSelection | null;
  /** Whether every event between its beginning and its end is in the trace. */
  readonly complete: boolean | 'unknown';
  /**
   * Whether the submissions are only those that io_submit accepted. A source without its results,
   * such as rows of submissions, does not tell refused ones apart.
   */
  readonly refusalsKnown: boolean;
  readonly losses: readonly TraceLoss[];
  readonly absent: readonly TraceAbsence[];
  /** What an import could not use, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What the source does not say and an import presumed, and how often. */
  readonly presumed: Readonly<Record<string, number>>;
}

function bad(name: string, what: string): never {
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${name}: not the manifest of a trace: ${what}; it must be a capture.json of aioscope`,
  );
}

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isTime = (value: unknown): boolean => value === null || /^\d{1,20}$/.test(String(value));
const isOpcodes = (value: unknown): boolean =>
  value === 'all' || (Array.isArray(value) && value.every(isNumber));

/** The lists of a manifest, and what their entries have. */
const LISTS: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  processes: { pid: isNumber, comm: isText, from: isTime },
  descriptors: { pid: isNumber, fd: isNumber, path: isText, from: isTime },
  absent: { kind: isText, field: isText, opcodes: isOpcodes },
  losses: { of: isText },
  sources: {},
};

/** Throws if the lists of a manifest have entries of another kind. */
function checkLists(json: Readonly<Record<string, unknown>>, name: string): void {
  for (const [key, fields] of Object.entries(LISTS)) {
    const list = json[key];
    if (!Array.isArray(list)) bad(name, `${key} is not a list`);
    const isEntry = (entry: unknown) =>
      Object.entries(fields).every(([field, test]) => test(Object(entry)[field]));
    const at = (list as readonly unknown[]).findIndex((entry) => !isEntry(entry));
    if (at >= 0) bad(name, `entry ${at} of ${key} lacks ${Object.keys(fields).join(', ')}`);
  }
}

/**
 * What is known of a trace whose capture.json was not written whole: the layouts, by file names.
 */
export const MANIFEST_OF_CUT: TraceManifest = {
  format: 'aioscope-trace',
  version: 1,
  writer: 'unknown',
  method: 'unknown',
  sources: [],
  kernel: null,
  endian: 'little',
  clock: { id: 'unknown', realtimeOffsetNs: null },
  parts: {},
  ended: false,
  selection: null,
  complete: 'unknown',
  refusalsKnown: false,
  losses: [],
  absent: [],
  processes: [],
  descriptors: [],
  dropped: {},
  presumed: {},
};

/**
 * Reads a manifest. Returns undefined if the text is not JSON, as that of a file that was not
 * written whole.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for JSON of anything else
 */
export function parseManifest(text: string, name: string): TraceManifest | undefined {
  let json: Partial<Record<keyof TraceManifest, unknown>>;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) bad(name, 'it is not an object');
  if (json.format !== 'aioscope-trace') bad(name, "its format is not 'aioscope-trace'");
  if (json.version !== 1)
    bad(name, `its version is ${JSON.stringify(json.version)}, and this aioscope reads version 1`);
  if (!ENDIANS.includes(json.endian as Endian)) bad(name, 'its endian is neither little nor big');
  checkLists(json, name);
  if (typeof json.refusalsKnown !== 'boolean') bad(name, 'refusalsKnown is not true or false');
  for (const key of ['dropped', 'presumed'] as const)
    if (typeof json[key] !== 'object' || json[key] === null) bad(name, `${key} is not an object`);
  const parts = json.parts as TraceManifest['parts'] | undefined;
  if (typeof parts !== 'object' || parts === null) bad(name, 'it has no parts');
  for (const part of PART_NAMES) {
    const written = parts[part];
    if (written === undefined) continue;
    if (written.file !== PARTS[part].file || written.layout !== PARTS[part].layout)
      bad(name, `its ${part} have another file or layout than version 1 has`);
  }
  // Imports did not write these at first.
  return { ended: true, selection: null, ...json } as unknown as TraceManifest;
}
