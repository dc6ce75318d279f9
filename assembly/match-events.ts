import { Event, EVENT_BYTES, EVENT_LEFT, EVENT_SLOT_SHIFT, MatchState } from "./match-state";

/** Notes what became of a record, or of a slot, if the match is observed. */
@inline
export function note(state: MatchState, what: u32, slot: u32, row: usize, ts: u64): void {
  const events = state.events;
  if (!events) return;
  const count = state.eventCount;
  state.eventCount = count + 1;
  const event = changetype<Event>(events + <usize>count * EVENT_BYTES);
  event.what = what | slot << EVENT_SLOT_SHIFT;
  event.row = <u32>row;
  event.ts = ts;
}

/** Notes that a submission left flight without a completion. */
@inline
export function noteLeft(state: MatchState, slot: u32): void { note(state, EVENT_LEFT, slot, 0, 0); }
