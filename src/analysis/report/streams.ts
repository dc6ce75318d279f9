import { RWF_FLAGS } from '../../abi/flag.ts';
import { BLOCK_RECORDS } from '../../stream/block-reader.ts';
import { FLUSH, pidsOf, READV, type SubmissionBlock, WRITE, WRITEV } from './block.ts';
import {
  addFlush,
  addStray,
  type FlushJson,
  flushJson,
  mergeFlushes,
  type Place,
  placeOf,
} from './flush.ts';
import { BYTES_HIGH, BYTES_LOW, COUNT, type Rows, type Stream } from './stream.ts';
import { addTo, before, type Entry, isFlushes, keyOf, newEntry } from './stream-entry.ts';
import { type StreamJson, streamJson } from './stream-json.ts';
import { mergeStreams } from './stream-merge.ts';

/** Streams that are kept: those with the smallest pid, descriptor and direction. Each has 2.7 KB. */
const STREAMS_MAX = 4096;
const RWF_APPEND = RWF_FLAGS.find(({ name }) => name === 'RWF_APPEND')?.bit ?? 0;

const CACHE = 1024;

/** Access patterns. Parts of a file merge in their order. */
export interface PatternsJson {
  streams: StreamJson[];
  /** Requests that are in no stream. */
  left: {
    /** They go to the end of the file whatever their offset (RWF_APPEND). */
    append: number;
    /** Their offset is negative, or lies beyond 8 PiB. */
    outOfRange: number;
    /** Of streams beyond the first 4,096, by pid, descriptor and direction; the flushes of a descriptor count as one. */
    other: { requests: number; bytes: string };
  };
}

/** The streams of a trace, by pid, descriptor and direction. */
export class Streams {
  #byPid = new Map<number, Map<number, Entry>>();
  #size = 0;
  /** The streams seen last, by a few bits of their key: most requests are of one of them. */
  readonly #cache: (Entry | undefined)[] = new Array(CACHE).fill(undefined);
  /** Streams above this have been put out, and stay out. */
  #limit = { pid: 2 ** 32, key: 0 };
  #append = 0;
  #outOfRange = 0;
  #otherCount = 0;
  #otherLow = 0;
  #otherHigh = 0;
  #hasPids = false;
  /** The streams of a block with requests that wait: those of one are added together, and their rows are a list. */
  #waiting: Entry[] = [];
  readonly #next = new Uint16Array(BLOCK_RECORDS);
  /** The block that they are of, while it is added. */
  #rows: Rows | undefined;

  add(block: SubmissionBlock): void {
    const { count, kinds, lengths, offsets, fd, rwFlags } = block;
    const rows = { offsets, lengths, next: this.#next };
    this.#rows = rows;
    const pids = pidsOf(block);
    const cache = this.#cache;
    this.#hasPids ||= block.pid !== undefined;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      if (kind > WRITEV) {
        if (kind !== FLUSH) continue;
        this.#flush(block, i, pids[i]);
      } else if ((rwFlags[i] & RWF_APPEND) !== 0 || offsets[i] < 0)
        this.#addStray(block, i, pids[i]);
      else {
        const at = (((fd[i] << 3) | kind) ^ Math.imul(pids[i], 0x9e3779b1)) & (CACHE - 1);
        let entry = cache[at];
        if (
          entry === undefined ||
          entry.fd !== fd[i] ||
          entry.kind !== kind ||
          entry.pid !== pids[i]
        ) {
          cache[at] = entry = this.#look(block, i, pids[i], keyOf(fd[i], kind));
        }
        if (entry === undefined) this.#countOther(1, lengths[i] & 0xffff, lengths[i] >>> 16);
        else if (entry.waiting++ === 0) {
          entry.head = entry.tail = i;
          this.#waiting.push(entry);
        } else {
          rows.next[entry.tail] = i;
          entry.tail = i;
        }
      }
    }
    this.#addWaiting();
    this.#rows = undefined;
  }

  /** Add the streams of the part that follows. */
  merge(streams: Streams): void {
    this.#hasPids ||= streams.#hasPids;
    this.#append += streams.#append;
    this.#outOfRange += streams.#outOfRange;
    this.#countOther(streams.#otherCount, streams.#otherLow, streams.#otherHigh);
    if (before(streams.#limit, this.#limit) < 0) this.#prune(streams.#limit);
    // Flushes first: they need to know where this part ended.
    const entries = streams.#entries();
    for (const entry of [
      ...entries.filter(isFlushes),
      ...entries.filter((each) => !isFlushes(each)),
    ])
      this.#mergeEntry(entry);
  }

  toJSON(): PatternsJson {
    this.#prune(this.#limit);
    const list = this.#entries()
      .filter((entry) => !isFlushes(entry))
      .sort(before);
    const bytes = (BigInt(this.#otherHigh) << 16n) + BigInt(this.#otherLow);
    return {
      streams: list.map(({ pid, fd, kind, stream, program }) =>
        streamJson(stream, this.#hasPids ? pid : null, program, fd | 0, kind),
      ),
      left: {
        append: this.#append,
        outOfRange: this.#outOfRange,
        other: { requests: this.#otherCount, bytes: bytes.toString() },
      },
    };
  }

  /** The descriptors that were flushed, by pid and number. */
  flushes(): FlushJson[] {
    this.#prune(this.#limit);
    const list = this.#entries().filter(isFlushes).sort(before);
    return list.flatMap((entry) => {
      const { pid, fd, stream, program } = entry;
      return (
        flushJson(stream, this.#hasPids ? pid : null, program, fd | 0, this.#placeOf(pid, fd)) ?? []
      );
    });
  }

  #mergeEntry({ pid, key, fd, kind, stream, program }: Entry): void {
    if (before({ pid, key }, this.#limit) > 0) this.#putOut(kind, stream);
    else if (kind === FLUSH) {
      const { stream: flushes } = this.#entry(pid, key, () => program);
      mergeFlushes(flushes, stream, this.#placeOf(pid, fd));
    } else mergeStreams(this.#entry(pid, key, () => program).stream, stream, kind >= READV);
  }

  /** How much has been written to a descriptor. */
  #placeOf(pid: number, fd: number): Place {
    const entries = this.#byPid.get(pid);
    const streamOf = (kind: number) => entries?.get(keyOf(fd, kind))?.stream;
    return placeOf(streamOf(FLUSH), streamOf(WRITE), streamOf(WRITEV));
  }

  /** Add the requests that wait to their streams. */
  #addWaiting(): void {
    const rows = this.#rows;
    if (rows === undefined) return;
    for (const entry of this.#waiting) addTo(entry, rows);
    this.#waiting = [];
  }

  #flush(block: SubmissionBlock, i: number, pid: number): void {
    const entry = this.#look(block, i, pid, keyOf(block.fd[i], FLUSH));
    if (entry === undefined || this.#rows === undefined) return;
    entry.writes ??= this.#byPid.get(pid)?.get(keyOf(block.fd[i], WRITE));
    entry.vectors ??= this.#byPid.get(pid)?.get(keyOf(block.fd[i], WRITEV));
    // It has to know of all writes before it.
    if (entry.writes !== undefined) addTo(entry.writes, this.#rows);
    if (entry.vectors !== undefined) addTo(entry.vectors, this.#rows);
    addFlush(entry.stream, placeOf(entry.stream, entry.writes?.stream, entry.vectors?.stream));
  }

  /** A request that is in no stream; of a write its descriptor's flushes know. */
  #addStray(block: SubmissionBlock, i: number, pid: number): void {
    if ((block.rwFlags[i] & RWF_APPEND) !== 0) this.#append += 1;
    else this.#outOfRange += 1;
    const kind = block.kinds[i];
    if (kind !== WRITE && kind !== WRITEV) return;
    const entry = this.#look(block, i, pid, keyOf(block.fd[i], FLUSH));
    if (entry !== undefined) addStray(entry.stream, block.lengths[i]);
  }

  /** The stream of a key that the cache does not hold; undefined where it has been put out. */
  #look(block: SubmissionBlock, i: number, pid: number, key: number): Entry | undefined {
    if (pid > this.#limit.pid || (pid === this.#limit.pid && key > this.#limit.key))
      return undefined;
    return this.#entry(pid, key, () => block.program(i));
  }

  #entries(): Entry[] {
    return [...this.#byPid.values()].flatMap((entries) => [...entries.values()]);
  }

  #entry(pid: number, key: number, program: () => string | null): Entry {
    const known = this.#byPid.get(pid)?.get(key);
    if (known !== undefined) return known;
    if (this.#size >= 2 * STREAMS_MAX) this.#prune(this.#limit);
    const entry = newEntry(pid, key, program());
    this.#insert(entry);
    return entry;
  }

  #insert(entry: Entry): void {
    const entries = this.#byPid.get(entry.pid) ?? new Map<number, Entry>();
    this.#byPid.set(entry.pid, entries.set(entry.key, entry));
    this.#size += 1;
  }

  #countOther(count: number, low: number, high: number): void {
    this.#otherCount += count;
    this.#otherLow += low;
    this.#otherHigh += high;
  }

  #putOut(kind: number, stream: Stream): void {
    if (kind !== FLUSH) this.#countOther(stream[COUNT], stream[BYTES_LOW], stream[BYTES_HIGH]);
  }

  /** Put out every stream above `limit`, and the largest until `STREAMS_MAX` are left. */
  #prune(limit: { pid: number; key: number }): void {
    this.#limit = limit;
    if (this.#size <= STREAMS_MAX && limit.pid === 2 ** 32) return;
    this.#addWaiting();
    const sorted = this.#entries().sort(before);
    const last = sorted[STREAMS_MAX - 1];
    if (sorted.length > STREAMS_MAX && before(last, limit) < 0)
      this.#limit = { pid: last.pid, key: last.key };
    this.#byPid = new Map();
    this.#size = 0;
    this.#cache.fill(undefined);
    for (const entry of sorted) {
      if (before(entry, this.#limit) > 0) this.#putOut(entry.kind, entry.stream);
      else this.#insert(entry);
    }
  }
}
