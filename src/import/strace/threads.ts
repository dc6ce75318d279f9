import type { TraceBuilder } from '../../trace/builder.ts';
import { ShownFields } from './absent.ts';
import { Contexts } from './contexts.ts';

/** A call of which the beginning was seen. */
interface Begun {
  readonly ts: bigint;
  readonly text: string;
}

/** A new thread or process: the flags say which. */
const CLONE = /^(?:clone3?|v?fork)\(.*\) = (\d+)(?:<[^>]*>)?(?: <[\d.]+>)?$/;
/** A program that begins: its thread is its process. */
const EXECVE = /^execve(?:at)?\(.* = 0(?: <[\d.]+>)?$/;

/** What the parsers of one import share: the threads of all files. */
export class Threads {
  readonly begun = new Map<number, Begun>();
  readonly shown = new ShownFields();
  readonly contexts = new Contexts();
  /** Parsers that have not ended. */
  files = 0;
  /** The process of each thread, where the log shows how it was made. */
  readonly #processes = new Map<number, number>();

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

  /** Takes the beginning of a call that is resumed. It may be of a time before threads were named. */
  resume(tid: number, name: string): Begun | undefined {
    const own = this.begun.has(tid) ? tid : 0;
    const begun = this.begun.get(own);
    if (begun === undefined || !begun.text.startsWith(name)) return undefined;
    this.begun.delete(own);
    return begun;
  }

  /** Learns from a whole call which process a thread is of. */
  learn(tid: number, text: string): void {
    const child = CLONE.exec(text)?.[1];
    if (child !== undefined) this.#clone(tid, Number(child), text);
    else if (tid !== 0 && EXECVE.test(text)) {
      this.shown.hasPids = true;
      this.#processes.set(tid, tid);
      this.contexts.begin(tid);
    }
  }

  #clone(tid: number, child: number, text: string): void {
    this.shown.hasPids = true;
    const parent = this.#processes.get(tid) ?? tid;
    this.#processes.set(tid, parent);
    const isThread = text.includes('CLONE_THREAD');
    this.#processes.set(child, isThread ? parent : child);
    // A process that shares the memory of another has its contexts.
    if (!isThread && !text.includes('CLONE_VM') && !text.startsWith('vfork'))
      this.contexts.begin(child);
  }
}

const shared = new WeakMap<TraceBuilder, Threads>();

export function threadsOf(builder: TraceBuilder): Threads {
  const known = shared.get(builder) ?? new Threads();
  shared.set(builder, known);
  return known;
}
