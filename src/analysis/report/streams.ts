import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import { addCounts } from '../summary/section.ts';
import { appends, FLUSH, pidsOf, READV, type SubmissionBlock, WRITE, WRITEV } from './block.ts';
import {
  addFlush,
  addStray,
  type Flushes,
  type FlushJson,
  flushJson,
  locate,
  mergeFlushes,
  newFlushes,
} from './flush.ts';
import {
  addSubmissions,
  addVolume,
  bytesIn,
  newStream,
  type Rows,
  STREAM,
  type Stream,
  VOLUME,
} from './stream.ts';
import { mergeStreams, type Owner, type PatternsJson, streamJson } from './stream-json.ts';

/** Streams that are kept: the smallest by pid, descriptor and direction. Each takes 2.7 KB. */
const STREAMS_MAX = 4096;
const CACHE = 1024;
/** Keys within a pid are below 2^35. Flushes sort after the writes that they need. */
const KINDS = 8;
const keyOf = (fd: number, kind: number): number => fd * KINDS + kind;

interface Place {
  readonly pid: number;
  readonly key: number;
}
/** Above every pid. */
const NO_LIMIT: Place = { pid: 2 ** 32, key: 0 };
const compare = (a: Place, b: Place): number => a.pid - b.pid || a.key - b.key;

interface Entry extends Place {
  readonly fd: number;
  readonly kind: number;
  /** The flushes of a descriptor where `kind` is `FLUSH`, otherwise a stream. */
  readonly state: Stream | Flushes;
  readonly program: string | null;
  /** Rows of the current block that are not added yet: their number, the first and the last. */
  waiting: number;
  head: number;
  tail: number;
}

/** The streams of a capture, by pid, descriptor and direction. */
export class Streams {
  #byPid = new Map<number, Map<number, Entry>>();
  #size = 0;
  /** Recent streams by a hash of their key: most submissions belong to one of them. */
  readonly #cache: (Entry | undefined)[] = new Array(CACHE).fill(undefined);
  /** Streams above this place were dropped, and stay out. */
  #limit = NO_LIMIT;
  #append = 0;
  #outOfRange = 0;
  readonly #other = new Float64Array(VOLUME);
  #hasPids = false;
  /** Streams with waiting rows: a block's rows are added stream by stream. */
  #waiting: Entry[] = [];
  #rows: Rows = {
    offsets: new Float64Array(0),
    lengths: new Uint32Array(0),
    next: new Uint16Array(BLOCK_RECORDS),
  };

  add(block: SubmissionBlock): void {
    const { count, kinds, lengths, offsets, fd } = block;
    const { next } = this.#rows;
    this.#rows = { offsets, lengths, next };
    const pids = pidsOf(block);
    const cache = this.#cache;
    this.#hasPids ||= block.pid !== undefined;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      const pid = pids[i];
      if (kind > WRITEV) {
        const flushes = kind === FLUSH ? this.#look(block, i, pid, FLUSH) : undefined;
        if (flushes !== undefined) addFlush(this.#locate(flushes).state);
        continue;
      }
      if (offsets[i] < 0) {
        this.#addStray(block, i, pid);
        continue;
      }
      const at = (((fd[i] << 3) | kind) ^ Math.imul(pid, 0x9e3779b1)) & (CACHE - 1);
      let entry = cache[at];
      if (entry === undefined || entry.fd !== fd[i] || entry.kind !== kind || entry.pid !== pid)
        cache[at] = entry = this.#look(block, i, pid, kind);
      if (entry === undefined) addVolume(this.#other, 0, 1, lengths[i]);
      else if (entry.waiting++ === 0) {
        entry.head = entry.tail = i;
        this.#waiting.push(entry);
      } else {
        next[entry.tail] = i;
        entry.tail = i;
      }
    }
    this.#addWaiting();
  }

  /** Appends the streams of the part that follows. */
  merge(streams: Streams): void {
    this.#hasPids ||= streams.#hasPids;
    this.#append += streams.#append;
    this.#outOfRange += streams.#outOfRange;
    addCounts(this.#other, streams.#other);
    if (compare(streams.#limit, this.#limit) < 0) this.#prune(streams.#limit);
    // Flushes first: they need to know where this part ended.
    const sorted = streams.#sorted();
    for (const entry of [...sorted.flushes, ...sorted.streams]) this.#mergeEntry(entry);
  }

  toJSON(): PatternsJson {
    this.#prune(this.#limit);
    const { streams } = this.#sorted();
    const other = { requests: this.#other[0], bytes: bytesIn(this.#other, 0).toString() };
    return {
      streams: streams.map((entry) => streamJson(entry.state, this.#ownerOf(entry), entry.kind)),
      left: { append: this.#append, outOfRange: this.#outOfRange, other },
    };
  }

  /** Returns the flushed descriptors, by pid and number. */
  flushes(): FlushJson[] {
    this.#prune(this.#limit);
    const { flushes } = this.#sorted();
    return flushes.flatMap(
      (entry) => flushJson(this.#locate(entry).state, this.#ownerOf(entry)) ?? [],
    );
  }

  #ownerOf({ pid, program, fd }: Entry): Owner {
    return { pid: this.#hasPids ? pid : null, program, fd: fd | 0 };
  }

  #mergeEntry(from: Entry): void {
    if (compare(from, this.#limit) > 0) {
      this.#drop(from);
      return;
    }
    const entry = this.#entry(from.pid, from.key, () => from.program);
    if (from.kind === FLUSH) mergeFlushes(this.#locate(entry).state, from.state);
    else mergeStreams(entry.state, from.state, from.kind >= READV);
  }

  /** Adds the waiting rows to their streams. */
  #addWaiting(): void {
    for (const entry of this.#waiting) this.#addTo(entry);
    this.#waiting = [];
  }

  #addTo(entry: Entry | undefined): void {
    if (entry === undefined || entry.waiting === 0) return;
    addSubmissions(entry.state, this.#rows, entry.head, entry.waiting, entry.kind >= READV);
    entry.waiting = 0;
  }

  /** Updates the flushes of a descriptor to its writes so far. */
  #locate(entry: Entry): Entry {
    const entries = this.#byPid.get(entry.pid);
    const writes = entries?.get(keyOf(entry.fd, WRITE));
    const vectors = entries?.get(keyOf(entry.fd, WRITEV));
    this.#addTo(writes);
    this.#addTo(vectors);
    locate(entry.state, writes?.state, vectors?.state);
    return entry;
  }

  /** Counts a submission that is in no stream; a write is known to its descriptor's flushes. */
  #addStray(block: SubmissionBlock, i: number, pid: number): void {
    const kind = block.kinds[i];
    if (appends(kind, block.rwFlags[i])) this.#append += 1;
    else this.#outOfRange += 1;
    if (kind !== WRITE && kind !== WRITEV) return;
    const entry = this.#look(block, i, pid, FLUSH);
    if (entry !== undefined) addStray(entry.state, block.lengths[i]);
  }

  /** Returns the entry of a row that the cache misses; undefined if dropped. */
  #look(block: SubmissionBlock, i: number, pid: number, kind: number): Entry | undefined {
    const key = keyOf(block.fd[i], kind);
    if (compare({ pid, key }, this.#limit) > 0) return undefined;
    return this.#entry(pid, key, () => block.program(i));
  }

  #entry(pid: number, key: number, programOf: () => string | null): Entry {
    const known = this.#byPid.get(pid)?.get(key);
    if (known !== undefined) return known;
    if (this.#size >= 2 * STREAMS_MAX) this.#prune(this.#limit);
    const [fd, kind] = [Math.floor(key / KINDS), key % KINDS];
    const state = kind === FLUSH ? newFlushes() : newStream();
    const program = programOf();
    const entry: Entry = { pid, key, fd, kind, state, program, waiting: 0, head: 0, tail: 0 };
    this.#insert(entry);
    return entry;
  }

  #insert(entry: Entry): void {
    const entries = this.#byPid.get(entry.pid) ?? new Map<number, Entry>();
    this.#byPid.set(entry.pid, entries.set(entry.key, entry));
    this.#size += 1;
  }

  /** Returns the entries by pid and key: all, only flushes, and only streams. */
  #sorted(): { entries: Entry[]; flushes: Entry[]; streams: Entry[] } {
    const entries = [...this.#byPid.values()].flatMap((byKey) => [...byKey.values()]).sort(compare);
    const flushes = entries.filter(({ kind }) => kind === FLUSH);
    return { entries, flushes, streams: entries.filter(({ kind }) => kind !== FLUSH) };
  }

  #drop({ kind, state }: Entry): void {
    if (kind !== FLUSH) addCounts(this.#other, state.subarray(STREAM.volume));
  }

  /** Drops the entries above `limit`, then the largest until `STREAMS_MAX` are left. */
  #prune(limit: Place): void {
    this.#limit = limit;
    if (this.#size <= STREAMS_MAX && limit.pid === NO_LIMIT.pid) return;
    this.#addWaiting();
    const { entries } = this.#sorted();
    const last = entries[STREAMS_MAX - 1];
    if (entries.length > STREAMS_MAX && compare(last, limit) < 0)
      this.#limit = { pid: last.pid, key: last.key };
    this.#byPid = new Map();
    this.#size = 0;
    this.#cache.fill(undefined);
    for (const entry of entries) {
      if (compare(entry, this.#limit) > 0) this.#drop(entry);
      else this.#insert(entry);
    }
  }
}
