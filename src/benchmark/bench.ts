import { jsEngine } from '../engine/js-kernels.ts';
import type { Engine } from '../engine/kernel.ts';
import { Decoder } from '../stream/decoder.ts';
import { checkAgreement } from './agreement.ts';
import {
  type BenchRecords,
  type BenchRole,
  type BenchTaskName,
  type Contender,
  engineTitle,
  type Loaded,
  load,
} from './contender.ts';
import { measure, type Timed, type Timing } from './measure.ts';
import { ownedTask, recordsTask, statisticsTask, type Task, viewsTask } from './tasks.ts';

/** One contender at one task. Times are medians of interleaved samples. */
export interface BenchRow {
  name: string;
  role: BenchRole;
  /** Throughput in 10^9 bytes of records per second. */
  gbPerSecond: number;
  nsPerRecord: number;
  /** The 5th and 95th percentiles of the samples. */
  nsPerRecordP05: number;
  nsPerRecordP95: number;
  samples: number;
  /** Speed relative to the fastest JavaScript at the task; null if there is none. */
  ofBestJs: number | null;
  /** Speed relative to the ceiling. */
  ofCeiling: number;
}

/**
 * One task on records in the cache (alternating between two blocks) or in memory (all blocks in
 * turn).
 */
export interface BenchTask {
  task: BenchTaskName;
  place: 'cache' | 'memory';
  /** The fastest JavaScript at the task; null if none was measured. */
  bestJs: string | null;
  rows: BenchRow[];
}

/**
 * The cost of a first call: from startup to the columns of one block, in milliseconds. An engine is
 * loaded and compiled once per process.
 */
export interface BenchCold {
  name: string;
  ms: number;
}

const ratio = (part: number, whole: number): number => Number((part / whole).toPrecision(4));

/**
 * Converts timings into rows, relative to the fastest JavaScript and to the ceiling. `records` and
 * `bytes` are per step.
 */
export function rowsOf(
  all: readonly Pick<Contender, 'name' | 'role' | 'isJs'>[],
  timings: readonly Timing[],
  { records, bytes }: { records: number; bytes: number },
): Pick<BenchTask, 'bestJs' | 'rows'> {
  const js = all.map(({ isJs }, i) => (isJs ? timings[i].median : Number.POSITIVE_INFINITY));
  const best = Math.min(...js);
  const ceiling = timings[all.findIndex(({ role }) => role === 'ceiling')].median;
  const perRecord = (ns: number) => Number((ns / records).toPrecision(4));
  const rows = all.map(({ name, role }, i): BenchRow => {
    const { median, p05, p95, samples } = timings[i];
    return {
      name,
      role,
      gbPerSecond: ratio(bytes, median),
      nsPerRecord: perRecord(median),
      nsPerRecordP05: perRecord(p05),
      nsPerRecordP95: perRecord(p95),
      samples,
      ofBestJs: Number.isFinite(best) ? ratio(best, median) : null,
      ofCeiling: ratio(ceiling, median),
    };
  });
  return { bestJs: all.find(({ isJs }, i) => isJs && js[i] === best)?.name ?? null, rows };
}

/** Alternating between two blocks keeps the JIT from folding one into a constant. */
const CACHE_BLOCKS = 2;

/**
 * Each step processes the next block. Contenders begin at different blocks, so that none finds its
 * data cached by another.
 */
function timed(
  { name, run, take }: Contender,
  blockRecords: number,
  blocks: number,
  begin: number,
): Timed {
  let block = begin;
  return {
    name,
    run(steps) {
      for (let i = 0; i < steps; i++) {
        run(block * blockRecords, blockRecords);
        block = block + 1 < blocks ? block + 1 : 0;
      }
      take();
    },
  };
}

function measureTask<T>(
  records: BenchRecords,
  task: Task<T>,
  place: BenchTask['place'],
  timeMs: number,
): BenchTask {
  const { blockRecords, count, schema } = records;
  const blocks = place === 'cache' ? CACHE_BLOCKS : count / blockRecords;
  const all = [task.ceiling, ...task.contenders];
  const runs = all.map((contender, i) =>
    timed(contender, blockRecords, blocks, Math.floor((i * blocks) / all.length)),
  );
  const step = { records: blockRecords, bytes: blockRecords * schema.stride };
  return { task: task.name, place, ...rowsOf(all, measure(runs, timeMs), step) };
}

const since = (begun: number): number => Number((performance.now() - begun).toPrecision(4));

/**
 * Measures the first call of an engine, and returns the engine. Must run before any other use of
 * it.
 */
export function coldEngine(
  { schema, bytes, blockRecords }: BenchRecords,
  start: () => Engine,
): { engine: Engine; cold: BenchCold } {
  const block = bytes.subarray(0, blockRecords * schema.stride);
  const begun = performance.now();
  const engine = start();
  const decoder = new Decoder(schema, engine, blockRecords, 1);
  decoder.source.set(block);
  decoder.decode(0, blockRecords);
  const ms = since(begun);
  decoder.release();
  return { engine, cold: { name: engineTitle(engine), ms } };
}

/** Measures the first call of each loop. */
export const coldLoops = (records: BenchRecords): BenchCold[] =>
  viewsTask(records, []).contenders.map(({ name, run }) => {
    const begun = performance.now();
    run(0, records.blockRecords);
    return { name, ms: since(begun) };
  });

/**
 * Objects cost far more than reading the records, so it makes no difference whether those are in
 * the cache.
 */
const placesOf = (task: BenchTaskName): readonly BenchTask['place'][] =>
  task === 'records' ? ['cache'] : ['cache', 'memory'];

type MakeTask<T> = (records: BenchRecords, engines: readonly Loaded[]) => Task<T>;

/** Checks a task on the records of the measurement; returns the measurement. */
function checkedTask<T>(
  records: BenchRecords,
  make: MakeTask<T>,
  engines: readonly Loaded[],
  reference: Loaded,
) {
  const task = make(records, engines);
  const [right] = make(records, [reference]).contenders;
  const places = placesOf(task.name);
  checkAgreement(
    records,
    task,
    right,
    places.includes('memory') ? records.count / records.blockRecords : CACHE_BLOCKS,
  );
  return (timeMs: number) => places.map((place) => () => measureTask(records, task, place, timeMs));
}

/**
 * Measures every task, in cache and from memory, with the engines and the loops that support the
 * records. First, all are checked against the JavaScript engine at every task, which also warms up
 * the JIT and WebAssembly's background compiler.
 *
 * @throws AioscopeError `AIOSCOPE_DISAGREEMENT` if one differs
 */
export function* benchRecords(
  records: BenchRecords,
  all: readonly Engine[],
  timeMs: number,
): Generator<BenchTask, void, undefined> {
  const engines = all.map((engine) => load(engine, records));
  const reference =
    engines.find(({ engine }) => engine.name === 'js') ?? load(jsEngine(null), records);
  try {
    const checked = [
      checkedTask(records, viewsTask, engines, reference),
      checkedTask(records, ownedTask, engines, reference),
      checkedTask(records, statisticsTask, engines, reference),
      checkedTask(records, recordsTask, engines, reference),
    ];
    for (const measures of checked) for (const measured of measures(timeMs)) yield measured();
  } finally {
    for (const { decoder } of [...engines, reference]) decoder.release();
  }
}
