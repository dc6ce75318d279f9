import { AioscopeError } from '../errors.ts';
import type { PartialFormat } from '../layout/detect.ts';
import type { Endian, Kind } from '../layout/schema.ts';
import type { Opened } from './open-source.ts';
import type { ByteSource } from './source.ts';

/** A stream of records of one run: what was accepted, what completed, and what was refused. */
export type StreamName = 'submissions' | 'completions' | 'refused';

/** The calls of one run, as packed records. */
export interface CallBytes {
  readonly bytes: ByteSource;
  readonly endian: Endian;
  /** Whether the time of a call includes what the tracer did in it, and so is too long. */
  readonly withTracer?: boolean;
}

/** How a run was recorded, and how far its records can be trusted. */
export interface StreamTrust {
  /** What messages call it. */
  readonly name: string;
  /** How it was recorded: `kprobe`, `strace`, …; `ring` is sampling. */
  readonly method: string;
  /** False while it is being recorded, and if that was killed. */
  readonly ended: boolean;
  /** Whether every event between its beginning and its end is there. */
  readonly complete: boolean | 'unknown';
  /** What was lost, by kind of event; `lost` is null if that is not known. */
  readonly losses: readonly {
    readonly of: string;
    readonly hits: number;
    readonly recorded: number;
    readonly lost: number | null;
  }[];
}

/** The streams of one run, of which a reader takes one: a trace. */
export abstract class StreamSet {
  /** What messages call it. */
  abstract readonly name: string;
  /** Whether its submissions are only those that io_submit accepted. */
  abstract readonly refusalsKnown: boolean;

  /** How it was recorded; undefined if that is not known. */
  get trust(): StreamTrust | undefined {
    return undefined;
  }

  /** A stream from its beginning, to be read once; undefined if the run has none. */
  abstract open(stream: StreamName): Opened | undefined;

  /** The calls from their beginning, to be read once; undefined if the run has none. */
  abstract calls(): CallBytes | undefined;

  /**
   * The stream that a reader of one kind takes: submissions or completions.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` without a kind, for a kind that the run does not have,
   *   and for a layout or byte order: those are known
   */
  openKind({ kind, layout, endian }: PartialFormat): Opened {
    this.#expectNone(layout ?? endian);
    const opened = this.#openKind(kind);
    if (opened !== undefined) return opened;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${this.name} is a trace, which holds several streams; choose one with ` +
        `${option('kind')}: iocb for its submissions, io_event for its completions`,
    );
  }

  /**
   * Those of the streams that the run has.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` if it has none of them, `AIOSCOPE_OPTION` for a layout
   *   or byte order
   */
  openAll(streams: readonly StreamName[], { layout, endian }: PartialFormat): readonly Opened[] {
    this.#expectNone(layout ?? endian);
    const opened = streams.flatMap((stream) => this.open(stream) ?? []);
    if (opened.length > 0) return opened;
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${this.name}: the trace has no ${streams.join(' and no ')}`,
    );
  }

  #expectNone(format: string | undefined): void {
    if (format === undefined) return;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${this.name} is a trace, whose layouts are known; remove ${option('layout')} and ` +
        option('endian'),
    );
  }

  #openKind(kind: Kind | undefined): Opened | undefined {
    if (kind === 'iocb') return this.open('submissions');
    return kind === 'io_event' ? this.open('completions') : undefined;
  }
}

/** A trace as a source: it has streams, and no bytes of its own. */
export const setSource = (
  name: string,
  streams: () => StreamSet | Promise<StreamSet>,
): ByteSource => ({
  name,
  byteLength: undefined,
  streams,
  read() {
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${name} is a trace, which has no bytes of its own; give one of its files`,
    );
  },
  close() {},
});
