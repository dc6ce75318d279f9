/**
 * The type of a class that a program has as a global, where its types have it: those of the DOM or
 * of Node. So these types compile without either.
 */
export type GlobalType<Name extends string> = typeof globalThis extends {
  readonly [N in Name]: { readonly prototype: infer Instance };
}
  ? Instance
  : never;
