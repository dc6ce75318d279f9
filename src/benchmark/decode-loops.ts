// The fastest plain-JavaScript loops we know: one pass, aliased typed arrays, preallocated columns.
// The baseline for the engines.

/** The bytes of records as arrays of every width that loops read. */
export interface Aliases {
  readonly longs: BigInt64Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
}

/** Returns the aliases of an array of whole records at a multiple of 8. */
export const aliases = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Aliases => ({
  longs: new BigInt64Array(buffer, byteOffset, byteLength / 8),
  words: new Uint32Array(buffer, byteOffset, byteLength / 4),
  halves: new Uint16Array(buffer, byteOffset, byteLength / 2),
});

type Half = Uint16Array | Int16Array;
/** The columns of io_event, in the order of the fields. */
export type IoEventColumns<Long> = readonly [data: Long, obj: Long, res: Long, res2: Long];
/** The columns of iocb, in the order of the fields. */
export type IocbColumns<Long> = readonly [
  ...[
    data: Long,
    key: Uint32Array,
    rwFlags: Uint32Array,
    opcode: Half,
    reqprio: Half,
    fildes: Uint32Array,
  ],
  ...[
    buf: Long,
    nbytes: Long,
    offset: Long,
    reserved2: Long,
    flags: Uint32Array,
    resfd: Uint32Array,
  ],
];

/** io_event with the 64-bit values as BigInt64Array elements. */
export function ioEventLongs(
  { longs: from }: Aliases,
  [data, obj, res, res2]: IoEventColumns<BigInt64Array>,
  count: number,
): void {
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    data[i] = from[at];
    obj[i] = from[at + 1];
    res[i] = from[at + 2];
    res2[i] = from[at + 3];
  }
}

/** io_event with each 64-bit value as two words. */
export function ioEventWords(
  { words: from }: Aliases,
  [data, obj, res, res2]: IoEventColumns<Uint32Array>,
  count: number,
): void {
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
}

/** iocb with the 64-bit values as BigInt64Array elements. */
export function iocbLongs(
  { longs, words, halves }: Aliases,
  columns: IocbColumns<BigInt64Array>,
  count: number,
): void {
  const [
    data,
    key,
    rwFlags,
    opcode,
    reqprio,
    fildes,
    buf,
    nbytes,
    offset,
    reserved2,
    flags,
    resfd,
  ] = columns;
  for (let i = 0; i < count; i++) {
    data[i] = longs[8 * i];
    key[i] = words[16 * i + 2];
    rwFlags[i] = words[16 * i + 3];
    opcode[i] = halves[32 * i + 8];
    reqprio[i] = halves[32 * i + 9];
    fildes[i] = words[16 * i + 5];
    buf[i] = longs[8 * i + 3];
    nbytes[i] = longs[8 * i + 4];
    offset[i] = longs[8 * i + 5];
    reserved2[i] = longs[8 * i + 6];
    flags[i] = words[16 * i + 14];
    resfd[i] = words[16 * i + 15];
  }
}

/** iocb with each 64-bit value as two words. */
export function iocbWords(
  { words: from }: Aliases,
  columns: IocbColumns<Uint32Array>,
  count: number,
): void {
  const [
    data,
    key,
    rwFlags,
    opcode,
    reqprio,
    fildes,
    buf,
    nbytes,
    offset,
    reserved2,
    flags,
    resfd,
  ] = columns;
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
}
