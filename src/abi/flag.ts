/** One bit of a flag word: its ABI name and the first Linux release that has it. */
export interface Flag {
  readonly bit: number;
  readonly name: string;
  readonly since?: string;
}

/** `aio_flags`: signal the eventfd in `aio_resfd` on completion. */
export const IOCB_FLAG_RESFD = 1;
/** `aio_flags`: `aio_reqprio` holds an I/O priority. */
export const IOCB_FLAG_IOPRIO = 2;

/**
 * The first release that reads `aio_flags` and `aio_resfd`, until then a reserved field that had to
 * be 0.
 */
export const AIO_FLAGS_SINCE = '2.6.22';

/** The bits of `aio_flags`. Source: include/uapi/linux/aio_abi.h. */
export const IOCB_FLAGS = [
  { bit: IOCB_FLAG_RESFD, name: 'IOCB_FLAG_RESFD', since: AIO_FLAGS_SINCE },
  { bit: IOCB_FLAG_IOPRIO, name: 'IOCB_FLAG_IOPRIO', since: '4.18' },
] as const satisfies readonly Flag[];

/** The bits of `aio_rw_flags`. Source: include/uapi/linux/fs.h. */
export const RWF_FLAGS = [
  { bit: 0x001, name: 'RWF_HIPRI', since: '4.13' },
  { bit: 0x002, name: 'RWF_DSYNC', since: '4.13' },
  { bit: 0x004, name: 'RWF_SYNC', since: '4.13' },
  { bit: 0x008, name: 'RWF_NOWAIT', since: '4.14' },
  { bit: 0x010, name: 'RWF_APPEND', since: '4.16' },
  { bit: 0x020, name: 'RWF_NOAPPEND', since: '6.9' },
  { bit: 0x040, name: 'RWF_ATOMIC', since: '6.11' },
  { bit: 0x080, name: 'RWF_DONTCACHE', since: '6.14' },
  { bit: 0x100, name: 'RWF_NOSIGNAL', since: '6.18' },
] as const satisfies readonly Flag[];

/** The bits of `aio_rw_flags` by name. */
export const RWF = Object.fromEntries(RWF_FLAGS.map(({ name, bit }) => [name, bit])) as Readonly<
  Record<(typeof RWF_FLAGS)[number]['name'], number>
>;

/**
 * The bits of a poll mask (asm-generic; m68k, mips, sparc and xtensa differ).
 * Source: include/uapi/asm-generic/poll.h.
 */
export const POLL_FLAGS = [
  { bit: 0x0001, name: 'POLLIN' },
  { bit: 0x0002, name: 'POLLPRI' },
  { bit: 0x0004, name: 'POLLOUT' },
  { bit: 0x0008, name: 'POLLERR' },
  { bit: 0x0010, name: 'POLLHUP' },
  { bit: 0x0020, name: 'POLLNVAL' },
  { bit: 0x0040, name: 'POLLRDNORM' },
  { bit: 0x0080, name: 'POLLRDBAND' },
  { bit: 0x0100, name: 'POLLWRNORM' },
  { bit: 0x0200, name: 'POLLWRBAND' },
  { bit: 0x0400, name: 'POLLMSG' },
  { bit: 0x1000, name: 'POLLREMOVE' },
  { bit: 0x2000, name: 'POLLRDHUP' },
  { bit: 0x4000, name: 'POLLFREE' },
  { bit: 0x8000, name: 'POLL_BUSY_LOOP' },
] as const satisfies readonly Flag[];

/** The classes of an I/O priority, by number. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_CLASSES: Readonly<Record<number, string>> = {
  0: 'IOPRIO_CLASS_NONE',
  1: 'IOPRIO_CLASS_RT',
  2: 'IOPRIO_CLASS_BE',
  3: 'IOPRIO_CLASS_IDLE',
  7: 'IOPRIO_CLASS_INVALID',
};

/**
 * The first release that knows hints. Earlier ones read them as part of a level that is too high.
 */
export const IOPRIO_HINTS_SINCE = '6.5';

/** The hints of an I/O priority, by number. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_HINTS: Readonly<Record<number, string>> = {
  0: 'IOPRIO_HINT_NONE',
  1: 'IOPRIO_HINT_DEV_DURATION_LIMIT_1',
  2: 'IOPRIO_HINT_DEV_DURATION_LIMIT_2',
  3: 'IOPRIO_HINT_DEV_DURATION_LIMIT_3',
  4: 'IOPRIO_HINT_DEV_DURATION_LIMIT_4',
  5: 'IOPRIO_HINT_DEV_DURATION_LIMIT_5',
  6: 'IOPRIO_HINT_DEV_DURATION_LIMIT_6',
  7: 'IOPRIO_HINT_DEV_DURATION_LIMIT_7',
};
