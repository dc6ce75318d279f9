import type { InputStream } from '../match/input-stream.ts';
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

  /** Takes the next record: a row of the first or the second stream. */
  add(stream: 0 | 1, row: number): void {
    if (this.gaps === undefined) return;
    const { ts, tid } = this.#streams[stream];
    const [low, high] = [ts[2 * row], ts[2 * row + 1]];
    if (this.#cut?.has(low, high) === false) return;
    this.gaps.add(tid[row], low, high, stream === 1);
  }
}
