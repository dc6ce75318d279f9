// Completions that a capture has twice, among those without a submission.
import type { CompletionColumns } from './key-columns.ts';

/** How much later such a completion can be (ns): no request is submitted and completes so fast. */
const REPEATED_NS_MAX = 2000;
/** Rows that are compared. */
const LOOKED_AT_MAX = 64;

/** Returns whether row `j` is equal to a row before it in its block, at most 2 µs later. */
export function repeatsOneBefore(columns: CompletionColumns, j: number): boolean {
  const { ts, key, keyPid, ctx, data, res, res2 } = columns;
  const wide = [key, ctx, data, res, res2];
  const isWideEqual = (words: Uint32Array, i: number) =>
    words[2 * i] === words[2 * j] && words[2 * i + 1] === words[2 * j + 1];
  const laterNs = (i: number) =>
    (ts[2 * j + 1] - ts[2 * i + 1]) * 2 ** 32 + (ts[2 * j] - ts[2 * i]);
  for (let i = j - 1; i >= Math.max(0, j - LOOKED_AT_MAX) && laterNs(i) <= REPEATED_NS_MAX; i--)
    if (keyPid[i] === keyPid[j] && wide.every((words) => isWideEqual(words, i))) return true;
  return false;
}
