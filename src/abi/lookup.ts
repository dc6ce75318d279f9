// The functions of `aioscope/abi`: those of this room, for programs that may pass anything.
import { wrongType } from '../errors.ts';
import * as names from './name.ts';
import { ruleNames as namesOfRules, type Rule } from './rule.ts';

/** Refuses what is not a number, such as the bigint of a 64-bit field, which has no name. */
const ofNumber =
  <T>(what: string, look: (value: number) => T) =>
  (value: number): T => {
    if (typeof value === 'number') return look(value);
    throw wrongType(what, value, 'number');
  };

/**
 * Returns the ABI name of an opcode (`IOCB_CMD_PREAD`), or null if the header does not define it.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for anything but a number, as the others do: convert a
 *   bigint with `Number()`
 */
export const opcodeName: (opcode: number) => string | null = ofNumber('opcode', names.opcodeName);

/**
 * Returns the name of a positive errno (`EIO`), kernel-internal ones included, or null if it is
 * unassigned.
 */
export const errnoName: (errno: number) => string | null = ofNumber('errno', names.errnoName);

/** Returns the errno of a name or an alias (`EWOULDBLOCK`), or undefined if there is none. */
export function errnoOf(name: string): number | undefined {
  if (typeof name !== 'string') throw wrongType('name', name, 'string');
  return names.errnoOf(name);
}

/**
 * Returns the names of the bits set in `aio_flags`. Undefined bits come last, as one hex number.
 */
export const iocbFlagNames: (flags: number) => string[] = ofNumber('flags', names.iocbFlagNames);

/**
 * Returns the names of the bits set in `aio_rw_flags`. Undefined bits come last, as one hex number.
 */
export const rwFlagNames: (flags: number) => string[] = ofNumber('flags', names.rwFlagNames);

/**
 * Returns the names of the bits set in a poll mask (`aio_buf` or `res` of IOCB_CMD_POLL). Undefined
 * bits come last, as one hex number.
 */
export const pollNames: (mask: number) => string[] = ofNumber('mask', names.pollNames);

/**
 * Splits `aio_reqprio`: class in bits 13–15, hint in bits 3–12, level in bits 0–2.
 * Source: include/uapi/linux/ioprio.h.
 */
export const ioPriority: (reqprio: number) => names.IoPriority = ofNumber(
  'reqprio',
  names.ioPriority,
);

/** Returns the names of the rules in a mask, in the order of their bits. */
export function ruleNames(rules: readonly Rule[], mask: number): string[] {
  if (!Array.isArray(rules)) throw wrongType('rules', rules, 'Rule[]');
  return ofNumber('mask', (bits) => namesOfRules(rules, bits))(mask);
}
