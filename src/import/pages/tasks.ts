// Which process a thread belongs to, and which process a context of native AIO.
import { IOCallbackSize } from '../../abi/record.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import type { Mark } from './import-state.ts';

/** A process, perhaps of an unknown number. */
interface Process {
  /** 0 until it is known or presumed. */
  pid: number;
  /** The first of its threads that was seen. */
  readonly first: number;
  /** Its name when it began, and when that was; undefined if it ran before the trace. */
  readonly comm: string | undefined;
  readonly from: bigint;
  /** Whether the manifest has its name. */
  isNamed: boolean;
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
interface PendingCall {
  /** The name of the event. */
  readonly event: string;
  readonly mark: Mark;
  readonly ts: bigint;
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
}

/** Threads and contexts that are remembered; of more, those that came first are forgotten. */
const REMEMBERED_MAX = 65_536;

const BY_CONTEXT =
  'threads that ran before the trace: their process is that of others with the same context';
const BY_FIRST =
  'processes that ran before the trace: their pid is that of their first thread seen';
const BY_BIRTH = 'names of processes: those that they began with, since execve was not traced';

const unknownProcess = (tid: number): Process => ({
  pid: 0,
  first: tid,
  comm: undefined,
  from: 0n,
  isNamed: false,
});

/** The last submitter of a context, and the address that user space knows it by, in halves. */
interface Context {
  process: Process;
  low: number;
  high: number;
}

/** The threads and contexts of a trace. */
export class Tasks {
  readonly #builder: TraceBuilder;
  readonly #tasks = new Map<number, Task>();
  readonly #contexts = new Map<number, Context>();

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  /** All threads that are remembered. */
  values(): Iterable<Task> {
    return this.#tasks.values();
  }

  /** A thread that was seen before, or runs since before the trace. */
  get(tid: number): Task {
    return this.#tasks.get(tid) ?? this.#add(tid, unknownProcess(tid));
  }

  /** A thread begins in the process of `parent`. Returns what had its number before. */
  addThread(tid: number, parent: number): Task | undefined {
    const before = this.#tasks.get(tid);
    this.#add(tid, this.get(parent).process);
    return before;
  }

  /** A process begins. Returns what had its number before. */
  addProcess(pid: number, comm: string, from: bigint): Task | undefined {
    const before = this.#tasks.get(pid);
    this.#add(pid, { pid, first: pid, comm, from, isNamed: false });
    return before;
  }

  /**
   * A thread submits in a context, which the kernel has at `key`. Returns its pid. What the trace
   * does not show is presumed: that threads with one context are of one process, and that the
   * first thread of a process that is seen is the one that its pid is of.
   */
  use({ process }: Task, key: number, low: number, high: number): number {
    const context = this.#contexts.get(key);
    const isSame = context !== undefined && context.low === low && context.high === high;
    if (process.pid === 0) {
      const owner = isSame ? context.process : process;
      process.pid = owner.pid === 0 ? process.first : owner.pid;
      this.#builder.presume(owner === process ? BY_FIRST : BY_CONTEXT);
    }
    if (isSame) {
      context.process = process;
    } else {
      this.#bound(this.#contexts);
      this.#contexts.set(key, { process, low, high });
    }
    return this.pidOf(process);
  }

  /** The pid of a process that has done something: the manifest has its name from now on. */
  pidOf(process: Process): number {
    if (!process.isNamed && process.comm !== undefined) {
      process.isNamed = true;
      this.#builder.process(process.pid, process.comm, process.from);
      this.#builder.presume(BY_BIRTH);
    }
    return process.pid;
  }

  /** The pid of the last submitter in a context; 0 if there is none. */
  ownerOf(key: number, low: number, high: number): number {
    const context = this.#contexts.get(key);
    return context?.low === low && context.high === high ? context.process.pid : 0;
  }

  #add(tid: number, process: Process): Task {
    const words = new Uint32Array(IOCallbackSize / 4);
    const task: Task = { tid, process, words, submission: undefined, call: undefined };
    this.#tasks.delete(tid);
    this.#bound(this.#tasks, ({ submission, call }) => submission === undefined && !call);
    this.#tasks.set(tid, task);
    return task;
  }

  /** Makes room for one more. */
  #bound<V>(map: Map<number, V>, mayForget: (value: V) => boolean = () => true): void {
    if (map.size < REMEMBERED_MAX) return;
    for (const [key, value] of map)
      if (mayForget(value)) {
        map.delete(key);
        return;
      }
  }
}
