// Finds the completion rings of processes, and opens their memory.
import { closeSync, openSync, readSync } from 'node:fs';
import { processFile } from '../process-tree.ts';
import { type MappedRing, mappedRings } from './mapped-rings.ts';
import { type ReadMemory, RingTail } from './ring-tail.ts';

/** A ring that is polled. */
export interface OpenRing {
  readonly pid: number;
  readonly tail: RingTail;
  /** When it was last polled, in ns. */
  polled: bigint;
  close(): void;
}

/** Reads the memory behind a descriptor of /proc/PID/mem. */
const memoryReader =
  (fd: number): ReadMemory =>
  (target, address) => {
    try {
      return readSync(fd, target, 0, target.byteLength, address) === target.byteLength;
    } catch {
      // EIO where nothing is mapped, ESRCH of a process that has exited.
      return false;
    }
  };

function openRing(pid: number, ring: MappedRing, isNew: boolean, now: bigint) {
  let fd: number;
  try {
    // A descriptor keeps the memory that the process has now: after exec, another is needed.
    fd = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return undefined;
  }
  const tail = RingTail.open(memoryReader(fd), ring.address, ring.byteLength, isNew);
  if (tail === undefined) {
    closeSync(fd);
    return undefined;
  }
  return { pid, tail, polled: now, close: () => closeSync(fd) };
}

/** The rings of processes, kept up to date by `scan`. */
export class ProcessRings {
  /** By inode: a child process inherits the mapping, though not the ring. */
  readonly #open = new Map<string, OpenRing>();
  /** The inodes of all rings so far. */
  readonly #seen = new Set<string>();
  #isFirst = true;

  get open(): Iterable<OpenRing> {
    return this.#open.values();
  }

  /**
   * Looks for rings that were set up since the last scan, and drops those that are gone. Rings that
   * the first scan finds are followed from now on, others from their first event.
   */
  scan(pids: Iterable<number>, now: bigint, onRing: (pid: number) => void): void {
    const found = new Set<string>();
    for (const pid of pids) {
      for (const ring of mappedRings(processFile(pid, 'maps') ?? '')) {
        found.add(ring.inode);
        if (this.#open.has(ring.inode)) continue;
        const isNew = !this.#isFirst && !this.#seen.has(ring.inode);
        const open = openRing(pid, ring, isNew, now);
        if (open === undefined) continue;
        this.#seen.add(ring.inode);
        this.#open.set(ring.inode, open);
        onRing(pid);
      }
    }
    this.#isFirst = false;
    for (const [inode, ring] of this.#open) if (!found.has(inode)) this.#drop(inode, ring);
  }

  /** Drops a ring that can no longer be read. */
  drop(ring: OpenRing): void {
    for (const [inode, open] of this.#open) if (open === ring) this.#drop(inode, ring);
  }

  close(): void {
    for (const [inode, ring] of this.#open) this.#drop(inode, ring);
  }

  #drop(inode: string, ring: OpenRing): void {
    ring.close();
    this.#open.delete(inode);
  }
}
