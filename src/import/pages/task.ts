// What is known of threads and processes, and what they have begun.
import type { Mark } from './import-state.ts';

/** A process, perhaps of an unknown number. */
export interface Process {
  /** 0 until it is known or presumed. */
  pid: number;
  /** The first of its threads that was seen. */
  readonly first: number;
  /** Its name, and since when it has it; undefined if it is not known. */
  comm: string | undefined;
  from: bigint | null;
  /** Whether it has done something under this name. */
  isNamed: boolean;
  /** Whether it has, or may have, several threads. */
  isThreaded: boolean;
  /** Whether its records are wanted. */
  isFollowed: boolean;
}

/** A process that runs already, as /proc has it. */
export interface RunningProcess {
  readonly pid: number;
  readonly comm: string;
}

/** What is known of processes beside the events, and which of them are wanted. */
export interface KnownTasks {
  /** The processes that are wanted, with their children; undefined for all. */
  readonly roots?: readonly number[] | undefined;
  /** Finds the process of a thread that no event has mentioned. */
  find?(tid: number): RunningProcess | undefined;
}

/** A change of the name of a thread. */
export interface Rename {
  /** The thread; where the kernel does not say it, the one that changed the name. */
  readonly tid: number;
  /** Whether the kernel says whose name it is. */
  readonly isOwn: boolean;
  readonly before: string;
  readonly after: string;
  readonly from: bigint;
}

/** The iocbs that uprobes have read of a call, each after its address. */
interface Slots {
  mark: Mark;
  count: number;
  /** Kept for the next call. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A submission whose outcome is not known yet. */
export interface PendingSubmission {
  readonly mark: Mark;
  readonly time: number;
  readonly addr: bigint;
  readonly ctx: bigint;
  /** The words of its iocb: those of its thread. */
  readonly words: Uint32Array;
}

/** A call that has begun. */
export interface PendingCall {
  /** The name of the event. */
  readonly event: string;
  readonly mark: Mark;
  readonly time: number;
  readonly ctx: bigint;
  readonly nr: number;
}

/** A thread. */
export interface Task {
  readonly tid: number;
  readonly process: Process;
  /** Room for the iocb that it submits. */
  readonly words: Uint32Array;
  submission: PendingSubmission | undefined;
  call: PendingCall | undefined;
  /** Whether it was seen elsewhere than in its first io_submit since events are recorded. */
  isSeen: boolean;
  /** The iocbs of the io_submit that it calls, as far as uprobes have read them. */
  slots: Slots | undefined;
}
