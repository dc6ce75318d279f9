// The names that strace prints for numbers of native AIO, from the tables of src/abi.
import { ERRNO, ERRNO_ALIASES } from '../../abi/errno.ts';
import { IOCB_FLAGS, IOPRIO_CLASSES, POLL_FLAGS, RWF_FLAGS } from '../../abi/flag.ts';
import { OPCODES } from '../../abi/opcode.ts';

/** The numbers of names; negated errnos have their sign. */
export const NUMBERS: ReadonlyMap<string, number> = new Map<string, number>([
  ...OPCODES.map(({ name, value }) => [name, value] as const),
  ...[...RWF_FLAGS, ...IOCB_FLAGS, ...POLL_FLAGS].map(({ name, bit }) => [name, bit] as const),
  ...Object.entries(IOPRIO_CLASSES).map(([value, name]) => [name, Number(value)] as const),
  ...Object.entries(ERRNO).map(([errno, name]) => [`-${name}`, -Number(errno)] as const),
  ...Object.entries(ERRNO_ALIASES).map(([name, errno]) => [`-${name}`, -errno] as const),
  ['NULL', 0],
]);

/** The negated errno of a name; -1, which is printed before it, if the name is not known. */
export const failureOf = (name: string): number => NUMBERS.get(`-${name}`) ?? -1;

/** Bits of `aio_reqprio` below the priority class. Source: include/uapi/linux/ioprio.h. */
export const IOPRIO_CLASS_SHIFT = 13;
