// What charts need to show and to change the selected range.
import { clearRange, selectRange } from '../actions.ts';
import type { TimeRange } from '../session.ts';
import { range } from '../state.ts';

/** The properties of charts over time. */
export const brushing = () => ({
  range: range.value ?? undefined,
  onBrush: (selected: TimeRange) => void selectRange(selected),
  onBack: clearRange,
});
