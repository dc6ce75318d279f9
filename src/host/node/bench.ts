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
import { jsEngine } from '../../engine/js-kernels.ts';
import { ENGINES, type Engine, type EngineName, type EngineOption } from '../../engine/kernel.ts';
import { selectEngine } from '../../engine/select.ts';
import { AioscopeError } from '../../errors.ts';
import { generate } from '../../generate/generate.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { type Endian, FORMAT_NAMES, type Kind, schemaOf } from '../../layout/schema.ts';
import { Opened, openSource } from '../../stream/open-source.ts';
import type { ByteOptions } from '../../stream/options.ts';
import { byteSource, type Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { type BenchFile, benchFile } from './bench-file.ts';
import { nodeHost } from './host.ts';

/** Options of `bench`. */
export interface BenchOptions extends PartialFormat, Pick<ByteOptions, 'compression'> {
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

const NAMES = [
  FORMAT_NAMES,
  'compression',
  'engine',
  'time:number',
  'onProgress:function',
] as const;

const TIME_S = 0.1;
const TIME_MAX_S = 60;

function timeMsOf(time: number): number {
  if (time > 0 && time <= TIME_MAX_S) return time * 1000;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    (option) =>
      `${option('time')} is ${time}; it must be a number of seconds above 0, up to ${TIME_MAX_S}`,
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
function generated({ kind = 'io_event', layout, endian }: PartialFormat): Opened {
  const format = { kind, layout, endian };
  const records = kind === 'aio_ring' ? GENERATED_RING_RECORDS : GENERATED_RECORDS;
  const bytes = byteSource(generate({ ...format, records }));
  return new Opened({ ...bytes, name: 'generated' }, schemaOf(format));
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
      const started = coldEngine(input, () => selectEngine(name, jsEngine));
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

/**
 * Measures how fast the records of a source are decoded here, or generated ones if the source is
 * undefined: each engine at each task, beside loops in plain JavaScript and a plain copy, all
 * checked to agree first. Takes about 10 seconds and 300 MB, and blocks the thread. Up to 64 MiB of
 * the source are kept in memory; up to 128 MiB of a regular file are also read and summarized. If
 * nothing else ran in the process before, `cold` is what first calls cost.
 *
 * @throws as `open` does while iterating; AioscopeError `AIOSCOPE_OPTION`; `AIOSCOPE_UNKNOWN` if no
 *   kind is given and none is recognized; `AIOSCOPE_SOURCE` if there is no whole record;
 *   `AIOSCOPE_DISAGREEMENT` if two ways to do a task differ: then nothing of it is timed
 */
export async function bench(
  source?: Source | Opened,
  options: BenchOptions = {},
): Promise<BenchReport> {
  checkOptions('bench', options, NAMES);
  const timeMs = timeMsOf(options.time ?? TIME_S);
  const option = options.engine ?? ENGINES[0];
  // Check the options before anything is read.
  if (!ENGINES.includes(option)) selectEngine(option, jsEngine);
  const { kind, layout, endian, compression } = options;
  const given = { kind, layout, endian, compression };
  const opened =
    source === undefined ? generated(given) : await openSource(source, given, nodeHost);
  try {
    const input = await readBenchInput(opened);
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
    report.file = await benchFile(opened, engines, timeMs);
    return report;
  } finally {
    await opened.close();
  }
}
