// What every capture method provides.
import type { TraceBuilder } from '../trace/builder.ts';

/** The capture methods, the best first. */
export const CAPTURE_METHODS = ['kprobe', 'bpftrace', 'uprobe', 'ring'] as const;
/** A capture method. */
export type CaptureMethod = (typeof CAPTURE_METHODS)[number];

/** Something that a capture method needs and this machine lacks. */
export interface CaptureLack {
  /** What is missing, such as `bpftrace is not installed`. */
  readonly what: string;
  /** The command that fixes it, or what else to do; null if nothing can be done. */
  readonly fix: string | null;
}

/** What a recorder records, and where it puts the records. */
export interface RecorderContext {
  readonly builder: TraceBuilder;
  /**
   * The processes to follow, with their children and threads, by the PIDs of the host; empty for
   * all processes.
   */
  readonly roots: readonly number[];
  /** Memory of the kernel's buffer per CPU. */
  readonly bufferBytes: number;
  /** Submissions of a call that a uprobe can record. */
  readonly slots: number;
}

/** Records that a recorder adds to the builder in one `poll` at most, of each part. */
export const POLLED_MAX = 4096;

/** Records what programs do by one method. Its functions are called in the order listed. */
export interface Recorder {
  readonly method: CaptureMethod;
  /** How long to wait after a poll that found nothing more (ms); 0 if `poll` itself waits. */
  readonly intervalMs: number;
  /**
   * Sets up whatever it needs and begins to record. If it fails, nothing is left.
   *
   * @throws AioscopeError `AIOSCOPE_CAPTURE` if it cannot
   */
  start(): Promise<void>;
  /**
   * Adds records to the builder: at most `POLLED_MAX` of each part. Returns whether more wait.
   *
   * @throws AioscopeError `AIOSCOPE_CAPTURE` if recording failed
   */
  poll(): boolean;
  /**
   * The times, in ns of CLOCK_MONOTONIC, before which no more records will be added: of calls, and
   * of all other parts.
   */
  settled(): { readonly records: bigint; readonly calls: bigint };
  /** Events that were lost so far; null if that cannot be known. */
  lost(): number | null;
  /** Stops recording. `poll` then yields what is left. */
  stop(): Promise<void>;
  /** Reports losses and absent fields to the builder, after the last record. */
  finish(): void;
  /** Removes whatever it set up. May be called at any time, also twice. */
  close(): Promise<void>;
}
