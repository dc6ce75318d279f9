// The work of one decoding thread: every `step`th chunk of a file, into buffers that come back.
import { useKernel } from '../../engine/wasm.ts';
import { schemaOf } from '../../layout/schema.ts';
import { ownedColumns, rowsOf } from '../../stream/decoder.ts';
import { Opened } from '../../stream/open-source.ts';
import type { OpenOptions } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import { errorOf, faultOf } from '../workers/share.ts';
import type { FileIdentity } from './file-identity.ts';
import { openRange } from './file-range.ts';

/** How one of several threads decodes a file. */
export interface DecodeShare {
  readonly fd: number;
  readonly file: FileIdentity;
  readonly name: string;
  readonly byteLength: number;
  /** The kernel that the program has handed in, if any. */
  readonly kernel: object | undefined;
  /** Whole records of each chunk but the last. */
  readonly chunkRecords: number;
  /** Index of its first chunk; it takes every `step`th from there on. */
  readonly first: number;
  readonly step: number;
  readonly options: OpenOptions;
}

/** What may be incomplete. */
export interface Faulty {
  /** Why it is incomplete; undefined if it is not. */
  readonly fault: ReturnType<typeof faultOf> | undefined;
}

/** A decoded chunk: all columns in one buffer, each with space for `chunkRecords` rows. */
export interface Chunk extends Faulty {
  readonly buffer: ArrayBuffer;
  readonly records: number;
}

/** The error of an incomplete chunk. */
export const faultIn = ({ fault }: Faulty): Error | undefined => fault && errorOf(fault);

/** Decodes the chunks of a share in order, one per buffer, and sends each. */
export async function decodeShare(
  share: DecodeShare,
  buffers: AsyncIterator<ArrayBuffer>,
  send: (chunk: Chunk) => void,
): Promise<void> {
  const { fd, name, byteLength, chunkRecords, first, step, kernel, options } = share;
  if (kernel !== undefined) useKernel(kernel);
  const schema = schemaOf(options);
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
    send({ buffer, records, fault });
    if (fault !== undefined) return;
  }
}
