import type { CheckOption, Kind } from '../layout/schema.ts';
import { type OpenOptions, RecordReader, toSource } from './reader.ts';
import { type Identified, identify } from './recognize.ts';
import type { ByteSource, Source } from './source.ts';

/** How a source is to be analyzed. */
export interface AnalyzeOptions
  extends Omit<OpenOptions, 'kind' | 'batchSize' | 'owned' | 'check'> {
  /** What the source holds; where it is not said, it is recognized, and with it layout and byte order where they are not said. */
  readonly kind?: Kind | undefined;
  /** What reports call the source, in place of its path or `memory` or `stream`. */
  readonly name?: string | undefined;
}

/** Records that are decoded and counted at once: their bytes and columns stay in the L2 cache together. */
export const BLOCK_RECORDS = 2048;

/** A reader, in blocks, of a source that has been identified. The source may be open: it is closed where options make no sense. */
export function blockReader(
  { source, format }: Identified,
  options: AnalyzeOptions & CheckOption,
): RecordReader {
  try {
    return new RecordReader(source, {
      ...options,
      ...format,
      compression: 'none',
      batchSize: BLOCK_RECORDS,
    });
  } catch (error) {
    Promise.resolve(source.close()).catch(() => {});
    throw error;
  }
}

/** A reader, in blocks, of a source whose kind is said or recognized. */
export const knownReader = async (
  source: Source | ByteSource,
  options: AnalyzeOptions & CheckOption,
): Promise<RecordReader> =>
  blockReader(
    await identify(toSource(source, options.compression), options, options.signal),
    options,
  );
