import { ExactSum } from './exact-sum.ts';

/** Depths up to this are counted each for itself; above, by powers of two. */
const EXACT_DEPTHS = 4096;

/** How often a submission brought the number in flight to `from` … `to`. */
export interface DepthBucket {
  from: number;
  to: number;
  count: number;
}

/** How many requests are in flight. */
export class Depth {
  now = 0;
  max = 0;
  /** The sum of the times that requests were in flight (ns): by the length of the capture it is the mean depth. */
  readonly inFlightNs = new ExactSum();
  readonly #counts = new Float64Array(EXACT_DEPTHS + 1);
  readonly #above = new Float64Array(32);

  /** A request goes on its way. */
  open(): void {
    const depth = this.now + 1;
    this.now = depth;
    if (depth > this.max) this.max = depth;
    if (depth <= EXACT_DEPTHS) this.#counts[depth] += 1;
    else this.#above[31 - Math.clz32(depth)] += 1;
  }

  histogram(): DepthBucket[] {
    const exact = Array.from(this.#counts, (count, depth) => ({ from: depth, to: depth, count }));
    const above = Array.from(this.#above, (count, bit) => ({ from: Math.max(2 ** bit, EXACT_DEPTHS + 1), to: 2 ** (bit + 1) - 1, count }));
    return [...exact, ...above].filter(({ count }) => count > 0);
  }
}
