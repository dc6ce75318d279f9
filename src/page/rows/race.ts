// Engines and plain JavaScript at one task on the records of a file: decoding them into columns.
import {
  type Contender,
  checkAgreement,
  jsEngine,
  load,
  readBenchInput,
  viewsTask,
  wasmEngine,
} from '../../internal-race.ts';
import type { RaceRow } from '../session.ts';
import { openForward } from './bytes.ts';
import type { AskedFile } from './messages.ts';
import { dataViewLoop } from './plain-loop.ts';

/** What the records take, in each of three memories: more than a cache, little for a page. */
const MEMORY_BYTES = 2 ** 25;
/** How long each runs, of which the first part warms up its code. */
const EACH_MS = 500;
const WARM_MS = 100;
/** The length of one turn: enough for the clock of a browser. */
const TURN_MS = 10;

interface Runner {
  readonly row: Pick<RaceRow, 'name' | 'role'>;
  readonly contender: Contender;
  /** Bytes per ms of each turn. */
  readonly speeds: number[];
  block: number;
  /** Blocks that a turn takes. */
  steps: number;
}

interface Course {
  readonly blocks: number;
  readonly blockRecords: number;
  readonly stride: number;
}

/** Decodes the next blocks. Returns how long it took in ms. */
function turn(runner: Runner, { blocks, blockRecords }: Course): number {
  const { contender, steps } = runner;
  const begun = performance.now();
  for (let i = 0; i < steps; i++) {
    contender.run(runner.block * blockRecords, blockRecords);
    runner.block = runner.block + 1 < blocks ? runner.block + 1 : 0;
  }
  contender.take();
  return performance.now() - begun;
}

/** Runs until the code is compiled, and finds out how many blocks a turn takes. */
function warmUp(runner: Runner, course: Course): void {
  const begun = performance.now();
  for (let ms = 0; performance.now() - begun < WARM_MS || ms < TURN_MS; ) {
    ms = turn(runner, course);
    if (ms < TURN_MS) runner.steps *= 2;
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const rowOf = ({ row, speeds }: Runner): RaceRow => ({
  ...row,
  bytesPerSecond: Math.round(median(speeds) * 1000),
  runs: speeds.length,
});

/** Lets messages in, such as that to stop. */
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Runs all by turns, so that what else the machine does slows down all of them. */
async function run(
  runners: readonly Runner[],
  course: Course,
  onRow: (row: RaceRow) => void,
  signal: AbortSignal,
): Promise<RaceRow[]> {
  for (const runner of runners) {
    warmUp(runner, course);
    await breath();
    signal.throwIfAborted();
  }
  const begun = performance.now();
  const allMs = (EACH_MS - WARM_MS) * runners.length;
  for (let round = 0; round < 3 || performance.now() - begun < allMs; round++) {
    for (let i = 0; i < runners.length; i++) {
      const runner = runners[(i + round) % runners.length];
      const ms = turn(runner, course);
      runner.speeds.push((runner.steps * course.blockRecords * course.stride) / ms);
      onRow(rowOf(runner));
      await breath();
      signal.throwIfAborted();
    }
  }
  return runners.map(rowOf);
}

/**
 * Compares the engines that run here with plain JavaScript at decoding the first records of a file,
 * up to 32 MiB, into columns. All have to agree before any is timed. Each is reported after
 * each of its turns, with the median of its speeds so far.
 *
 * @throws the signal's reason; AioscopeError `AIOSCOPE_DISAGREEMENT` if two differ,
 *   `AIOSCOPE_SOURCE` if there is no whole record
 */
export async function race(
  file: AskedFile,
  onRow: (row: RaceRow) => void,
  signal: AbortSignal,
): Promise<readonly RaceRow[]> {
  const opened = await openForward(file, signal);
  const records = await readBenchInput(opened, MEMORY_BYTES).finally(() => opened.close());
  const wasm = wasmEngine();
  const engines = [...(typeof wasm === 'string' ? [] : [wasm]), jsEngine(null)];
  const loaded = engines.map((engine) => load(engine, records));
  try {
    const task = viewsTask(records, loaded);
    const contenders = [...task.contenders, dataViewLoop(records)];
    const reference = contenders.find(({ name }) => name === loaded[loaded.length - 1].name);
    const { count, blockRecords, schema } = records;
    const blocks = count / blockRecords;
    checkAgreement(records, { ...task, contenders }, reference ?? contenders[0], blocks);
    const runners = contenders.map(({ role, ...contender }, i): Runner => {
      const isWasm = role === 'engine' && !contender.isJs;
      const of = isWasm ? 'wasm' : role === 'engine' ? 'js' : 'plain';
      const block = Math.floor((i * blocks) / contenders.length);
      const row = { name: contender.name, role: of } as const;
      return { row, contender: { ...contender, role }, speeds: [], block, steps: 1 };
    });
    return await run(runners, { blocks, blockRecords, stride: schema.stride }, onRow, signal);
  } finally {
    for (const { decoder } of loaded) decoder.release();
  }
}
