import type { SubmissionColumns } from './key-columns.ts';

/**
 * Returns a hash of what row `i` requests: opcode, descriptor, buffer, length and offset, each
 * word times its own odd number. Equal requests have equal hashes; of different ones, one in 2^31.
 */
export function requestHash(
  { opcode, fd, nbytes, buf, offset }: SubmissionColumns,
  i: number,
): number {
  const [low, high] = [2 * i, 2 * i + 1];
  return (
    (Math.imul(opcode[i], 0x9e3779b1) +
      Math.imul(fd[i], 0x85ebca6b) +
      Math.imul(nbytes[low], 0xc2b2ae35) +
      Math.imul(nbytes[high], 0x27d4eb2f) +
      Math.imul(buf[low], 0x165667b1) +
      Math.imul(buf[high], 0xd3a2646d) +
      Math.imul(offset[low], 0xfd7046c5) +
      Math.imul(offset[high], 0xb55a4f09)) >>>
    0
  );
}
