// Which process a thread belongs to, and which process a context of native AIO.
import { IOCallbackSize } from '../../abi/record.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import type { KnownTasks, Process, Rename, RunningProcess, Task } from './task.ts';

/** Threads and contexts that are remembered; of more, those that came first are forgotten. */
const REMEMBERED_MAX = 65_536;

const BY_CONTEXT =
  'threads that ran before the trace: their process is that of others with the same context';
const BY_FIRST =
  'processes that ran before the trace: their pid is that of their first thread seen';
const BY_GAPS = 'names of processes: lost events may have changed them';
const BY_THREADS = 'names of processes: the kernel does not say whose thread was renamed';

const unknownProcess = (tid: number, isFollowed: boolean): Process => ({
  pid: 0,
  first: tid,
  comm: undefined,
  from: null,
  isNamed: false,
  isThreaded: true,
  isFollowed,
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
  /** The processes that ran at the beginning, by their pids. */
  readonly #seeded = new Map<number, Process>();
  /** The names under which processes did something. */
  readonly #names: { pid: number; comm: string; from: bigint | null }[] = [];
  /** Changes of names of which it is not known whose name it was. */
  #unclear = 0;
  /** Whether names are known: changes of them are seen, and there was one, or what was before. */
  #hasNames: boolean;
  /** Whether changes of names are seen, if there are any. */
  readonly #seesRenames: boolean;
  readonly #known: KnownTasks;

  constructor(builder: TraceBuilder, seesRenames: boolean, known: KnownTasks = {}) {
    this.#builder = builder;
    this.#seesRenames = seesRenames;
    this.#known = known;
    this.#hasNames = seesRenames && known.find !== undefined;
  }

  /** Whether only some processes are wanted. */
  get isSelective(): boolean {
    return this.#known.roots !== undefined;
  }

  /** All threads that are remembered. */
  values(): Iterable<Task> {
    return this.#tasks.values();
  }

  /** A thread that was seen before, or runs since before the trace. */
  get(tid: number): Task {
    return this.#tasks.get(tid) ?? this.#add(tid, this.#running(tid));
  }

  /** A thread runs since before the trace. The name of a process is that of its first thread. */
  seed(tid: number, { pid, comm }: RunningProcess): void {
    if (this.#seesRenames) this.#hasNames = true;
    const known = this.#seeded.get(pid);
    const process = known ?? this.#processOf(pid, undefined);
    if (known === undefined) process.isThreaded = false;
    else process.isThreaded = true;
    if (tid === pid && this.#seesRenames) process.comm = comm;
    this.#seeded.set(pid, process);
    this.#add(tid, process);
  }

  /** The process of a thread that no event has mentioned. */
  #running(tid: number): Process {
    const found = this.#known.find?.(tid);
    if (found === undefined) return unknownProcess(tid, this.#known.roots === undefined);
    const { process } = this.#tasks.get(found.pid) ?? {};
    return process?.pid === found.pid ? process : this.#processOf(found.pid, found.comm);
  }

  /** A process that runs already. */
  #processOf(pid: number, comm: string | undefined): Process {
    const isFollowed = this.#known.roots?.includes(pid) ?? true;
    return { ...unknownProcess(pid, isFollowed), pid, comm };
  }

  /** When what has not ended yet began, of submissions and calls: the earliest of each. */
  earliestPending(): { submission: number; call: number } {
    let submission = Number.POSITIVE_INFINITY;
    let call = Number.POSITIVE_INFINITY;
    for (const task of this.#tasks.values()) {
      if (task.submission !== undefined) submission = Math.min(submission, task.submission.time);
      if (task.call !== undefined) {
        call = Math.min(call, task.call.time);
        // The iocbs of its slots are added when it returns.
        if (task.slots !== undefined && task.slots.count > 0)
          submission = Math.min(submission, task.call.time);
      }
    }
    return { submission, call };
  }

  /** A thread begins in the process of `parent`. Returns what had its number before. */
  addThread(tid: number, parent: number): Task | undefined {
    const before = this.#tasks.get(tid);
    const { process } = this.get(parent);
    process.isThreaded = true;
    this.#add(tid, process).isSeen = true;
    return before;
  }

  /** A process begins. Returns what had its number before. */
  addProcess(pid: number, parent: number, comm: string, from: bigint): Task | undefined {
    const before = this.#tasks.get(pid);
    // Those that are wanted may themselves have been started after the trace.
    const isFollowed =
      this.get(parent).process.isFollowed || this.#known.roots?.includes(pid) === true;
    const state = { isNamed: false, isThreaded: false, isFollowed };
    this.#add(pid, { pid, first: pid, comm, from, ...state }).isSeen = true;
    return before;
  }

  /** A thread gets another name. A process has that of its first thread. */
  rename({ tid, isOwn, before, after, from }: Rename): void {
    this.#hasNames = true;
    const { process } = this.get(tid);
    if (!isOwn && process.isThreaded) {
      this.#unclear += 1;
      return;
    }
    if (tid !== (process.pid === 0 ? process.first : process.pid)) return;
    if (process.comm === undefined) this.#name(process, before);
    process.comm = after;
    process.from = from;
    process.isNamed = false;
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

  /** The pid of a process that does something: its name counts from now on. */
  pidOf(process: Process): number {
    if (!process.isNamed) this.#name(process, process.comm);
    return process.pid;
  }

  /** The process of the last submitter in a context; undefined if there is none. */
  ownerOf(key: number, low: number, high: number): Process | undefined {
    const context = this.#contexts.get(key);
    return context?.low === low && context.high === high ? context.process : undefined;
  }

  /**
   * Called after the last event. Names are only known if changes of names were traced: an execve is
   * one, and the shell that starts a program makes one.
   */
  end(gaps: number): void {
    if (!this.#hasNames) return;
    for (const { pid, comm, from } of this.#names) {
      this.#builder.process(pid, comm, from);
      if (gaps > 0) this.#builder.presume(BY_GAPS);
    }
    if (this.#names.length > 0)
      for (let i = 0; i < this.#unclear; i++) this.#builder.presume(BY_THREADS);
  }

  #name(process: Process, comm: string | undefined): void {
    const { pid, from } = process;
    if (pid === 0 || comm === undefined || !process.isFollowed) return;
    process.isNamed = true;
    this.#names.push({ pid, comm, from });
  }

  #add(tid: number, process: Process): Task {
    const words = new Uint32Array(IOCallbackSize / 4);
    const pending = { submission: undefined, call: undefined, slots: undefined, isSeen: false };
    const task: Task = { tid, process, words, ...pending };
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
