// Measures any source of Node: tasks on records in memory, and regular files as a whole.
import { cpus } from 'node:os';
import {
  type BenchCold,
  type BenchTask,
  benchRecords,
  coldEngine,
  coldLoops,
} from '../../benchmark/bench.ts';
import { type BenchInput, readBenchInput } from '../../benchmark/input.ts';
import { ENGINES, type Engine, type EngineName, type EngineOption } from '../../engine/kernel.ts';
import { selectEngine } from '../../engine/select.ts';
import { AioscopeError } from '../../errors.ts';
import { generate } from '../../generate/generate.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import type { Endian, Kind } from '../../layout/schema.ts';
import { identify } from '../../stream/recognize.ts';
import { type ByteSource, toByteSource } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { type BenchFile, benchFile } from './bench-file.ts';

/** Options of `bench`. */
export interface BenchOptions extends PartialFormat {
  /** One engine, or `auto` for every engine that runs; AIOSCOPE_ENGINE is ignored. */
  readonly engine?: EngineOption | undefined;
  /** Seconds per contender and task. Default: 0.1, with which a bench takes about ten seconds. */
  readonly time?: number | undefined;
  /** Called with the report so far, before the first task and after each, and awaited. */
  readonly onProgress?: ((soFar: BenchReport) => unknown) | undefined;
}

/** The measurements, the machine and the input. Plain data that JSON.stringify accepts. */
export interface BenchReport {
  version: string;
  machine: { cpu: string; cores: number; platform: string; node: string };
  input: {
    name: string;
    kind: Kind;
    endian: Endian;
    /** The field list. */
    layout: string;
    /** Bytes per record, with its envelope. */
    stride: number;
    /** Records read from the beginning of the source. */
    records: number;
    /** Whether these are all records of the source. */
    isWhole: boolean;
    tornBytes: number;
    /** Records in memory: those of the source, repeated. */
    recordsInMemory: number;
    /** Records per decode. */
    blockRecords: number;
  };
  /** Why a requested engine is missing; null if none is. */
  missing: string | null;
  cold: BenchCold[];
  tasks: BenchTask[];
  /**
   * The source from beginning to end, if it is a regular file, uncompressed and not a ring image;
   * null otherwise.
   */
  file: BenchFile | null;
}

const TIME_S = 0.1;
const TIME_MAX_S = 60;

function timeMsOf(time: number): number {
  if (time > 0 && time <= TIME_MAX_S) return time * 1000;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `time is ${time}; it must be a number of seconds above 0, up to ${TIME_MAX_S}`,
  );
}

function machine(): BenchReport['machine'] {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() || 'unknown',
    cores: all.length,
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

/** Enough generated records for a representative mix. */
const GENERATED_RECORDS = 2 ** 17;
const GENERATED_RING_RECORDS = 2 ** 12;

/** A source of generated records, and its format. */
function generated({ kind = 'io_event', layout, endian }: PartialFormat) {
  const format = { kind, layout, endian };
  const records = kind === 'aio_ring' ? GENERATED_RING_RECORDS : GENERATED_RECORDS;
  return {
    source: { ...toByteSource(generate({ ...format, records })), name: 'generated' },
    format,
  };
}

/** Starts the requested engines, each cold. */
function startEngines(
  input: BenchInput,
  option: EngineOption,
): Pick<BenchReport, 'cold' | 'missing'> & { engines: Engine[] } {
  const cold: BenchCold[] = [];
  const engines: Engine[] = [];
  let missing: string | null = null;
  for (const name of ENGINES.filter(
    (each): each is EngineName => each !== 'auto' && (option === 'auto' || option === each),
  )) {
    try {
      const started = coldEngine(input, () => selectEngine(name));
      engines.push(started.engine);
      cold.push(started.cold);
    } catch (error) {
      if (option !== 'auto' || !(error instanceof AioscopeError)) throw error;
      missing = error.message;
    }
  }
  return { cold: [...cold, ...coldLoops(input)], missing, engines };
}

const inputOf = ({
  name,
  schema,
  count,
  distinct,
  blockRecords,
  isWhole,
  tornBytes,
}: BenchInput): BenchReport['input'] => ({
  name,
  kind: schema.kind,
  endian: schema.endian,
  layout: schema.layout.text,
  stride: schema.stride,
  records: distinct,
  isWhole,
  tornBytes,
  recordsInMemory: count,
  blockRecords,
});

/** Measures a source, or generated records if there is none. */
export async function benchSource(
  source: ByteSource | undefined,
  options: BenchOptions,
): Promise<BenchReport> {
  const timeMs = timeMsOf(options.time ?? TIME_S);
  const option = options.engine ?? ENGINES[0];
  // Check the options before anything is read.
  if (!ENGINES.includes(option)) selectEngine(option);
  const identified = source === undefined ? generated(options) : await identify(source, options);
  try {
    const input = await readBenchInput(identified);
    const { engines, cold, missing } = startEngines(input, option);
    const report: BenchReport = {
      version,
      machine: machine(),
      input: inputOf(input),
      missing,
      cold,
      tasks: [],
      file: null,
    };
    await options.onProgress?.(report);
    for (const task of benchRecords(input, engines, timeMs)) {
      report.tasks.push(task);
      await options.onProgress?.(report);
    }
    report.file = await benchFile(identified, engines, timeMs);
    return report;
  } finally {
    await identified.source.close();
  }
}
