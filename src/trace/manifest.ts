// What capture.json says of a trace, and reading it.
import { AioscopeError } from '../errors.ts';
import type { AbsentField } from '../layout/absent.ts';
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

/** The name that a process had from a time on. */
export interface TraceProcess {
  readonly pid: number;
  readonly comm: string;
  /** In ns of the trace's clock; null if it always had it. */
  readonly from: string | null;
}

/** The file that a descriptor of a process stood for from a time on. */
export interface TraceDescriptor {
  readonly pid: number;
  readonly fd: number;
  readonly path: string;
  /** In ns of the trace's clock; null if it always did. */
  readonly from: string | null;
}

/** One part as it was written. */
export interface TracePart {
  readonly file: string;
  readonly layout: string;
  readonly records: number;
}

/** The contents of capture.json. Times are decimal strings of ns. */
export interface TraceManifest {
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
  /** Whether every event between its beginning and its end is in the trace. */
  readonly complete: boolean | 'unknown';
  readonly losses: readonly TraceLoss[];
  readonly absent: readonly TraceAbsence[];
  readonly processes: readonly TraceProcess[];
  readonly descriptors: readonly TraceDescriptor[];
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

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/**
 * Reads a manifest.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else
 */
export function parseManifest(text: string, name: string): TraceManifest {
  let json: Partial<Record<keyof TraceManifest, unknown>>;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AioscopeError('AIOSCOPE_SOURCE', `${name}: not JSON`, { cause });
  }
  if (typeof json !== 'object' || json === null) bad(name, 'it is not an object');
  if (json.format !== 'aioscope-trace') bad(name, "its format is not 'aioscope-trace'");
  if (json.version !== 1)
    bad(name, `its version is ${JSON.stringify(json.version)}, and this aioscope reads version 1`);
  if (!ENDIANS.includes(json.endian as Endian)) bad(name, 'its endian is neither little nor big');
  for (const key of ['losses', 'absent', 'processes', 'descriptors', 'sources'] as const)
    if (!isList(json[key])) bad(name, `${key} is not a list`);
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
  return json as unknown as TraceManifest;
}
