import {
  type Aliases,
  aliases,
  type IocbColumns,
  type IoEventColumns,
  iocbLongs,
  iocbWords,
  ioEventLongs,
  ioEventWords,
} from './decode-loops.ts';

/**
 * A loop between places in memory: decodes bare little-endian records at byte `source` of `from`
 * into columns; that of a field begins at byte `target + field offset * rows` of `to`.
 */
export type DecodeLoop = (
  from: ArrayBuffer,
  source: number,
  count: number,
  target: number,
  rows: number,
  to?: ArrayBuffer,
) => void;

/** How loops view 64-bit columns: whole, or as two words. */
const LONG_VIEWS = {
  longs: (to: ArrayBuffer, at: number, count: number) => new BigInt64Array(to, at, count),
  words: (to: ArrayBuffer, at: number, count: number) => new Uint32Array(to, at, 2 * count),
} as const;

type LongView<Long> = (to: ArrayBuffer, at: number, count: number) => Long;

const ioEventLoop =
  <Long>(
    loop: (from: Aliases, columns: IoEventColumns<Long>, count: number) => void,
    view: LongView<Long>,
  ): DecodeLoop =>
  (from, source, count, target, rows, to = from) => {
    const long = (offset: number) => view(to, target + offset * rows, count);
    loop(
      aliases(new Uint8Array(from, source, 32 * count)),
      [long(0), long(8), long(16), long(24)],
      count,
    );
  };

const iocbLoop =
  <Long>(
    loop: (from: Aliases, columns: IocbColumns<Long>, count: number) => void,
    view: LongView<Long>,
  ): DecodeLoop =>
  (from, source, count, target, rows, to = from) => {
    const long = (offset: number) => view(to, target + offset * rows, count);
    const word = (offset: number) => new Uint32Array(to, target + offset * rows, count);
    const half = (offset: number) => new Uint16Array(to, target + offset * rows, count);
    const narrow = [word(8), word(12), half(16), half(18), word(20)] as const;
    const columns = [
      long(0),
      ...narrow,
      long(24),
      long(32),
      long(40),
      long(48),
      word(56),
      word(60),
    ] as const;
    loop(aliases(new Uint8Array(from, source, 64 * count)), columns, count);
  };

/** The loops between places in memory, by kind and view of 64-bit values. */
export const DECODE_LOOPS = {
  io_event: {
    longs: ioEventLoop(ioEventLongs, LONG_VIEWS.longs),
    words: ioEventLoop(ioEventWords, LONG_VIEWS.words),
  },
  iocb: {
    longs: iocbLoop(iocbLongs, LONG_VIEWS.longs),
    words: iocbLoop(iocbWords, LONG_VIEWS.words),
  },
} as const satisfies Record<string, Record<string, DecodeLoop>>;
