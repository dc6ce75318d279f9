import { numbered } from './numbered.ts';

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

// The bits of `aio_rw_flags` that a rule or a match looks at.
export const RWF_HIPRI = 0x001;
export const RWF_DSYNC = 0x002;
export const RWF_SYNC = 0x004;
export const RWF_NOWAIT = 0x008;
export const RWF_APPEND = 0x010;
export const RWF_NOAPPEND = 0x020;
export const RWF_ATOMIC = 0x040;

/** The bits of `aio_rw_flags`. Source: include/uapi/linux/fs.h. */
export const RWF_FLAGS = [
  { bit: RWF_HIPRI, name: 'RWF_HIPRI', since: '4.13' },
  { bit: RWF_DSYNC, name: 'RWF_DSYNC', since: '4.13' },
  { bit: RWF_SYNC, name: 'RWF_SYNC', since: '4.13' },
  { bit: RWF_NOWAIT, name: 'RWF_NOWAIT', since: '4.14' },
  { bit: RWF_APPEND, name: 'RWF_APPEND', since: '4.16' },
  { bit: RWF_NOAPPEND, name: 'RWF_NOAPPEND', since: '6.9' },
  { bit: RWF_ATOMIC, name: 'RWF_ATOMIC', since: '6.11' },
  { bit: 0x080, name: 'RWF_DONTCACHE', since: '6.14' },
  { bit: 0x100, name: 'RWF_NOSIGNAL', since: '6.18' },
] as const satisfies readonly Flag[];

/**
 * The bits of a poll mask (asm-generic; m68k, mips, sparc and xtensa differ).
 * Source: include/uapi/asm-generic/poll.h.
 */
export const POLL_FLAGS: readonly Flag[] = Object.entries(
  numbered(
    0,
    'POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL ' + // 0x1
      'POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLMSG - ' + // 0x40
      'POLLREMOVE POLLRDHUP POLLFREE POLL_BUSY_LOOP', // 0x1000
  ),
).map(([index, name]) => ({ bit: 2 ** Number(index), name }));

/** The classes of an I/O priority, by number. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_CLASSES: Readonly<Record<number, string>> = numbered(
  0,
  'IOPRIO_CLASS_NONE IOPRIO_CLASS_RT IOPRIO_CLASS_BE IOPRIO_CLASS_IDLE - - - IOPRIO_CLASS_INVALID',
);

/**
 * The first release that knows hints. Earlier ones read them as part of a level that is too high.
 */
export const IOPRIO_HINTS_SINCE = '6.5';

/** The hints of an I/O priority, by number. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_HINTS: Readonly<Record<number, string>> = {
  0: 'IOPRIO_HINT_NONE',
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7].map((limit) => [limit, `IOPRIO_HINT_DEV_DURATION_LIMIT_${limit}`]),
  ),
};
