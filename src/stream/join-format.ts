// The common format of parts that are read as one, and how records of another are rewritten in it.
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { type ColumnSource, joinSchemas, type Schema, schemaOf } from '../layout/schema.ts';

/** Fields of envelopes that analyses of several parts use. */
const SHARED = ['ts', 'addr', 'pid', 'tid', 'ctx', 'seq', 'ret'] as const;

/** Whether records of two formats lie in the same bytes. */
const isSameFormat = (a: Schema, b: Schema): boolean =>
  a.layout.text === b.layout.text && a.endian === b.endian;

const numberOf = ({ columns }: Schema, name: string): ColumnSource | undefined =>
  columns.find(
    (column) =>
      column.name === name && !column.inRecord && column.type !== 'char' && column.absent !== 'all',
  );

/** The type that holds the values of all: as wide as the widest, signed if one of them is. */
function widest(columns: readonly ColumnSource[]): ScalarType {
  const types = columns.map(({ type }) => SCALARS[type as ScalarType]);
  const bits = 8 * Math.max(...types.map(({ byteLength }) => byteLength));
  return `${types.some(({ signed }) => signed) ? 'i' : 'u'}${bits}` as ScalarType;
}

/**
 * The format that parts of one kind are read in: their own if all have the same, otherwise the
 * fields of their envelopes that all of them have.
 */
export function commonSchema(schemas: readonly Schema[]): Schema {
  const [first, ...others] = schemas;
  if (others.every((schema) => isSameFormat(schema, first))) return joinSchemas(schemas);
  const fields = SHARED.flatMap((name) => {
    const columns = schemas.flatMap((schema) => numberOf(schema, name) ?? []);
    return columns.length === schemas.length ? [`${name}:${widest(columns)}`] : [];
  });
  const layout = [...fields, 'record'].join(',');
  const endian = others.every((schema) => schema.endian === first.endian) ? first.endian : 'little';
  const common = schemaOf({ kind: first.kind, layout, endian });
  return joinSchemas([common, ...schemas]);
}

/** Rewrites `count` records. */
export type Rewrite = (source: Uint8Array, count: number, target: Uint8Array) => void;

/** Copies one field of a record from `at` in one to `to` in the other. */
type Move = (source: Uint8Array, at: number, target: Uint8Array, to: number) => void;

/** Copies a number byte by byte: it may be widened, and change its byte order. */
function moveOf(from: ColumnSource, fromBig: boolean, to: ColumnSource, toBig: boolean): Move {
  const [narrow, wide] = [from.byteLength, to.byteLength];
  const isSigned = from.type !== 'char' && SCALARS[from.type].signed;
  const [source, target] = [from.sourceOffset, to.sourceOffset];
  return (bytes, at, out, begin) => {
    const base = at + source;
    const start = begin + target;
    const high = bytes[base + (fromBig ? 0 : narrow - 1)];
    const fill = isSigned && high >= 0x80 ? 0xff : 0;
    for (let i = 0; i < wide; i++) {
      const value = i < narrow ? bytes[base + (fromBig ? narrow - 1 - i : i)] : fill;
      out[start + (toBig ? wide - 1 - i : i)] = value;
    }
  };
}

/** How records are rewritten in another format; undefined if they lie in the same bytes. */
export function rewriteOf(from: Schema, to: Schema): Rewrite | undefined {
  if (isSameFormat(from, to)) return undefined;
  const [fromBig, toBig] = [from.endian === 'big', to.endian === 'big'];
  const moves = to.columns.flatMap((column) => {
    const found = from.columns.find(({ name }) => name === column.name);
    return found === undefined ? [] : [moveOf(found, fromBig, column, toBig)];
  });
  return (source, count, target) => {
    for (let i = 0; i < count; i++)
      for (const move of moves) move(source, i * from.stride, target, i * to.stride);
  };
}
