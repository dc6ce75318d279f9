// The plain-JavaScript loops that engines are held against: those of the command `bench`, and with a DataView, as most people write it first.
import {
  aliases as arraysOf,
  iocbLongs,
  iocbWords,
  ioEventLongs,
  ioEventWords,
} from '../dist/benchmark/decode-loops.js';

/** Bytes of records as arrays of every width, and as a view. */
export const aliases = (bytes) => ({
  ...arraysOf(bytes),
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

function ioEventView({ view }, [data, obj, res, res2], count) {
  for (let i = 0, at = 0; i < count; i++, at += 32) {
    data[i] = view.getBigInt64(at, true);
    obj[i] = view.getBigInt64(at + 8, true);
    res[i] = view.getBigInt64(at + 16, true);
    res2[i] = view.getBigInt64(at + 24, true);
  }
}

function iocbView({ view }, columns, count) {
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
