// The records that a bench is done on: the first of a source, again and again until the memory that is wanted is full.
import { AioscopeError } from '../errors.ts';
import { readFault } from '../stream/fault.ts';
import type { Opened } from '../stream/open-source.ts';
import { readRing } from '../stream/read-ring.ts';
import type { ByteSource } from '../stream/source.ts';
import type { BenchRecords } from './contender.ts';

/** More than any cache holds. */
const MEMORY_BYTES = 2 ** 26;
/** With two of them and the columns of one, most L2 caches have room to spare. */
const BLOCK_RECORDS = 2048;
/** Blocks of long records have fewer. */
const BLOCK_BYTES = 2 ** 18;

async function fill(source: ByteSource, target: Uint8Array): Promise<number> {
  let filled = 0;
  try {
    for (let read = -1; read !== 0 && filled < target.byteLength; filled += read)
      read = await source.read(target.subarray(filled));
  } catch (error) {
    throw readFault(source.name, filled, error);
  }
  return filled;
}

/** What was read, and whether the source has more. */
export interface BenchInput extends BenchRecords {
  readonly isWhole: boolean;
  /** Bytes at the end that are no whole record; 0 where the end was not reached. */
  readonly tornBytes: number;
}

/**
 * Read the first records of a source, up to 64 MiB; of a ring image its events. The source stays open.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` where there is no whole record
 */
export async function readBenchInput(opened: Opened): Promise<BenchInput> {
  const { schema, name } = opened;
  const source = opened.take();
  const { stride } = schema;
  const blockRecords = Math.max(1, Math.min(BLOCK_RECORDS, Math.floor(BLOCK_BYTES / stride)));
  const count = blockRecords * Math.max(2, Math.floor(MEMORY_BYTES / stride / blockRecords));
  const bytes = new Uint8Array(count * stride);
  const ring = schema.kind === 'aio_ring' ? await readRing(source, schema.endian) : undefined;
  const filled = await fill(ring?.events ?? source, bytes);
  const distinct = Math.floor(filled / stride);
  if (distinct === 0) {
    const what =
      ring === undefined ? `${filled} bytes, and a record has ${stride}` : 'a ring without events';
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${name}: ${what}: there is nothing to measure; give a longer dump, or none to have one made up`,
    );
  }
  for (let done = distinct * stride; done < bytes.byteLength; done *= 2)
    bytes.copyWithin(done, 0, Math.min(done, bytes.byteLength - done));
  const isWhole = filled < bytes.byteLength;
  return {
    name,
    schema,
    bytes,
    count,
    distinct,
    blockRecords,
    isWhole,
    tornBytes: isWhole ? filled - distinct * stride : 0,
  };
}
