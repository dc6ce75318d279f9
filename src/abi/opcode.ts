/** Read `aio_nbytes` bytes at `aio_offset`. */
export const IOCB_CMD_PREAD = 0;
/** Write `aio_nbytes` bytes at `aio_offset`. */
export const IOCB_CMD_PWRITE = 1;
/** Flush a file's data and metadata. */
export const IOCB_CMD_FSYNC = 2;
/** Flush a file's data. */
export const IOCB_CMD_FDSYNC = 3;
/** Only named in a comment of the kernel's header; refused by every kernel. */
export const IOCB_CMD_PREADX = 4;
/** Wait once for the poll events in `aio_buf`. */
export const IOCB_CMD_POLL = 5;
/** Defined by the header, refused by Linux; gVisor completes it with 0. */
export const IOCB_CMD_NOOP = 6;
/** Read into `aio_nbytes` iovecs. */
export const IOCB_CMD_PREADV = 7;
/** Write from `aio_nbytes` iovecs. */
export const IOCB_CMD_PWRITEV = 8;

/**
 * The opcodes of aio_lio_opcode. `since` is the first Linux release whose io_submit accepts the
 * opcode, or null if no release does. aio_nbytes of a vectored opcode counts iovecs, not bytes.
 * Sources: include/uapi/linux/aio_abi.h, fs/aio.c.
 */
export const OPCODES = [
  { value: IOCB_CMD_PREAD, name: 'IOCB_CMD_PREAD', since: '2.6.0' },
  {
    value: IOCB_CMD_PWRITE,
    name: 'IOCB_CMD_PWRITE',
    since: '2.6.0',
  },
  { value: IOCB_CMD_FSYNC, name: 'IOCB_CMD_FSYNC', since: '4.18' },
  { value: IOCB_CMD_FDSYNC, name: 'IOCB_CMD_FDSYNC', since: '4.18' },
  {
    value: IOCB_CMD_PREADX,
    name: 'IOCB_CMD_PREADX',
    since: null,
  },
  {
    value: IOCB_CMD_POLL,
    name: 'IOCB_CMD_POLL',
    since: '4.19',
  },
  {
    value: IOCB_CMD_NOOP,
    name: 'IOCB_CMD_NOOP',
    since: null,
  },
  {
    value: IOCB_CMD_PREADV,
    name: 'IOCB_CMD_PREADV',
    since: '2.6.19',
    vectored: true,
  },
  {
    value: IOCB_CMD_PWRITEV,
    name: 'IOCB_CMD_PWRITEV',
    since: '2.6.19',
    vectored: true,
  },
] as const;
