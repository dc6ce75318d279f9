import { COUNTING } from '../../engine/sets.ts';
import {
  COMMON_SIZES,
  LENGTH_BUCKETS,
  SIZED_OPCODES,
  SUBMISSION_BYTES,
  SUBMISSION_FDS,
  SUBMISSION_OPCODES,
  SUBMISSION_SIZES,
  SUBMISSION_TABLE_BYTES,
  SUBMISSION_TABLES,
  submissions,
} from '../../engine/tables.ts';
import type { Decoder } from '../../stream/decoder.ts';
import type { ColumnState } from './column-stats.ts';
import { addToBucket, commonIndex, commonSize } from './common-sizes.ts';
import type { KeyedTable } from './keyed-table.ts';
import { log2Bucket } from './section.ts';

/** The part of an `IocbSection` that a `SubmissionCounter` counts into. */
export interface SubmissionTables {
  readonly columns: ReadonlyMap<string, ColumnState>;
  readonly tables: { readonly opcodes: KeyedTable; readonly fds: KeyedTable };
  /** Of PREAD, then of PWRITE. */
  readonly commonSizes: Float64Array;
  /** Returns the histogram that counts the lengths of an opcode; undefined if it has none. */
  histogramOf(opcode: number): Float64Array | undefined;
}

/** 32-bit words of an entry of the kernel's tables. */
const ENTRY_WORDS = submissions.byteLength / 4;
/** 32-bit words of a table. */
const TABLE_WORDS = SUBMISSION_TABLE_BYTES / 4;
const WORD = 2 ** 32;

/** Yields the keys below `keys` between the minimum and the maximum of a column. */
function* seen(column: ColumnState | undefined, keys: number): Generator<number, void, void> {
  const last = Math.min(Number(column?.max ?? -1), keys - 1);
  for (let key = Number(column?.min ?? 0); key <= last; key++) yield key;
}

/**
 * Counts submissions by opcode, length and descriptor: small opcodes and descriptors by a kernel in
 * the arena, others in keyed tables.
 */
export class SubmissionCounter {
  readonly #section: SubmissionTables;
  readonly #opcodes: Uint16Array;
  readonly #fds: Uint32Array;
  readonly #nbytes: Uint32Array;
  readonly #count: (begin: number, count: number) => number;
  readonly #words: Uint32Array;

  constructor(section: SubmissionTables, { arena, addresses, schema, plan }: Decoder) {
    const { buffer } = arena;
    const kernels = arena.kernels(COUNTING);
    const at = (name: string) => schema.columns.findIndex((column) => column.name === name);
    const [opcodes, fds, nbytes] = ['aio_lio_opcode', 'aio_fildes', 'aio_nbytes'].map(
      (name) => addresses[at(name)],
    );
    this.#section = section;
    this.#opcodes = new Uint16Array(buffer, opcodes, plan.rows);
    this.#fds = new Uint32Array(buffer, fds, plan.rows);
    this.#nbytes = new Uint32Array(buffer, nbytes, 2 * plan.rows);
    this.#count = (begin, count) =>
      kernels.count_submissions(opcodes, fds, nbytes, begin, count, plan.tables);
    this.#words = new Uint32Array(buffer, plan.tables, SUBMISSION_BYTES / 4).fill(0);
  }

  /** Adds the first `count` rows. */
  add(count: number): void {
    for (let i = this.#count(0, count); i < count; i = this.#count(i + 1, count)) this.#countOne(i);
  }

  /** Moves the kernel's counts into the section. Settle its columns first. */
  settle(): void {
    const { columns, tables } = this.#section;
    // Few programs have many descriptors: only keys in the range of the column are read.
    for (const opcode of seen(columns.get('aio_lio_opcode'), SUBMISSION_OPCODES)) {
      const histogram = this.#section.histogramOf(opcode);
      for (let bucket = 0; bucket < LENGTH_BUCKETS; bucket++) {
        const count = this.#take(opcode * LENGTH_BUCKETS + bucket, opcode, tables.opcodes);
        if (histogram !== undefined) histogram[bucket] += count;
      }
      this.#takeHigh(opcode, opcode, tables.opcodes);
      if (opcode < SIZED_OPCODES) this.#takeSizes(opcode);
    }
    for (const fd of seen(columns.get('aio_fildes'), SUBMISSION_FDS)) {
      this.#take(SUBMISSION_OPCODES * LENGTH_BUCKETS + fd, fd, tables.fds);
      this.#takeHigh(SUBMISSION_OPCODES + fd, fd, tables.fds);
    }
  }

  /** Moves the counts of the common sizes of an opcode into the section. */
  #takeSizes(opcode: number): void {
    const { commonSizes, tables } = this.#section;
    const histogram = this.#section.histogramOf(opcode);
    for (let index = 0; index < COMMON_SIZES; index++) {
      const at = opcode * COMMON_SIZES + index;
      const count = this.#take(SUBMISSION_SIZES + at, opcode, tables.opcodes);
      commonSizes[at] += count;
      if (histogram !== undefined) addToBucket(histogram, commonSize(index), count);
    }
  }

  /** Moves an entry of all tables to a key; returns its count. */
  #take(entry: number, key: number, table: KeyedTable): number {
    let sum = 0;
    for (let at = entry * ENTRY_WORDS; at < SUBMISSION_TABLES * TABLE_WORDS; at += TABLE_WORDS) {
      const words = this.#words;
      if (words[at] === 0 && words[at + 1] === 0) continue;
      const count = words[at] + words[at + 1] * WORD;
      table.add(key, count, words[at + 2], words[at + 3]);
      words.fill(0, at, at + ENTRY_WORDS);
      sum += count;
    }
    return sum;
  }

  /** Moves the sum of high words, which is almost always 0, to a key. */
  #takeHigh(entry: number, key: number, table: KeyedTable): void {
    const words = this.#words;
    const at = SUBMISSION_TABLES * TABLE_WORDS + 2 * entry;
    if (words[at] === 0 && words[at + 1] === 0) return;
    table.addSum(key, 0, ((BigInt(words[at + 1]) << 32n) + BigInt(words[at])) << 32n);
    words.fill(0, at, at + 2);
  }

  /** Counts a record that does not fit the tables in the arena. */
  #countOne(i: number): void {
    const opcode = this.#opcodes[i];
    const low = this.#nbytes[2 * i];
    const high = this.#nbytes[2 * i + 1];
    this.#section.tables.opcodes.add(opcode, 1, low, high);
    this.#section.tables.fds.add(this.#fds[i], 1, low, high);
    const histogram = this.#section.histogramOf(opcode);
    if (histogram !== undefined) histogram[log2Bucket(low, high)] += 1;
    const index = commonIndex(low, high);
    if (opcode < SIZED_OPCODES && index !== undefined)
      this.#section.commonSizes[opcode * COMMON_SIZES + index] += 1;
  }
}
