import { addVolume } from '../../engine/js-streams.ts';
import { STREAM, VOLUME } from '../../engine/stream-state.ts';
import { addCounts } from '../summary/section.ts';
import type { StateOf } from '../summary/state.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { addFlush, addStray, type FlushJson, flushJson, locate, mergeFlushes } from './flush.ts';
import { FLUSH, isStray, plainKind, READV, vectoredKind, WRITE, WRITEV } from './request-kind.ts';
import type { Requests } from './requests.ts';
import { addSubmissions, breakChain, bytesIn } from './stream.ts';
import { type Entry, keyOf, type Place, StreamEntries, sortedEntries } from './stream-entries.ts';
import { mergeStreams, type Owner, type PatternsJson, streamJson } from './stream-json.ts';

/** What streams need to know of submissions. */
export type StreamBlock = Pick<SubmissionBlock, 'requests' | 'fd' | 'pid' | 'program'>;

/** The streams of a capture, by pid, descriptor and direction. */
export class Streams {
  readonly entries = new StreamEntries();
  append = 0;
  outOfRange = 0;
  readonly other: Float64Array = new Float64Array(VOLUME);
  hasPids = false;
  /** Whether the lengths of vectored requests are known. */
  readonly #hasVectorLengths: boolean;
  /** Streams with rows of the current block that are not added yet. */
  #waiting: Entry[] = [];
  #requests: Requests | undefined;

  constructor(hasVectorLengths = false) {
    this.#hasVectorLengths = hasVectorLengths;
  }

  add(block: StreamBlock): void {
    const { requests } = block;
    this.#requests = requests;
    this.hasPids ||= block.pid !== undefined;
    this.append += requests.appending;
    this.outOfRange -= requests.appending;
    this.#attach(block);
    const pids = pidsOf(block);
    for (const row of requests.specials) this.#addSpecial(block, row, pids[row]);
    for (const entry of this.#waiting) this.#addTo(entry);
    this.#waiting = [];
  }

  /** Has the rows of each group wait at their stream. */
  #attach(block: StreamBlock): void {
    const { groups, grouped } = block.requests;
    const found: [entry: Entry, group: (typeof groups)[number]][] = [];
    for (const group of groups) {
      const { pid, kind, begin, count, bytes } = group;
      if (isStray(kind)) this.outOfRange += count;
      if (kind > WRITEV) continue;
      const entry = this.#look(block, grouped.rows[begin], pid, kind);
      if (entry === undefined) addVolume(this.other, 0, count, bytes);
      else found.push([entry, group]);
    }
    // One that was found may have been dropped for another since.
    for (const [entry, { begin, end, count, bytes }] of found) {
      if (this.entries.has(entry)) {
        entry.from = begin;
        entry.to = end;
        this.#waiting.push(entry);
      } else addVolume(this.other, 0, count, bytes);
    }
  }

  /** Adds a flush, a request without a length, or one at no known place. */
  #addSpecial(block: StreamBlock, row: number, pid: number): void {
    const { kinds, lengths } = block.requests;
    const kind = vectoredKind(kinds[row]) ?? plainKind(kinds[row]);
    if (isStray(kinds[row])) {
      // A write is known to its descriptor's flushes.
      if (kind !== WRITE && kind !== WRITEV) return;
      const entry = this.#look(block, row, pid, FLUSH);
      if (entry !== undefined) addStray(entry.state, lengths[row]);
      return;
    }
    const entry = this.#look(block, row, pid, kind);
    if (entry === undefined) addVolume(this.other, 0, Number(kind !== FLUSH), 0);
    else if (kind === FLUSH) addFlush(this.#locate(entry, row).state);
    else {
      this.#addTo(entry, row);
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

  /** Adds the waiting rows of a stream before row `before` of the block: by default, all. */
  #addTo(entry: Entry | undefined, before = Number.POSITIVE_INFINITY): void {
    if (entry === undefined || this.#requests === undefined) return;
    const { rows } = this.#requests.grouped;
    const { from, to } = entry;
    let end = before === Number.POSITIVE_INFINITY ? to : from;
    while (end < to && rows[end] < before) end += 1;
    if (end === from) return;
    addSubmissions(entry.state, this.#requests, from, end, this.#hasLengths(entry.kind));
    entry.from = end;
  }

  /** Updates the flushes of a descriptor to its writes so far, in the block up to row `before`. */
  #locate(entry: Entry, before?: number): Entry {
    const writes = this.entries.find(entry.pid, keyOf(entry.fd, WRITE));
    const vectors = this.entries.find(entry.pid, keyOf(entry.fd, WRITEV));
    this.#addTo(writes, before);
    this.#addTo(vectors, before);
    locate(entry.state, writes?.state, vectors?.state);
    return entry;
  }

  /** Returns the entry of the stream that a row belongs to; undefined if dropped. */
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
    for (const entry of this.entries.prune(limit)) {
      this.#addTo(entry);
      this.#drop(entry);
    }
  }
}
