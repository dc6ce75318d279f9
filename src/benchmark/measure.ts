// Contenders are interleaved, so that other load on the machine affects all of them alike.

/** Work to be timed. */
export interface Timed {
  readonly name: string;
  /** Performs this many steps; more steps reduce the weight of the clock. */
  readonly run: (steps: number) => void;
}

/** Nanoseconds per step: the median of the samples, and their 5th and 95th percentiles. */
export interface Timing {
  readonly median: number;
  readonly p05: number;
  readonly p95: number;
  readonly samples: number;
}

/** The minimum length of a sample, which makes the clock's own cost negligible. */
const SAMPLE_MS = 1;
/** The share of the time spent on warming up the JIT before the samples. */
const WARM_SHARE = 0.3;
const ROUNDS_MIN = 3;
/** The clock's resolution. */
const CLOCK_MS = 0.001;

/** Returns the duration of `steps` in milliseconds. */
function timeOf(timed: Timed, steps: number): number {
  const begun = performance.now();
  timed.run(steps);
  return performance.now() - begun;
}

/** Runs until warm; returns the steps per sample. */
function warmUp(timed: Timed, warmMs: number): number {
  const begun = performance.now();
  let steps = 1;
  let last = timeOf(timed, steps);
  while (performance.now() - begun < warmMs) {
    if (last < SAMPLE_MS) steps *= 2;
    last = timeOf(timed, steps);
  }
  return Math.max(1, Math.ceil((steps * SAMPLE_MS) / Math.max(last, CLOCK_MS)));
}

function timing(samples: number[]): Timing {
  const sorted = samples.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return { median: at(0.5), p05: at(0.05), p95: at(0.95), samples: sorted.length };
}

/**
 * Times everything for `timeMs` each, in rounds of rotating order; at least three rounds, whatever
 * they take.
 */
export function measure(all: readonly Timed[], timeMs: number): Timing[] {
  const steps = all.map((timed) => warmUp(timed, timeMs * WARM_SHARE));
  const samples = all.map((): number[] => []);
  const begun = performance.now();
  for (
    let round = 0;
    round < ROUNDS_MIN || performance.now() - begun < timeMs * (1 - WARM_SHARE) * all.length;
    round++
  ) {
    for (let turn = 0; turn < all.length; turn++) {
      const i = (turn + round) % all.length;
      samples[i].push((timeOf(all[i], steps[i]) * 1e6) / steps[i]);
    }
  }
  return samples.map(timing);
}

/**
 * As above, for asynchronous work of some length: one run per sample, without warm-up, since it has
 * been checked.
 */
export async function measureWhole(
  all: readonly (() => Promise<unknown>)[],
  timeMs: number,
): Promise<Timing[]> {
  const samples = all.map((): number[] => []);
  const begun = performance.now();
  for (
    let round = 0;
    round < ROUNDS_MIN || performance.now() - begun < timeMs * all.length;
    round++
  ) {
    for (let turn = 0; turn < all.length; turn++) {
      const i = (turn + round) % all.length;
      const start = performance.now();
      await all[i]();
      samples[i].push((performance.now() - start) * 1e6);
    }
  }
  return samples.map(timing);
}
