// The best plain-JavaScript loops that we know: one pass over aliased typed arrays; columns stand in the order of the fields.

/** Bytes of records as arrays of every width. */
export const aliases = ({ buffer, byteOffset, byteLength }) => ({
  longs: new BigInt64Array(buffer, byteOffset, byteLength / 8),
  words: new Uint32Array(buffer, byteOffset, byteLength / 4),
  halves: new Uint16Array(buffer, byteOffset, byteLength / 2),
  view: new DataView(buffer, byteOffset, byteLength),
});

/** io_event with the 64-bit values as BigInt64Array elements. */
function ioEventLongs({ longs: from }, [data, obj, res, res2], count) {
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    data[i] = from[at];
    obj[i] = from[at + 1];
    res[i] = from[at + 2];
    res2[i] = from[at + 3];
  }
}

/** io_event with each 64-bit value as two words. */
function ioEventWords({ words: from }, [data, obj, res, res2], count) {
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

/** io_event as most people write it first. */
function ioEventView({ view }, [data, obj, res, res2], count) {
  for (let i = 0, at = 0; i < count; i++, at += 32) {
    data[i] = view.getBigInt64(at, true);
    obj[i] = view.getBigInt64(at + 8, true);
    res[i] = view.getBigInt64(at + 16, true);
    res2[i] = view.getBigInt64(at + 24, true);
  }
}

/** iocb with the 64-bit values as BigInt64Array elements. */
function iocbLongs({ longs, words, halves }, columns, count) {
  const [data, key, rwFlags, opcode, reqprio, fildes, buf, nbytes, offset, reserved2, flags, resfd] = columns;
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
function iocbWords({ words: from }, columns, count) {
  const [data, key, rwFlags, opcode, reqprio, fildes, buf, nbytes, offset, reserved2, flags, resfd] = columns;
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

/** iocb as most people write it first. */
function iocbView({ view }, columns, count) {
  const [data, key, rwFlags, opcode, reqprio, fildes, buf, nbytes, offset, reserved2, flags, resfd] = columns;
  for (let i = 0, at = 0; i < count; i++, at += 64) {
    data[i] = view.getBigInt64(at, true);
    key[i] = view.getUint32(at + 8, true);
    rwFlags[i] = view.getUint32(at + 12, true);
    opcode[i] = view.getUint16(at + 16, true);
    reqprio[i] = view.getInt16(at + 18, true);
    fildes[i] = view.getUint32(at + 20, true);
    buf[i] = view.getBigInt64(at + 24, true);
    nbytes[i] = view.getBigInt64(at + 32, true);
    offset[i] = view.getBigInt64(at + 40, true);
    reserved2[i] = view.getBigInt64(at + 48, true);
    flags[i] = view.getUint32(at + 56, true);
    resfd[i] = view.getUint32(at + 60, true);
  }
}

export const LOOPS = {
  longs: { io_event: ioEventLongs, iocb: iocbLongs },
  words: { io_event: ioEventWords, iocb: iocbWords },
  view: { io_event: ioEventView, iocb: iocbView },
};
