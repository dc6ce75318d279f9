import { IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import { iocb, ioEvent } from '../../abi/record.ts';
import type { Int } from '../../trace/put-record.ts';
import { type Iocb, type OffsetStyle, oldEventOf, oldIocbOf } from './old-structs.ts';
import type { Scanner } from './scanner.ts';

/** The fields of the structs, in the order in which they are printed. */
const IOCB_NAMES: readonly string[] = iocb.fields.map(({ name }) => name);
const EVENT_NAMES: readonly string[] = ioEvent.fields.map(({ name }) => name);

/** An iocb that strace could not read: its address, or 0 if that is not printed. */
export interface Unreadable {
  readonly addr: Int;
}

/**
 * Reads the next iocb, of any generation. Returns undefined if there is no iocb.
 */
export function iocbOf(scanner: Scanner, style: OffsetStyle): Iocb | Unreadable | undefined {
  // A pointer to the pointer, where even that could not be read.
  if (!scanner.accept('{')) return unreadable(scanner);
  if (scanner.peek() === '.' || scanner.text.startsWith('0x', scanner.at)) {
    const start = scanner.at;
    const found = scanner.skipDots() ? { addr: 0 } : unreadable(scanner);
    if (scanner.accept('}')) return found;
    scanner.at = start;
  }
  return scanner.text.startsWith('aio_', scanner.at)
    ? newIocbOf(scanner)
    : oldIocbOf(scanner, style);
}

function unreadable(scanner: Scanner): Unreadable | undefined {
  const addr = scanner.int();
  return addr === undefined ? undefined : { addr };
}

/** Skips the name of a field from that at `begin` on; undefined if another comes next. */
function nextName(scanner: Scanner, begin: number): string | undefined {
  for (let i = begin; i < IOCB_NAMES.length; i++)
    if (scanner.skipKey(IOCB_NAMES[i])) return IOCB_NAMES[i];
  return undefined;
}

/** Reads `aio_data=…, aio_lio_opcode=…, …}`. Returns undefined if it is not such a struct. */
function newIocbOf(scanner: Scanner): Iocb | undefined {
  const fields: { [name: string]: Int } = {};
  let path: string | undefined;
  let isCut = false;
  let resfdToken = '';
  // As a rule, fields come in the order of the struct; some are left out.
  let next = 0;
  while (!scanner.accept('}')) {
    if (scanner.accept(',') || scanner.skipDots()) continue;
    const name = nextName(scanner, next) ?? nextName(scanner, 0) ?? scanner.key();
    if (name === undefined) return undefined;
    next = IOCB_NAMES.indexOf(name) + 1;
    const first = scanner.peek();
    if (first === '"' || next === 0) scanner.skipValue();
    else if (first === '[') {
      const count = scanner.skipValue();
      isCut = count < 0;
      fields['aio_nbytes'] = Math.max(0, count);
    } else {
      const start = scanner.at;
      const value = scanner.int();
      if (value === undefined) return undefined;
      fields[name] = value;
      if (name === 'aio_fildes') path = scanner.path;
      if (name === 'aio_resfd') resfdToken = scanner.text.slice(start, scanner.at);
    }
  }
  return { fields: withFlag(fields, resfdToken), path, isCut, isShort: false };
}

/**
 * Before 5.3, an eventfd is printed only with its flag, which is then not printed. Later versions
 * print the flag, and an eventfd without it in hexadecimal.
 */
function withFlag(fields: { [name: string]: Int }, token: string): { [name: string]: Int } {
  const isImplied =
    token !== '' && !token.startsWith('0x') && !('aio_data' in fields && 'aio_flags' in fields);
  if (isImplied) fields['aio_flags'] = Number(fields['aio_flags'] ?? 0) | IOCB_FLAG_RESFD;
  return fields;
}

/** Reads the next io_event, of any generation. Returns undefined if there is no io_event. */
export function ioEventOf(scanner: Scanner): { readonly [name: string]: Int } | undefined {
  if (!scanner.accept('{')) return undefined;
  scanner.peek();
  if (!scanner.text.startsWith('data=', scanner.at)) return oldEventOf(scanner);
  const fields: { [name: string]: Int } = {};
  for (const name of EVENT_NAMES) {
    const value = scanner.skipKey(name) ? scanner.int() : undefined;
    if (value === undefined) return undefined;
    fields[name] = value;
    scanner.accept(',');
  }
  return scanner.accept('}') ? fields : undefined;
}
