// The best plain-JavaScript loops that we know: one pass, aliased typed arrays, columns made beforehand. What engines are held against.

/**
 * Bare little-endian records from byte `source` of `from` on become columns: that of a field begins at byte
 * `target + field offset * rows` of `to`.
 */
export type DecodeLoop = (from: ArrayBuffer, source: number, count: number, target: number, rows: number, to?: ArrayBuffer) => void;

/** io_event with the 64-bit values as BigInt64Array elements. */
export const ioEventLongs: DecodeLoop = (buffer, source, count, target, rows, to = buffer) => {
  const from = new BigInt64Array(buffer, source, count * 4);
  const data = new BigInt64Array(to, target, count);
  const obj = new BigInt64Array(to, target + 8 * rows, count);
  const res = new BigInt64Array(to, target + 16 * rows, count);
  const res2 = new BigInt64Array(to, target + 24 * rows, count);
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    data[i] = from[at];
    obj[i] = from[at + 1];
    res[i] = from[at + 2];
    res2[i] = from[at + 3];
  }
};

/** io_event with each 64-bit value as two words. */
export const ioEventWords: DecodeLoop = (buffer, source, count, target, rows, to = buffer) => {
  const from = new Uint32Array(buffer, source, count * 8);
  const data = new Uint32Array(to, target, count * 2);
  const obj = new Uint32Array(to, target + 8 * rows, count * 2);
  const res = new Uint32Array(to, target + 16 * rows, count * 2);
  const res2 = new Uint32Array(to, target + 24 * rows, count * 2);
  for (let i = 0, at = 0; i < count * 2; i += 2, at += 8) {
    data[i] = from[at];
    data[i + 1] = from[at + 1];
    obj[i] = from[at + 2];
    obj[i + 1] = from[at + 3];
    res[i] = from[at + 4];
    res[i + 1] = from[at + 5];
    res2[i] = from[at + 6];
    res2[i + 1] = from[at + 7];
  }
};

/** The columns of iocb that are narrower than 64 bits. */
function iocbNarrow(to: ArrayBuffer, target: number, rows: number, count: number) {
  return {
    words: [8, 12, 20, 56, 60].map((offset) => new Uint32Array(to, target + offset * rows, count)),
    halves: [16, 18].map((offset) => new Uint16Array(to, target + offset * rows, count)),
  };
}

/** Those that are 64 bits wide, by offset. */
const IOCB_LONGS = [0, 24, 32, 40, 48];

/** iocb with the 64-bit values as BigInt64Array elements. */
export const iocbLongs: DecodeLoop = (buffer, source, count, target, rows, to = buffer) => {
  const { words, halves } = iocbNarrow(to, target, rows, count);
  const [data, buf, nbytes, offset, reserved2] = IOCB_LONGS.map((at) => new BigInt64Array(to, target + at * rows, count));
  const [key, rwFlags, fildes, flags, resfd] = words;
  const [opcode, reqprio] = halves;
  const from64 = new BigInt64Array(buffer, source, count * 8);
  const from32 = new Uint32Array(buffer, source, count * 16);
  const from16 = new Uint16Array(buffer, source, count * 32);
  for (let i = 0; i < count; i++) {
    data[i] = from64[8 * i];
    key[i] = from32[16 * i + 2];
    rwFlags[i] = from32[16 * i + 3];
    opcode[i] = from16[32 * i + 8];
    reqprio[i] = from16[32 * i + 9];
    fildes[i] = from32[16 * i + 5];
    buf[i] = from64[8 * i + 3];
    nbytes[i] = from64[8 * i + 4];
    offset[i] = from64[8 * i + 5];
    reserved2[i] = from64[8 * i + 6];
    flags[i] = from32[16 * i + 14];
    resfd[i] = from32[16 * i + 15];
  }
};

/** iocb with each 64-bit value as two words. */
export const iocbWords: DecodeLoop = (buffer, source, count, target, rows, to = buffer) => {
  const { words, halves } = iocbNarrow(to, target, rows, count);
  const [data, buf, nbytes, offset, reserved2] = IOCB_LONGS.map((at) => new Uint32Array(to, target + at * rows, count * 2));
  const [key, rwFlags, fildes, flags, resfd] = words;
  const [opcode, reqprio] = halves;
  const from = new Uint32Array(buffer, source, count * 16);
  for (let i = 0, at = 0; i < count; i++, at += 16) {
    data[2 * i] = from[at];
    data[2 * i + 1] = from[at + 1];
    key[i] = from[at + 2];
    rwFlags[i] = from[at + 3];
    opcode[i] = from[at + 4];
    reqprio[i] = from[at + 4] >>> 16;
    fildes[i] = from[at + 5];
    buf[2 * i] = from[at + 6];
    buf[2 * i + 1] = from[at + 7];
    nbytes[2 * i] = from[at + 8];
    nbytes[2 * i + 1] = from[at + 9];
    offset[2 * i] = from[at + 10];
    offset[2 * i + 1] = from[at + 11];
    reserved2[2 * i] = from[at + 12];
    reserved2[2 * i + 1] = from[at + 13];
    flags[i] = from[at + 14];
    resfd[i] = from[at + 15];
  }
};
