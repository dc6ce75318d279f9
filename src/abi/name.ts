import { IOCB_FLAG_NAMES, OPCODE_NAMES, POLL_NAMES, RWF_NAMES } from './constants.ts';
import { ERRNO, ERRNO_ALIASES, ERRNO_INTERNAL } from './errno.ts';
import { IOPRIO_CLASSES, IOPRIO_HINTS } from './flag.ts';

/** The name of an opcode. See lookup.ts, which checks arguments, as for the others. */
export const opcodeName = (opcode: number): string | null => OPCODE_NAMES[opcode] ?? null;

/** The name of a positive errno. */
export const errnoName = (errno: number): string | null =>
  ERRNO[errno] ?? ERRNO_INTERNAL[errno] ?? null;

const errnos: ReadonlyMap<string, number> = new Map([
  ...Object.entries({ ...ERRNO, ...ERRNO_INTERNAL }).map(([errno, name]): [string, number] => [
    name,
    Number(errno),
  ]),
  ...Object.entries(ERRNO_ALIASES),
]);

/** The errno of a name or an alias. */
export const errnoOf = (name: string): number | undefined => errnos.get(name);

function flagNames(table: readonly string[], value: number): string[] {
  let rest = value >>> 0;
  const names = table.filter((name, index) => {
    const isSet = name !== '-' && ((rest >>> index) & 1) !== 0;
    if (isSet) rest -= 2 ** index;
    return isSet;
  });
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names;
}

/** The names of the bits set in `aio_flags`. */
export const iocbFlagNames = (flags: number): string[] => flagNames(IOCB_FLAG_NAMES, flags);

/** The names of the bits set in `aio_rw_flags`. */
export const rwFlagNames = (flags: number): string[] => flagNames(RWF_NAMES, flags);

/** The names of the bits set in a poll mask. */
export const pollNames = (mask: number): string[] => flagNames(POLL_NAMES, mask);

/** The three parts of an I/O priority. A name is null if the header does not define it. */
export interface IoPriority {
  readonly class: number;
  readonly className: string | null;
  readonly hint: number;
  readonly hintName: string | null;
  readonly level: number;
}

/** The parts of `aio_reqprio`. */
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
