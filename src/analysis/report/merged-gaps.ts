import { EVENT, EVENT_FLAGS, EVENT_KIND, EVENT_SHIFT, EVENTS } from '../match/event-layout.ts';
import type { InputStream } from '../match/input-stream.ts';
import type { MatchEvents } from '../match/pair-sink.ts';
import type { TimeCut } from '../match/time-cut.ts';
import { BothGaps } from './both-gaps.ts';

/** The times and threads of a stream. */
interface Stamps {
  readonly ts: Uint32Array;
  readonly tid: Uint32Array;
}

/** Counts the gaps of two streams while a match takes their records in order of time. */
export class MergedGaps {
  /** Undefined if a stream does not show threads. */
  readonly gaps: BothGaps | undefined;
  readonly #streams: readonly [Stamps, Stamps];
  readonly #cut: TimeCut | undefined;

  constructor(streams: readonly [InputStream, InputStream], cut: TimeCut | undefined) {
    const [submissions, completions] = streams;
    const tids = [submissions.narrow('tid'), completions.narrow('tid')];
    const [first, second] = tids.map((tid) => tid ?? new Uint32Array());
    this.#streams = [
      { ts: submissions.ts, tid: first },
      { ts: completions.ts, tid: second },
    ];
    this.#cut = cut;
    if (!tids.includes(null)) this.gaps = new BothGaps();
  }

  /** Takes the next records of both. */
  observe({ words, count }: MatchEvents): void {
    const { gaps } = this;
    if (gaps === undefined) return;
    const [submissions, completions] = this.#streams;
    const cut = this.#cut;
    for (let at = 0, end = count << EVENT_SHIFT; at < end; at += 1 << EVENT_SHIFT) {
      const what = words[at + EVENT.what];
      if ((what & EVENT_KIND) === EVENTS.left || (what & EVENT_FLAGS.early) !== 0) continue;
      const isReaped = (what & EVENT_FLAGS.completion) !== 0;
      const { ts, tid } = isReaped ? completions : submissions;
      const row = words[at + EVENT.row];
      const low = ts[2 * row];
      const high = ts[2 * row + 1];
      if (cut?.has(low, high) === false) continue;
      gaps.add(tid[row], low, high, isReaped);
    }
  }
}
