import type { TraceBuilder } from '../../trace/builder.ts';
import type { EventFormat } from './event-format.ts';
import type { EventStream } from './event-stream.ts';
import type { TimeOrigin } from './page.ts';
import type { Tasks } from './tasks.ts';

/** Takes the event at the cursor of a stream. */
export type TakeEvent = (stream: EventStream) => void;

/** Makes what takes the events of one format. */
export type EventTaker = (state: ImportState, format: EventFormat) => TakeEvent;

/** What the events of one import share. */
export interface ImportState {
  readonly builder: TraceBuilder;
  readonly origin: TimeOrigin;
  readonly tasks: Tasks;
  /** Whether the return values of submissions were traced. */
  readonly hasReturns: boolean;
  /** Whether uprobes have read the submissions. */
  readonly hasSlots: boolean;
  /** How many submissions calls accepted and refused, and how many of them uprobes have read. */
  readonly submitted: { hits: number; recorded: number; refused: number; refusedRecorded: number };
  /**
   * Before this time, only events of threads and processes count: a capture had not begun. What
   * then ends without a beginning began before. Undefined of an import.
   */
  from: number | undefined;
  /**
   * From this time on, only what ends what has begun before counts: a capture is ending. Undefined
   * of an import.
   */
  until: number | undefined;
  /** Gaps of all CPUs so far. */
  gaps: number;
}

/** A place in the events: which CPU recorded it, and how many gaps there were until then. */
export interface Mark {
  readonly cpu: number;
  readonly gaps: number;
  readonly allGaps: number;
}

/** Whether what ends without a beginning began before a capture, or after it. */
export const isOutside = ({ from, until, gaps }: ImportState, time: number): boolean =>
  (from !== undefined && gaps === 0) || (until !== undefined && time >= until);

/** The place of the event at the cursor of a stream. */
export const markOf = ({ gaps }: ImportState, stream: EventStream): Mark => ({
  cpu: stream.cpu,
  gaps: stream.gaps,
  allGaps: gaps,
});

/**
 * Whether no event of a thread can have been lost between a mark and the event at the cursor of a
 * stream. A thread that stays on one CPU is not affected by the gaps of others.
 */
export const isUnbroken = (mark: Mark, state: ImportState, stream: EventStream): boolean =>
  mark.allGaps === state.gaps || (mark.cpu === stream.cpu && mark.gaps === stream.gaps);
