// The fields of a layout as types: a literal preset or field list types the columns of its batches.
import type { RecordKind } from '../abi/record.ts';
import type { ProfileName } from '../abi/rule.ts';
import type { ScalarArray, ScalarType, ScalarValue } from '../abi/scalar.ts';
import type { PRESETS } from './preset.ts';
import type { CHECK_COLUMNS, Kind } from './schema.ts';

/** The types of fields beside those of the struct, by name. Any names if they are not known. */
export type FieldTypes = { readonly [name: string]: ScalarType | 'char' };

/** The column of a field. */
export type FieldArray<T extends ScalarType | 'char'> = T extends ScalarType
  ? ScalarArray<T>
  : ScalarArray<'u8'>;
/** The value of a field in a record object. */
export type FieldValue<T extends ScalarType | 'char'> = T extends ScalarType
  ? ScalarValue<T>
  : string;

type Trim<S extends string> = S extends ` ${infer T}` | `${infer T} ` ? Trim<T> : S;
type Type<S extends string> = S extends ScalarType ? S : S extends `char${number}` ? 'char' : never;

/** One item of a field list; nothing for `record` and `pad`. */
type Item<S extends string> =
  Trim<S> extends `${infer Name}:${infer T}`
    ? Trim<Name> extends 'pad'
      ? unknown
      : { readonly [F in Trim<Name>]: Type<Trim<T>> }
    : unknown;

type List<S extends string, Found = unknown> = S extends `${infer Head},${infer Rest}`
  ? List<Rest, Found & Item<Head>>
  : Found & Item<S>;

type LayoutFields<L extends string> = L extends keyof typeof PRESETS
  ? List<(typeof PRESETS)[L]>
  : List<L>;

type CheckFields<R extends RecordKind, C extends ProfileName | undefined> = [C] extends [undefined]
  ? unknown
  : {
      readonly [F in (typeof CHECK_COLUMNS)[R][number] as F['name']]: F['type'];
    };

/** The struct of the records of a kind: a ring holds io_events. */
export type RecordOf<K extends Kind> = K extends 'aio_ring' ? 'io_event' : K;

/**
 * The fields beside those of the struct, of a kind, a layout and the profile of a check: known if
 * the layout is a literal.
 */
export type FieldsOf<
  K extends Kind,
  L extends string | undefined,
  C extends ProfileName | undefined,
> = string extends L
  ? FieldTypes
  : Flat<LayoutFields<L extends string ? L : 'record'> & CheckFields<RecordOf<K>, C>>;

type Flat<T> = { readonly [F in keyof T]: Extract<T[F], ScalarType | 'char'> };
