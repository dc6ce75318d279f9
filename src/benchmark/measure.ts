// Contenders take turns, so that whatever else the machine does hits all of them alike.

/** What is timed: does some of its work, and says how many bytes and records that was. */
export interface Timed {
  readonly name: string;
  /** Do so many steps; the more there are, the less the clock weighs. */
  readonly run: (steps: number) => void;
}

/** Nanoseconds a step: the median of the samples, and where 5 and 95 of 100 lie. */
export interface Timing {
  readonly median: number;
  readonly p05: number;
  readonly p95: number;
  readonly samples: number;
}

/** A sample lasts at least so long: the clock's own cost disappears in it. */
const SAMPLE_MS = 1;
/** A share of the time goes before the samples, for the JIT to find out what is hot. */
const WARM_SHARE = 0.3;
const ROUNDS_MIN = 3;
/** Nothing is shorter than the clock can tell. */
const CLOCK_MS = 0.001;

/** How long `steps` take (ms). */
function timeOf(timed: Timed, steps: number): number {
  const begun = performance.now();
  timed.run(steps);
  return performance.now() - begun;
}

/** Run until it is warm; gives the steps of a sample. */
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

/** Time everything for `timeMs` each, in rounds whose order turns: at least three, however long they last. */
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

/** The same of what takes long, and may wait: once a sample. It is warm, since it has been checked. */
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
