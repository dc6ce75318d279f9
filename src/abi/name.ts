import { ERRNO, ERRNO_ALIASES, ERRNO_INTERNAL } from './errno.ts';
import {
  type Flag,
  IOCB_FLAGS,
  IOPRIO_CLASSES,
  IOPRIO_HINTS,
  POLL_FLAGS,
  RWF_FLAGS,
} from './flag.ts';
import { OPCODES } from './opcode.ts';

const opcodeNames: ReadonlyMap<number, string> = new Map(
  OPCODES.map(({ value, name }) => [value, name]),
);

/**
 * Returns the ABI name of an opcode (`IOCB_CMD_PREAD`), or null if the header does not define it.
 */
export const opcodeName = (opcode: number): string | null => opcodeNames.get(opcode) ?? null;

/**
 * Returns the name of a positive errno (`EIO`), kernel-internal ones included, or null if it is
 * unassigned.
 */
export const errnoName = (errno: number): string | null =>
  ERRNO[errno] ?? ERRNO_INTERNAL[errno] ?? null;

const errnos: ReadonlyMap<string, number> = new Map([
  ...Object.entries({ ...ERRNO, ...ERRNO_INTERNAL }).map(([errno, name]): [string, number] => [
    name,
    Number(errno),
  ]),
  ...Object.entries(ERRNO_ALIASES),
]);

/** Returns the errno of a name or an alias (`EWOULDBLOCK`), or undefined if there is none. */
export const errnoOf = (name: string): number | undefined => errnos.get(name);

function flagNames(table: readonly Flag[], value: number): string[] {
  const names: string[] = [];
  let rest = value >>> 0;
  for (const { bit, name } of table) {
    if ((rest & bit) === 0) continue;
    names.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names;
}

/**
 * Returns the names of the bits set in `aio_flags`. Undefined bits come last, as one hex number.
 */
export const iocbFlagNames = (flags: number): string[] => flagNames(IOCB_FLAGS, flags);

/**
 * Returns the names of the bits set in `aio_rw_flags`. Undefined bits come last, as one hex number.
 */
export const rwFlagNames = (flags: number): string[] => flagNames(RWF_FLAGS, flags);

/**
 * Returns the names of the bits set in a poll mask (`aio_buf` or `res` of IOCB_CMD_POLL). Undefined
 * bits come last, as one hex number.
 */
export const pollNames = (mask: number): string[] => flagNames(POLL_FLAGS, mask);

/** The three parts of an I/O priority. A name is null if the header does not define it. */
export interface IoPriority {
  readonly class: number;
  readonly className: string | null;
  readonly hint: number;
  readonly hintName: string | null;
  readonly level: number;
}

/**
 * Splits `aio_reqprio`: class in bits 13–15, hint in bits 3–12, level in bits 0–2.
 * Source: include/uapi/linux/ioprio.h.
 */
export function ioPriority(reqprio: number): IoPriority {
  const value = reqprio & 0xffff;
  const priorityClass = value >>> 13;
  const hint = (value >>> 3) & 0x3ff;
  return {
    class: priorityClass,
    className: IOPRIO_CLASSES[priorityClass] ?? null,
    hint,
    hintName: IOPRIO_HINTS[hint] ?? null,
    level: value & 7,
  };
}
