import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { IOCB_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import { IO_EVENT_RULES, IOCB_RULES, type Rule } from '../abi/rule.ts';
import { SCALARS } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import type { ColumnSource, Schema } from './schema.ts';

/** Which records are wanted; all are unless something is said. What is said has to hold together. */
export interface SelectOptions {
  /**
   * Conditions on columns, such as `res<0`, `aio_fildes=5 and aio_lio_opcode=IOCB_CMD_PWRITE`, `comm!=fio`: `=`, `!=`, `<`, `<=`,
   * `>`, `>=` and a whole number (decimal or 0x hex), a name of the ABI (opcode, errno, flags), or text for a `charN` column;
   * joined by `and` or a comma, or several of them. A value may stand in quotes, `comm="a, b"` or `comm='rock and roll'`, where the
   * quote itself is written twice. Descriptors are compared signed.
   */
  readonly where?: string | readonly string[] | undefined;
  /** Records whose `ts` is so late or later: nanoseconds of the envelope's clock, or a number with its unit (`1.5s`, `20ms`, `7us`); with `+` since the first record. */
  readonly from?: string | bigint | undefined;
  /** Records whose `ts` is earlier; the same forms. */
  readonly to?: string | bigint | undefined;
  /** What times with `+` are counted from, in place of the first record: for several sources of one clock. */
  readonly since?: bigint | undefined;
}

/** What one column has to be: a number in a range, or a text. */
export interface Condition {
  /** The place of the column in the schema. */
  readonly column: number;
  /** The least and the largest value; without one there is no such end. */
  readonly low?: bigint;
  readonly high?: bigint;
  /** What a text column holds, up to its first NUL. */
  readonly text?: string;
  /** Whether the ends are counted from the column's value in the first record. */
  readonly isRelative: boolean;
  /** False where any other value is wanted. */
  readonly isWanted: boolean;
}

/** Programs see descriptors as `int`, and so do conditions. */
export const isSigned = ({ type, meaning }: ColumnSource): boolean =>
  meaning === 'descriptor' || (type !== 'char' && SCALARS[type].signed);

/** The least and the largest value of an integer column, as conditions see it. */
export function rangeOf(column: ColumnSource): readonly [low: bigint, high: bigint] {
  const bits = BigInt(column.byteLength * 8);
  return isSigned(column)
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
}

const errnoOf = (name: string): number | undefined => {
  const found = [ERRNO, ERRNO_INTERNAL]
    .flatMap((table) => Object.entries(table))
    .find(([, each]) => each === name);
  return found === undefined ? undefined : Number(found[0]);
};

function flagBits(
  table: readonly { readonly bit: number; readonly name: string }[],
  text: string,
): number | undefined {
  const bits = text.split('|').map((word) => table.find(({ name }) => name === word.trim())?.bit);
  return bits.every((bit) => bit !== undefined)
    ? bits.reduce((all: number, bit) => (all | (bit ?? 0)) >>> 0, 0)
    : undefined;
}

/** The number of a rule in `firstRefusal`. */
function ruleNumber(rules: readonly Rule[], text: string): number | undefined {
  const place = rules.findIndex(({ name }) => name === text);
  return place < 0 ? undefined : place + 1;
}

/** The number that a name of the ABI stands for in a column of this meaning. */
function numberNamed(meaning: Meaning | undefined, text: string): number | undefined {
  if (meaning === 'opcode') return OPCODES.find(({ name }) => name === text)?.value;
  if (meaning === 'flags') return flagBits(IOCB_FLAGS, text);
  if (meaning === 'rwFlags') return flagBits(RWF_FLAGS, text);
  if (meaning === 'iocbReason') return ruleNumber(IOCB_RULES, text);
  if (meaning === 'ioEventReason') return ruleNumber(IO_EVENT_RULES, text);
  const errno = meaning === 'result' ? errnoOf(text.replace(/^-/, '')) : undefined;
  return errno === undefined ? undefined : -errno;
}

const NAMES: Partial<Record<Meaning, string>> = {
  opcode: ', or an opcode such as IOCB_CMD_PREAD',
  flags: ', or flags such as IOCB_FLAG_RESFD',
  rwFlags: ', or flags such as RWF_NOWAIT|RWF_DSYNC',
  result: ', or an errno such as EIO for -EIO',
  iocbReason: ', or a rule such as opcode-not-taken',
  ioEventReason: ', or a rule',
};

function numberOf(text: string, column: ColumnSource, told: string): bigint {
  const named = numberNamed(column.meaning, text);
  const [low, high] = rangeOf(column);
  const isNumber = /^-?(\d+|0x[\da-f]+)$/i.test(text);
  if (named !== undefined || isNumber) {
    const magnitude = BigInt(named ?? text.replace(/^-/, ''));
    const value = named === undefined && text.startsWith('-') ? -magnitude : magnitude;
    if (value >= low && value <= high) return value;
    // A descriptor as its column holds it.
    if (column.meaning === 'descriptor' && value === BigInt.asUintN(32, value))
      return BigInt.asIntN(32, value);
  }
  const expected = `a whole number from ${low} to ${high}, decimal or 0x hex${(column.meaning && NAMES[column.meaning]) ?? ''}`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${told}: '${text}' is no value of ${column.name}; it takes ${expected}`,
  );
}

const GRAMMAR =
  'a condition is a column, one of = != < <= > >=, and a value, such as res<0; several are joined by and, or a comma; a text with these in it stands in quotes, as in comm="a, b"';
/** A condition whose value stands in quotes, up to what joins it to the next; and one whose quotes are open. */
const QUOTED =
  /^[A-Za-z_]\w*\s*[=!<>]{1,2}\s*(?:"(?:[^"]|"")*"|'(?:[^']|'')*')(?=\s*,|\s+and\s|\s*$)/i;
const OPEN = /^[A-Za-z_]\w*\s*[=!<>]{1,2}\s*["']/;
const JOINT = /\s*,\s*|\s+and\s+/i;
const CONDITION = /^([A-Za-z_]\w*)\s*(==|!=|<=|>=|=|<|>)\s*(.*)$/s;

/** The conditions of a text, one by one: what joins them may stand in quotes, too. */
function itemsOf(whole: string): string[] {
  const items: string[] = [];
  for (let rest = whole; ; ) {
    const text = rest.trim();
    const quoted = QUOTED.exec(text)?.[0].length;
    // A quote that is not closed reaches to the end.
    const joint = quoted === undefined && OPEN.test(text) ? null : JOINT.exec(text.slice(quoted));
    const end = (quoted ?? 0) + (joint?.index ?? text.length);
    items.push(text.slice(0, end));
    if (joint === null) return items;
    rest = text.slice(end + joint[0].length);
  }
}

/** A value without the quotes around it. */
function unquoted(value: string, told: string): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  const inner = value.slice(1, -1).replaceAll(quote + quote, '');
  if (value.length > 1 && value.endsWith(quote) && !inner.includes(quote))
    return value.slice(1, -1).replaceAll(quote + quote, quote);
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${told}: ${value} begins with a quote, and does not end with the one that closes it; a quote in the text is written twice`,
  );
}

function parseCondition(item: string, schema: Schema, whole: string): Condition {
  const told = `where '${whole}'`;
  const [match, name, sign, value] = CONDITION.exec(item) ?? [];
  if (match === undefined)
    throw new AioscopeError('AIOSCOPE_OPTION', `${told}: '${item}' is no condition; ${GRAMMAR}`);
  const at = schema.columns.findIndex((column) => column.name === name);
  if (at < 0) {
    const known = schema.columns.map((column) => column.name).join(', ');
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `${told}: column '${name}' does not exist; the columns are ${known}`,
    );
  }
  const column = schema.columns[at];
  const text = unquoted(value, told);
  const common = { column: at, isRelative: false, isWanted: sign !== '!=' };
  if (column.type === 'char') {
    if (sign === '=' || sign === '==' || sign === '!=') return { ...common, text };
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${told}: ${name} holds text, which is compared by = and != only, not by ${sign}`,
    );
  }
  const number = numberOf(text, column, told);
  if (sign === '<') return { ...common, high: number - 1n };
  if (sign === '<=') return { ...common, high: number };
  if (sign === '>') return { ...common, low: number + 1n };
  if (sign === '>=') return { ...common, low: number };
  return { ...common, low: number, high: number };
}

const UNITS: Readonly<Record<string, number>> = { '': 0, ns: 0, us: 3, ms: 6, s: 9 };

/** A moment or a span in nanoseconds, exactly. */
export interface Nanoseconds {
  readonly ns: bigint;
  /** Whether it is counted from the first record. */
  readonly isRelative: boolean;
}

/** @throws AioscopeError `AIOSCOPE_OPTION` for what is no time */
export function nanoseconds(option: string, value: string | bigint | number): Nanoseconds {
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value);
  const [match, plus, whole, fraction = '', unit = ''] =
    /^(\+?)(\d+)(?:\.(\d+))?(ns|us|ms|s)?$/.exec(String(value).trim()) ?? [];
  if (!isExact || match === undefined || fraction.length > UNITS[unit]) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${option} is '${value}'; it is a number of nanoseconds, or a number with its unit, ns, us, ms or s, such as 1.5s; with + before it, since the first record`,
    );
  }
  return { ns: BigInt(whole + fraction.padEnd(UNITS[unit], '0')), isRelative: plus === '+' };
}

function timeConditions({ from, to, since }: SelectOptions, schema: Schema): Condition[] {
  if (from === undefined && to === undefined) return [];
  const column = schema.columns.findIndex(
    ({ name, type, inRecord }) => name === 'ts' && type !== 'char' && !inRecord,
  );
  if (column < 0) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${from === undefined ? 'to' : 'from'} selects by time, and layout '${schema.layout.text}' has no ts; give a layout whose envelope has one, such as ts:u64,record`,
    );
  }
  const told = (option: string, value: string | bigint): Nanoseconds => {
    const { ns, isRelative } = nanoseconds(option, value);
    return isRelative && since !== undefined
      ? { ns: since + ns, isRelative: false }
      : { ns, isRelative };
  };
  const conditions: Condition[] = [];
  if (from !== undefined) {
    const { ns, isRelative } = told('from', from);
    conditions.push({ column, low: ns, isRelative, isWanted: true });
  }
  if (to !== undefined) {
    const { ns, isRelative } = told('to', to);
    conditions.push({ column, high: ns - 1n, isRelative, isWanted: true });
  }
  return conditions;
}

/**
 * The conditions that select records, held against a schema; undefined where every record is wanted.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for what is no condition or no value of its column, `AIOSCOPE_COLUMN` for a column
 *   that does not exist
 */
export function resolveConditions(
  options: SelectOptions,
  schema: Schema,
): readonly Condition[] | undefined {
  const texts =
    options.where === undefined
      ? []
      : typeof options.where === 'string'
        ? [options.where]
        : options.where;
  const conditions = texts.flatMap((text) =>
    itemsOf(text).map((item) => parseCondition(item, schema, text)),
  );
  conditions.push(...timeConditions(options, schema));
  return conditions.length === 0 ? undefined : conditions;
}
