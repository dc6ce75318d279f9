import { fstatSync } from 'node:fs';
import { AioscopeError, messageOf } from '../../errors.ts';

/** What is equal of two openings of a file that nobody has changed in between. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** The identity of an open file. */
export function identityOf(fd: number): FileIdentity {
  const { dev, ino, size, mtimeNs } = fstatSync(fd, { bigint: true });
  return { dev, ino, size, mtimeNs };
}

/**
 * Why a thread cannot read a file that another one has opened; null if it can. Not every runtime
 * has one table of descriptors for all threads: elsewhere the number is not open, or is another
 * file's.
 */
export function reasonAgainst(fd: number, file: FileIdentity): string | null {
  const reason = 'threads do not share open files here';
  try {
    const { dev, ino } = identityOf(fd);
    return dev === file.dev && ino === file.ino ? null : reason;
  } catch (error) {
    return `${reason}: ${messageOf(error)}`;
  }
}

/**
 * Compares a file with its first opening. For a file that was followed, only which file it is,
 * since it was expected to grow.
 *
 * @throws AioscopeError `AIOSCOPE_CHANGED` if it is another file or was written to
 */
export function expectSame(
  name: string,
  first: FileIdentity,
  now: FileIdentity,
  follows: boolean,
): void {
  const isOther = first.dev !== now.dev || first.ino !== now.ino;
  // Files in /proc and /sys have no size, and the time of the look.
  const isKept = follows || now.size === 0n;
  const what = isOther
    ? 'it was replaced by another file'
    : first.size !== now.size
      ? `it has ${now.size} bytes, and had ${first.size}`
      : !isKept && first.mtimeNs !== now.mtimeNs && 'it was written to';
  if (what === false || (follows && !isOther)) return;
  throw new AioscopeError(
    'AIOSCOPE_CHANGED',
    `${name}: ${what} since it was first opened, and it is read twice; wait until nothing writes ` +
      'it, or read a copy',
    { byteOffset: 0 },
  );
}
