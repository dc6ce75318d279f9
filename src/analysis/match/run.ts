import type { Progress } from '../../stream/frames.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { ByteSource, Source } from '../../stream/source.ts';
import type { PairSink, PairWatch } from './in-flight.ts';
import { BLOCK_RECORDS, Lane } from './lane.ts';
import { Matcher } from './matcher.ts';
import { checkSchemas, type MatchOptions, openLane, type ResolvedOptions, resolveOptions } from './options.ts';
import { RowStore } from './row-store.ts';
import { Slowest } from './slowest.ts';

/** Both streams, opened, and what brings them together. */
export class MatchRun {
  readonly options: ResolvedOptions;
  readonly readers: readonly [RecordReader, RecordReader];
  readonly lanes: readonly [Lane, Lane];
  readonly matcher: Matcher;
  readonly slowest: Slowest | null;

  private constructor(
    options: ResolvedOptions,
    readers: readonly [RecordReader, RecordReader],
    lanes: readonly [Lane, Lane],
    sinkOf: ((lane: Lane, store: RowStore) => PairSink) | undefined,
    openMax: number | undefined,
    watchOf: ((submissions: Lane) => PairWatch) | undefined,
  ) {
    this.options = options;
    this.readers = readers;
    this.lanes = lanes;
    const [submissions, completions] = lanes;
    const { order, key, refused, cut } = options;
    const store = options.slowest > 0 || sinkOf !== undefined ? new RowStore(submissions) : null;
    this.slowest = options.slowest > 0 && store !== null ? new Slowest(options.slowest, submissions, store) : null;
    const own = sinkOf !== undefined && store !== null ? [sinkOf(submissions, store)] : [];
    const sinks = this.slowest === null ? own : [...own, this.slowest];
    const rules = { byTime: order === 'time', byAddress: key === 'address', refused, cut, openMax, watch: watchOf?.(submissions) };
    this.matcher = new Matcher(submissions, completions, rules, sinks, store);
  }

  /** Open both streams, and check that they can be matched. */
  static async start(
    submissions: Source | ByteSource,
    completions: Source | ByteSource,
    options: MatchOptions,
    openMax: number | undefined,
    sinkOf?: (lane: Lane, store: RowStore) => PairSink,
    watchOf?: (submissions: Lane) => PairWatch,
  ): Promise<MatchRun> {
    const resolved = resolveOptions(options);
    const progress = joinedProgress(options.onProgress);
    const [requests, results] = [progress?.(0), progress?.(1)];
    const readers = [
      await openLane(submissions, 'iocb', options.submissions, { ...options, onProgress: requests }, BLOCK_RECORDS),
      await openLane(completions, 'io_event', options.completions, { ...options, onProgress: results }, BLOCK_RECORDS),
    ] as const;
    const lanes: Lane[] = [];
    try {
      for (const reader of readers) lanes.push(await Lane.start(reader));
      checkSchemas(readers[0].schema, readers[1].schema, resolved);
      return new MatchRun(resolved, readers, [lanes[0], lanes[1]], sinkOf, openMax, watchOf);
    } catch (error) {
      for (const lane of lanes) await lane.close();
      throw error;
    }
  }

  /** Go on until a block of one stream is used up; false when both have ended. */
  async step(): Promise<boolean> {
    for (const lane of this.lanes) if (lane.at === lane.count && !lane.ended) await lane.load();
    if (this.lanes.every(({ at, count, ended }) => ended && at === count)) return false;
    this.options.cut?.begin(this.lanes.flatMap(({ ts, count }) => (count === 0 ? [] : [(BigInt(ts[1]) << 32n) | BigInt(ts[0])])));
    this.matcher.merge();
    return true;
  }

  /** Both streams have ended: decide what is left. */
  finish(): void {
    this.matcher.early.flush(Number.POSITIVE_INFINITY);
    const time = this.time;
    if (time !== null) this.matcher.finish(time[1]);
  }

  async close(): Promise<void> {
    for (const lane of this.lanes) await lane.close();
  }

  /** The earliest and the latest time of what was matched, or null. */
  get time(): readonly [bigint, bigint] | null {
    const spans = this.options.cut === undefined ? this.lanes : [this.options.cut];
    const ends = spans.flatMap(({ earliest, latest }) => (earliest === null || latest === null ? [] : [[earliest, latest] as const]));
    if (ends.length === 0 || this.options.order !== 'time') return null;
    const times = ends.flat().sort((a, b) => (a < b ? -1 : Number(a > b)));
    return [times[0], times[times.length - 1]];
  }
}

/** What tells the progress of two readings as that of one. */
function joinedProgress(onProgress: MatchOptions['onProgress']): ((which: number) => (progress: Progress) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const parts: (Progress | undefined)[] = [undefined, undefined];
  const sum = (values: (number | undefined)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return (which) => (progress) => {
    parts[which] = progress;
    const known = parts.every((part) => part?.totalBytes !== undefined);
    const totalBytes = known ? sum(parts.map((part) => part?.totalBytes)) : undefined;
    onProgress({ bytes: sum(parts.map((part) => part?.bytes)), records: sum(parts.map((part) => part?.records)), totalBytes });
  };
}
