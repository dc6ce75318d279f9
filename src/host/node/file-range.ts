import { fstatSync, readSync } from 'node:fs';
import { AioscopeError } from '../../errors.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { ByteRange } from '../workers/share.ts';

/** The error of a file that ended at byte `size`. */
export function shrank(name: string, size: number, expected: number): AioscopeError {
  const message =
    `${name}: ended at byte ${size}, expected ${expected} bytes as when it was opened: it was ` +
    'truncated while it was read; every whole record before that was read';
  return new AioscopeError('AIOSCOPE_SHRANK', message, { byteOffset: size });
}

/**
 * Makes a source of bytes `begin` to `end` of an open file; the last range includes bytes added
 * since. Whoever opened the file closes it.
 */
export function openRange(
  fd: number,
  name: string,
  { begin, end, isLast, sourceBytes }: ByteRange,
): ByteSource {
  const limit = isLast ? Number.POSITIVE_INFINITY : end;
  let position = begin;
  return {
    name,
    reopen: () => openRange(fd, name, { begin, end, isLast, sourceBytes }),
    range: (from, to) =>
      openRange(fd, name, {
        begin: begin + from,
        end: Math.min(begin + to, end),
        isLast: false,
        sourceBytes,
      }),
    byteLength: end - begin,
    byteOffset: begin,
    read(target) {
      const length = Math.min(target.byteLength, limit - position);
      const bytes = readSync(fd, target, 0, length, position);
      position += bytes;
      if (bytes === 0 && position < end) {
        // Files of sysfs hold less than their size from the beginning.
        const { size } = fstatSync(fd);
        if (size < sourceBytes) throw shrank(name, Math.min(position, size), sourceBytes);
      }
      return bytes;
    },
    close() {},
  };
}
