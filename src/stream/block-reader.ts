import type { ProfileName } from '../abi/rule.ts';
import type { ArenaPlan } from '../engine/arena.ts';
import { laterJsEngine } from '../engine/js-later.ts';
import type { Engine, EngineName, EngineUse } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import { type Schema, schemaOf } from '../layout/schema.ts';
import type { ArenaSlice } from './decoder.ts';
import { type Decoding, decodingOf, type TimesOption } from './decoding.ts';
import { closeQuietly } from './fault.ts';
import type { AheadJob } from './host.ts';
import type { Opened } from './open-source.ts';
import { formatOf, type OpenOptions, type Quality } from './options.ts';
import { Reading } from './reading.ts';
import type { SourceParts } from './source.ts';

/** Options of a block reader. */
type BlockOptions = Pick<OpenOptions, 'engine' | 'signal' | 'onProgress' | 'batchSize'> &
  TimesOption & { readonly check?: ProfileName | undefined };

/** Reads all records of an open source once, for an analysis that decodes block by block. */
export class BlockReader implements EngineUse {
  /** What reports call the source. */
  readonly sourceName: string;
  /** Where its bytes begin in what its name names. */
  readonly offset: number;
  /** The sources that are read as one; undefined of a single one. */
  readonly parts: SourceParts | undefined;
  readonly #opened: Opened;
  readonly #options: BlockOptions;
  readonly #decoding: Decoding;
  #engine: Engine;
  #reading: Reading | undefined;

  constructor(opened: Opened, options: BlockOptions) {
    this.sourceName = opened.name;
    this.offset = opened.offset;
    this.parts = opened.bytes.parts;
    this.#opened = opened;
    this.#options = options;
    this.#engine = selectEngine(options.engine, laterJsEngine);
    const { names } = opened.schema;
    const schema = schemaOf({ ...formatOf(opened.schema), names, check: options.check });
    this.#decoding = decodingOf(schema, options, this.#engine);
  }

  get schema(): Schema {
    return this.#decoding.schema;
  }

  /** The plan of the arena; `byteLength` is the size of the slice that `start` needs. */
  get plan(): ArenaPlan {
    return this.#decoding.plan;
  }

  /** The engine in use; final once the reading has begun. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Why `auto` did not choose the faster engine; null if it did. */
  get engineReason(): string | null {
    return this.#engine.reason;
  }

  /** Bytes, whole records and torn bytes so far. */
  get quality(): Readonly<Quality> {
    const nothing = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
    return this.#reading?.quality ?? nothing;
  }

  /** What a thread needs to decode the same blocks. */
  get aheadJob(): AheadJob {
    const { engine, check, times } = this.#options;
    const { batchSize } = this.#decoding;
    const conversion = times && { unit: times.unit, offset: times.offset };
    return { opened: this.#opened, engine, check, batchSize, times: conversion };
  }

  /** Starts reading, into a slice of an arena if one is given. */
  async start(slice?: ArenaSlice): Promise<Reading> {
    const { schema, allocate } = this.#decoding;
    const make = () => allocate(slice);
    const reading = await Reading.start(this.#opened.take(), schema, make, this.#options);
    this.#reading = reading;
    this.#engine = reading.decoder.arena.engine;
    return reading;
  }

  /** Closes the source, also if it has not been started. */
  async close(): Promise<void> {
    if (this.#reading !== undefined) return this.#reading.close();
    // Whoever has taken it closes it: another reader, or a start that failed.
    const untaken = { close: () => this.#opened.take().close() };
    await closeQuietly(untaken, this.#options.signal);
  }
}
