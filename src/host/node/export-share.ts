// The work of one exporting thread: every `step`th range of a file as text, into buffers that come
// back.
import { useKernel } from '../../engine/wasm.ts';
import { type Schema, schemaOf } from '../../layout/schema.ts';
import { ByteText } from '../../sinks/text/byte-text.ts';
import { writeRows } from '../../sinks/text/write-rows.ts';
import { Opened } from '../../stream/open-source.ts';
import type { Quality } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import { faultOf } from '../workers/share.ts';
import type { DecodeShare, Faulty } from './decode-share.ts';
import { openRange } from './file-range.ts';
import { rowsToWrite, type TextOptions } from './text-rows.ts';

/** How one of several threads writes a file as text. */
export interface ExportShare extends DecodeShare {
  readonly names: Schema['names'];
  readonly text: TextOptions;
}

/** The text of a range, and what was read for it. */
export interface TextChunk extends Faulty {
  readonly buffer: ArrayBuffer;
  /** Bytes of text in the buffer. */
  readonly byteLength: number;
  readonly quality: Quality;
}

/** Writes the ranges of a share in order, one per buffer, and sends each. */
export async function exportShare(
  share: ExportShare,
  buffers: AsyncIterator<ArrayBuffer>,
  send: (chunk: TextChunk) => void,
): Promise<void> {
  const { fd, name, byteLength, chunkRecords, first, step, kernel, options, names } = share;
  if (kernel !== undefined) useKernel(kernel);
  const schema = schemaOf({ ...options, names });
  const rows = rowsToWrite(schema, share.text);
  const chunkBytes = chunkRecords * schema.stride;
  for (let begin = first * chunkBytes; begin < byteLength; begin += step * chunkBytes) {
    const { value: buffer } = await buffers.next();
    const text = new ByteText(buffer);
    const end = Math.min(byteLength, begin + chunkBytes);
    const range = { begin, end, isLast: end === byteLength, sourceBytes: byteLength };
    const reader = new RecordReader(new Opened(openRange(fd, name, range), schema), options);
    const skipped = begin / schema.stride;
    let fault: TextChunk['fault'];
    try {
      for await (const batch of reader) writeRows(text, batch, { ...rows, skipped });
    } catch (error) {
      fault = faultOf(error);
    }
    send({ buffer: text.buffer, byteLength: text.at, quality: reader.quality, fault });
    if (fault !== undefined) return;
  }
}
