/**
 * The system calls of native AIO, by the number that a trace stores: the order of their numbers on
 * x86-64. Source: include/uapi/asm-generic/unistd.h, fs/aio.c.
 */
export const CALLS = [
  'io_setup',
  'io_destroy',
  'io_getevents',
  'io_submit',
  'io_cancel',
  'io_pgetevents',
] as const;

/** The name of a system call of native AIO. */
export type CallName = (typeof CALLS)[number];
