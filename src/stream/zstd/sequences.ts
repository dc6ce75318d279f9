// The sequences of a block: copies of literals and of earlier content. Source: RFC 8878, section 3.1.1.3.2.
import {
  bitsAt,
  corrupt,
  type FseTable,
  fseTable,
  lastBit,
  readFseTable,
  singleSymbol,
} from './fse.ts';

/** Bits per code beyond its least value. */
const LITERAL_BITS = [
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];
const MATCH_BITS = [
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];

function leastValues(bits: readonly number[], first: number): Int32Array {
  let next = first;
  return Int32Array.from(bits, (count) => {
    next += 2 ** count;
    return next - 2 ** count;
  });
}
const LITERAL_BASES = leastValues(LITERAL_BITS, 0);
const MATCH_BASES = leastValues(MATCH_BITS, 3);

/** A kind of code: its limits, and the table that needs not be stored. */
interface Codes {
  readonly symbols: number;
  readonly log: number;
  readonly usual: FseTable;
}

const LITERAL_CODES: Codes = {
  symbols: 36,
  log: 9,
  usual: fseTable(
    [
      ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2],
      ...[2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
    ],
    6,
  ),
};
const OFFSET_CODES: Codes = {
  symbols: 32,
  log: 8,
  usual: fseTable(
    [1, 1, 1, 1, 1, 1, 2, 2, 2, ...new Array<number>(15).fill(1), -1, -1, -1, -1, -1],
    5,
  ),
};
const MATCH_CODES: Codes = {
  symbols: 53,
  log: 9,
  usual: fseTable(
    [
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, ...new Array<number>(37).fill(1)],
      ...[-1, -1, -1, -1, -1, -1, -1],
    ],
    6,
  ),
};

/** Where a block is decoded to. */
export interface Target {
  /** The content of the frame before the block, which begins at `at`. */
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Where the block ends at the latest. */
  readonly end: number;
  /** How far back a match may reach. */
  readonly window: number;
}

/** Copies a match, which may overlap itself. */
function copyMatch(bytes: Uint8Array, at: number, offset: number, length: number): void {
  if (length > 32 && offset >= length) {
    bytes.copyWithin(at, at - offset, at - offset + length);
    return;
  }
  for (let i = at; i < at + length; i++) bytes[i] = bytes[i - offset];
}

/** Copies the literals after the last sequence. Returns where the block ends. */
function finish(literals: Uint8Array, taken: number, { bytes, end }: Target, at: number): number {
  const rest = literals.byteLength - taken;
  if (rest > end - at) throw corrupt('a block is too large');
  bytes.set(taken === 0 ? literals : literals.subarray(taken), at);
  return at + rest;
}

/** The sequences of the blocks of a frame: tables and offsets carry over from block to block. */
export class Sequences {
  #tables: readonly [literals: FseTable, offsets: FseTable, matches: FseTable] | undefined;
  #recent: readonly [number, number, number] = [1, 4, 8];

  /**
   * Executes the sequences in bytes `begin` to `end`, before which there are at least 16 other
   * bytes. Returns where the block ends.
   */
  execute(
    bytes: Uint8Array,
    begin: number,
    end: number,
    literals: Uint8Array,
    target: Target,
  ): number {
    let at = begin + 1;
    let count = bytes[begin];
    if (count === 255) {
      count = bytes[at] + (bytes[at + 1] << 8) + 0x7f00;
      at += 2;
    } else if (count > 127) count = ((count - 128) << 8) | bytes[at++];
    if (at > end || (count === 0 && at !== end)) throw corrupt('the number of sequences');
    if (count === 0) return finish(literals, 0, target, target.at);
    return this.#run(bytes, this.#readTables(bytes, at, end), end, count, literals, target);
  }

  /** Reads or chooses the three tables. Returns where the sequences begin. */
  #readTables(bytes: Uint8Array, begin: number, end: number): number {
    const modes = bytes[begin];
    if (begin >= end || (modes & 3) !== 0) throw corrupt('the modes of sequences');
    let at = begin + 1;
    const table = ({ symbols, log, usual }: Codes, mode: number, before?: FseTable): FseTable => {
      if (mode === 0) return usual;
      if (mode === 3) {
        if (before === undefined) throw corrupt('sequences lack a table');
        return before;
      }
      if (mode === 1) {
        const symbol = bytes[at++];
        if (symbol >= symbols || at > end) throw corrupt('a code of sequences');
        return singleSymbol(symbol);
      }
      const stored = readFseTable(bytes, at, end, { symbols, log });
      at = stored.end;
      return stored.table;
    };
    this.#tables = [
      table(LITERAL_CODES, modes >>> 6, this.#tables?.[0]),
      table(OFFSET_CODES, (modes >>> 4) & 3, this.#tables?.[1]),
      table(MATCH_CODES, (modes >>> 2) & 3, this.#tables?.[2]),
    ];
    return at;
  }

  #run(
    bytes: Uint8Array,
    begin: number,
    end: number,
    count: number,
    literals: Uint8Array,
    target: Target,
  ): number {
    const [literalTable, offsetTable, matchTable] = this.#tables as [FseTable, FseTable, FseTable];
    const { bytes: out, end: limit, window } = target;
    const low = 8 * begin;
    let at = lastBit(bytes, begin, end);
    const read = (bits: number): number => {
      at -= bits;
      return bitsAt(bytes, at, bits);
    };
    let literalState = read(literalTable.log);
    let offsetState = read(offsetTable.log);
    let matchState = read(matchTable.log);
    let taken = 0;
    let to = target.at;
    for (let left = count; left > 0; left--) {
      const offsetBits = offsetTable.symbols[offsetState];
      const high = offsetBits > 16 ? read(offsetBits - 16) * 65536 : 0;
      const value = 2 ** offsetBits + high + read(Math.min(16, offsetBits));
      const matchCode = matchTable.symbols[matchState];
      const length = MATCH_BASES[matchCode] + read(MATCH_BITS[matchCode]);
      const literalCode = literalTable.symbols[literalState];
      const run = LITERAL_BASES[literalCode] + read(LITERAL_BITS[literalCode]);
      if (left > 1) {
        literalState = literalTable.bases[literalState] + read(literalTable.bits[literalState]);
        matchState = matchTable.bases[matchState] + read(matchTable.bits[matchState]);
        offsetState = offsetTable.bases[offsetState] + read(offsetTable.bits[offsetState]);
      }
      const offset = this.#offsetOf(value, run);
      const matchAt = to + run;
      if (at < low || run > literals.byteLength - taken || matchAt + length > limit)
        throw corrupt('sequences are longer than their block');
      if (offset === 0 || offset > window || offset > matchAt)
        throw corrupt(`a match ${offset} bytes back is outside of the content`);
      for (let i = 0; i < run; i++) out[to + i] = literals[taken + i];
      copyMatch(out, matchAt, offset, length);
      taken += run;
      to = matchAt + length;
    }
    if (at !== low) throw corrupt('sequences are shorter than their codes');
    return finish(literals, taken, target, to);
  }

  /** Returns the offset of a value: values up to 3 are recent offsets, without a run one later. */
  #offsetOf(value: number, run: number): number {
    const [first, second, third] = this.#recent;
    if (value > 3) {
      this.#recent = [value - 3, first, second];
      return value - 3;
    }
    const index = run > 0 ? value - 1 : value;
    if (index === 0) return first;
    const offset = [first, second, third, first - 1][index];
    this.#recent = index === 1 ? [second, first, third] : [offset, first, second];
    return offset;
  }
}
