import type { Lane } from './lane.ts';

/**
 * Tells of row `i` of the submissions whether the rules of Linux refuse it, so that it is never in flight. Where it is known
 * which were refused, nobody asks, and the lane has no such column.
 */
export function neverOpens(submissions: Lane): (i: number) => boolean {
  const reasons = submissions.narrow('firstReason');
  return reasons === null ? () => false : (i) => reasons[i] !== 0;
}
