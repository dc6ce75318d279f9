// What charts need to show and to change the selected range.
import { clearRange, selectRange } from '../actions.ts';
import type { TimeRange } from '../session.ts';
import { range, ranged } from '../state.ts';

/** The properties of charts over time. */
export const brushing = () => ({
  // Charts of the range itself need no mark.
  range: ranged.value === null ? (range.value ?? undefined) : undefined,
  onBrush: (selected: TimeRange) => void selectRange(selected),
  onBack: clearRange,
});
