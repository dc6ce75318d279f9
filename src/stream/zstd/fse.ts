// Tables of finite state entropy, as zstd stores and uses them. Source: RFC 8878, section 4.1.

/** The error of compressed data that breaks a rule of the format. */
export const corrupt = (what: string): Error => new Error(`corrupt data: ${what}`);

/** The index of the highest bit that is set. */
export const highestBit = (value: number): number => 31 - Math.clz32(value);

/** Returns the position of the mark that ends a bit stream, which is read backwards from there. */
export function lastBit(bytes: Uint8Array, begin: number, end: number): number {
  if (end <= begin || bytes[end - 1] === 0) throw corrupt('a bit stream has no end mark');
  return 8 * (end - 1) + highestBit(bytes[end - 1]);
}

/** Returns `count` bits from bit `at` on: at most 25. */
export function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  const i = at >>> 3;
  const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}

/** In a state: its symbol, how many bits the next state takes, and what is added to them. */
export interface FseTable {
  /** The number of states is this power of 2. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** The table that has one symbol only, whose states take no bits. */
export const singleSymbol = (symbol: number): FseTable => ({
  log: 0,
  symbols: Uint8Array.of(symbol),
  bits: Uint8Array.of(0),
  bases: Uint16Array.of(0),
});

/** Makes a table of the probabilities of its symbols, in states; -1 is less than one state. */
export function fseTable(probabilities: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = probabilities.map((states) => (states === -1 ? 1 : states));
  let high = size;
  probabilities.forEach((states, symbol) => {
    if (states === -1) symbols[--high] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  probabilities.forEach((states, symbol) => {
    for (let i = 0; i < states; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  });
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const rank = next[symbols[state]]++;
    bits[state] = log - highestBit(rank);
    bases[state] = (rank << bits[state]) - size;
  }
  return { log, symbols, bits, bases };
}

/** A table of the input, and the index of the byte after it. */
interface StoredTable {
  readonly table: FseTable;
  readonly end: number;
}

/** Reads the table that is stored from byte `begin` on, in `end - begin` bytes at most. */
export function readFseTable(
  bytes: Uint8Array,
  begin: number,
  end: number,
  limits: { readonly symbols: number; readonly log: number },
): StoredTable {
  const log = (bytes[begin] & 15) + 5;
  if (log > limits.log) throw corrupt(`a table of 2^${log} states, expected 2^${limits.log}`);
  let at = 8 * begin + 4;
  let left = 1 << log;
  const probabilities: number[] = [];
  while (left > 0 && probabilities.length < limits.symbols && at <= 8 * end) {
    const width = highestBit(left + 1) + 1;
    // Small values take one bit less.
    const small = 2 ** width - 2 - left;
    const low = bitsAt(bytes, at, width - 1);
    const value = low < small ? low : bitsAt(bytes, at, width);
    at += low < small ? width - 1 : width;
    const states = (value >= 2 ** (width - 1) ? value - small : value) - 1;
    probabilities.push(states);
    left -= Math.abs(states);
    for (let zeros = states === 0 ? 3 : 0; zeros === 3 && at <= 8 * end; at += 2) {
      zeros = bitsAt(bytes, at, 2);
      for (let i = 0; i < zeros; i++) probabilities.push(0);
    }
  }
  if (left !== 0 || probabilities.length > limits.symbols || at > 8 * end)
    throw corrupt('the probabilities of a table');
  return { table: fseTable(probabilities, log), end: (at + 7) >>> 3 };
}
