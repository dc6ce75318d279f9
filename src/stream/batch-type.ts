import type { Columns, RECORDS, RecordKind, RecordObject } from '../abi/record.ts';
import type { FieldArray, FieldTypes, FieldValue, RecordOf } from '../layout/layout-type.ts';
import type { Kind } from '../layout/schema.ts';
import type { ColumnArray } from './decoder.ts';
import type { Value } from './named.ts';
import type { RingImage } from './ring.ts';

/**
 * The columns of a batch by name: ABI names for the struct, the layout's for the envelope. Those of
 * the envelope are typed if the layout is a literal.
 */
export type BatchColumns<
  R extends RecordKind,
  F extends FieldTypes = FieldTypes,
> = R extends RecordKind ? Columns<(typeof RECORDS)[R]> & FieldColumns<F> : never;

type FieldColumns<F extends FieldTypes> = string extends keyof F
  ? { readonly [name: string]: ColumnArray }
  : { readonly [N in keyof F]: FieldArray<F[N]> };

/**
 * The name of a column of a batch: one that a literal layout does not have does not compile. A
 * `string`, whose value is known at run time only, does.
 */
export type ColumnName<R extends RecordKind, F extends FieldTypes, N extends string> = N &
  (string extends N ? unknown : keyof BatchColumns<R, F>);

/**
 * One record as a plain object: 64-bit fields are bigint, descriptors are signed, envelope fields
 * have the layout's names.
 */
export type BatchRecord<
  R extends RecordKind,
  F extends FieldTypes = FieldTypes,
> = R extends RecordKind ? RecordObject<(typeof RECORDS)[R]> & FieldValues<F> : never;

type FieldValues<F extends FieldTypes> = string extends keyof F
  ? { [name: string]: Value }
  : { -readonly [N in keyof F]: FieldValue<F[N]> };

/** The kinds whose records are of a struct: a ring holds io_events. */
export type KindOf<R extends RecordKind> = {
  [K in Kind]: RecordOf<K> extends R ? K : never;
}[Kind];

/** The parts of a ring image that a batch needs to place its records. */
type RingPlace = Pick<RingImage, 'slots' | 'headerBytes' | 'liveEvents'>;

/** Where the records of a batch are in their source. */
export interface BatchPlace {
  /** Index in the source of the first record that was read for the batch. */
  readonly firstIndex: number;
  /** With conditions: the positions of the selected records, relative to `firstIndex`. */
  readonly rows?: Uint32Array | Float64Array | undefined;
  /** The records as stored in the source, one after another. */
  readonly bytes?: Uint8Array | undefined;
  /** The ring image whose slots the records are; undefined for other kinds. */
  readonly ring: RingPlace | undefined;
  /** Whether the arena still holds the columns. */
  readonly isLive: () => boolean;
}

/** The byte offset of record `index` in its source. */
export const offsetAt = ({ ring }: BatchPlace, index: number, stride: number): number =>
  ring === undefined ? index * stride : ring.headerBytes + ring.slots[index] * stride;
