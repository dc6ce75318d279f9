import { ColumnStats, ColumnTallies } from '../analysis/summary/column-stats.ts';
import { columnsJson } from '../analysis/summary/section.ts';
import { RecordBatch } from '../stream/batch.ts';
import { decodeOwned } from '../stream/decode.ts';
import { type ColumnArray, columnArray } from '../stream/decoder.ts';
import { memorySource } from '../stream/memory-source.ts';
import { type DifferenceOf, differentRow, differentSoFar, differentTurn } from './agreement.ts';
import {
  type BenchRecords,
  type BenchTaskName,
  type Contender,
  type Loaded,
  loopsServe,
} from './contender.ts';
import { DECODE_LOOPS, type DecodeLoop } from './placed-loops.ts';
import { iocbObjects, ioEventObjects, type RecordLoop } from './record-loops.ts';
import { type StatisticsLoop, statisticsLongs, statisticsWords } from './statistics-loops.ts';

/** A task: its contenders, and how to compare their results. */
export interface Task<T = unknown> {
  readonly name: BenchTaskName;
  readonly contenders: readonly Contender<T>[];
  readonly ceiling: Contender;
  readonly difference: DifferenceOf<T>;
}

const LONGS = 'loop, BigInt64Array';
const WORDS = 'loop, Uint32Array pairs';

const LOOPS = {
  io_event: { [LONGS]: DECODE_LOOPS.io_event.longs, [WORDS]: DECODE_LOOPS.io_event.words },
  iocb: { [LONGS]: DECODE_LOOPS.iocb.longs, [WORDS]: DECODE_LOOPS.iocb.words },
} as const satisfies Record<string, Record<string, DecodeLoop>>;

const OBJECT_LOOPS = { io_event: ioEventObjects, iocb: iocbObjects } as const satisfies Record<
  string,
  RecordLoop
>;

/** The loops that support the records: none unless they are bare and little-endian. */
const loopsOf = <L>(
  { schema }: BenchRecords,
  loops: Record<string, L>,
): [name: string, loop: L][] => (loopsServe(schema) ? Object.entries(loops) : []);

const columnsIn = ({ schema }: BenchRecords, buffer: ArrayBuffer, rows: number): ColumnArray[] =>
  schema.columns.map((column) => columnArray(column, buffer, column.columnOffset * rows, rows));

/**
 * One memmove of a block to allocated memory. `set` of a Uint8Array equals WebAssembly's
 * memory.copy.
 */
function copyInPlace({ bytes, schema, blockRecords }: BenchRecords): Contender {
  const target = new Uint8Array(blockRecords * schema.stride);
  return {
    name: 'memory.copy',
    role: 'ceiling',
    isJs: false,
    run: (first, count) =>
      target.set(bytes.subarray(first * schema.stride, (first + count) * schema.stride)),
    take: () => target,
  };
}

/** Decodes records in the engine's memory into columns there, which the next block overwrites. */
export function viewsTask(
  records: BenchRecords,
  engines: readonly Loaded[],
): Task<readonly ColumnArray[]> {
  const { schema, bytes, blockRecords } = records;
  const contenders = engines.map(({ name, isJs, decoder }): Contender<readonly ColumnArray[]> => {
    return {
      name,
      role: 'engine',
      isJs,
      run: (first, count) => decoder.decode(first * schema.stride, count),
      take: () => decoder.columns,
    };
  });
  const loops = loopsOf(records, LOOPS[schema.record.name as 'io_event']).map(
    ([name, loop]): Contender<readonly ColumnArray[]> => {
      const target = new ArrayBuffer(blockRecords * schema.stride);
      const columns = columnsIn(records, target, blockRecords);
      const run = (first: number, count: number) =>
        loop(bytes.buffer, first * schema.stride, count, 0, blockRecords, target);
      return { name, role: 'loop', isJs: true, run, take: () => columns };
    },
  );
  return {
    name: 'views',
    contenders: [...contenders, ...loops],
    ceiling: copyInPlace(records),
    difference: differentRow,
  };
}

/**
 * Decodes bytes in the caller's memory into new columns that the caller keeps, including allocation
 * and copies.
 */
export function ownedTask(
  records: BenchRecords,
  engines: readonly Loaded[],
): Task<readonly ColumnArray[]> {
  const { schema, bytes } = records;
  const { stride } = schema;
  const cut = (first: number, count: number) =>
    bytes.subarray(first * stride, (first + count) * stride);
  const owner = (
    name: string,
    role: 'engine' | 'loop',
    isJs: boolean,
    decode: (first: number, count: number) => readonly ColumnArray[],
  ) => {
    let columns: readonly ColumnArray[] = [];
    const run = (first: number, count: number) => {
      columns = decode(first, count);
    };
    return { name, role, isJs, run, take: () => columns };
  };
  const contenders = engines.map(({ name, isJs, engine }) =>
    owner(
      name,
      'engine',
      isJs,
      (first, count) => decodeOwned(schema, engine, memorySource(cut(first, count)), count).arrays,
    ),
  );
  const loops = loopsOf(records, LOOPS[schema.record.name as 'io_event']).map(([name, loop]) =>
    owner(name, 'loop', true, (first, count) => {
      const target = new ArrayBuffer(count * stride);
      loop(bytes.buffer, first * stride, count, 0, count, target);
      return columnsIn(records, target, count);
    }),
  );
  let copy = bytes;
  const run = (first: number, count: number) => {
    copy = bytes.slice(first * stride, (first + count) * stride);
  };
  const ceiling: Contender = {
    name: 'memory.copy, allocated',
    role: 'ceiling',
    isJs: false,
    run,
    take: () => copy,
  };
  return {
    name: 'owned',
    contenders: [...contenders, ...loops],
    ceiling,
    difference: differentRow,
  };
}

function statisticsLoop(
  records: BenchRecords,
  name: string,
  loop: StatisticsLoop,
): Contender<string> {
  const { schema, bytes } = records;
  let stats = new Map<string, ColumnStats>();
  return {
    name,
    role: 'loop',
    isJs: true,
    run(first, count) {
      for (const column of schema.columns) {
        const known = stats.get(column.name) ?? new ColumnStats();
        stats.set(column.name, known);
        known.merge(loop(bytes.buffer, first * schema.stride, count, column));
      }
    },
    take() {
      const json = JSON.stringify(columnsJson(stats));
      stats = new Map();
      return json;
    },
  };
}

/** Exact minimum, maximum and sum of every column, as in `summary`, without its other counters. */
export function statisticsTask(records: BenchRecords, engines: readonly Loaded[]): Task<string> {
  const { schema } = records;
  const contenders = engines.map(({ name, isJs, decoder }): Contender<string> => {
    const tallies = new ColumnTallies(decoder);
    return {
      name,
      role: 'engine',
      isJs,
      run(first, count) {
        decoder.decode(first * schema.stride, count);
        tallies.add(count);
      },
      take() {
        const stats = new Map<string, ColumnStats>();
        tallies.settle(stats);
        return JSON.stringify(columnsJson(stats));
      },
    };
  });
  const loops = loopsOf(records, {
    [LONGS]: statisticsLongs(schema.stride),
    [WORDS]: statisticsWords(schema.stride),
  });
  return {
    name: 'statistics',
    contenders: [
      ...contenders,
      ...loops.map(([name, loop]) => statisticsLoop(records, name, loop)),
    ],
    ceiling: copyInPlace(records),
    difference: differentSoFar,
  };
}

/** Every record as an object with its fields by name. */
export function recordsTask(records: BenchRecords, engines: readonly Loaded[]): Task<object> {
  const { schema, bytes } = records;
  let last: object = {};
  const visit = (record: object) => {
    last = record;
  };
  const contenders = engines.map(({ name, isJs, decoder }): Contender<object> => {
    const place = { firstIndex: 0, ring: undefined, isLive: () => true };
    const run = (first: number, count: number) => {
      decoder.decode(first * schema.stride, count);
      for (const record of new RecordBatch(schema, decoder.columns, count, place)) visit(record);
    };
    return { name, role: 'engine', isJs, run, take: () => last };
  });
  const loops = loopsOf(records, {
    'loop, object literals': OBJECT_LOOPS[schema.record.name as 'io_event'],
  }).map(([name, loop]): Contender<object> => {
    const run = (first: number, count: number) =>
      loop(bytes.buffer, first * schema.stride, count, visit);
    return { name, role: 'loop', isJs: true, run, take: () => last };
  });
  return {
    name: 'records',
    contenders: [...contenders, ...loops],
    ceiling: copyInPlace(records),
    difference: differentTurn,
  };
}
