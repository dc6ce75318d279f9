// Batches as they are defined, of records in memory.
import type { BatchJson } from '../../src/node.ts';
import type { Plain } from './summary.ts';

interface Step {
  /** Nanoseconds since the last record of the thread; undefined of the first. */
  readonly gap: number | undefined;
  /** Whether the thread was in another call in between. */
  readonly isSure: boolean;
}

const isEarlier = (a: Plain, b: Plain): number => (a.ts < b.ts ? -1 : Number(a.ts > b.ts));

/** The steps of each thread of a stream; `others` is the other stream, before it at equal times. */
function stepsOf(records: readonly Plain[], others: readonly Plain[], isFirst: boolean): Step[][] {
  const mine = records.map((record) => ({ record, isMine: true }));
  const theirs = others.map((record) => ({ record, isMine: false }));
  const merged = isFirst ? [...mine, ...theirs] : [...theirs, ...mine];
  if (others.length > 0) merged.sort((a, b) => isEarlier(a.record, b.record));
  const threads = new Map<bigint, Step[]>();
  const last = new Map<bigint, { ts: bigint | undefined; isMine: boolean }>();
  for (const { record, isMine } of merged) {
    const { tid, ts } = record;
    const before = last.get(tid);
    last.set(tid, { ts: isMine ? ts : before?.ts, isMine });
    if (!isMine) continue;
    const since = before?.ts;
    const passed = since === undefined ? undefined : Number(ts - since);
    const gap = passed !== undefined && passed < 0 ? Number.POSITIVE_INFINITY : passed;
    const step = { gap, isSure: since !== undefined && before?.isMine === false };
    const steps = threads.get(tid);
    if (steps === undefined) threads.set(tid, [step]);
    else steps.push(step);
  }
  return [...threads.values()];
}

/** The lengths of runs whose gaps are at most `ns`. */
const runs = (threads: readonly Step[][], ns: number): number[] =>
  threads.flatMap((steps) => {
    const starts = steps.flatMap(({ gap, isSure }, i) =>
      i === 0 || isSure || (gap ?? 0) > ns ? [i] : [],
    );
    return starts.map((start, i) => (starts[i + 1] ?? steps.length) - start);
  });

type Found = Omit<BatchJson, 'percentiles' | 'calls'>;

/** Batches by the times of records, without percentiles; undefined if there are no records. */
export function naiveBatch(
  records: readonly Plain[],
  others: readonly Plain[] = [],
  isFirst = true,
): Found | undefined {
  if (records.length === 0) return undefined;
  const threads = stepsOf(records, others, isFirst);
  const steps = threads.flat();
  const gaps = steps.flatMap(({ gap, isSure }) => (gap === undefined || isSure ? [] : [gap]));
  const est = (ns: number) => records.length / runs(threads, ns).length;
  const up = est(Number.POSITIVE_INFINITY);
  const count = (from: number, to: number) => gaps.filter((gap) => gap >= from && gap <= to).length;
  const gapless = { mean: null, max: null, known: false, low: 1, high: up, from: 'gaps' } as const;
  const isCoarse = gaps.length > 0 && !steps.some(({ gap = 0 }) => gap % 10_000 > 0);
  if (isCoarse || count(1, 49) > 0.02 * gaps.length)
    return up <= 1.15 ? { ...gapless, mean: Math.sqrt(up), known: true } : gapless;
  const equal = count(0, 0);
  const all = steps.length - threads.length;
  if (equal > 0.02 * all && count(1, 1000) <= 0.05 * equal) {
    const mean = est(0);
    const max = Math.max(...runs(threads, 0));
    return { mean, max, known: true, low: mean, high: mean, from: 'stamps' };
  }
  const low = est(500);
  const plateau = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000].find(
    (ns) => est(8 * ns) <= 1.1 * est(ns),
  );
  const told = { known: true, low, high: up, from: 'gaps' } as const;
  const max = plateau === undefined ? null : Math.max(...runs(threads, 2.8 * plateau));
  if (up <= 1.15 * low) return { mean: Math.sqrt(up * low), max, ...told };
  const mean = plateau === undefined ? undefined : est(2.8 * plateau);
  if (mean !== undefined && (mean > 1.1 || est(40_000) <= 1.1)) return { mean, max, ...told };
  const large = est(2800);
  const isRange = large >= 8 && up <= 1.4 * large && count(0, 600) >= gaps.length / 2;
  return { ...gapless, low: isRange ? large : low };
}
