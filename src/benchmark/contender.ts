import type { Engine } from '../engine/kernel.ts';
import type { Schema } from '../layout/schema.ts';
import { Decoder } from '../stream/decoder.ts';

/** The records that are measured: packed in memory of their own, from its first byte on. */
export interface BenchRecords {
  /** What messages call their source. */
  readonly name: string;
  readonly schema: Schema;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Records in `bytes`: whole blocks. */
  readonly count: number;
  /** The first of them are the source's; then they come again, until `bytes` are full. */
  readonly distinct: number;
  /** Records that are taken at once: their bytes and columns stay in the L2 cache together. */
  readonly blockRecords: number;
}

/** `views`: columns in the reader's memory; `owned`: columns that stay; `statistics`: exact minimum, maximum and sum of every column; `records`: each as an object. */
export type BenchTaskName = 'views' | 'owned' | 'statistics' | 'records';

/** What a contender is: an engine of aioscope, a loop in plain JavaScript, or the ceiling, which only moves bytes. */
export type BenchRole = 'engine' | 'loop' | 'ceiling';

/** One way to do a task. */
export interface Contender<T = unknown> {
  readonly name: string;
  readonly role: BenchRole;
  /** Whether it is JavaScript: the fastest of those is what all are held against. */
  readonly isJs: boolean;
  /** Do the task on `count` records from record `first` on: a block, or less. */
  run(first: number, count: number): void;
  /** What came of it since the last time: part of the work. */
  take(): T;
}

/** An engine with all records in its memory, as reads leave them. */
export interface Loaded {
  readonly name: string;
  readonly isJs: boolean;
  readonly engine: Engine;
  readonly decoder: Decoder;
}

export const engineTitle = ({ name }: Pick<Engine, 'name'>): string => `${name} engine`;

/** Give an engine the records. Valid until the decoder is released. */
export function load(engine: Engine, { schema, bytes, count, blockRecords }: BenchRecords): Loaded {
  const decoder = new Decoder(schema, engine, blockRecords, count / blockRecords);
  decoder.source.set(bytes);
  return { name: engineTitle(engine), isJs: engine.name === 'js', engine, decoder };
}

/** Loops are written by hand, for what a dump mostly is. */
export const loopsServe = ({ layout, endian }: Schema): boolean =>
  layout.envelopeBytes === 0 && endian === 'little';
