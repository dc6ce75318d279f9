/** Bytes of each field type; `usize` is an address in the memory of the kernels. */
const WIDTHS = { u32: 4, usize: 4, u64: 8, i64: 8, f64: 8 } as const;
type FieldType = keyof typeof WIDTHS;
type Fields = Readonly<Record<string, FieldType>>;

/** A struct that JavaScript and the kernels share. Its fields are naturally aligned, as in C. */
export interface Struct<F extends Fields = Fields> {
  readonly fields: F;
  /** Where each field begins, in bytes. */
  readonly offsets: { readonly [N in keyof F]: number };
  /** Bytes up to the end of the last field. */
  readonly byteLength: number;
}

/** How JavaScript names the 32-bit words of a struct: `older`, or `tsLow` and `tsHigh`. */
type WordName<F extends Fields> = {
  [N in keyof F & string]: F[N] extends 'u32' | 'usize'
    ? N
    : F[N] extends 'f64'
      ? never
      : `${N}Low` | `${N}High`;
}[keyof F & string];

/** The fields of 64 bits. */
type WideName<F extends Fields> = {
  [N in keyof F]: F[N] extends 'u32' | 'usize' ? never : N;
}[keyof F];

/** Lays out a struct. */
export function struct<const F extends Fields>(fields: F): Struct<F> {
  const offsets: Record<string, number> = {};
  let end = 0;
  for (const [field, type] of Object.entries(fields)) {
    const width = WIDTHS[type];
    offsets[field] = Math.ceil(end / width) * width;
    end = offsets[field] + width;
  }
  return { fields, offsets: offsets as Struct<F>['offsets'], byteLength: end };
}

/** Returns the index of each word of a struct in a `Uint32Array`. */
export function words<F extends Fields>({ fields, offsets }: Struct<F>) {
  const named = Object.entries(fields).flatMap(([name, type]) => {
    const at = offsets[name] / 4;
    const low = [`${name}Low`, at] as const;
    return WIDTHS[type] === 4 ? [[name, at] as const] : [low, [`${name}High`, at + 1] as const];
  });
  return Object.fromEntries(named) as { readonly [W in WordName<F>]: number };
}

/** Returns the index of each 64-bit field in a `BigInt64Array` or a `Float64Array`. */
export function longs<F extends Fields>({ fields, offsets }: Struct<F>) {
  const wide = Object.entries(fields).filter(([, type]) => WIDTHS[type] === 8);
  const named = wide.map(([name]) => [name, offsets[name] / 8]);
  return Object.fromEntries(named) as { readonly [N in WideName<F>]: number };
}
