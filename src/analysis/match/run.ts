import { acquireArena, releaseArena } from '../../engine/arena.ts';
import { selectEngine } from '../../engine/select.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Progress } from '../../stream/options.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { addressesOf, OPEN_MAX } from './in-flight-table.ts';
import { BLOCK_RECORDS, Lane } from './input-stream.ts';
import { Matcher } from './matcher.ts';
import {
  checkSchemas,
  type MatchOptions,
  openLane,
  type ResolvedOptions,
  resolveOptions,
} from './options.ts';
import { RowStore } from './pair-batch.ts';
import type { PairObserver, PairSink } from './pair-counter.ts';
import { Slowest } from './slowest.ts';
import { MatchState, planMatch } from './state.ts';

/** Both streams, opened, and what brings them together. */
export class MatchRun {
  readonly options: ResolvedOptions;
  readonly readers: readonly [RecordReader, RecordReader];
  readonly lanes: readonly [Lane, Lane];
  readonly matcher: Matcher;
  readonly slowest: Slowest | null;

  /** What gives the memory of all that back. */
  readonly #release: () => void;
  #isDone = false;

  private constructor(
    options: ResolvedOptions,
    readers: readonly [RecordReader, RecordReader],
    lanes: readonly [Lane, Lane],
    state: MatchState,
    release: () => void,
    sinkOf: ((lane: Lane, store: RowStore) => PairSink) | undefined,
    watchOf: ((submissions: Lane) => PairObserver) | undefined,
  ) {
    this.options = options;
    this.readers = readers;
    this.lanes = lanes;
    this.#release = release;
    const [submissions] = lanes;
    const { order, key, refused, cut } = options;
    const store = options.slowest > 0 || sinkOf !== undefined ? new RowStore(submissions) : null;
    this.slowest =
      options.slowest > 0 && store !== null
        ? new Slowest(options.slowest, submissions, store)
        : null;
    const own = sinkOf !== undefined && store !== null ? [sinkOf(submissions, store)] : [];
    const sinks = this.slowest === null ? own : [...own, this.slowest];
    const rules = {
      byTime: order === 'time',
      byAddress: key === 'address',
      refused,
      cut,
      watch: watchOf?.(submissions),
    };
    this.matcher = new Matcher(state, lanes, rules, sinks, store);
  }

  /** Open both streams, and check that they can be matched. One arena has the blocks of both and what is open, so that a kernel sees all. */
  static async start(
    submissions: Source | Opened,
    completions: Source | Opened,
    options: MatchOptions,
    openMax: number = OPEN_MAX,
    sinkOf?: (lane: Lane, store: RowStore) => PairSink,
    watchOf?: (submissions: Lane) => PairObserver,
  ): Promise<MatchRun> {
    const resolved = resolveOptions(options);
    const progress = joinedProgress(options.onProgress);
    const [requests, results] = [progress?.(0), progress?.(1)];
    const reader = await openLane(
      submissions,
      'iocb',
      options.submissions,
      { ...options, onProgress: requests },
      BLOCK_RECORDS,
    );
    const other = openLane(
      completions,
      'io_event',
      options.completions,
      { ...options, onProgress: results },
      BLOCK_RECORDS,
    );
    const readers = [
      reader,
      await other.catch(async (error) => {
        await (await reader.start()).close();
        throw error;
      }),
    ] as const;
    const [first, second] = readers.map((reader) => reader.plan);
    const engine = selectEngine(options.engine);
    const plan = planMatch(
      first.byteLength + second.byteLength,
      first.rows,
      openMax,
      addressesOf(openMax),
    );
    const arena = acquireArena(engine, plan.end);
    const lanes: Lane[] = [];
    try {
      for (const [i, reader] of readers.entries())
        lanes.push(await Lane.start(reader, { arena, at: i * first.byteLength }));
      checkSchemas(readers[0].schema, readers[1].schema, resolved);
      const release = () => releaseArena(engine, plan.end, arena);
      return new MatchRun(
        resolved,
        readers,
        [lanes[0], lanes[1]],
        new MatchState(arena, plan),
        release,
        sinkOf,
        watchOf,
      );
    } catch (error) {
      for (const lane of lanes) await lane.close();
      throw error;
    }
  }

  /** Go on until a block of one stream is used up; false when both have ended. */
  async step(): Promise<boolean> {
    for (const lane of this.lanes) if (lane.at === lane.count && !lane.ended) await lane.load();
    if (this.lanes.every(({ at, count, ended }) => ended && at === count)) return false;
    this.options.cut?.begin(
      this.lanes.flatMap(({ ts, count }) =>
        count === 0 ? [] : [(BigInt(ts[1]) << 32n) | BigInt(ts[0])],
      ),
    );
    this.matcher.merge();
    return true;
  }

  /** Both streams have ended: decide what is left. */
  finish(): void {
    this.matcher.finish(this.time?.[1] ?? null);
    this.#isDone = true;
  }

  async close(): Promise<void> {
    for (const lane of this.lanes) await lane.close();
    // A read that a fault or an abort left behind would still write into it.
    if (this.#isDone) this.#release();
  }

  /** The earliest and the latest time of what was matched, or null. */
  get time(): readonly [bigint, bigint] | null {
    const spans = this.options.cut === undefined ? this.lanes : [this.options.cut];
    const ends = spans.flatMap(({ earliest, latest }) =>
      earliest === null || latest === null ? [] : [[earliest, latest] as const],
    );
    if (ends.length === 0 || this.options.order !== 'time') return null;
    const times = ends.flat().sort((a, b) => (a < b ? -1 : Number(a > b)));
    return [times[0], times[times.length - 1]];
  }
}

/** What tells the progress of two readings as that of one. */
function joinedProgress(
  onProgress: MatchOptions['onProgress'],
): ((which: number) => (progress: Progress) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const parts: (Progress | undefined)[] = [undefined, undefined];
  const sum = (values: (number | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return (which) => (progress) => {
    parts[which] = progress;
    const known = parts.every((part) => part?.totalBytes !== undefined);
    const totalBytes = known ? sum(parts.map((part) => part?.totalBytes)) : undefined;
    onProgress({
      bytes: sum(parts.map((part) => part?.bytes)),
      records: sum(parts.map((part) => part?.records)),
      totalBytes,
    });
  };
}
