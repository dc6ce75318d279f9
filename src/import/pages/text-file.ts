import { AioscopeError } from '../../errors.ts';
import type { ByteSource } from '../../stream/source.ts';

const TEXT_CHUNK_BYTES = 2 ** 12;
/** Texts of the kernel have a few KB, and a profile has a line per probe. */
const KERNEL_CHARS_MAX = 2 ** 20;
/** These have a line per thread, and per descriptor. */
const OF_PROC = /(?:^|[/\\:])(?:processes|descriptors)$/;
const PROC_CHARS_MAX = 2 ** 24;

/** A small file. */
export interface TextFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a small file.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it is not small
 */
export async function textOf(source: ByteSource): Promise<TextFile> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(TEXT_CHUNK_BYTES);
  const charsMax = OF_PROC.test(source.name) ? PROC_CHARS_MAX : KERNEL_CHARS_MAX;
  let text = '';
  for (let read = 1; read > 0; ) {
    read = await source.read(buffer);
    text += decoder.decode(buffer.subarray(0, read), { stream: read > 0 });
    if (text.length > charsMax)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${source.name}: has more than ${charsMax} characters, and should be a short text`,
      );
  }
  return { name: source.name, text };
}
