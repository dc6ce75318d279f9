import { type ArenaPlan, loadArena, planArena } from '../engine/arena.ts';
import type { Engine } from '../engine/kernel.ts';
import type { Schema } from '../layout/schema.ts';
import { type ArenaSlice, Decoder } from './decoder.ts';
import { BATCH_SIZE, checkBatchSize, type OpenOptions } from './options.ts';
import type { CreateFilter } from './row-filter.ts';
import type { TimeConversion } from './times.ts';
import { unmatchAbsent } from './unmatch-absent.ts';

/** Bytes per read: 512 KiB to 4 MiB measured alike, 64 KiB a third slower. */
const READ_BYTES = 2 ** 20;

/** How times are converted; not at all unless given. */
export interface TimesOption {
  readonly times?: TimeConversion | undefined;
}

/** How the records of a source are decoded in batches, once its format is known. */
export interface Decoding {
  readonly schema: Schema;
  readonly batchSize: number;
  /** Whether there are conditions. */
  readonly isSelecting: boolean;
  /** The plan of the arena; `byteLength` is the size of the slice that a decoder needs. */
  readonly plan: ArenaPlan;
  /** Makes a decoder in a slice of an arena, or in an arena of its own. */
  allocate(slice: ArenaSlice | undefined): Promise<Decoder>;
}

/**
 * Resolves the options that depend on the format. `createFilter` makes the filter of conditions.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`
 */
export function decodingOf(
  schema: Schema,
  options: Pick<OpenOptions, 'batchSize'> & TimesOption,
  engine: Engine,
  createFilter?: CreateFilter,
): Decoding {
  const batchSize = checkBatchSize(options.batchSize ?? BATCH_SIZE, schema.stride);
  const reads = Math.max(1, Math.round(READ_BYTES / (batchSize * schema.stride)));
  const plan = planArena(schema, batchSize, reads);
  const mends = [options.times?.mendOf(schema), unmatchAbsent(schema)].filter(
    (mend) => mend !== undefined,
  );
  const own = async () =>
    ({ arena: await loadArena(engine, plan.byteLength), at: 0, isGiven: true }) as const;
  return {
    schema,
    batchSize,
    isSelecting: createFilter !== undefined,
    plan,
    allocate: async (slice) =>
      new Decoder(schema, engine, batchSize, reads, createFilter, slice ?? (await own()), mends),
  };
}
