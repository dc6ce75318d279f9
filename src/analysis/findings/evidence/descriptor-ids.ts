import { lookupOf, type NameLookup, type Timeline } from '../../../layout/name-lookup.ts';
import type { RunNames } from '../../../layout/run-names.ts';
import { widened } from './widened.ts';

/** Descriptors that have a number of their own. */
const DESCRIPTORS_MAX = 2 ** 16;

const hash = (pid: number, fd: number): number => {
  const mixed = Math.imul(fd ^ Math.imul(pid, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
};

/** A descriptor; with a trace, of one file. */
export interface Descriptor {
  readonly pid: number;
  readonly fd: number;
  readonly path: string | undefined;
}

/**
 * Numbers descriptors of processes from 1; those after the first 65,536 are all 0. A descriptor
 * that stood for several files, as a trace tells, has a number for each.
 */
export class DescriptorIds {
  readonly #lookup: NameLookup;
  /** By number, from 1. */
  readonly #descriptors: Descriptor[] = [];
  readonly #processes = new Uint32Array(DESCRIPTORS_MAX + 1);
  readonly #pids = new Map<number, number>();
  /** Keys by number, and a hash table of numbers, at most half full. */
  #pid = new Uint32Array(64);
  #fd = new Uint32Array(64);
  #slots = new Int32Array(128);
  /** By number: the files of a descriptor that stood for several. */
  readonly #files: { readonly timeline: Timeline; readonly ids: Map<string, number> }[] = [];
  #last = 0;
  #hasFiles = false;

  constructor(names: RunNames | undefined) {
    this.#lookup = lookupOf(names);
  }

  /** The number of the descriptor at a time. */
  of(pid: number, fd: number, tsHigh: number, tsLow: number): number {
    const last = this.#last;
    const id =
      last !== 0 && this.#pid[last] === pid && this.#fd[last] === fd ? last : this.#find(pid, fd);
    this.#last = id;
    return this.#hasFiles && this.#files[id] !== undefined ? this.#ofFile(id, tsHigh, tsLow) : id;
  }

  /** The descriptor with this number. */
  at(id: number): Descriptor | undefined {
    return this.#descriptors[id];
  }

  /** The number of a descriptor's process, from 1. */
  processOf(id: number): number {
    return this.#processes[id];
  }

  /** The pid of the process with this number. */
  pidOf(process: number): number | undefined {
    return [...this.#pids.keys()][process - 1];
  }

  /** The numbers are below this. */
  get end(): number {
    return Math.max(1, this.#descriptors.length);
  }

  #find(pid: number, fd: number): number {
    const mask = this.#slots.length - 1;
    let at = hash(pid, fd) & mask;
    for (let id = this.#slots[at]; id !== 0; id = this.#slots[at]) {
      if (this.#pid[id] === pid && this.#fd[id] === fd) return id;
      at = (at + 1) & mask;
    }
    const timeline = this.#lookup.pathsOf(pid, fd | 0);
    const id = this.#add(pid, fd, timeline?.only);
    if (id === 0) return 0;
    this.#slots[at] = id;
    if (timeline !== undefined && timeline.names.length > 1) {
      this.#hasFiles = true;
      this.#files[id] = { timeline, ids: new Map() };
    }
    if (4 * id > this.#slots.length) this.#rehash();
    return id;
  }

  #ofFile(id: number, tsHigh: number, tsLow: number): number {
    const { timeline, ids } = this.#files[id];
    const path = timeline.at(tsHigh, tsLow);
    if (path === undefined) return id;
    const known = ids.get(path);
    if (known !== undefined) return known;
    const made = this.#add(this.#pid[id], this.#fd[id], path);
    ids.set(path, made);
    return made;
  }

  #add(pid: number, fd: number, path: string | undefined): number {
    const id = this.end;
    if (id > DESCRIPTORS_MAX) return 0;
    if (id >= this.#pid.length) {
      this.#pid = widened(new Uint32Array(2 * id), this.#pid);
      this.#fd = widened(new Uint32Array(2 * id), this.#fd);
    }
    this.#pid[id] = pid;
    this.#fd[id] = fd;
    this.#descriptors[id] = { pid, fd: fd | 0, path };
    const process = this.#pids.get(pid) ?? this.#pids.size + 1;
    this.#pids.set(pid, process);
    this.#processes[id] = process;
    return id;
  }

  /** Doubles the hash table. Numbers of single files are not in it. */
  #rehash(): void {
    const ids = this.#slots.filter((id) => id !== 0);
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (const id of ids) {
      let at = hash(this.#pid[id], this.#fd[id]) & mask;
      while (this.#slots[at] !== 0) at = (at + 1) & mask;
      this.#slots[at] = id;
    }
  }
}
