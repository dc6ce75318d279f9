import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import { addCounts } from '../summary/section.ts';
import type { StateOf } from '../summary/state.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { addFlush, addStray, type FlushJson, flushJson, locate, mergeFlushes } from './flush.ts';
import { appends, FLUSH, READV, vectoredKind, WRITE, WRITEV } from './request-kind.ts';
import {
  addSubmissions,
  addVolume,
  breakChain,
  bytesIn,
  type Rows,
  STREAM,
  VOLUME,
} from './stream.ts';
import { type Entry, keyOf, type Place, StreamEntries, sortedEntries } from './stream-entries.ts';
import { mergeStreams, type Owner, type PatternsJson, streamJson } from './stream-json.ts';

const CACHE = 1024;

/** What streams need to know of submissions. */
export type StreamBlock = Pick<
  SubmissionBlock,
  'count' | 'kinds' | 'lengths' | 'offsets' | 'fd' | 'rwFlags' | 'pid' | 'program'
>;

/** The streams of a capture, by pid, descriptor and direction. */
export class Streams {
  readonly entries = new StreamEntries();
  /** Recent streams by a hash of their key: most submissions belong to one of them. */
  readonly #cache: (Entry | undefined)[] = new Array(CACHE).fill(undefined);
  append = 0;
  outOfRange = 0;
  readonly other: Float64Array = new Float64Array(VOLUME);
  hasPids = false;
  /** Whether the lengths of vectored requests are known. */
  readonly #hasVectorLengths: boolean;
  /** Streams with waiting rows: a block's rows are added stream by stream. */
  #waiting: Entry[] = [];
  #rows: Rows = {
    offsets: new Float64Array(0),
    lengths: new Uint32Array(0),
    next: new Uint16Array(BLOCK_RECORDS),
  };

  constructor(hasVectorLengths = false) {
    this.#hasVectorLengths = hasVectorLengths;
  }

  add(block: StreamBlock): void {
    const { count, kinds, lengths, offsets, fd } = block;
    const { next } = this.#rows;
    this.#rows = { offsets, lengths, next };
    const pids = pidsOf(block);
    const cache = this.#cache;
    this.hasPids ||= block.pid !== undefined;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      const pid = pids[i];
      if (kind > WRITEV) {
        this.#addOther(block, i, pid);
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
      if (entry === undefined) addVolume(this.other, 0, 1, lengths[i]);
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

  /** Adds a flush, or a request without a length. */
  #addOther(block: StreamBlock, i: number, pid: number): void {
    const kind = vectoredKind(block.kinds[i]) ?? block.kinds[i];
    if (kind > FLUSH) return;
    const entry = this.#look(block, i, pid, kind);
    if (entry === undefined) addVolume(this.other, 0, Number(kind !== FLUSH), 0);
    else if (kind === FLUSH) addFlush(this.#locate(entry).state);
    else {
      this.#addTo(entry);
      breakChain(entry.state);
    }
  }

  /** Appends the streams of the part that follows. */
  merge(streams: StateOf<Streams>): void {
    this.hasPids ||= streams.hasPids;
    this.append += streams.append;
    this.outOfRange += streams.outOfRange;
    addCounts(this.other, streams.other);
    this.#prune(streams.entries.limit);
    // Flushes first: they need to know where this part ended.
    const sorted = sortedEntries(streams.entries);
    for (const entry of [...sorted.flushes, ...sorted.streams]) this.#mergeEntry(entry);
  }

  toJSON(): PatternsJson {
    this.#prune(this.entries.limit);
    const { streams } = this.entries.sorted();
    const other = { requests: this.other[0], bytes: bytesIn(this.other, 0).toString() };
    return {
      streams: streams.map((entry) => {
        const { state, kind } = entry;
        return streamJson(state, this.#ownerOf(entry), kind, this.#hasLengths(kind));
      }),
      left: { append: this.append, outOfRange: this.outOfRange, other },
    };
  }

  /** Returns the flushed descriptors, by pid and number. */
  flushes(): FlushJson[] {
    this.#prune(this.entries.limit);
    const { flushes } = this.entries.sorted();
    return flushes.flatMap(
      (entry) => flushJson(this.#locate(entry).state, this.#ownerOf(entry)) ?? [],
    );
  }

  #hasLengths(kind: number): boolean {
    return kind < READV || this.#hasVectorLengths;
  }

  #ownerOf({ pid, program, fd }: Entry): Owner {
    return { pid: this.hasPids ? pid : null, program, fd: fd | 0 };
  }

  #mergeEntry(from: StateOf<Entry>): void {
    if (!this.entries.has(from)) {
      this.#drop(from);
      return;
    }
    const entry = this.#entry(from.pid, from.key, () => from.program);
    if (from.kind === FLUSH) mergeFlushes(this.#locate(entry).state, from.state);
    else mergeStreams(entry.state, from.state, this.#hasLengths(from.kind));
  }

  /** Adds the waiting rows to their streams. */
  #addWaiting(): void {
    for (const entry of this.#waiting) this.#addTo(entry);
    this.#waiting = [];
  }

  #addTo(entry: Entry | undefined): void {
    if (entry === undefined || entry.waiting === 0) return;
    const hasLengths = this.#hasLengths(entry.kind);
    addSubmissions(entry.state, this.#rows, entry.head, entry.waiting, hasLengths);
    entry.waiting = 0;
  }

  /** Updates the flushes of a descriptor to its writes so far. */
  #locate(entry: Entry): Entry {
    const writes = this.entries.find(entry.pid, keyOf(entry.fd, WRITE));
    const vectors = this.entries.find(entry.pid, keyOf(entry.fd, WRITEV));
    this.#addTo(writes);
    this.#addTo(vectors);
    locate(entry.state, writes?.state, vectors?.state);
    return entry;
  }

  /** Counts a submission that is in no stream; a write is known to its descriptor's flushes. */
  #addStray(block: StreamBlock, i: number, pid: number): void {
    const kind = block.kinds[i];
    if (appends(kind, block.rwFlags[i])) this.append += 1;
    else this.outOfRange += 1;
    if (kind !== WRITE && kind !== WRITEV) return;
    const entry = this.#look(block, i, pid, FLUSH);
    if (entry !== undefined) addStray(entry.state, block.lengths[i]);
  }

  /** Returns the entry of a row that the cache misses; undefined if dropped. */
  #look(block: StreamBlock, i: number, pid: number, kind: number): Entry | undefined {
    const key = keyOf(block.fd[i], kind);
    if (!this.entries.has({ pid, key })) return undefined;
    return this.#entry(pid, key, () => block.program(i));
  }

  #entry(pid: number, key: number, programOf: () => string | null): Entry {
    const known = this.entries.find(pid, key);
    if (known !== undefined) return known;
    if (this.entries.isFull) this.#prune(this.entries.limit);
    return this.entries.add(pid, key, programOf());
  }

  #drop({ kind, state }: StateOf<Entry>): void {
    if (kind !== FLUSH) addCounts(this.other, state.subarray(STREAM.volume));
  }

  /** Drops the entries above `limit`, then the largest until the rest fits. */
  #prune(limit: Place): void {
    if (!this.entries.mustPrune(limit)) return;
    this.#addWaiting();
    this.#cache.fill(undefined);
    for (const entry of this.entries.prune(limit)) this.#drop(entry);
  }
}
