import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

/** Addresses of a 32-bit program. */
export interface ThirtyTwoBitEvidence {
  /** Submissions whose iocb lies below 2^32: all of them. */
  addresses: number;
}

/** The least share of submissions whose aio_buf holds two values. The low half of one may be 0. */
const SHARE = 0.5;

/**
 * Submissions of a 32-bit program that did not pad the pointers of its iocbs to 64 bits: all iocbs
 * lie below 2^32, yet aio_buf is above it, since it holds the pointer and the value that follows.
 * Numbers that a 64-bit address could be are not taken for it: programs that are not relocatable
 * have iocbs below 2^32 too. Source: struct iocb in include/uapi/linux/aio_abi.h.
 */
export function thirtyTwoBit({
  submitted,
  submissions,
  place,
}: Facts): FindingOf<'thirty-two-bit'>[] {
  const { addresses, highAddresses, moving, joinedBuffers, highBuffers, firstJoined } = submitted;
  if (addresses === 0 || highAddresses > 0 || highBuffers > 0) return [];
  if (joinedBuffers === 0 || joinedBuffers < SHARE * moving) return [];
  return [
    {
      ...{ id: 'thirty-two-bit', severity: 'error', count: joinedBuffers },
      ...{ of: submissions?.records ?? moving, where: {}, first: place('iocb', firstJoined) },
      evidence: { addresses },
    },
  ];
}
