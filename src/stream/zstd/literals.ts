// The literals of a block: Huffman codes. Source: RFC 8878, sections 3.1.1.3.1 and 4.2.
import { bitsAt, corrupt, highestBit, lastBit, readFseTable } from './fse.ts';

const CODE_BITS_MAX = 11;
const WEIGHTS_MAX = 255;
/** Streams of fewer literals cannot be divided in four. */
const FOUR_STREAMS_MIN = 6;

/** Codes by their first bits: the symbol in the low byte, its number of bits above. */
export interface HuffmanTable {
  readonly log: number;
  readonly codes: Uint16Array;
}

/** Reads weights that are compressed by two states in turn. */
function compressedWeights(bytes: Uint8Array, begin: number, end: number): number[] {
  const { table, end: start } = readFseTable(bytes, begin, end, { symbols: 256, log: 6 });
  const low = 8 * start;
  let at = lastBit(bytes, start, end);
  const read = (bits: number): number => {
    at -= bits;
    return at < low ? 0 : bitsAt(bytes, at, bits);
  };
  const states = [read(table.log), read(table.log)];
  if (at < low) throw corrupt('the weights of a Huffman table');
  const weights: number[] = [];
  for (let turn = 0; weights.length < WEIGHTS_MAX; turn ^= 1) {
    const state = states[turn];
    weights.push(table.symbols[state]);
    states[turn] = table.bases[state] + read(table.bits[state]);
    if (at >= low) continue;
    weights.push(table.symbols[states[turn ^ 1]]);
    break;
  }
  if (at >= low || weights.length > WEIGHTS_MAX) throw corrupt('the weights of a Huffman table');
  return weights;
}

/** Makes the table of weights; the last one follows from the others. */
function huffmanTable(weights: number[]): HuffmanTable {
  const sum = weights.reduce((total, weight) => total + ((1 << weight) >> 1), 0);
  const log = sum === 0 ? 0 : highestBit(sum) + 1;
  const rest = 2 ** log - sum;
  if (log === 0 || log > CODE_BITS_MAX || (rest & (rest - 1)) !== 0)
    throw corrupt('the weights of a Huffman table');
  weights.push(highestBit(rest) + 1);
  const longest = weights.filter((weight) => weight === 1).length;
  if (longest < 2 || longest % 2 !== 0) throw corrupt('the weights of a Huffman table');
  const codes = new Uint16Array(2 ** log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    weights.forEach((each, symbol) => {
      if (each !== weight) return;
      codes.fill(((log + 1 - weight) << 8) | symbol, at, at + 2 ** (weight - 1));
      at += 2 ** (weight - 1);
    });
  }
  return { log, codes };
}

function readHuffmanTable(bytes: Uint8Array, begin: number, end: number) {
  const header = bytes[begin];
  const count = header - 127;
  const next = begin + 1 + (header < 128 ? header : (count + 1) >> 1);
  if (begin >= end || next > end) throw corrupt('a Huffman table is too long');
  if (header < 128)
    return { table: huffmanTable(compressedWeights(bytes, begin + 1, next)), end: next };
  const weights = Array.from({ length: count }, (_, i) => {
    const byte = bytes[begin + 1 + (i >> 1)];
    return i % 2 === 0 ? byte >>> 4 : byte & 15;
  });
  if (weights.some((weight) => weight > CODE_BITS_MAX + 1))
    throw corrupt('the weights of a Huffman table');
  return { table: huffmanTable(weights), end: next };
}

/** Decodes one stream, which has to hold exactly the literals of `target`. */
function decodeStream(
  bytes: Uint8Array,
  begin: number,
  end: number,
  target: Uint8Array,
  { log, codes }: HuffmanTable,
): void {
  const low = 8 * begin;
  const mask = codes.length - 1;
  let at = lastBit(bytes, begin, end);
  for (let i = 0; i < target.byteLength && at >= low; i++) {
    const from = at - log;
    const byte = from >>> 3;
    const word = bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16);
    const code = codes[(word >>> (from & 7)) & mask];
    target[i] = code;
    at -= code >>> 8;
  }
  if (at !== low) throw corrupt('a stream of literals has another length than its codes');
}

/** Decodes four streams; a table of three 16-bit lengths precedes them. */
function decodeStreams(
  bytes: Uint8Array,
  begin: number,
  end: number,
  target: Uint8Array,
  table: HuffmanTable,
): void {
  const part = (target.byteLength + 3) >> 2;
  if (end - begin < 6 || target.byteLength < FOUR_STREAMS_MIN || 3 * part > target.byteLength)
    throw corrupt('four streams of literals are too short');
  let from = begin + 6;
  for (let i = 0; i < 4; i++) {
    const length = bytes[begin + 2 * i] | (bytes[begin + 2 * i + 1] << 8);
    const to = i === 3 ? end : from + length;
    if (to > end) throw corrupt('a stream of literals is longer than its block');
    decodeStream(bytes, from, to, target.subarray(i * part, (i + 1) * part), table);
    from = to;
  }
}

/** The sizes in the header of a literals section, and where its content begins. */
function readHeader(bytes: Uint8Array, begin: number) {
  const type = bytes[begin] & 3;
  const format = (bytes[begin] >>> 2) & 3;
  const number = (at: number, bits: number): number =>
    bitsAt(bytes, 8 * begin + at, Math.min(bits, 24));
  if (type < 2) {
    const [headerBytes, at, bits] =
      format === 1 ? [2, 4, 12] : format === 3 ? [3, 4, 20] : [1, 3, 5];
    return { type, size: number(at, bits), stored: 0, streams: 1, headerBytes };
  }
  const bits = [10, 10, 14, 18][format];
  const [size, stored] = [number(4, bits), number(4 + bits, bits)];
  const headerBytes = (4 + 2 * bits) / 8;
  return { type, size, stored, streams: format === 0 ? 1 : 4, headerBytes };
}

/** The literals of the blocks of a frame: a block may use the table of the block before. */
export class Literals {
  readonly #buffer: Uint8Array;
  #table: HuffmanTable | undefined;

  /** `bytesMax` is the size of the largest block. */
  constructor(bytesMax: number) {
    this.#buffer = new Uint8Array(bytesMax);
  }

  /** Returns the literals of a block, valid until the next, and where their section ends. */
  read(bytes: Uint8Array, begin: number, end: number): { literals: Uint8Array; end: number } {
    const { type, size, stored, streams, headerBytes } = readHeader(bytes, begin);
    const from = begin + headerBytes;
    const to = from + [size, 1, stored, stored][type];
    if (size > this.#buffer.byteLength || to > end)
      throw corrupt('literals are longer than their block');
    const literals = this.#buffer.subarray(0, size);
    if (type === 0) literals.set(bytes.subarray(from, to));
    else if (type === 1) literals.fill(bytes[from]);
    else {
      let start = from;
      if (type === 2) ({ table: this.#table, end: start } = readHuffmanTable(bytes, from, to));
      if (this.#table === undefined) throw corrupt('literals lack a Huffman table');
      (streams === 4 ? decodeStreams : decodeStream)(bytes, start, to, literals, this.#table);
    }
    return { literals, end: to };
  }
}
