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
