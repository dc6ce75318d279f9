import { type Flushes, newFlushes } from './flush.ts';
import { FLUSH } from './request-kind.ts';
import { newStream, type Stream } from './stream.ts';

/** Streams that are kept: the smallest by pid, descriptor and direction. Each takes 2.7 KB. */
const STREAMS_MAX = 4096;
/** Keys within a pid are below 2^35. Flushes sort after the writes that they need. */
const KINDS = 8;
export const keyOf = (fd: number, kind: number): number => fd * KINDS + kind;

export interface Place {
  readonly pid: number;
  readonly key: number;
}
/** Above every pid. */
const NO_LIMIT: Place = { pid: 2 ** 32, key: 0 };
const compare = (a: Place, b: Place): number => a.pid - b.pid || a.key - b.key;

export interface Entry extends Place {
  readonly fd: number;
  readonly kind: number;
  /** The flushes of a descriptor where `kind` is `FLUSH`, otherwise a stream. */
  readonly state: Stream | Flushes;
  readonly program: string | null;
  /** Grouped rows of the current block that are not added yet: the first, and the end. */
  from: number;
  to: number;
}

/** The entries by pid and key: all, only flushes, and only streams. */
export function sortedEntries<E extends Place & Pick<Entry, 'kind'>>({
  byPid,
}: {
  readonly byPid: ReadonlyMap<number, ReadonlyMap<number, E>>;
}): { entries: E[]; flushes: E[]; streams: E[] } {
  const entries = [...byPid.values()].flatMap((byKey) => [...byKey.values()]).sort(compare);
  const flushes = entries.filter(({ kind }) => kind === FLUSH);
  return { entries, flushes, streams: entries.filter(({ kind }) => kind !== FLUSH) };
}

/**
 * The entries with the smallest places. Which those are does not depend on the order of records, so
 * parts merge to the whole.
 */
export class StreamEntries {
  /** Entries above this place were dropped, and stay out. */
  limit: Place = NO_LIMIT;
  byPid: Map<number, Map<number, Entry>> = new Map();
  #size = 0;

  /** Whether entries must be dropped before another is added. */
  get isFull(): boolean {
    return this.#size >= 2 * STREAMS_MAX;
  }

  /** Whether an entry with this place is kept. */
  has(place: Place): boolean {
    return compare(place, this.limit) <= 0;
  }

  find(pid: number, key: number): Entry | undefined {
    return this.byPid.get(pid)?.get(key);
  }

  add(pid: number, key: number, program: string | null): Entry {
    const [fd, kind] = [Math.floor(key / KINDS), key % KINDS];
    const state = kind === FLUSH ? newFlushes() : newStream();
    const entry: Entry = { pid, key, fd, kind, state, program, from: 0, to: 0 };
    this.#insert(entry);
    return entry;
  }

  /** Returns the entries by pid and key: all, only flushes, and only streams. */
  sorted(): { entries: Entry[]; flushes: Entry[]; streams: Entry[] } {
    return sortedEntries(this);
  }

  /** Whether entries are to be dropped: there are too many, or some are above `limit`. */
  mustPrune(limit: Place): boolean {
    if (compare(limit, this.limit) < 0) this.limit = limit;
    return this.#size > STREAMS_MAX || this.limit.pid !== NO_LIMIT.pid;
  }

  /** Drops and returns the entries above `limit`, and the largest until `STREAMS_MAX` are left. */
  prune(limit: Place): Entry[] {
    if (compare(limit, this.limit) < 0) this.limit = limit;
    const { entries } = this.sorted();
    const last = entries[STREAMS_MAX - 1];
    if (entries.length > STREAMS_MAX && compare(last, this.limit) < 0)
      this.limit = { pid: last.pid, key: last.key };
    this.byPid = new Map();
    this.#size = 0;
    return entries.filter((entry) => {
      const isDropped = !this.has(entry);
      if (!isDropped) this.#insert(entry);
      return isDropped;
    });
  }

  #insert(entry: Entry): void {
    const entries = this.byPid.get(entry.pid) ?? new Map<number, Entry>();
    this.byPid.set(entry.pid, entries.set(entry.key, entry));
    this.#size += 1;
  }
}
