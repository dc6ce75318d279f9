/** The most bytes of a bundle of one function, and the module of dist/ that has it. */
export interface SizeBudget {
  readonly name: string;
  readonly door: string;
  readonly bytes: number;
}
export const BUDGETS: readonly SizeBudget[];

/** Bytes, minified and gzipped. */
export interface BundleSize {
  /** Of what a page loads first. */
  readonly bytes: number;
  /** Of each chunk that it loads when it needs it. */
  readonly lazy: readonly { readonly name: string; readonly bytes: number }[];
}
export function sizeOf(budget: SizeBudget): Promise<BundleSize>;
