import { iocb, ioEvent } from '../../abi/record.ts';
import type { Int } from '../../trace/put-record.ts';
import type { Scanner } from './scanner.ts';

/** An iocb as printed. */
export interface Iocb {
  readonly fields: { [name: string]: Int };
  /** The path of the descriptor, if it is printed. */
  readonly path: string | undefined;
  /** Whether a list of iovecs was cut short, so that aio_nbytes, their number, is not known. */
  readonly isCut: boolean;
}

/** The fields of the structs; what else a struct shows is skipped. */
const IOCB_FIELDS = new Set<string>(iocb.fields.map(({ name }) => name));
const EVENT_FIELDS = new Set<string>(ioEvent.fields.map(({ name }) => name));

/** Reads `{aio_data=…, aio_lio_opcode=…, …}`. Returns undefined if it is not such a struct. */
export function iocbOf(scanner: Scanner): Iocb | undefined {
  if (!scanner.skip('{')) return undefined;
  const fields: { [name: string]: Int } = {};
  let path: string | undefined;
  let isCut = false;
  while (!scanner.skip('}')) {
    if (scanner.skip(',') || scanner.skipDots()) continue;
    const name = scanner.key();
    if (name === undefined) return undefined;
    const next = scanner.peek();
    if (!IOCB_FIELDS.has(name) || next === '"') scanner.skipValue();
    else if (next === '[') {
      const count = scanner.skipValue();
      isCut = count < 0;
      fields['aio_nbytes'] = Math.max(0, count);
    } else {
      const value = scanner.int();
      if (value === undefined) return undefined;
      fields[name] = value;
      if (name === 'aio_fildes') path = scanner.path;
    }
  }
  return { fields, path, isCut };
}

/** Reads `{data=…, obj=…, res=…, res2=…}`. Returns undefined if it is not such a struct. */
export function ioEventOf(scanner: Scanner): { readonly [name: string]: Int } | undefined {
  if (!scanner.skip('{')) return undefined;
  const fields: { [name: string]: Int } = {};
  while (!scanner.skip('}')) {
    if (scanner.skip(',')) continue;
    const name = scanner.key();
    const value = name === undefined ? undefined : scanner.int();
    if (name === undefined || value === undefined || !EVENT_FIELDS.has(name)) return undefined;
    fields[name] = value;
  }
  return fields;
}
