// Latencies of pairs: over time, by size and by priority.
import { EVENT, EVENT_FLAGS, EVENT_KIND, EVENT_SHIFT, EVENTS } from '../match/event-layout.ts';
import type { MatchEvents } from '../match/pair-sink.ts';
import type { SilenceJson } from '../match/silences-json.ts';
import { type Span, timeAt } from '../match/waiting-pairs.ts';
import { type AxisJson, FoldAxis } from './fold-axis.ts';
import { type GridJson, Log2Map } from './fold-grid.ts';
import { LatencyGroups } from './latency-groups.ts';
import { PRIORITY_SHIFT } from './pair-requests.ts';
import { WRITEV } from './request-kind.ts';

/** The kind of a pair that is in no group of latencies. */
export const NO_GROUP: number = WRITEV + 1;

/** The most pairs across silences that are kept. */
const ACROSS_MAX = 2 ** 16;

/** A pair across a silence, with what its latency is counted by. */
interface AcrossPair extends Span {
  readonly kind: number;
  readonly size: number;
  readonly flags: number;
}

const wordsOfTime = (ts: bigint): Uint32Array =>
  Uint32Array.of(Number(ts & 0xffffffffn), Number(ts >> 32n));

/** Whether an event is a pair that is counted at once, with a latency that has a log2 bucket. */
function isPlaced(words: Uint32Array, at: number, ts: Uint32Array): boolean {
  const what = words[at + EVENT.what];
  if ((what & EVENT_KIND) !== EVENTS.settled || (what & EVENT_FLAGS.across) !== 0) return false;
  const end = 2 * words[at + EVENT.row];
  const high = words[at + EVENT.tsHigh];
  return ts[end + 1] > high || (ts[end + 1] === high && ts[end] >= words[at + EVENT.tsLow]);
}

export class PairLatencies {
  readonly #axis = new FoldAxis('ns');
  readonly #map = new Log2Map(this.#axis, 'ns');
  readonly #groups = new LatencyGroups();
  /** Pairs across silences, until it is known in which of them records were lost. */
  readonly #across: AcrossPair[] = [];

  /**
   * Returns the bin that all pairs of these events are in; -1 if they are in several. Completions
   * are in order of time, so that the first and the last pair tell.
   */
  slotOf({ words, count, completions: { ts } }: MatchEvents): number {
    const axis = this.#axis;
    const end = count << EVENT_SHIFT;
    let at = 0;
    while (at < end && !isPlaced(words, at, ts)) at += 1 << EVENT_SHIFT;
    if (at === end) return -1;
    const first = words[at + EVENT.row];
    at = end - (1 << EVENT_SHIFT);
    while (!isPlaced(words, at, ts)) at -= 1 << EVENT_SHIFT;
    axis.place(ts, first);
    const slot = axis.place(ts, words[at + EVENT.row]);
    return axis.place(ts, first) === slot ? slot : -1;
  }

  /**
   * Adds a latency, as the differences of its words, that ends at row `row` of these times, in bin
   * `slot` if that is not -1.
   */
  add(
    kind: number,
    size: number,
    flags: number,
    low: number,
    difference: number,
    ts: Uint32Array,
    row: number,
    slot: number,
  ): void {
    const high = difference - Number(low < 0);
    // Negative latencies have no log2 bucket; matching counts them.
    if (high >= 0) {
      const bin = slot < 0 ? this.#axis.place(ts, row) : slot;
      this.#map.add(bin, low | 0, high | 0);
    }
    if (kind !== NO_GROUP) this.#groups.add(kind, size, flags >>> PRIORITY_SHIFT, low, difference);
  }

  /** Has the latency of a pair across a silence wait for the end: two times, as words. */
  wait(
    kind: number,
    size: number,
    flags: number,
    begins: Uint32Array,
    from: number,
    ends: Uint32Array,
    to: number,
  ): void {
    if (this.#across.length === ACROSS_MAX) return;
    const span = { from: timeAt(begins, from), to: timeAt(ends, to) };
    this.#across.push({ ...span, kind, size, flags });
  }

  /** Adds the latencies of pairs across silences in which no records were lost. */
  addAcross(silences: readonly SilenceJson[]): void {
    const lost = silences
      .filter((silence) => silence.lost)
      .map(({ at, lengthNs }) => ({ from: BigInt(at), to: BigInt(at) + BigInt(lengthNs) }));
    for (const { kind, size, flags, ...span } of this.#across) {
      if (lost.some(({ from, to }) => from >= span.from && to <= span.to)) continue;
      const [from, to] = [span.from, span.to].map(wordsOfTime);
      this.add(kind, size, flags, to[0] - from[0], to[1] - from[1], to, 0, -1);
    }
  }

  bySize(): ReturnType<LatencyGroups['bySize']> {
    return this.#groups.bySize();
  }

  byPriority(): ReturnType<LatencyGroups['byPriority']> {
    return this.#groups.byPriority();
  }

  /** Returns the map of latencies; undefined if there are none, except negative ones. */
  byTime(): { axis: AxisJson; map: GridJson } | undefined {
    const [begin, end] = this.#axis.used;
    return begin === end ? undefined : { axis: this.#axis.toJSON(), map: this.#map.toJSON() };
  }
}
