// The sequences of a block: copies of literals and of earlier content. Source: RFC 8878, section
// 3.1.1.3.2.
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
const LITERAL_BITS = Uint8Array.from([
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);
const MATCH_BITS = Uint8Array.from([
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);

function leastValues(bits: Uint8Array, first: number): Int32Array {
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

/** Returns `count` bits from bit `at` on: at most 31. */
function longBitsAt(bytes: Uint8Array, at: number, count: number): number {
  if (count <= 24) return bitsAt(bytes, at, count);
  return bitsAt(bytes, at, 16) + 65536 * bitsAt(bytes, at + 16, count - 16);
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
  /** The recent offsets, newest first. */
  #first = 1;
  #second = 4;
  #third = 8;

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
    // Without a function that moves `at`: a variable of a closure is slow.
    let literalState = bitsAt(bytes, (at -= literalTable.log), literalTable.log);
    let offsetState = bitsAt(bytes, (at -= offsetTable.log), offsetTable.log);
    let matchState = bitsAt(bytes, (at -= matchTable.log), matchTable.log);
    let taken = 0;
    let to = target.at;
    for (let left = count; left > 0; left--) {
      const offsetBits = offsetTable.symbols[offsetState];
      const value = longBitsAt(bytes, (at -= offsetBits), offsetBits) + 2 ** offsetBits;
      const matchCode = matchTable.symbols[matchState];
      let bits = MATCH_BITS[matchCode];
      const length = MATCH_BASES[matchCode] + bitsAt(bytes, (at -= bits), bits);
      const literalCode = literalTable.symbols[literalState];
      bits = LITERAL_BITS[literalCode];
      const run = LITERAL_BASES[literalCode] + bitsAt(bytes, (at -= bits), bits);
      if (left > 1) {
        bits = literalTable.bits[literalState];
        literalState = literalTable.bases[literalState] + bitsAt(bytes, (at -= bits), bits);
        bits = matchTable.bits[matchState];
        matchState = matchTable.bases[matchState] + bitsAt(bytes, (at -= bits), bits);
        bits = offsetTable.bits[offsetState];
        offsetState = offsetTable.bases[offsetState] + bitsAt(bytes, (at -= bits), bits);
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
    const first = this.#first;
    const index = value > 3 ? 4 : run > 0 ? value - 1 : value;
    if (index === 0) return first;
    if (index === 4) this.#first = value - 3;
    else if (index === 3) this.#first = first - 1;
    else this.#first = index === 1 ? this.#second : this.#third;
    if (index > 1) this.#third = this.#second;
    this.#second = first;
    return this.#first;
  }
}
