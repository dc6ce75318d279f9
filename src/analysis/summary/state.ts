/**
 * The state of an object as another thread gets it: its public fields, without methods. Cloning
 * leaves out private fields and getters, so nothing that merges a state may read these.
 */
export type StateOf<T> = T extends
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | ArrayBufferView
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, StateOf<V>>
    : T extends readonly unknown[]
      ? { readonly [I in keyof T]: StateOf<T[I]> }
      : {
          readonly [K in keyof T as T[K] extends (...args: never[]) => unknown
            ? never
            : K]: StateOf<T[K]>;
        };
