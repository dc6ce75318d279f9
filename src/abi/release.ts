import { IOCB_FLAGS, IOPRIO_HINTS_SINCE, RWF_FLAGS } from './flag.ts';
import { OPCODES } from './opcode.ts';

const parts = (release: string): number[] => release.split('.').map(Number);

/** Compares Linux releases: negative if `a` is older than `b`. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The Linux releases that added something that an iocb can use, ascending. */
export const RELEASES: readonly string[] = [
  ...new Set([
    ...[...OPCODES, ...IOCB_FLAGS, ...RWF_FLAGS].flatMap(({ since }) => since ?? []),
    IOPRIO_HINTS_SINCE,
  ]),
].sort(compareReleases);

/** The number of a release in a column: its index in RELEASES + 1, or 0 for null. */
export const releaseNumber = (release: string | null): number =>
  release === null ? 0 : RELEASES.indexOf(release) + 1;
