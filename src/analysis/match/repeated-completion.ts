// Completions that a capture has twice, among those without a submission.
import type { CompletionColumns } from './key-columns.ts';

/** How much later such a completion can be (ns): no request is submitted and completes so fast. */
const REPEATED_NS_MAX = 2000;
/** Rows that are compared. */
const LOOKED_AT_MAX = 64;

/**
 * Returns whether row `j` is equal to a row at most 2 µs before it, in its block or at the end of
 * the last one.
 */
export function repeatsOneBefore(columns: CompletionColumns, j: number): boolean {
  const own = columns.wordsOf(j);
  for (let i = j - 1; i >= Math.max(-1, j - LOOKED_AT_MAX); i--) {
    const other = i < 0 ? columns.before : columns.wordsOf(i);
    const laterNs = (own[1] - other[1]) * 2 ** 32 + (own[0] - other[0]);
    // Not of a block that does not exist, whose words are missing.
    if (!(laterNs <= REPEATED_NS_MAX)) return false;
    if (own.every((word, at) => at < 2 || word === other[at])) return true;
  }
  return false;
}
