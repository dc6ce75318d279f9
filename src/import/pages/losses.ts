// What the kernel counted beside the pages: how often probes were hit, and what buffers lost.
import type { TraceLoss } from '../../trace/manifest.ts';
import type { CpuStream } from './cpu-stream.ts';

/** How often a probe was hit. */
interface ProbeHits {
  readonly hits: number;
  /** Those at which the kernel had no room to run the probe. They are not among the hits. */
  readonly misses: number;
}

/** How often each probe was hit, of `kprobe_profile`: the columns are name, hits and misses. */
export function probeHits(text: string): Map<string, ProbeHits> {
  const rows = text.matchAll(/^\s*(\w+)\s+(\d+)\s+(\d+)\s*$/gm);
  return new Map(
    [...rows].map(([, name, hits, misses]) => [
      name,
      { hits: Number(hits), misses: Number(misses) },
    ]),
  );
}

/**
 * Leaves out hits that the kernel counted and did not record while probes were being switched off:
 * hits since `before` was read, if as many events as it has hits were recorded. Returns also how
 * many hits these are.
 */
export function hitsUntilOff(
  before: ReadonlyMap<string, ProbeHits>,
  after: ReadonlyMap<string, ProbeHits>,
  recorded: ReadonlyMap<string, number>,
): { hits: Map<string, ProbeHits>; leftOut: number } {
  let leftOut = 0;
  const hits = new Map(
    [...after].map(([name, { hits, misses }]) => {
      const count = recorded.get(name) ?? 0;
      const least = before.get(name)?.hits ?? Number.POSITIVE_INFINITY;
      const until = least <= count && count < hits ? count : hits;
      leftOut += hits - until;
      return [name, { hits: until, misses }] as const;
    }),
  );
  return { hits, leftOut };
}

/** What the kernel says of the buffer of a CPU, of `per_cpu/cpuN/stats`. */
export interface BufferStats {
  /** Events that were put into it, or lost. */
  readonly hits: number;
  /** Whether events were lost where pages do not say so. */
  readonly losesSilently: boolean;
}

/** The names of counters, of which all are events. */
const COUNTERS = ['entries', 'overrun', 'commit overrun', 'dropped events', 'read events'];

/** Parses the counters of a buffer. Returns undefined if one is missing. */
export function bufferStats(text: string): BufferStats | undefined {
  const counts = COUNTERS.map((name) => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1]);
  if (counts.includes(undefined)) return undefined;
  const [entries, overrun, commitOverrun, dropped, read] = counts.map(Number);
  return {
    hits: entries + overrun + commitOverrun + dropped + read,
    losesSilently: commitOverrun + dropped > 0,
  };
}

const lossOf = (of: string, hits: number, recorded: number): TraceLoss => ({
  of,
  hits,
  recorded,
  // Fewer hits than events: they were counted before the end, or of another run.
  lost: hits < recorded ? null : hits - recorded,
});

/** The losses of probes, of which `recorded` counts the events. */
export const probeLosses = (
  hits: ReadonlyMap<string, ProbeHits>,
  recorded: ReadonlyMap<string, number>,
): TraceLoss[] =>
  [...recorded].flatMap(([name, count]) => {
    const found = hits.get(name);
    return found === undefined ? [] : [lossOf(name, found.hits + found.misses, count)];
  });

/** The losses of the buffer of a CPU; undefined if nothing says that there were any. */
export function bufferLoss(
  { cpu, events, missed }: CpuStream,
  stats: BufferStats | undefined,
): TraceLoss | undefined {
  const of = `buffer of cpu${cpu}`;
  if (stats !== undefined) return lossOf(of, stats.hits, events);
  if (missed === 0) return undefined;
  return { of, hits: events + (missed ?? 0), recorded: events, lost: missed };
}
