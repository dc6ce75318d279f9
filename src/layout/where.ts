import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { IOCB_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import { IO_EVENT_RULES, IOCB_RULES, type Rule } from '../abi/rule.ts';
import { SCALARS } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import type { ColumnSource, Schema } from './schema.ts';

/** Which records to select; all by default. A record has to meet every condition. */
export interface SelectOptions {
  /**
   * Conditions on columns, such as `res<0`, `comm!=fio` or `aio_fildes=5 and
   * aio_lio_opcode=IOCB_CMD_PWRITE`. A condition is a column, one of `=`, `!=`, `<`, `<=`, `>`,
   * `>=`, and a whole number (decimal or 0x hex), an ABI name (opcode, errno, flags), or text for a
   * `charN` column. Join conditions by `and` or a comma, or pass several. A value may be quoted,
   * `comm="a, b"` or `comm='rock and roll'`; double a quote inside. Descriptors compare as signed.
   */
  readonly where?: string | readonly string[] | undefined;
  /**
   * Only records whose `ts` is at or after this time: nanoseconds of the envelope's clock, or a
   * number with a unit (`1.5s`, `20ms`, `7us`). With `+` it counts from the first record.
   */
  readonly from?: string | bigint | undefined;
  /** Only records whose `ts` is before this time, in the same forms. */
  readonly to?: string | bigint | undefined;
  /**
   * The time that `+` counts from, instead of the first record's: for several sources with one
   * clock.
   */
  readonly since?: bigint | undefined;
}

/** A condition on one column: a range of numbers, or a text. */
export interface Condition {
  /** The index of the column in the schema. */
  readonly column: number;
  /** The smallest and the largest matching value; undefined if unbounded. */
  readonly low?: bigint;
  readonly high?: bigint;
  /** The text of a `charN` column, up to its first NUL. */
  readonly text?: string;
  /** Whether the bounds count from the column's value in the first record. */
  readonly isRelative: boolean;
  /** False if the condition is negated. */
  readonly isWanted: boolean;
}

/** Programs store descriptors as `int`, and conditions compare them so. */
export const isSigned = ({ type, meaning }: ColumnSource): boolean =>
  meaning === 'descriptor' || (type !== 'char' && SCALARS[type].signed);

/** The smallest and the largest value of an integer column, as conditions compare it. */
export function rangeOf(column: ColumnSource): readonly [low: bigint, high: bigint] {
  const bits = BigInt(column.byteLength * 8);
  return isSigned(column)
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
}

const errnoOf = (name: string): number | undefined => {
  const found = Object.entries({ ...ERRNO, ...ERRNO_INTERNAL }).find(([, each]) => each === name);
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
const ruleNumber = (rules: readonly Rule[], text: string): number | undefined =>
  rules.findIndex(({ name }) => name === text) + 1 || undefined;

/** The number of an ABI name in a column with this meaning. */
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
  ioEventReason: ', or a rule such as obj-null',
};

function refuse(prefix: string, what: string): never {
  throw new AioscopeError('AIOSCOPE_OPTION', `${prefix}: ${what}`);
}

function numberOf(text: string, column: ColumnSource, prefix: string): bigint {
  const named = numberNamed(column.meaning, text);
  const [low, high] = rangeOf(column);
  const isNumber = /^-?(\d+|0x[\da-f]+)$/i.test(text);
  if (named !== undefined || isNumber) {
    const magnitude = BigInt(named ?? text.replace(/^-/, ''));
    const value = named === undefined && text.startsWith('-') ? -magnitude : magnitude;
    if (value >= low && value <= high) return value;
    // A descriptor as stored in its column.
    if (column.meaning === 'descriptor' && value === BigInt.asUintN(32, value))
      return BigInt.asIntN(32, value);
  }
  const names = (column.meaning && NAMES[column.meaning]) ?? '';
  refuse(
    prefix,
    `'${text}' is not a value of ${column.name}; ` +
      `expected a whole number from ${low} to ${high}, decimal or 0x hex${names}`,
  );
}

const GRAMMAR =
  'a condition is a column, one of = != < <= > >=, and a value, such as res<0; ' +
  'join conditions by `and` or a comma, and quote text that contains them, as in comm="a, b"';
/** A condition with a quoted value, up to the next joint; and one with an opening quote. */
const QUOTED =
  /^[A-Za-z_]\w*\s*[=!<>]{1,2}\s*(?:"(?:[^"]|"")*"|'(?:[^']|'')*')(?=\s*,|\s+and\s|\s*$)/i;
const OPEN = /^[A-Za-z_]\w*\s*[=!<>]{1,2}\s*["']/;
const JOINT = /\s*,\s*|\s+and\s+/i;
const CONDITION = /^([A-Za-z_]\w*)\s*(==|!=|<=|>=|=|<|>)\s*(.*)$/s;

/** Splits a text into its conditions. A quoted value may contain `and` and commas. */
function itemsOf(whole: string): string[] {
  const items: string[] = [];
  for (let rest = whole; ; ) {
    const text = rest.trim();
    const quoted = QUOTED.exec(text)?.[0].length;
    // An unclosed quote extends to the end.
    const joint = quoted === undefined && OPEN.test(text) ? null : JOINT.exec(text.slice(quoted));
    const end = (quoted ?? 0) + (joint?.index ?? text.length);
    items.push(text.slice(0, end));
    if (joint === null) return items;
    rest = text.slice(end + joint[0].length);
  }
}

/** Removes the quotes around a value. */
function unquoted(value: string, prefix: string): string {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  const inner = value.slice(1, -1).replaceAll(quote + quote, '');
  if (value.length > 1 && value.endsWith(quote) && !inner.includes(quote))
    return value.slice(1, -1).replaceAll(quote + quote, quote);
  refuse(prefix, `${value} is not properly quoted; double a quote inside the text`);
}

function parseCondition(item: string, schema: Schema, whole: string): Condition {
  const prefix = `where '${whole}'`;
  const [match, name, sign, value] = CONDITION.exec(item) ?? [];
  if (match === undefined) refuse(prefix, `'${item}' is not a condition; ${GRAMMAR}`);
  const at = schema.columns.findIndex((column) => column.name === name);
  if (at < 0) {
    const known = schema.columns.map((column) => column.name).join(', ');
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `${prefix}: column '${name}' does not exist; the columns are ${known}`,
    );
  }
  const column = schema.columns[at];
  const text = unquoted(value, prefix);
  const common = { column: at, isRelative: false, isWanted: sign !== '!=' };
  if (column.type === 'char') {
    if (sign === '=' || sign === '==' || sign === '!=') return { ...common, text };
    refuse(prefix, `${name} is text, which compares by = and != only, not by ${sign}`);
  }
  const number = numberOf(text, column, prefix);
  if (sign === '<') return { ...common, high: number - 1n };
  if (sign === '<=') return { ...common, high: number };
  if (sign === '>') return { ...common, low: number + 1n };
  if (sign === '>=') return { ...common, low: number };
  return { ...common, low: number, high: number };
}

const UNITS: Readonly<Record<string, number>> = { '': 0, ns: 0, us: 3, ms: 6, s: 9 };

/** A time or duration in nanoseconds, exact. */
export interface Nanoseconds {
  readonly ns: bigint;
  /** Whether it counts from the first record. */
  readonly isRelative: boolean;
}

/** @throws AioscopeError `AIOSCOPE_OPTION` if the value is not a time */
export function nanoseconds(option: string, value: string | bigint | number): Nanoseconds {
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value);
  const [match, plus, whole, fraction = '', unit = ''] =
    /^(\+?)(\d+)(?:\.(\d+))?(ns|us|ms|s)?$/.exec(String(value).trim()) ?? [];
  if (!isExact || match === undefined || fraction.length > UNITS[unit]) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (spelled) =>
        `${spelled(option)} is '${value}'; expected a number of nanoseconds, or a number with a ` +
        'unit (ns, us, ms, s) such as 1.5s, with + before it to count from the first record',
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
      (option) =>
        `${option(from === undefined ? 'to' : 'from')} selects by time, but layout ` +
        `'${schema.layout.text}' has no ts; use one that has, such as ts:u64,record`,
    );
  }
  const given = Object.entries({ from, to }).filter(([, value]) => value !== undefined);
  return given.map(([option, value]): Condition => {
    const time = nanoseconds(option, value as string | bigint);
    const isRelative = time.isRelative && since === undefined;
    const ns = time.isRelative ? time.ns + (since ?? 0n) : time.ns;
    const range = option === 'from' ? { low: ns } : { high: ns - 1n };
    return { column, ...range, isRelative, isWanted: true };
  });
}

/**
 * Parses the conditions that select records; undefined if every record is selected.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an invalid condition or value, `AIOSCOPE_COLUMN` for
 *   a column that does not exist
 */
export function resolveConditions(
  options: SelectOptions,
  schema: Schema,
): readonly Condition[] | undefined {
  const { where = [] } = options;
  const conditions = (typeof where === 'string' ? [where] : where).flatMap((text) =>
    itemsOf(text).map((item) => parseCondition(item, schema, text)),
  );
  conditions.push(...timeConditions(options, schema));
  return conditions.length === 0 ? undefined : conditions;
}
