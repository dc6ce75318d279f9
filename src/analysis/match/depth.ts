import { EXACT_DEPTHS, MATCH } from '../../engine/match-state.ts';
import { ExactSum } from './exact-sum.ts';
import type { MatchState } from './match-state.ts';

/** How often a submission brought the number in flight to `from` … `to`. */
export interface DepthBucket {
  from: number;
  to: number;
  count: number;
}

/** How many requests are in flight. */
export class Depth {
  /** The sum of the times that requests were in flight (ns): by the length of the capture it is the mean depth. */
  readonly inFlightNs = new ExactSum();
  readonly #words: Uint32Array;
  /** Depths up to `EXACT_DEPTHS` each for itself, then by powers of two. */
  readonly #counts: Float64Array;

  constructor({ words, depths }: MatchState) {
    this.#words = words;
    this.#counts = depths;
  }

  get max(): number {
    return this.#words[MATCH.depthMax];
  }

  /** A request goes on its way. */
  open(): void {
    const depth = this.#words[MATCH.depth] + 1;
    this.#words[MATCH.depth] = depth;
    if (depth > this.max) this.#words[MATCH.depthMax] = depth;
    this.#counts[depth <= EXACT_DEPTHS ? depth : EXACT_DEPTHS + 32 - Math.clz32(depth)] += 1;
  }

  /** A request is no longer in flight. */
  close(): void {
    this.#words[MATCH.depth] -= 1;
  }

  histogram(): DepthBucket[] {
    const above = EXACT_DEPTHS + 1;
    const buckets = Array.from(this.#counts, (count, at) => {
      if (at < above) return { from: at, to: at, count };
      return { from: Math.max(2 ** (at - above), above), to: 2 ** (at - above + 1) - 1, count };
    });
    return buckets.filter(({ count }) => count > 0);
  }
}
