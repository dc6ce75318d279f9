import type { RequestKernels } from '../../engine/request-kernels.ts';
import * as T from '../../engine/request-tables.ts';
import { type Views, viewsOf, type ZeroCounts } from './request-views.ts';

/** The submissions of a block that have process, descriptor and kind in common. */
export interface RequestGroup {
  /** 0 if the envelope has none. */
  readonly pid: number;
  readonly fd: number;
  /** As of rows: `READ` … `OTHER`, or `STRAY` more. */
  readonly kind: number;
  readonly count: number;
  /** Its rows are `begin` to `end` of the grouped ones, in their order. */
  readonly begin: number;
  readonly end: number;
  /** The sum of their lengths. */
  readonly bytes: number;
}

/** Rows group by group, each with its place and length. */
export interface GroupedRows {
  readonly rows: Uint16Array;
  readonly places: Float64Array;
  readonly lengths: Uint32Array;
}

/** The columns of submissions that are measured, in the memory of the kernels. */
interface MeasuredColumns {
  readonly opcode: Uint16Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly flags: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly fd: Uint32Array;
  readonly pid: Uint32Array | undefined;
}

/** Calls back for each number of trailing zero bits that was found; 64 for the value 0. */
export function eachAlignment(
  { table, found }: ZeroCounts,
  add: (bits: number, count: number) => void,
): void {
  const sum = (bits: number) => table[bits] + table[bits + T.ZERO_BITS_SLOTS];
  for (let word = 0; word < 2; word++) {
    for (let rest = found[word]; rest !== 0; rest &= rest - 1) {
      const bits = 32 * word + 31 - Math.clz32(rest & -rest);
      add(bits, sum(bits));
    }
  }
  if (sum(64) > 0) add(64, sum(64));
}

const [PID, FD, KIND, COUNT, BEGIN, END, BYTES] = T.requestGroup.fields.map(
  ({ offset }) => offset / 4,
);
const [, , EVENTFDS, SPECIALS, VECTORED, APPENDING] = T.requestCounters.fields.map(
  ({ offset }) => offset / 4,
);

const none = new Uint16Array(0);
/** The first rows of a list. Most blocks have none. */
const listed = (list: Uint16Array, length: number): Uint16Array =>
  length === 0 ? none : list.subarray(0, length);

/**
 * What kernels find out about the submissions of a block. Its arrays are views of the memory of the
 * kernels, valid until the next block.
 */
export class Requests {
  /** By row: `READ` … `OTHER`, or `STRAY` more if it moves data at no known place. */
  readonly kinds: Uint8Array;
  /** By row: requested bytes of PREAD and PWRITE, at most `MAX_RW_COUNT`; 0 for the others. */
  readonly lengths: Uint32Array;
  /** By row: the offset; -1 of those that do not move data at a known place. */
  readonly places: Float64Array;
  readonly grouped: GroupedRows;
  /** The groups, in the order of their first rows. */
  readonly groups: RequestGroup[] = [];
  /** Counts by opcode; the last is of all larger ones. */
  readonly opcodes: Uint32Array;
  /** Alignments of offsets with lengths, and of buffers. */
  readonly placeBits: ZeroCounts;
  readonly bufferBits: ZeroCounts;
  /** What `map` has counted: the octaves in use, and their counts by row and bounds. */
  readonly octaves: Views['octaves'];
  /** What `sample` has listed: how many granules and how many cut requests; four words each. */
  readonly sampled: Uint32Array;
  readonly samples: Int32Array;
  readonly #kernels: RequestKernels;
  readonly #state: number;
  readonly #views: Views;
  /** Reused, so that a block allocates little. */
  readonly #made: { -readonly [K in keyof RequestGroup]: number }[] = [];

  constructor(kernels: RequestKernels, buffer: ArrayBuffer, state: number) {
    const views = viewsOf(buffer, state);
    this.#kernels = kernels;
    this.#state = state;
    this.#views = views;
    this.kinds = views.kinds;
    this.lengths = views.lengths;
    this.places = views.places;
    this.grouped = views.grouped;
    this.opcodes = views.opcodes;
    this.placeBits = views.placeBits;
    this.bufferBits = views.bufferBits;
    this.octaves = views.octaves;
    this.sampled = views.sampled;
    this.samples = views.samples;
    views.octaves.used.fill(0);
    views.octaves.counts.fill(0);
    views.octaves.min.fill(Number.POSITIVE_INFINITY);
    views.octaves.max.fill(0);
  }

  /** Measures and groups the submissions of a block, at most `REQUEST_ROWS`. */
  measure(columns: MeasuredColumns, count: number): void {
    const { opcode, buf, nbytes, offset, flags, rwFlags, fd, pid } = columns;
    this.#kernels.measure_requests(
      opcode.byteOffset,
      buf.byteOffset,
      nbytes.byteOffset,
      offset.byteOffset,
      flags.byteOffset,
      rwFlags.byteOffset,
      count,
      this.#state,
    );
    this.group(fd, pid, count);
  }

  /** Groups submissions whose kinds, lengths and places are set. */
  group(fd: Uint32Array, pid: Uint32Array | undefined, count: number): void {
    const length = this.#kernels.group_requests(
      fd.byteOffset,
      pid?.byteOffset ?? 0,
      count,
      this.#state,
    );
    const words = this.#views.groups;
    while (this.#made.length < length)
      this.#made.push({ pid: 0, fd: 0, kind: 0, count: 0, begin: 0, end: 0, bytes: 0 });
    this.groups.length = 0;
    for (let i = 0; i < length; i++) {
      const group = this.#made[i];
      const at = i * (T.requestGroup.byteLength / 4);
      group.pid = words[at + PID];
      group.fd = words[at + FD];
      group.kind = words[at + KIND];
      group.count = words[at + COUNT];
      group.begin = words[at + BEGIN];
      group.end = words[at + END];
      group.bytes = words[at + BYTES + 1] * 2 ** 32 + words[at + BYTES];
      this.groups.push(group);
    }
  }

  /** PREADV and PWRITEV. */
  get vectored(): number {
    return this.#views.counters[VECTORED];
  }

  /** Writes that append. */
  get appending(): number {
    return this.#views.counters[APPENDING];
  }

  /** Rows with IOCB_FLAG_RESFD. */
  get eventfds(): Uint16Array {
    return listed(this.#views.eventfds, this.#views.counters[EVENTFDS]);
  }

  /** Rows of flushes, and of requests that move data at no known place, ascending. */
  get specials(): Uint16Array {
    return listed(this.#views.specials, this.#views.counters[SPECIALS]);
  }

  /** Counts the places of grouped rows into `octaves`. */
  map(begin: number, end: number): void {
    this.#kernels.map_requests(begin, end, this.#state);
  }

  /** Adds grouped rows to a stream, which has begun. */
  follow(stream: Float64Array, begin: number, end: number, hasLengths: boolean): void {
    const { stream: copy } = this.#views;
    copy.set(stream);
    this.#kernels.follow_requests(begin, end, Number(hasLengths), copy.byteOffset, this.#state);
    stream.set(copy);
  }

  /**
   * Lists the granules that grouped rows touch, those whose hash begins with `level` zero bits, in
   * `samples`. Returns the row to go on with, or `end`.
   */
  sample(begin: number, end: number, seed: number, level: number): number {
    return this.#kernels.sample_requests(begin, end, seed, level, this.#state);
  }
}
