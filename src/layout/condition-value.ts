import {
  IO_EVENT_RULE_NAMES,
  IOCB_FLAG_NAMES,
  IOCB_RULE_NAMES,
  OPCODE_NAMES,
  RWF_NAMES,
} from '../abi/constants.ts';
import { IOPRIO_CLASSES } from '../abi/flag.ts';
import { errnoOf } from '../abi/name.ts';
import type { Meaning } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import { excerpt } from '../errors.ts';
import type { ColumnSource } from './schema.ts';

/** A column that conditions compare. */
interface ConditionColumn extends ColumnSource {
  /** What values its numbers may have beside those of its meaning, and how an error names them. */
  readonly quantity?: { of(text: string): bigint | undefined; readonly text: string };
}

/** The smallest and the largest of some values. */
type Range = readonly [low: bigint, high: bigint];

/** Programs store descriptors as `int`, and conditions compare them so. */
export const isSigned = ({ type, meaning }: ColumnSource): boolean =>
  meaning === 'descriptor' || (type !== 'char' && SCALARS[type].signed);

/** The smallest and the largest value of an integer column, as conditions compare it. */
export function rangeOf(column: ColumnSource): Range {
  const bits = BigInt(column.byteLength * 8);
  return isSigned(column)
    ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
    : [0n, (1n << bits) - 1n];
}

/** Whether a name is written in full, or without what all names of its kind begin with. */
const isNamed = (name: string, text: string): boolean =>
  name === text || name.replace(/^(IOCB_CMD|IOCB_FLAG|RWF|IOPRIO_CLASS)_/, '') === text;

/** The index of a name; undefined if there is no such name. */
function indexNamed(names: readonly string[], text: string): number | undefined {
  const index = names.findIndex((name) => isNamed(name, text));
  return index < 0 ? undefined : index;
}

function flagBits(names: readonly string[], text: string): number | undefined {
  let bits = 0;
  for (const word of text.split('|')) {
    const index = indexNamed(names, word.trim());
    if (index === undefined) return undefined;
    bits |= 1 << index;
  }
  return bits;
}

/** The number of a rule in `firstRefusal`. */
const ruleNumber = (rules: readonly string[], text: string): number | undefined =>
  rules.indexOf(text) + 1 || undefined;

/** The number of an ABI name in a column with this meaning. */
function numberNamed(meaning: Meaning | undefined, text: string): number | undefined {
  if (meaning === 'opcode') return indexNamed(OPCODE_NAMES, text);
  if (meaning === 'flags') return flagBits(IOCB_FLAG_NAMES, text);
  if (meaning === 'rwFlags') return flagBits(RWF_NAMES, text);
  if (meaning === 'iocbReason') return ruleNumber(IOCB_RULE_NAMES, text);
  if (meaning === 'ioEventReason') return ruleNumber(IO_EVENT_RULE_NAMES, text);
  const errno = meaning === 'result' ? errnoOf(text.replace(/^-/, '')) : undefined;
  return errno === undefined ? undefined : -errno;
}

/** The priorities of a class: any hint and level. */
function priorities(text: string): Range | undefined {
  const found = Object.entries(IOPRIO_CLASSES).find(([, name]) => isNamed(name, text));
  if (found === undefined) return undefined;
  const low = BigInt.asIntN(16, BigInt(found[0]) << 13n);
  return [low, low + 0x1fffn];
}

const BYTE_MEANINGS: readonly (Meaning | undefined)[] = ['length', 'offset', 'result'];
/** Longer numbers fit no column, and take long to convert. */
const DIGITS_MAX = 40;

/** A number with a unit: `64K` of bytes, `10k` of anything that is merely counted. */
function quantity(meaning: Meaning | undefined, text: string): bigint | undefined {
  const isBytes = BYTE_MEANINGS.includes(meaning);
  if (!isBytes && meaning !== undefined) return undefined;
  const form = isBytes ? /^(\d+)(?:\.(\d+))?([KMGTPE])(?:iB)?$/i : /^(\d+)(?:\.(\d+))?([kMGTPE])$/;
  const [match, whole, fraction = '', unit] = form.exec(text) ?? [];
  if (match === undefined) return undefined;
  const power = BigInt('KMGTPE'.indexOf(unit.toUpperCase()) + 1);
  const scaled = BigInt(whole + fraction) * (isBytes ? 1024n : 1000n) ** power;
  const divisor = 10n ** BigInt(fraction.length);
  return scaled % divisor === 0n ? scaled / divisor : undefined;
}

/** The number that a text is, or undefined. */
function plainNumber(column: ConditionColumn, text: string): bigint | undefined {
  const named = numberNamed(column.meaning, text);
  if (named !== undefined) return BigInt(named);
  if (text.length > DIGITS_MAX) return undefined;
  if (!/^-?(\d+|0x[\da-f]+)$/i.test(text))
    return column.quantity?.of(text) ?? quantity(column.meaning, text);
  const magnitude = BigInt(text.replace(/^-/, ''));
  return text.startsWith('-') ? -magnitude : magnitude;
}

const NAMES: Partial<Record<Meaning, string>> = {
  opcode: ', or an opcode such as PREAD',
  flags: ', or flags such as RESFD',
  rwFlags: ', or flags such as NOWAIT|DSYNC',
  ioprio: ', or a class such as RT',
  length: ', or a size such as 64K',
  offset: ', or a size such as 64K',
  result: ', a size such as 64K, or an errno such as EIO for -EIO',
  iocbReason: ', or a rule such as opcode-not-taken',
  ioEventReason: ', or a rule such as obj-null',
};

/** The values of a column that a text means: one number, or all priorities of a class. */
export function valuesOf(text: string, column: ColumnSource): Range | undefined {
  const named = column.meaning === 'ioprio' ? priorities(text) : undefined;
  if (named !== undefined) return named;
  const value = plainNumber(column, text);
  if (value === undefined) return undefined;
  const [low, high] = rangeOf(column);
  if (value >= low && value <= high) return [value, value];
  // A descriptor as stored in its column.
  if (column.meaning !== 'descriptor' || value !== BigInt.asUintN(32, value)) return undefined;
  return [BigInt.asIntN(32, value), BigInt.asIntN(32, value)];
}

/** Says that a text is not a value of a column, and what is. */
export function notAValue(text: string, column: ConditionColumn): string {
  const [low, high] = rangeOf(column);
  const names = column.quantity?.text ?? NAMES[column.meaning as Meaning] ?? '';
  return (
    `'${excerpt(text)}' is not a value of ${excerpt(column.name)}; ` +
    `expected a whole number from ${low} to ${high}, decimal or 0x hex${names}`
  );
}
