// What capture.json says of a trace.
import type { Endian } from '../layout/schema.ts';
import type { PartName } from './part.ts';

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

/** A field that the source could not show. Its bytes are 0. */
export interface AbsentField {
  readonly kind: 'iocb' | 'io_event' | 'call';
  readonly field: string;
  /** The opcodes of which it is absent, or all. */
  readonly opcodes: readonly number[] | 'all';
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
  readonly absent: readonly AbsentField[];
  readonly processes: readonly TraceProcess[];
  readonly descriptors: readonly TraceDescriptor[];
  /** What an import could not use, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}
