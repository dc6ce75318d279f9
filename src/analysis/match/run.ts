import { loadArena, releaseArena } from '../../engine/arena.ts';
import { laterJsEngine } from '../../engine/js-later.ts';
import { selectEngine } from '../../engine/select.ts';
import type { BlockReader } from '../../stream/block-reader.ts';
import { loaded } from '../../stream/fault.ts';
import type { ThreadAhead } from '../../stream/host.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source, SourcePart } from '../../stream/source.ts';
import { startAhead, takeAhead } from './ahead.ts';
import type { Clocks } from './clocks.ts';
import { InputStream } from './input-stream.ts';
import { checkSchemas, keyOf } from './matchable.ts';
import { Merge } from './merge.ts';
import type { Envelopes, Mismatch } from './mismatch.ts';
import { openBoth } from './open-both.ts';
import type { OpenRequests } from './open-requests.ts';
import { type MatchOptions, type ResolvedOptions, resolveOptions, selectionOf } from './options.ts';
import type { CreateSink, PairRows, PairSelection } from './pair-rows.ts';
import type { CreateObserver, PairObserver } from './pair-sink.ts';
import type { Repeats } from './repeats.ts';
import type { SelectedPairs } from './selected-pairs.ts';
import type { Slowest } from './slowest.ts';
import { addressesOf, MatchState, OPEN_MAX, planMatch } from './state.ts';
import { checkTags } from './tags.ts';

/** A match in progress: both streams, and the merge of them. */
export class MatchRun {
  readonly options: ResolvedOptions;
  readonly readers: readonly [BlockReader, BlockReader];
  readonly merge: Merge;
  readonly slowest: Slowest | null;
  readonly open: OpenRequests | null;
  /** The pairs that meet the conditions of `selection`; undefined if all are counted. */
  readonly selected: SelectedPairs | undefined;
  readonly selection: PairSelection | undefined;
  /** Whether it is known which submissions were refused. */
  readonly knowsRefused: boolean;
  readonly #streams: readonly [InputStream, InputStream];
  /** Undefined unless records are matched by time and address. */
  readonly #envelopes: Envelopes | undefined;
  readonly #thread: ThreadAhead | undefined;
  /** Returns the arena, for the next match to use. */
  readonly #release: () => void;
  #isDone = false;

  private constructor(
    options: ResolvedOptions,
    readers: readonly [BlockReader, BlockReader],
    streams: readonly [InputStream, InputStream],
    thread: ThreadAhead | undefined,
    state: MatchState,
    release: () => void,
    envelopes: Envelopes | undefined,
    rows: PairRows | undefined,
    observer: PairObserver | undefined,
    selection: PairSelection | undefined,
  ) {
    this.options = options;
    this.readers = readers;
    this.#streams = streams;
    this.#thread = thread;
    this.#release = release;
    const [submissions, completions] = streams;
    const { order, key, refused, cut, repeats } = options;
    const { store = null, sinks = [] } = rows ?? {};
    this.slowest = rows?.slowest ?? null;
    this.open = rows?.open ?? null;
    this.selected = rows?.selected;
    this.selection = selection;
    this.knowsRefused = refused !== undefined || submissions.has('ret');
    const byTime = order === 'time';
    const byAddress = key === 'address';
    const hasPids = submissions.has('pid') && completions.has('pid');
    this.#envelopes = envelopes;
    const rules = {
      byTime,
      byAddress,
      joinsProcess: hasPids && !envelopes?.pidsDiffer,
      joinsContext: submissions.has('ctx') && completions.has('ctx'),
      refused,
      cut,
      repeats,
    };
    this.merge = new Merge(state, streams, rules, sinks, store, observer);
  }

  /**
   * Opens both streams and checks that they can be matched. Their blocks and the state share one
   * arena, since a kernel sees only one.
   */
  static async start(
    submissions: Source | Opened,
    completions: Source | Opened,
    options: MatchOptions,
    openMax: number = OPEN_MAX,
    createSink?: CreateSink,
    createObserver?: CreateObserver,
    selection: PairSelection | undefined = createSink === undefined
      ? pairSelectionOf(options)
      : undefined,
  ): Promise<MatchRun> {
    const resolved = { ...resolveOptions(options), ...(await selectionOf(options)) };
    const clocks = await clocksOf(options);
    const readers = await openBoth(submissions, completions, options, clocks);
    let thread: ThreadAhead | undefined;
    try {
      const isSettled = clocks?.isAuto !== true;
      if (isSettled) thread = await startAhead(readers, options);
      const [first, second] = readers.map(({ plan }) => plan);
      const engine = selectEngine(options.engine, laterJsEngine);
      const columnBytes = first.byteLength + second.byteLength;
      const plan = planMatch(columnBytes, first.rows, openMax, addressesOf(openMax));
      const arena = await loadArena(engine, plan.end);
      const streams: InputStream[] = [];
      for (const [i, reader] of readers.entries())
        streams.push(await InputStream.start(reader, { arena, at: i * first.byteLength }));
      const schemas = { submissions: readers[0].schema, completions: readers[1].schema };
      const keyed = { ...resolved, key: keyOf(schemas, options.key) };
      await checkSchemas(schemas, keyed);
      const observer = createObserver?.([streams[0], streams[1]], keyed.cut);
      let rows: PairRows | undefined;
      if (keyed.slowest + keyed.open > 0 || createSink !== undefined || selection !== undefined) {
        // Loaded on demand: a match counts without whole records.
        const { pairRows } = await loaded(readers[0].sourceName, import('./pair-rows.ts'));
        const given = { ...keyed, where: options.where };
        rows = pairRows(streams[0], given, createSink, selection, observer);
      }
      const envelopes = await envelopesOf([streams[0], streams[1]], keyed);
      const repeats = await repeatsOf([streams[0], streams[1]], keyed);
      for (const stream of streams) await stream.load();
      clocks?.settle([streams[0], streams[1]], keyed.key);
      envelopes?.look();
      if (!isSettled) thread = await startAhead(readers, options);
      takeAhead(streams, thread);
      return new MatchRun(
        { ...keyed, clocks, repeats },
        readers,
        [streams[0], streams[1]],
        thread,
        new MatchState(arena, plan),
        () => releaseArena(plan.end, arena),
        envelopes,
        rows,
        rows?.selected === undefined ? observer : undefined,
        rows?.selection,
      );
    } catch (error) {
      await thread?.end();
      for (const reader of readers) await reader.close();
      throw error;
    }
  }

  /** Matches until a block of one stream is used up. Returns false when both have ended. */
  async step(): Promise<boolean> {
    const streams = this.#streams;
    for (const stream of streams)
      if (stream.at === stream.count && !stream.ended) await stream.load();
    if (streams.every(({ at, count, ended }) => ended && at === count)) return false;
    this.options.cut?.begin(
      streams.flatMap(({ ts, count }) =>
        count === 0 ? [] : [(BigInt(ts[1]) << 32n) | BigInt(ts[0])],
      ),
    );
    this.merge.step();
    return true;
  }

  /** Decides what is left when both streams have ended. */
  finish(): void {
    const end = this.time?.[1] ?? null;
    const left = this.merge.finish(end);
    this.open?.take(left, this.merge.counter, end);
    this.selected?.flush();
    this.#isDone = true;
    if (this.options.key === 'data')
      checkTags(this.readers[0].sourceName, this.merge.counter.totals, this.options);
  }

  async close(): Promise<void> {
    // Before the files are closed, since it reads their descriptors.
    await this.#thread?.end();
    for (const stream of this.#streams) await stream.close();
    // After an error or an abort a pending read may still write to the arena: do not reuse it.
    if (this.#isDone) this.#release();
  }

  /** The submissions, then the completions: each file, and what has been read of it so far. */
  get files(): readonly SourcePart[] {
    return this.readers.flatMap(({ parts, sourceName: name, schema, offset, quality }) => [
      ...(parts?.all ?? [{ name, schema, offset, quality }]),
    ]);
  }

  /** What does not fit in the envelopes; known once the run is finished. */
  get mismatches(): readonly Mismatch[] {
    return (
      this.#envelopes?.mismatches(this.merge.counter.totals.latency(), this.options.dedupe) ?? []
    );
  }

  /** The lowest and highest time of a record; null if there is none. */
  get time(): readonly [bigint, bigint] | null {
    const { order, cut } = this.options;
    const spans = cut === undefined ? this.#streams : [cut];
    const ends = spans.flatMap(({ earliest, latest }) =>
      earliest === null || latest === null ? [] : [earliest, latest],
    );
    if (ends.length === 0 || order !== 'time') return null;
    const times = ends.sort((a, b) => (a < b ? -1 : Number(a > b)));
    return [times[0], times[times.length - 1]];
  }
}

/** Which pairs are counted, by the option `where`; undefined if all are. */
function pairSelectionOf({ where = [] }: MatchOptions): PairSelection | undefined {
  const texts = typeof where === 'string' ? [where] : where;
  return texts.length === 0 ? undefined : { where: texts };
}

/** What compares the envelopes of two streams. Loaded on demand: not every match has them. */
async function envelopesOf(
  streams: readonly [InputStream, InputStream],
  { order, key }: ResolvedOptions,
): Promise<Envelopes | undefined> {
  if (order !== 'time' || key !== 'address') return undefined;
  const { Envelopes } = await loaded(streams[0].schema.kind, import('./mismatch.ts'));
  return new Envelopes(streams);
}

/** What converts times. Loaded on demand: most streams are in nanoseconds of one clock. */
async function clocksOf(options: MatchOptions): Promise<Clocks | undefined> {
  if ((options.clockOffset ?? options.tsUnit) === undefined) return undefined;
  const { Clocks } = await loaded('match', import('./clocks.ts'));
  return new Clocks(options);
}

/** What finds repeats. Loaded on demand: most streams have every record once. */
async function repeatsOf(
  streams: readonly [InputStream, InputStream],
  { dedupe }: ResolvedOptions,
): Promise<Repeats | undefined> {
  if (!dedupe) return undefined;
  const { Repeats } = await loaded('match', import('./repeats.ts'));
  return new Repeats(streams);
}
