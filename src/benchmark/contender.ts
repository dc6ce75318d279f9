import type { Engine } from '../engine/kernel.ts';
import type { Schema } from '../layout/schema.ts';
import { Decoder } from '../stream/decoder.ts';

/** The records of a measurement, packed in memory of their own. */
export interface BenchRecords {
  /** The name of the source in messages. */
  readonly name: string;
  readonly schema: Schema;
  readonly bytes: InstanceType<Uint8ArrayConstructor>;
  /** Records in `bytes`: whole blocks. */
  readonly count: number;
  /** The records of the source, which repeat until `bytes` is full. */
  readonly distinct: number;
  /** Records per block. The bytes and columns of a block fit the L2 cache together. */
  readonly blockRecords: number;
}

/**
 * `views`: columns in the reader's memory; `owned`: columns with their own memory; `statistics`:
 * exact minimum, maximum and sum of every column; `records`: one object per record.
 */
export type BenchTaskName = 'views' | 'owned' | 'statistics' | 'records';

/**
 * The role of a contender: an engine of aioscope, a loop in plain JavaScript, or the ceiling, which
 * only moves bytes.
 */
export type BenchRole = 'engine' | 'loop' | 'ceiling';

/** One way to do a task. */
export interface Contender<T = unknown> {
  readonly name: string;
  readonly role: BenchRole;
  /** Whether it is JavaScript; the fastest of those is the baseline. */
  readonly isJs: boolean;
  /** Performs the task on `count` records from `first` on, at most a block. */
  run(first: number, count: number): void;
  /** Returns the result since the last call; part of the work. */
  take(): T;
}

/** An engine with all records in its memory, as after reads. */
export interface Loaded {
  readonly name: string;
  readonly isJs: boolean;
  readonly engine: Engine;
  readonly decoder: Decoder;
}

export const engineTitle = ({ name }: Pick<Engine, 'name'>): string => `${name} engine`;

/** Loads the records into an engine. Valid until the decoder is released. */
export function load(engine: Engine, { schema, bytes, count, blockRecords }: BenchRecords): Loaded {
  const decoder = new Decoder(schema, engine, blockRecords, count / blockRecords);
  decoder.source.set(bytes);
  return { name: engineTitle(engine), isJs: engine.name === 'js', engine, decoder };
}

/** Whether there are loops for a schema: they are written for bare, little-endian records. */
export const loopsServe = ({ layout, endian }: Schema): boolean =>
  layout.envelopeBytes === 0 && endian === 'little';
