import type { TraceBuilder } from '../../trace/builder.ts';
import { ShownFields } from './absent.ts';
import { Contexts } from './contexts.ts';
import { unescaped } from './escapes.ts';

/** A call of which the beginning was seen. */
interface Begun {
  readonly ts: bigint;
  readonly text: string;
}

/** A new thread or process: the flags say which. */
const CLONE = /^(?:clone3?|v?fork)\(.*\) = (\d+)(?:<[^>]*>)?(?: <[\d.]+>)?$/;
/** A program that begins: its thread is its process. */
const EXECVE = /^execve(?:at)?\((?:[^,"]*, )?(?:"((?:[^"\\]|\\.)*)")?.* = 0(?: <[\d.]+>)?$/;
/** A thread that gives itself a name. */
const RENAME = /^prctl\(PR_SET_NAME, "((?:[^"\\]|\\.)*)"(\.\.\.)?/;
/** Bytes that the kernel keeps of a name. */
const COMM_BYTES = 15;
/** Processes whose names are remembered; of more, the first are forgotten. */
const NAMED_MAX = 4096;

const PRESUMED = 'process names, from the programs executed: only calls of prctl show others';

/** What the parsers of one import share: the threads of all files. */
export class Threads {
  readonly begun = new Map<number, Begun>();
  readonly shown = new ShownFields();
  readonly contexts = new Contexts();
  /** Parsers that have not ended. */
  files = 0;
  /** The process of each thread, where the log shows how it was made. */
  readonly #processes = new Map<number, number>();
  /** The names of processes, as execve and prctl gave them. */
  readonly #comms = new Map<number, string>();
  readonly #builder: TraceBuilder;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  /** The process of a thread; 0 if the log does not show it. */
  pidOf(tid: number): number {
    return this.#processes.get(tid) ?? 0;
  }

  /** The one thread in which a call was interrupted that is resumed; 0 if there are several. */
  interrupted(name: string | undefined): number {
    if (name === undefined || this.begun.has(0)) return 0;
    const open = [...this.begun].filter(([, { text }]) => text.startsWith(`${name}(`));
    return open.length === 1 ? open[0][0] : 0;
  }

  /**
   * Takes the beginning of a call that is resumed. It may be of a time before threads were named.
   */
  resume(tid: number, name: string): Begun | undefined {
    const own = this.begun.has(tid) ? tid : 0;
    const begun = this.begun.get(own);
    if (begun === undefined || !begun.text.startsWith(name)) return undefined;
    this.begun.delete(own);
    return begun;
  }

  /** Learns from a whole call at `ts` which process a thread is of, and what it is called. */
  learn(tid: number, text: string, ts: bigint): void {
    const child = CLONE.exec(text)?.[1];
    if (child !== undefined) {
      this.#clone(tid, Number(child), text, ts);
      return;
    }
    if (tid === 0) return;
    const renamed = RENAME.exec(text)?.[1];
    if (renamed !== undefined && this.pidOf(tid) === tid) this.#name(tid, unescaped(renamed), ts);
    const program = EXECVE.exec(text);
    if (program === null) return;
    this.shown.hasPids = true;
    this.#processes.set(tid, tid);
    this.contexts.begin(tid);
    const path = unescaped(program[1] ?? '');
    this.#name(tid, path.slice(path.lastIndexOf('/') + 1), ts);
  }

  /** Notes the name of a process from a time on, of which the kernel keeps 15 bytes. */
  #name(pid: number, name: string, ts: bigint): void {
    const bytes = new TextEncoder().encode(name).subarray(0, COMM_BYTES);
    const comm = new TextDecoder().decode(bytes).replace(/\ufffd$/, '');
    if (comm === '') return;
    this.#builder.presume(PRESUMED);
    for (const [first] of this.#comms.size < NAMED_MAX ? [] : this.#comms)
      if (this.#comms.size >= NAMED_MAX) this.#comms.delete(first);
    this.#comms.set(pid, comm);
    this.#builder.process(pid, comm, ts);
  }

  #clone(tid: number, child: number, text: string, ts: bigint): void {
    this.shown.hasPids = true;
    const parent = this.#processes.get(tid) ?? tid;
    this.#processes.set(tid, parent);
    const isThread = text.includes('CLONE_THREAD');
    this.#processes.set(child, isThread ? parent : child);
    const comm = this.#comms.get(parent);
    if (!isThread && comm !== undefined) this.#name(child, comm, ts);
    // A process that shares the memory of another has its contexts.
    if (!isThread && !text.includes('CLONE_VM') && !text.startsWith('vfork'))
      this.contexts.begin(child);
  }
}

const shared = new WeakMap<TraceBuilder, Threads>();

export function threadsOf(builder: TraceBuilder): Threads {
  const known = shared.get(builder) ?? new Threads(builder);
  shared.set(builder, known);
  return known;
}
