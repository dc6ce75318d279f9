import { AioscopeError } from '../errors.ts';
import type { ByteSource } from '../stream/source.ts';

/** Bytes per read of one file, and of each of many. */
const READ_BYTES = 2 ** 14;
const READ_BYTES_MIN = 2 ** 12;
/** The longest line that is kept: io_submit of thousands of iocbs is a line of a megabyte. */
const LINE_CHARS_MAX = 2 ** 24;

/**
 * Yields the lines of a source, one of `files`, in the groups in which they are read, without line
 * ends. Bytes that are not UTF-8 become U+FFFD.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for a line of more than 16 million characters
 */
export async function* linesOf(
  source: ByteSource,
  files = 1,
): AsyncGenerator<string[], void, void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(Math.max(READ_BYTES_MIN, Math.floor(READ_BYTES / files)));
  /** The parts of a line that has not ended. */
  let parts: string[] = [];
  let length = 0;
  let number = 0;
  for (;;) {
    const read = await source.read(buffer);
    const text = decoder.decode(buffer.subarray(0, read), { stream: read > 0 });
    const end = text.lastIndexOf('\n');
    if (end >= 0) {
      const lines = (parts.join('') + text.slice(0, end)).split('\n');
      parts = [];
      length = 0;
      number += lines.length;
      yield lines.map(withoutReturn);
    }
    parts.push(text.slice(end + 1));
    length += text.length - (end + 1);
    if (length > LINE_CHARS_MAX)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${source.name}: line ${number + 1} has more than ${LINE_CHARS_MAX} characters; ` +
          'this is not a log',
      );
    if (read > 0) continue;
    if (length > 0) yield [withoutReturn(parts.join(''))];
    return;
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
