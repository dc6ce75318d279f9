// The records of a measurement: the first ones of a source, repeated until the memory is full.
import { AioscopeError } from '../errors.ts';
import { readFault } from '../stream/fault.ts';
import type { Opened } from '../stream/open-source.ts';
import { readRing } from '../stream/read-ring.ts';
import type { ByteSource } from '../stream/source.ts';
import type { BenchRecords } from './contender.ts';

/** More than any cache holds. */
const MEMORY_BYTES = 2 ** 26;
/** Two such blocks and the columns of one fit most L2 caches. */
const BLOCK_RECORDS = 2048;
/** The maximum size of a block of long records. */
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

/** The records read, and whether the source has more. */
export interface BenchInput extends BenchRecords {
  readonly isWhole: boolean;
  /** Trailing bytes short of a record; 0 if the end was not reached. */
  readonly tornBytes: number;
}

/**
 * Reads the first records of a source, up to `memoryBytes`, or the events of a ring image. The
 * source stays open.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if there is not even one whole record
 */
export async function readBenchInput(
  opened: Opened,
  memoryBytes = MEMORY_BYTES,
): Promise<BenchInput> {
  const { schema, name } = opened;
  const source = opened.take();
  const { stride } = schema;
  const blockRecords = Math.max(1, Math.min(BLOCK_RECORDS, Math.floor(BLOCK_BYTES / stride)));
  const count = blockRecords * Math.max(2, Math.floor(memoryBytes / stride / blockRecords));
  const bytes = new Uint8Array(count * stride);
  const ring = schema.kind === 'aio_ring' ? await readRing(source, schema.endian) : undefined;
  const filled = await fill(ring?.events ?? source, bytes);
  const distinct = Math.floor(filled / stride);
  if (distinct === 0) {
    const what =
      ring === undefined ? `${filled} bytes, and a record has ${stride}` : 'a ring without events';
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${name}: ${what}: nothing to measure; ` +
        'use a longer dump, or none to measure generated records',
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
