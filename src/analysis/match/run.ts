import { loadArena, releaseArena } from '../../engine/arena.ts';
import { laterJsEngine } from '../../engine/js-later.ts';
import { selectEngine } from '../../engine/select.ts';
import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { closeQuietly, loaded, orClose } from '../../stream/fault.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import type { Progress } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { BLOCK_RECORDS, InputStream } from './input-stream.ts';
import { ambiguous, checkSchemas, hasField, keyOf } from './matchable.ts';
import { Merge } from './merge.ts';
import { type MatchOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import {
  clockMismatch,
  type FirstLook,
  firstLook,
  havePidsThatDiffer,
  type Mismatch,
  unitMismatch,
} from './mismatch.ts';
import type { CreateSink, PairRows } from './pair-rows.ts';
import type { PairObserver } from './pair-sink.ts';
import type { Slowest } from './slowest.ts';
import { addressesOf, MatchState, OPEN_MAX, planMatch } from './state.ts';

/** A match in progress: both streams, and the merge of them. */
export class MatchRun {
  readonly options: ResolvedOptions;
  readonly readers: readonly [RecordReader, RecordReader];
  readonly merge: Merge;
  readonly slowest: Slowest | null;
  /** Whether it is known which submissions were refused. */
  readonly knowsRefused: boolean;
  readonly #streams: readonly [InputStream, InputStream];
  /** What the beginnings of both streams show; null if they are not matched by time and address. */
  readonly #look: FirstLook | null;
  /** Returns the arena, for the next match to use. */
  readonly #release: () => void;
  /** Whether processes are left out of the key. */
  readonly #pidsDiffer: boolean;
  #isDone = false;

  private constructor(
    options: ResolvedOptions,
    readers: readonly [RecordReader, RecordReader],
    streams: readonly [InputStream, InputStream],
    state: MatchState,
    release: () => void,
    look: FirstLook,
    rows: PairRows | undefined,
    createObserver: ((submissions: InputStream) => PairObserver) | undefined,
  ) {
    this.options = options;
    this.readers = readers;
    this.#streams = streams;
    this.#release = release;
    const [submissions, completions] = streams;
    const { order, key, refused, cut } = options;
    const { store = null, sinks = [] } = rows ?? {};
    this.slowest = rows?.slowest ?? null;
    this.knowsRefused = refused !== undefined || submissions.has('ret');
    const byTime = order === 'time';
    const byAddress = key === 'address';
    const hasPids = submissions.has('pid') && completions.has('pid');
    this.#look = byTime && byAddress ? look : null;
    this.#pidsDiffer = hasPids && this.#look !== null && havePidsThatDiffer(this.#look);
    const rules = {
      byTime,
      byAddress,
      joinsProcess: hasPids && !this.#pidsDiffer,
      joinsContext: submissions.has('ctx') && completions.has('ctx'),
      refused,
      cut,
    };
    this.merge = new Merge(state, streams, rules, sinks, store, createObserver?.(submissions));
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
    createObserver?: (submissions: InputStream) => PairObserver,
  ): Promise<MatchRun> {
    const resolved = resolveOptions(options);
    const readers = await openBoth(submissions, completions, options);
    const [first, second] = readers.map(({ plan }) => plan);
    const engine = selectEngine(options.engine, laterJsEngine);
    const columnBytes = first.byteLength + second.byteLength;
    const plan = planMatch(columnBytes, first.rows, openMax, addressesOf(openMax));
    const arena = await loadArena(engine, plan.end);
    const streams: InputStream[] = [];
    try {
      for (const [i, reader] of readers.entries())
        streams.push(await InputStream.start(reader, { arena, at: i * first.byteLength }));
      const schemas = { submissions: readers[0].schema, completions: readers[1].schema };
      const keyed = { ...resolved, key: keyOf(schemas, options.key) };
      checkSchemas(schemas, keyed);
      let rows: PairRows | undefined;
      if (keyed.slowest > 0 || createSink !== undefined) {
        // Loaded on demand: a match counts without whole records.
        const { pairRows } = await loaded(readers[0].sourceName, import('./pair-rows.ts'));
        rows = pairRows(streams[0], keyed.slowest, createSink);
      }
      const look = firstLook(streams[0], streams[1]);
      for (const stream of streams) await stream.load();
      return new MatchRun(
        keyed,
        readers,
        [streams[0], streams[1]],
        new MatchState(arena, plan),
        () => releaseArena(plan.end, arena),
        look(),
        rows,
        createObserver,
      );
    } catch (error) {
      for (const stream of streams) await stream.close();
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
    this.merge.matcher.finish(this.time?.[1] ?? null);
    this.#isDone = true;
    const { key, isKeyPresumed } = this.options;
    const { concurrent } = this.merge.counter.totals.reuse;
    if (isKeyPresumed && key === 'data' && concurrent > 0)
      throw ambiguous(this.readers[0].sourceName, concurrent);
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) await stream.close();
    // After an error or an abort a pending read may still write to the arena: do not reuse it.
    if (this.#isDone) this.#release();
  }

  /** What does not fit in the envelopes; known once the run is finished. */
  get mismatches(): readonly Mismatch[] {
    if (this.#look === null) return [];
    const [submissions, completions] = this.#streams;
    const { known, knownWithPid } = this.#look;
    return [
      ...clockMismatch(this.#look, submissions, completions),
      ...unitMismatch(submissions.earliest, this.merge.counter.totals.latency()),
      ...(this.#pidsDiffer ? [{ id: 'pids-differ', known, knownWithPid } as const] : []),
    ];
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

/** Opens both streams, or neither. */
async function openBoth(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions,
): Promise<readonly [RecordReader, RecordReader]> {
  const progress = joinedProgress(options.onProgress);
  const open = (source: Source | Opened, which: 0 | 1) =>
    openReader(
      source,
      which === 0 ? 'iocb' : 'io_event',
      which === 0 ? options.submissions : options.completions,
      { ...options, onProgress: progress?.(which) },
    );
  const reader = await open(submissions, 0);
  try {
    return [reader, await open(completions, 1)];
  } catch (error) {
    await (await reader.start()).close();
    throw error;
  }
}

/** Opens one of the two sources. Detects what its format lacks. */
export async function openSide(
  source: Source | Opened,
  kind: keyof typeof STREAM_NAMES,
  format: Omit<PartialFormat, 'kind'> | undefined,
  { compression, signal }: Pick<MatchOptions, 'compression' | 'signal'>,
): Promise<Opened> {
  checkOptions(STREAM_NAMES[kind], format, ['layout:string', 'endian']);
  const isComplete = format?.layout !== undefined && format.endian !== undefined;
  const opened = await openSource(source, {
    ...{ ...format, kind, compression, signal, detectLayout: !isComplete },
    whereEmpty: { kind, layout: 'traced' },
  });
  if (opened.schema.kind === kind) return opened;
  const { name, schema } = opened;
  await closeQuietly(opened, signal);
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${name} has ${schema.kind} records, but the ${STREAM_NAMES[kind]} must be ${kind}; ` +
      'give the submissions first, then the completions',
  );
}

/** Opens one of the two streams. */
async function openReader(
  source: Source | Opened,
  kind: 'iocb' | 'io_event',
  format: Omit<PartialFormat, 'kind'> | undefined,
  options: MatchOptions,
): Promise<RecordReader> {
  const { engine, signal, onProgress } = options;
  const opened = await openSide(source, kind, format, options);
  const create = () => {
    const knowsRefused = options.refused !== undefined || hasField(opened.schema, 'ret');
    const check = kind === 'iocb' && !knowsRefused ? 'linux' : undefined;
    const given = { engine, signal, onProgress, batchSize: BLOCK_RECORDS, check } as const;
    return new RecordReader(opened, given);
  };
  return orClose(opened, create, signal);
}

const STREAM_NAMES = { iocb: 'submissions', io_event: 'completions' } as const;

/** Returns progress callbacks for two streams that report their sum. */
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
