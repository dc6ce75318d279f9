/** The integer types of fields, each with its width in bytes and the typed array of a column. */
export const SCALARS = {
  u8: { byteLength: 1, signed: false, array: Uint8Array },
  i8: { byteLength: 1, signed: true, array: Int8Array },
  u16: { byteLength: 2, signed: false, array: Uint16Array },
  i16: { byteLength: 2, signed: true, array: Int16Array },
  u32: { byteLength: 4, signed: false, array: Uint32Array },
  i32: { byteLength: 4, signed: true, array: Int32Array },
  u64: { byteLength: 8, signed: false, array: BigUint64Array },
  i64: { byteLength: 8, signed: true, array: BigInt64Array },
} as const;

/** The name of an integer type: `u8` … `u64`, `i8` … `i64`. */
export type ScalarType = keyof typeof SCALARS;

/** The typed array that holds a column of scalar type `T`. */
export type ScalarArray<T extends ScalarType = ScalarType> = InstanceType<
  (typeof SCALARS)[T]['array']
>;

/** The JavaScript value of one scalar: bigint for the 64-bit types, number for the rest. */
export type ScalarValue<T extends ScalarType> = T extends 'u64' | 'i64' ? bigint : number;
