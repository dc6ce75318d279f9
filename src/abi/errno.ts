import { numbered } from './numbered.ts';

/** The largest errno: `res` below -4095 is not an errno. Source: include/linux/err.h. */
export const MAX_ERRNO = 4095;

/** An I/O error of the device. */
export const EIO = 5;
/** The descriptor is not open. */
export const EBADF = 9;
/** The result of a nonblocking request that would have to wait. */
export const EAGAIN = 11;
/** A pointer does not point to memory of the program. */
export const EFAULT = 14;
/** An argument is invalid. */
export const EINVAL = 22;
/** The device is full. */
export const ENOSPC = 28;
/** The file does not support the operation. */
export const EOPNOTSUPP = 95;
/** The request was cancelled. */
export const ECANCELED = 125;

/**
 * errno names by number on x86, arm, riscv, s390, powerpc and loongarch. On alpha, mips, parisc and
 * sparc, numbers from 35 up differ.
 * Source: include/uapi/asm-generic/errno-base.h and errno.h.
 */
export const ERRNO: Readonly<Record<number, string>> = numbered(
  1,
  'EPERM ENOENT ESRCH EINTR EIO ' + // 1
    'ENXIO E2BIG ENOEXEC EBADF ECHILD ' + // 6
    'EAGAIN ENOMEM EACCES EFAULT ENOTBLK ' + // 11
    'EBUSY EEXIST EXDEV ENODEV ENOTDIR ' + // 16
    'EISDIR EINVAL ENFILE EMFILE ENOTTY ' + // 21
    'ETXTBSY EFBIG ENOSPC ESPIPE EROFS ' + // 26
    'EMLINK EPIPE EDOM ERANGE EDEADLK ' + // 31
    'ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ' + // 36
    '- ENOMSG EIDRM ECHRNG EL2NSYNC ' + // 41
    'EL3HLT EL3RST ELNRNG EUNATCH ENOCSI ' + // 46
    'EL2HLT EBADE EBADR EXFULL ENOANO ' + // 51
    'EBADRQC EBADSLT - EBFONT ENOSTR ' + // 56
    'ENODATA ETIME ENOSR ENONET ENOPKG ' + // 61
    'EREMOTE ENOLINK EADV ESRMNT ECOMM ' + // 66
    'EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ' + // 71
    'ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ' + // 76
    'ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ' + // 81
    'ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE ' + // 86
    'EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ' + // 91
    'EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ' + // 96
    'ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS ' + // 101
    'EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ' + // 106
    'ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ' + // 111
    'ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM ' + // 116
    'EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ' + // 121
    'ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ' + // 126
    'ENOTRECOVERABLE ERFKILL EHWPOISON', // 131
);

/**
 * Second names of errnos, by name. `ENOTSUP` is the C library's; `EFSBADCRC` and `EFSCORRUPTED` are
 * those of file systems.
 * Sources: include/uapi/asm-generic/errno.h; fs/xfs/xfs_linux.h.
 */
export const ERRNO_ALIASES: Readonly<Record<string, number>> = {
  EWOULDBLOCK: EAGAIN,
  EDEADLOCK: 35,
  ENOTSUP: EOPNOTSUPP,
  EFSBADCRC: 74,
  EFSCORRUPTED: 117,
};

/**
 * Errnos that never leave the kernel: in `res` they mean a kernel bug or corruption.
 * Source: include/linux/errno.h.
 */
export const ERRNO_INTERNAL: Readonly<Record<number, string>> = numbered(
  512,
  'ERESTARTSYS ERESTARTNOINTR ERESTARTNOHAND ENOIOCTLCMD ERESTART_RESTARTBLOCK ' + // 512
    'EPROBE_DEFER EOPENSTALE ENOPARAM - EBADHANDLE ' + // 517
    'ENOTSYNC EBADCOOKIE ENOTSUPP ETOOSMALL ESERVERFAULT ' + // 522
    'EBADTYPE EJUKEBOX EIOCBQUEUED ERECALLCONFLICT ENOGRACE', // 527
);

/** ENOTSUPP, the one internal errno that some drivers and NFS leak. */
export const ERRNO_LEAKED = 524;
