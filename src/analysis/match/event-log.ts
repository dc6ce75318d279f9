import {
  EVENT,
  EVENT_FLAGS,
  EVENT_KIND,
  EVENT_SHIFT,
  EVENT_SLOT_SHIFT,
  EVENTS,
  EVENTS_MAX,
} from './event-layout.ts';
import type { InputStream } from './input-stream.ts';
import { ENTRY, ENTRY_SHIFT, MATCH } from './kernel-layout.ts';
import type { CountedColumns, PairObserver } from './pair-sink.ts';
import type { MatchState } from './state.ts';

const { completion, across, early } = EVENT_FLAGS;

/**
 * What the kernel and the matcher have done since the observer last read it, in order. The observer
 * reads it before the next blocks overwrite the rows that it refers to.
 */
export class EventLog {
  readonly #state: MatchState;
  readonly #streams: readonly [InputStream, InputStream];
  readonly #observer: PairObserver;
  readonly #words: Uint32Array;
  readonly #completions: CountedColumns;
  /** Whether an event has been added for the record that the matcher takes. */
  #hasRecord = false;

  constructor(
    state: MatchState,
    streams: readonly [submissions: InputStream, completions: InputStream],
    observer: PairObserver,
  ) {
    const [, completions] = streams;
    const { ts } = completions;
    this.#state = state;
    this.#streams = streams;
    this.#observer = observer;
    const { arena, plan, words } = state;
    this.#words = new Uint32Array(arena.buffer, plan.events, EVENTS_MAX << EVENT_SHIFT);
    this.#completions = {
      ts,
      res: completions.wide('res') ?? new Uint32Array(ts.length),
      get first() {
        return completions.first;
      },
    };
    words[MATCH.events] = plan.events;
  }

  /** Row `row` of a stream has been taken: adds it if nothing else has come of it. */
  passed(stream: 0 | 1, row: number): void {
    if (!this.#hasRecord) this.#add(EVENTS.passed | (stream * completion), 0, row);
    this.#hasRecord = false;
  }

  /** Row `row` of the submissions now has a slot. */
  opened(slot: number, row: number): void {
    this.#hasRecord = true;
    this.#add(EVENTS.opened, slot, row);
  }

  /** The submission in a slot left flight without a completion. */
  left(slot: number): void {
    this.#add(EVENTS.left, slot, 0);
  }

  /** The submission in a slot has completed, as row `row` of these columns. */
  settled(slot: number, columns: CountedColumns, row: number, isAcross: boolean): void {
    const what = EVENTS.settled | completion | (isAcross ? across : 0);
    if (columns.ts === this.#completions.ts) {
      this.#hasRecord = true;
      this.#add(what, slot, row);
      return;
    }
    // These columns are overwritten by the next early completion.
    this.flush();
    this.#add(what | early, slot, row);
    this.#flush(columns);
  }

  /** Tells the observer what it has not been told. */
  flush(): void {
    this.#flush(this.#completions);
  }

  #add(what: number, slot: number, row: number): void {
    const state = this.#state.words;
    if (state[MATCH.eventCount] === EVENTS_MAX) this.flush();
    const { entries } = this.#state;
    const words = this.#words;
    const at = state[MATCH.eventCount] << EVENT_SHIFT;
    const from = (slot << ENTRY_SHIFT) + ENTRY.tsLow;
    const isPair = (what & EVENT_KIND) === EVENTS.settled;
    words[at + EVENT.what] = what | (slot << EVENT_SLOT_SHIFT);
    words[at + EVENT.row] = row;
    words[at + EVENT.tsLow] = isPair ? entries[from] : 0;
    words[at + EVENT.tsHigh] = isPair ? entries[from + 1] : 0;
    state[MATCH.eventCount] += 1;
  }

  #flush(completions: CountedColumns): void {
    const state = this.#state.words;
    const count = state[MATCH.eventCount];
    if (count === 0) return;
    for (const stream of this.#streams) stream.widen();
    this.#observer.observe({ words: this.#words, count, completions });
    state[MATCH.eventCount] = 0;
  }
}
