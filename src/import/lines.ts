import { AioscopeError } from '../errors.ts';
import type { ByteSource } from '../stream/source.ts';

/** Bytes per read. */
const READ_BYTES = 2 ** 16;
/** The longest line that is kept: io_submit of thousands of iocbs is a line of a megabyte. */
const LINE_CHARS_MAX = 2 ** 24;

/**
 * Yields the lines of a source in the groups in which they are read, without line ends. Bytes that
 * are not UTF-8 become U+FFFD.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for a line of more than 16 million characters
 */
export async function* linesOf(source: ByteSource): AsyncGenerator<string[], void, void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  let rest = '';
  let number = 0;
  for (;;) {
    const read = await source.read(buffer);
    const text = rest + decoder.decode(buffer.subarray(0, read), { stream: read > 0 });
    const lines = text.split('\n');
    rest = read > 0 ? (lines.pop() ?? '') : '';
    if (rest.length > LINE_CHARS_MAX)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${source.name}: line ${number + lines.length + 1} has more than ${LINE_CHARS_MAX} ` +
          'characters; this is not a log',
      );
    number += lines.length;
    if (read === 0 && lines.at(-1) === '') lines.pop();
    if (lines.length > 0)
      yield lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
    if (read === 0) return;
  }
}
