declare global {
  // As in TypeScript's lib esnext.disposable and @types/node, for programs that have neither: an
  // older TypeScript rejects our declarations where a method is called `[Symbol.asyncDispose]`.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
}

/** What `await using` closes. */
export interface AsyncDisposable {
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `using` ends. */
export interface Disposable {
  /** For `using`. */
  [Symbol.dispose](): void;
}

/**
 * The methods that `using` and `await using` call. Where a runtime has no name for them, compilers
 * that translate `using` take these.
 */
export const DISPOSE: typeof Symbol.dispose = (Symbol.dispose ??
  Symbol.for('Symbol.dispose')) as typeof Symbol.dispose;
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose = (Symbol.asyncDispose ??
  Symbol.for('Symbol.asyncDispose')) as typeof Symbol.asyncDispose;
