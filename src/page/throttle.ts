// Progress that is not told more often than anybody can read.
import type { Progress } from '../index.ts';

/** Calls `tell` at most every `ms`, and not at all for what takes less. */
export function throttled(
  tell: (progress: Progress) => void,
  ms: number,
): (progress: Progress) => void {
  let toldAt = performance.now();
  return (progress) => {
    const now = performance.now();
    if (now - toldAt < ms) return;
    toldAt = now;
    tell(progress);
  };
}
