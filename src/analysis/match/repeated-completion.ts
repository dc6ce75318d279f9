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
  const { ts, before } = columns;
  const [low, high] = [ts[2 * j], ts[2 * j + 1]];
  const least = Math.max(0, j - LOOKED_AT_MAX);
  for (let i = j - 1; i >= least; i--) {
    if ((high - ts[2 * i + 1]) * 2 ** 32 + (low - ts[2 * i]) > REPEATED_NS_MAX) return false;
    if (columns.areEqual(i, j)) return true;
  }
  if (least > 0 || before.length === 0) return false;
  if ((high - before[1]) * 2 ** 32 + (low - before[0]) > REPEATED_NS_MAX) return false;
  return columns.wordsOf(j).every((word, at) => at < 2 || word === before[at]);
}
