import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { type Flag, IOCB_FLAGS, POLL_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';

/** Quotes a name; quotes a text. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The columns of names that views add, by meaning, which are also the macros that compute them. */
export const NAMES: Partial<Record<Meaning, string>> = {
  opcode: 'opcode_name',
  result: 'errno_name',
};

const cases = OPCODES.map(({ value, name }) => `WHEN ${value} THEN ${quoteText(name)}`);
/** A CASE with few branches is four times as fast as a lookup in a list. */
const OPCODE_NAME = `CREATE MACRO opcode_name(x) AS CASE x ${cases.join(' ')} END`;

/**
 * Names negative errnos. Other results, which are the majority, skip the list, which begins at 1.
 */
function errnoMacro(): string {
  const names: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
  const last = Math.max(...Object.keys(names).map(Number));
  const list = Array.from({ length: last }, (_, i) =>
    names[i + 1] === undefined ? 'NULL' : quoteText(names[i + 1]),
  );
  return (
    `CREATE MACRO errno_name(x) AS CASE WHEN x BETWEEN ${-last} AND -1 ` +
    `THEN [${list.join(',')}][-x] END`
  );
}

/** Names the set bits, joined by `|`. Undefined bits come last, as one hex number. */
function flagMacro(name: string, flags: readonly Flag[]): string {
  const named = flags.reduce((mask, { bit }) => mask | bit, 0);
  const words = flags.map(
    ({ bit, name: word }) => `CASE WHEN x::UBIGINT & ${bit} <> 0 THEN ${quoteText(word)} END`,
  );
  const rest = `(x::UBIGINT & ~${named}::UBIGINT)`;
  const hex = `CASE WHEN ${rest} <> 0 THEN '0x' || lower(hex(${rest})) END`;
  const list = [...words, hex].join(', ');
  return `CREATE MACRO ${name}(x) AS CASE WHEN x = 0 THEN '0' ELSE concat_ws('|', ${list}) END`;
}

/**
 * Statements that define the macros `opcode_name(x)`, `errno_name(res)` for negative results,
 * `iocb_flag_names(x)`, `rw_flag_names(x)` and `poll_names(x)`.
 */
export const MACROS: readonly string[] = [
  OPCODE_NAME,
  errnoMacro(),
  flagMacro('iocb_flag_names', IOCB_FLAGS),
  flagMacro('rw_flag_names', RWF_FLAGS),
  flagMacro('poll_names', POLL_FLAGS),
];
