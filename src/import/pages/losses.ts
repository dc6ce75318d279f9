// What the kernel counted beside the pages: how often probes were hit, and what buffers lost.
import type { TraceBuilder } from '../../trace/builder.ts';
import type { TraceLoss } from '../../trace/manifest.ts';
import { baseName } from './event-format.ts';
import type { EventStream } from './event-stream.ts';

/** How often a probe was hit, and how often the kernel had no room to run it. */
interface HitCount {
  readonly hits: number;
  readonly misses: number;
}

/** The hits of probes by their names without the numbers of a capture. */
export type ProbeHits = ReadonlyMap<string, HitCount>;

/** The hits of `kprobe_profile`, whose columns are name, hits and misses. */
export function kprobeHits(text: string): ProbeHits {
  // A profile that was copied may have its lines joined.
  const rows = text.replaceAll(';', '\n').matchAll(/^\s*(\w+)\s+(\d+)\s+(\d+)\s*$/gm);
  return hitsOf([...rows].map(([, name, hits, misses]) => [name, Number(hits), Number(misses)]));
}

/** The hits of `uprobe_profile`, whose columns are file, name and hits. */
export function uprobeHits(text: string): ProbeHits {
  const rows = text.matchAll(/^\s*\S.*\s(\w+)\s+(\d+)\s*$/gm);
  return hitsOf([...rows].map(([, name, hits]) => [name, Number(hits), 0]));
}

/** The sum by name: a probe may be set on several files. */
function hitsOf(rows: readonly (readonly [string, number, number])[]): ProbeHits {
  const sums = new Map<string, HitCount>();
  for (const [name, hits, misses] of rows) {
    const base = baseName(name);
    const before = sums.get(base) ?? { hits: 0, misses: 0 };
    sums.set(base, { hits: before.hits + hits, misses: before.misses + misses });
  }
  return sums;
}

/** What the kernel says of the buffer of a CPU, of `per_cpu/cpuN/stats`. */
export interface BufferStats {
  /** Events that were put into it, or lost. */
  readonly hits: number;
  readonly lost: number;
  /** Whether events were lost where pages do not say so. */
  readonly losesSilently: boolean;
}

/** The names of counters, of which all are events. */
const COUNTERS = ['entries', 'overrun', 'commit overrun', 'dropped events', 'read events'].map(
  (name) => new RegExp(`^${name}:\\s*(\\d+)`, 'm'),
);

/** Parses the counters of a buffer. Returns undefined if one is missing. */
export function bufferStats(text: string): BufferStats | undefined {
  const counts = COUNTERS.map((counter) => counter.exec(text)?.[1]);
  if (counts.includes(undefined)) return undefined;
  const [entries, overrun, commitOverrun, dropped, read] = counts.map(Number);
  const lost = overrun + commitOverrun + dropped;
  return {
    hits: entries + read + lost,
    lost,
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

/**
 * The losses of probes, of which `recorded` counts the events. A probe that is hit while it is
 * being disabled counts the hit, and records nothing: where it is known what the buffers lost, a
 * probe cannot have lost more.
 */
function probeLosses(
  hits: ProbeHits,
  recorded: ReadonlyMap<string, number>,
  buffersLost: number | null,
): TraceLoss[] {
  return [...recorded].flatMap(([of, count]) => {
    const found = hits.get(of);
    if (found === undefined) return [];
    const least = lossOf(of, found.hits + found.misses, count);
    if (least.lost === null || buffersLost === null) return [least];
    const lost = found.misses + Math.min(found.hits - count, buffersLost);
    return [{ ...least, hits: count + lost, lost }];
  });
}

/** The losses of the buffer of a CPU; undefined if nothing says that there were any. */
function bufferLoss(
  { cpu, events, missed }: EventStream,
  stats: BufferStats | undefined,
): TraceLoss | undefined {
  const of = `buffer of cpu${cpu}`;
  if (stats !== undefined) return lossOf(of, stats.hits, events);
  if (missed === 0) return undefined;
  return { of, hits: events + (missed ?? 0), recorded: events, lost: missed };
}

/** What the kernel counted, for `takeLosses`. */
export interface KernelCounts {
  readonly hits: ProbeHits;
  readonly streams: readonly EventStream[];
  /** By CPU. */
  readonly stats: ReadonlyMap<number, BufferStats>;
  /** The events of each kind that were read. */
  readonly recorded: ReadonlyMap<string, number>;
  /** Kinds without which nothing says how many records there were. */
  readonly needed: readonly string[];
  /** Kinds of probes: of each that was recorded, the hits must be known. */
  readonly probes: readonly string[];
}

/** Adds what was lost to the builder, and whether the trace is complete. */
export function takeLosses(
  builder: TraceBuilder,
  { hits, streams, stats, recorded, needed, probes }: KernelCounts,
): void {
  const buffers = streams.flatMap((stream) => bufferLoss(stream, stats.get(stream.cpu)) ?? []);
  const isCounted = streams.every(({ cpu }) => stats.has(cpu));
  const buffersLost = isCounted
    ? buffers.reduce<number | null>(
        (sum, { lost }) => (sum === null || lost === null ? null : sum + lost),
        0,
      )
    : null;
  const lost = probeLosses(hits, recorded, buffersLost);
  builder.losses.push(...lost, ...buffers);
  const known = lost.map(({ of }) => of);
  const isKnown =
    needed.every((name) => recorded.has(name)) &&
    probes.every((name) => !recorded.has(name) || known.includes(name)) &&
    isCounted &&
    builder.losses.every((each) => each.lost !== null);
  if (builder.losses.some((each) => each.lost !== 0 && each.lost !== null))
    builder.complete = false;
  else builder.complete = isKnown ? true : 'unknown';
}
