// Rendered from src/abi/record.ts by `npx vitest run rendered -u`: see test/render-literals.ts.
import type { ColumnArray } from './decoder.ts';
import type { Reader, Value } from './named.ts';

/** A record as a plain object. */
export type PlainRecord = { [name: string]: Value };

/** Adds a field to the objects that `make` makes. */
type FieldAdder = (
  make: Reader<PlainRecord>,
  name: string,
  array: ColumnArray,
) => Reader<PlainRecord>;

/** Make the object of row `i` of the columns of each struct. */
export const RECORD_LITERALS = {
  io_event:
    ([data, obj, res, res2]: readonly ColumnArray[]): Reader<PlainRecord> =>
    (i) => ({
      data: data[i],
      obj: obj[i],
      res: res[i],
      res2: res2[i],
    }),
  iocb:
    ([
      aio_data,
      aio_key,
      aio_rw_flags,
      aio_lio_opcode,
      aio_reqprio,
      aio_fildes,
      aio_buf,
      aio_nbytes,
      aio_offset,
      aio_reserved2,
      aio_flags,
      aio_resfd,
    ]: readonly ColumnArray[]): Reader<PlainRecord> =>
    (i) => ({
      aio_data: aio_data[i],
      aio_key: aio_key[i],
      aio_rw_flags: aio_rw_flags[i],
      aio_lio_opcode: aio_lio_opcode[i],
      aio_reqprio: aio_reqprio[i],
      aio_fildes: (aio_fildes[i] as number) | 0,
      aio_buf: aio_buf[i],
      aio_nbytes: aio_nbytes[i],
      aio_offset: aio_offset[i],
      aio_reserved2: aio_reserved2[i],
      aio_flags: aio_flags[i],
      aio_resfd: (aio_resfd[i] as number) | 0,
    }),
} as const;

/** The steps that add the fields after those of the struct, by place: the same code, many times. */
export const FIELD_ADDERS: readonly FieldAdder[] = [
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
  (make, name, array) => (i) => {
    const record = make(i);
    record[name] = array[i];
    return record;
  },
];
