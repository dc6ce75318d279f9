// Rendered from src/abi by `npx vitest run rendered -u`: see test/render-constants.ts.

// The indexes of the rules for an iocb.
export const RESERVED2_NOT_ZERO = 0;
export const RESERVED1_NOT_ZERO = 1;
export const NBYTES_NEGATIVE = 2;
export const FILDES_NEGATIVE = 3;
export const RESFD_NEGATIVE = 4;
export const OPCODE_NOT_TAKEN = 5;
export const IOPRIO_INVALID = 6;
export const RW_FLAGS_UNKNOWN = 7;
export const APPEND_AND_NOAPPEND = 8;
export const ATOMIC_READ = 9;
export const IOVECS_TOO_MANY = 10;
export const BUF_IN_KERNEL = 11;
export const OFFSET_NEGATIVE = 12;
export const OFFSET_OVERFLOW = 13;
export const FSYNC_FIELDS = 14;
export const POLL_MASK_WIDE = 15;
export const POLL_FIELDS = 16;
export const FLAGS_UNKNOWN = 17;
export const REQPRIO_IGNORED = 18;
export const RESFD_IGNORED = 19;
export const KEY_NOT_ZERO = 20;
export const OFFSET_IGNORED = 21;
export const NBYTES_CLAMPED = 22;
export const RW_FLAGS_IGNORED = 23;
export const POLL_BITS_UNKNOWN = 24;
export const DSYNC_AND_SYNC = 25;
export const ZERO_LENGTH = 26;
export const BUF_NULL = 27;
export const BUF_HIGH = 28;
export const IOPRIO_REALTIME = 29;
export const IOPRIO_HINT = 30;
export const MISALIGNED = 31;

// The indexes of the rules for an io_event.
export const OBJ_NULL = 0;
export const RES_BELOW_ERRNOS = 1;
export const ERRNO_INTERNAL = 2;
export const ERRNO_UNASSIGNED = 3;
export const RES_TOO_LARGE = 4;
export const ERRNO_LEAKED = 5;
export const RES2_NOT_ZERO = 6;
export const OBJ_UNALIGNED = 7;
export const OBJ_HIGH = 8;

// The names of the rules in that order, and the errnos of those that refuse, which are the first.
export const IOCB_RULE_NAMES = (
  'reserved2-not-zero reserved1-not-zero nbytes-negative fildes-negative resfd-negative ' +
  'opcode-not-taken ioprio-invalid rw-flags-unknown append-and-noappend atomic-read ' +
  'iovecs-too-many buf-in-kernel offset-negative offset-overflow fsync-fields ' +
  'poll-mask-wide poll-fields flags-unknown reqprio-ignored resfd-ignored key-not-zero ' +
  'offset-ignored nbytes-clamped rw-flags-ignored poll-bits-unknown dsync-and-sync ' +
  'zero-length buf-null buf-high ioprio-realtime ioprio-hint misaligned'
).split(' ');
export const IOCB_RULE_ERRNOS = (
  'EINVAL EINVAL EINVAL EBADF EBADF EINVAL EINVAL EOPNOTSUPP EINVAL EOPNOTSUPP EINVAL ' +
  'EFAULT EINVAL EINVAL EINVAL EINVAL EINVAL'
).split(' ');
export const IO_EVENT_RULE_NAMES = (
  'obj-null res-below-errnos errno-internal errno-unassigned res-too-large errno-leaked ' +
  'res2-not-zero obj-unaligned obj-high'
).split(' ');

// The names of opcodes, and of flags by bit; a dash is a bit without a name.
export const OPCODE_NAMES = (
  'IOCB_CMD_PREAD IOCB_CMD_PWRITE IOCB_CMD_FSYNC IOCB_CMD_FDSYNC IOCB_CMD_PREADX ' +
  'IOCB_CMD_POLL IOCB_CMD_NOOP IOCB_CMD_PREADV IOCB_CMD_PWRITEV'
).split(' ');
export const IOCB_FLAG_NAMES = 'IOCB_FLAG_RESFD IOCB_FLAG_IOPRIO'.split(' ');
export const RWF_NAMES = (
  'RWF_HIPRI RWF_DSYNC RWF_SYNC RWF_NOWAIT RWF_APPEND RWF_NOAPPEND RWF_ATOMIC ' +
  'RWF_DONTCACHE RWF_NOSIGNAL'
).split(' ');
export const POLL_NAMES = (
  'POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM ' +
  'POLLWRBAND POLLMSG - POLLREMOVE POLLRDHUP POLLFREE POLL_BUSY_LOOP'
).split(' ');

// All bits of aio_rw_flags, and of a poll mask.
export const RWF_ALL = 511;
export const POLL_ALL = 63487;

// The words of a `ruleSet`, and the indexes of the rules that refuse in the order of the checks.
export const IOCB_HEADS = {
  linux: [4294967293, 131069, 431, 3, 1, 3, 9],
  'linux-legacy': [2623421503, 15423, 387, 1, 1, 3, 9],
  gvisor: [2631818301, 7229, 463, 1, 4294967295],
};
export const IOCB_ORDERS = {
  linux: [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
  'linux-legacy': [0, 1, 2, 3, 4, 5, 10, 11, 12, 13],
  gvisor: [0, 3, 4, 2, 5, 10, 11, 12],
};
export const IO_EVENT_HEADS = {
  linux: [511, 31],
  'linux-legacy': [511, 31],
  gvisor: [511, 31],
};

// As RELEASES.
export const RELEASE_NAMES =
  '2.6.0 2.6.19 2.6.22 4.13 4.14 4.16 4.18 4.19 6.5 6.9 6.11 6.14 6.18'.split(' ');

// The numbers in RELEASES of the first release, by opcode and by bit.
export const OPCODES_SINCE = [1, 1, 7, 7, 0, 8, 0, 2, 2];
export const IOCB_FLAGS_SINCE = [3, 7];
export const RWF_FLAGS_SINCE = [4, 4, 4, 5, 6, 10, 11, 12, 13];
