// How every analysis reads a source: detected unless given, in blocks that fit the cache.
import { type CheckOption, FORMAT_NAMES, type Kind } from '../layout/schema.ts';
import { SELECT_NAMES, type Selection } from '../layout/where.ts';
import type { TimesOption } from './decoding.ts';
import { orClose } from './fault.ts';
import type { Host } from './host.ts';
import { Opened, openSource, toBytes } from './open-source.ts';
import { type OpenOptions, READ_NAMES } from './options.ts';
import { RecordReader } from './reader.ts';
import type { Source } from './source.ts';
import type { StreamName } from './stream-set.ts';

/** How a source is analyzed. */
export interface AnalyzeOptions
  extends Omit<OpenOptions, 'kind' | 'batchSize' | 'owned' | 'check' | 'workers'> {
  /** What the source holds. If it is not given, kind, layout and byte order are detected. */
  readonly kind?: Kind | undefined;
  /** What reports call the source instead of its path, `memory` or `stream`. */
  readonly name?: string | undefined;
}

/** Conditions that are parsed already. */
export type ParsedConditions = Pick<Selection, 'clauses'>;

/** The names of `AnalyzeOptions`. */
export const ANALYZE_NAMES = [
  FORMAT_NAMES,
  'absent:object[]',
  SELECT_NAMES,
  READ_NAMES,
  'compression',
  'follow:AbortSignal',
  'engine',
  'name:string',
] as const;

/** Records per block: their bytes and columns stay in the L2 cache together. */
export const BLOCK_RECORDS = 2048;

/** Opens a source for an analysis. Detects what is not given. */
export function openFor(
  source: Source | Opened,
  { kind, layout, endian, absent, compression, follow, signal }: AnalyzeOptions,
  host?: Host,
): Promise<Opened> {
  const given = { kind, layout, endian, absent, compression, follow, signal };
  return openSource(source, given, host);
}

/**
 * Opens what an analysis reads: for a trace without a kind the streams that it uses, otherwise
 * the one stream of the source.
 */
export async function openStreams(
  source: Source | Opened,
  options: AnalyzeOptions,
  use: readonly StreamName[],
): Promise<readonly Opened[]> {
  if (source instanceof Opened) return [source];
  const bytes = toBytes(source, options);
  const set = options.kind === undefined ? await bytes.streams?.() : undefined;
  return set?.openAll(use, options) ?? [await openFor(bytes, options)];
}

/** Opens a source, detects what is not given, and returns a reader in blocks. */
export async function analysisReader(
  source: Source | Opened,
  options: AnalyzeOptions & CheckOption & ParsedConditions & TimesOption,
): Promise<RecordReader> {
  const given = { ...options, batchSize: BLOCK_RECORDS, workers: 1 };
  return orClose(await openFor(source, options), (opened) => new RecordReader(opened, given));
}
