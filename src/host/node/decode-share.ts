// What a worker thread that decodes does: every so many-th chunk of a file, into buffers that come back to it.

import { resolveSchema } from '../../layout/schema.ts';
import { ownedColumns, rowsOf } from '../../stream/decoder.ts';
import { Opened } from '../../stream/open-source.ts';
import type { OpenOptions } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import { errorOf, faultOf } from '../workers/share.ts';
import { openRange } from './file-source.ts';

/** How one of several threads decodes a file. */
export interface DecodeShare {
  readonly fd: number;
  readonly name: string;
  readonly byteLength: number;
  /** Whole records of each chunk but the last. */
  readonly chunkRecords: number;
  /** It takes this chunk and every `step`th after it. */
  readonly first: number;
  readonly step: number;
  readonly options: OpenOptions;
}

/** A decoded chunk: all columns in one buffer, each with room for `chunkRecords` rows. */
export interface Chunk {
  readonly buffer: ArrayBuffer;
  readonly records: number;
  /** Why there are no more records in it. */
  readonly fault: ReturnType<typeof faultOf> | undefined;
}

/** The error of a chunk. */
export const faultIn = ({ fault }: Chunk): Error | undefined => fault && errorOf(fault);

/** Decode the chunks of a share, one for each buffer that comes, and hand them on in their order. */
export async function decodeShare(
  share: DecodeShare,
  buffers: AsyncIterator<ArrayBuffer>,
  hand: (chunk: Chunk) => void,
): Promise<void> {
  const { fd, name, byteLength, chunkRecords, first, step, options } = share;
  const schema = resolveSchema(options);
  const chunkBytes = chunkRecords * schema.stride;
  for (let begin = first * chunkBytes; begin < byteLength; begin += step * chunkBytes) {
    const { value: buffer } = await buffers.next();
    const columns = ownedColumns(schema, chunkRecords).columns(buffer);
    const end = Math.min(byteLength, begin + chunkBytes);
    const source = openRange(fd, name, { begin, end, isLast: false, sourceBytes: byteLength });
    let records = 0;
    let fault: Chunk['fault'];
    try {
      for await (const batch of new RecordReader(new Opened(source, schema), options)) {
        for (const [i, column] of schema.columns.entries()) {
          const target = rowsOf(column, columns[i], records, records + batch.length) as Uint8Array;
          target.set(batch.columns[column.name] as Uint8Array);
        }
        records += batch.length;
      }
    } catch (error) {
      fault = faultOf(error);
    }
    hand({ buffer, records, fault });
    if (fault !== undefined) return;
  }
}
