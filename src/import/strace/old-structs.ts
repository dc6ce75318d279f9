// Structs as strace printed them before 4.20. Source: its aio.c and desc.c of 4.5 to 4.19.
import { IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import { OPCODES } from '../../abi/opcode.ts';
import type { Int } from '../../trace/put-record.ts';
import { intOf, type Scanner } from './scanner.ts';

/** What a log prints after `offset:`: 4.7 hexadecimal digits without 0x, 4.8 to 4.10 decimal. */
export type OffsetStyle = 'hex' | 'decimal' | 'unknown';

/** An iocb as printed. */
export interface Iocb {
  readonly fields: { [name: string]: Int };
  /** The path of the descriptor, if it is printed. */
  readonly path: string | undefined;
  /** Whether a list of iovecs was cut short, so that aio_nbytes, their number, is not known. */
  readonly isCut: boolean;
  /** Whether the struct has the five fields that strace printed up to 4.6, and no more. */
  readonly isShort: boolean;
}

/** The names of fields, with and without the typing error of 4.7 to 4.10. */
const FIELDS: Readonly<Record<string, string>> = {
  data: 'aio_data',
  key: 'aio_key',
  reqprio: 'aio_reqprio',
  filedes: 'aio_fildes',
  fildes: 'aio_fildes',
  buf: 'aio_buf',
  nbytes: 'aio_nbytes',
  offset: 'aio_offset',
  flags: 'aio_flags',
  resfd: 'aio_resfd',
};

/** `pread`, `pwritev`, … and `op4`, by number. */
const OPCODE_WORDS: ReadonlyMap<string, number> = new Map([
  ...OPCODES.map(
    ({ name, value }) => [name.replace('IOCB_CMD_', '').toLowerCase(), value] as const,
  ),
  ['op4', 4],
]);

const VECTORS = ['preadv', 'pwritev'];
/** Up to 4.6, an iocb is these fields in order. */
const IN_ORDER = ['aio_data', 'aio_key', 'aio_lio_opcode', 'aio_reqprio', 'aio_fildes'];
const EVENT_IN_ORDER = ['data', 'obj', 'res', 'res2'];

/** A null pointer, as printf shows it. */
const numberOf = (token: string): Int | undefined => (token === '(nil)' ? 0 : intOf(token));

const fromHex = (digits: string): Int | undefined =>
  /^[\da-f]{1,16}$/.test(digits) ? intOf(`0x${digits}`) : undefined;

/** The items of a struct, which begins after its brace: names with values, and values. */
interface Item {
  /** Undefined of a bare value. */
  readonly name: string | undefined;
  readonly token: string;
  readonly path: string | undefined;
  /** Whether it is a list: how many items that has, or -1 if it is cut short. */
  readonly count: number | undefined;
}

function itemsOf(scanner: Scanner): Item[] | undefined {
  const items: Item[] = [];
  while (!scanner.accept('}')) {
    if (scanner.peek() === '') return undefined;
    if (scanner.accept(',') || scanner.skipDots()) continue;
    const name = scanner.nameBefore();
    const next = scanner.peek();
    if (next === '[' || next === '"' || next === '{') {
      const count = scanner.skipValue();
      items.push({ name, token: '', path: undefined, count });
      continue;
    }
    const before = scanner.at;
    const token = scanner.token();
    if (scanner.at === before) return undefined;
    // 4.7 printed no comma between the offset and what follows it.
    const [, offset, more, value] = /^([\da-f]+?)(resfd|flags)=(.+)$/.exec(token) ?? [];
    if (more !== undefined)
      items.push({ name: more, token: value, path: undefined, count: undefined });
    items.push({ name, token: offset ?? token, path: scanner.path, count: undefined });
  }
  return items;
}

/** Reads an iocb of any generation before 4.20; the scanner is behind its brace. */
export function oldIocbOf(scanner: Scanner, style: OffsetStyle): Iocb | undefined {
  const items = itemsOf(scanner);
  if (items === undefined) return undefined;
  if (items.every(({ name }) => name === undefined) && items.length === IN_ORDER.length)
    return inOrder(items);
  const fields: { [name: string]: Int } = {};
  let path: string | undefined;
  let isCut = false;
  let opcode = '';
  for (const item of items) {
    const { name, token, count } = item;
    if (count !== undefined) {
      // Of writes the bytes are printed, of vectors the iovecs.
      if (!VECTORS.includes(opcode) || name === 'str') continue;
      isCut = count < 0;
      fields['aio_nbytes'] = Math.max(0, count);
      continue;
    }
    if (name === undefined && OPCODE_WORDS.has(token)) {
      opcode = token;
      fields['aio_lio_opcode'] = OPCODE_WORDS.get(token) ?? 0;
      continue;
    }
    const field = name === undefined ? bareField(fields, opcode) : FIELDS[name];
    const value = fieldValue(field, name, token, opcode, style);
    if (field === undefined || value === undefined) return undefined;
    fields[field] = value;
    if (field === 'aio_fildes') path = item.path;
  }
  if (fields['aio_resfd'] !== undefined)
    fields['aio_flags'] = Number(fields['aio_flags'] ?? 0) | IOCB_FLAG_RESFD;
  return { fields, path, isCut, isShort: false };
}

/** A bare value: the number of an unknown opcode, the offset of a vector or the mask of a poll. */
function bareField(fields: { [name: string]: Int }, opcode: string): string | undefined {
  if (fields['aio_lio_opcode'] === undefined) return 'aio_lio_opcode';
  if (VECTORS.includes(opcode)) return 'aio_offset';
  return opcode === 'poll' ? 'aio_buf' : undefined;
}

function fieldValue(
  field: string | undefined,
  name: string | undefined,
  token: string,
  opcode: string,
  style: OffsetStyle,
): Int | undefined {
  // `%x` without 0x: flags, and the mask of a poll, in every version.
  if (name === 'flags' || (name === undefined && opcode === 'poll')) return fromHex(token);
  if (field !== 'aio_offset' || style === 'decimal') return numberOf(token);
  return style === 'hex' ? fromHex(token) : 0;
}

function inOrder(items: readonly Item[]): Iocb | undefined {
  const values = items.map(({ token }) => numberOf(token));
  if (values.includes(undefined)) return undefined;
  const fields = Object.fromEntries(IN_ORDER.map((name, i) => [name, values[i] as Int]));
  return { fields, path: items[4].path, isCut: false, isShort: true };
}

/** Reads `{0x…, 0x…, res, res2}`; the scanner is behind its brace. */
export function oldEventOf(scanner: Scanner): { readonly [name: string]: Int } | undefined {
  const values = itemsOf(scanner)?.map(({ token }) => numberOf(token));
  if (values?.length !== EVENT_IN_ORDER.length || values.includes(undefined)) return undefined;
  return Object.fromEntries(EVENT_IN_ORDER.map((name, i) => [name, values[i] as Int]));
}

/** Offsets in the sample of a log that tell hexadecimal and decimal apart. */
const OFFSETS_MIN = 16;

/** How a log prints offsets, by its first lines. */
export function offsetStyleOf(lines: readonly string[]): OffsetStyle {
  const offsets = new Set<string>();
  let isColon = false;
  for (const line of lines) {
    if (!line.includes('io_submit(')) continue;
    isColon ||= line.includes('filedes:');
    for (const [, digits] of line.matchAll(/offset:([\da-f]+)/g)) offsets.add(digits);
  }
  if (!isColon) return 'decimal';
  if ([...offsets].some((digits) => /[a-f]/.test(digits))) return 'hex';
  return [...offsets].filter((digits) => digits.length > 2).length >= OFFSETS_MIN
    ? 'decimal'
    : 'unknown';
}
