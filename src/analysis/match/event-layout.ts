import { EVENTS_BYTES, OPEN_AT_ADDRESS_MAX } from './kernel-layout.ts';
import { struct, words } from './struct.ts';

/** What became of a record, or of a submission in flight. */
export const EVENT_STRUCT = struct({
  what: 'u32', // One of `EVENTS`, bits of `EVENT_FLAGS`, then the slot of the submission.
  row: 'u32', // The row of the record in its block.
  ts: 'u64', // The time of the submission of a pair.
});
export const EVENT = words(EVENT_STRUCT);
/** log2 of the words from one event to the next. */
export const EVENT_SHIFT = 2;

export const EVENTS = {
  /** A record that is neither of the next two. */
  passed: 0,
  /** A submission is in flight. */
  opened: 1,
  /** A submission has completed. */
  settled: 2,
  /** A submission left flight without a completion: its row is 0. */
  left: 3,
} as const;
/** The bits of `what` that have one of these. */
export const EVENT_KIND = 3;
export const EVENT_FLAGS = {
  /** The record is a completion. */
  completion: 4,
  /** The pair is across a silence. */
  across: 8,
  /** The completion came before its submission: it has been among the records already. */
  early: 16,
} as const;
/** Where the slot begins in `what`. */
export const EVENT_SLOT_SHIFT = 5;

/** Events that there is room for, and with how many more the next record may not fit. */
export const EVENTS_MAX: number = EVENTS_BYTES >> (EVENT_SHIFT + 2);
export const EVENTS_ENOUGH: number = EVENTS_MAX - OPEN_AT_ADDRESS_MAX - 1;
