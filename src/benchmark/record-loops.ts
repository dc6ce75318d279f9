// Records as plain objects in plain JavaScript: literals with fields from aliased typed arrays.
import type { IOCallback, IOEvent } from '../abi/record.ts';

/** Calls `visit` with each of `count` bare little-endian records at byte `source` of `buffer`. */
export type RecordLoop = (
  buffer: ArrayBuffer,
  source: number,
  count: number,
  visit: (record: IOEvent | IOCallback) => void,
) => void;

/** io_event as objects. */
export const ioEventObjects: RecordLoop = (buffer, source, count, visit) => {
  const unsigned = new BigUint64Array(buffer, source, count * 4);
  const signed = new BigInt64Array(buffer, source, count * 4);
  for (let at = 0; at < count * 4; at += 4)
    visit({ data: unsigned[at], obj: unsigned[at + 1], res: signed[at + 2], res2: signed[at + 3] });
};

/** iocb as objects. */
export const iocbObjects: RecordLoop = (buffer, source, count, visit) => {
  const unsigned = new BigUint64Array(buffer, source, count * 8);
  const signed = new BigInt64Array(buffer, source, count * 8);
  const words = new Uint32Array(buffer, source, count * 16);
  const descriptors = new Int32Array(buffer, source, count * 16);
  const halves = new Uint16Array(buffer, source, count * 32);
  const priorities = new Int16Array(buffer, source, count * 32);
  for (let i = 0; i < count; i++) {
    visit({
      aio_data: unsigned[8 * i],
      aio_key: words[16 * i + 2],
      aio_rw_flags: words[16 * i + 3],
      aio_lio_opcode: halves[32 * i + 8],
      aio_reqprio: priorities[32 * i + 9],
      aio_fildes: descriptors[16 * i + 5],
      aio_buf: unsigned[8 * i + 3],
      aio_nbytes: unsigned[8 * i + 4],
      aio_offset: signed[8 * i + 5],
      aio_reserved2: unsigned[8 * i + 6],
      aio_flags: words[16 * i + 14],
      aio_resfd: descriptors[16 * i + 15],
    });
  }
};
