// The evidence of each finding, as plain data. Bytes and times (ns) are decimal strings.
import type { HungEvidence } from './rules/hung.ts';
import type { LostEvidence } from './rules/lost.ts';
import type { MismatchEvidence } from './rules/mismatched.ts';
import type { NoCompletionsEvidence } from './rules/no-completions.ts';
import type { ParkedPollsEvidence, RingLapEvidence, ShortEvidence } from './rules/notes.ts';
import type { RefusedEvidence } from './rules/refused.ts';
import type { SlowSubmitEvidence } from './rules/slow-submit.ts';
import type { ThirtyTwoBitEvidence } from './rules/thirty-two-bit.ts';

/** A finding's records of one opcode, process and descriptor. */
export interface FindingGroup {
  /** null if the envelope has none. */
  pid: number | null;
  fd: number;
  path?: string;
  opcode: number;
  count: number;
  /** Requests of this opcode on this descriptor that could be. */
  of: number;
}

/** Where on a file failures lie together: requests that begin at `from` or above, below `to`. */
export interface FailedRegion {
  /** null if the envelope has none. */
  pid: number | null;
  fd: number;
  from: string;
  to: string;
  /** Whether no request begins below it, or above it. */
  isLowest: boolean;
  isHighest: boolean;
  /** Failures in it, of all with this errno on the descriptor. */
  failed: number;
  failedInAll: number;
  /** Completed requests in it: reads, writes, or both, as those that failed. */
  requests: number;
}

/** A way to be misaligned: any of these fields is not a multiple of `bytes`. */
export interface MisalignedBy {
  bytes: number;
  fields: ('offset' | 'length' | 'buffer')[];
}

/** Requests of one descriptor or process, and the ranges that hold them. */
export interface PlacedGroup {
  /** null if the envelope has none. */
  pid: number | null;
  fd?: number;
  path?: string;
  count: number;
  /** The first byte on the file and the one after the last; absent if they have no offset. */
  offsetFrom?: string;
  offsetTo?: string;
  /** When the first and the last were submitted. */
  from: string;
  to: string;
}

/** Requests of a process whose buffers overlap, and the addresses that hold what they share. */
interface BufferGroup extends Omit<PlacedGroup, 'fd' | 'path' | 'offsetFrom' | 'offsetTo'> {
  bufferFrom?: string;
  bufferTo?: string;
}

/** Flushes of one descriptor that were submitted while writes to it were in flight. */
export interface FlushGroup {
  pid: number;
  fd: number;
  path?: string;
  count: number;
  /** All flushes of the descriptor. */
  of: number;
  /** These writes, summed over the flushes. */
  writesInFlight: number;
}

/** What each finding rests on, by its id. */
export interface FindingEvidence extends MismatchEvidence {
  'thirty-two-bit': ThirtyTwoBitEvidence;
  refused: RefusedEvidence;
  hung: HungEvidence;
  'slow-submit': SlowSubmitEvidence;
  lost: LostEvidence;
  'no-completions': NoCompletionsEvidence;
  short: ShortEvidence;
  'end-of-file': Readonly<Record<string, never>>;
  'parked-polls': ParkedPollsEvidence;
  'ring-lap': RingLapEvidence;
  failed: {
    errno: number;
    name: string | null;
    /** At most 64, the largest. */
    groups: FindingGroup[];
    /** Failures in no group: their submissions are unknown, or there are more groups. */
    other: number;
    regions: FailedRegion[];
  };
  misaligned: MisalignedBy & {
    /** Misaligned reads and writes that failed with EINVAL or succeeded. */
    misaligned: number;
    /** All reads and writes that failed with EINVAL. */
    invalid: number;
    /** Aligned reads and writes. */
    aligned: number;
    /** The share of misaligned ones that failed, and the share of EINVALs that are misaligned. */
    precision: number;
    recall: number;
    /** What separates as well. */
    alike: MisalignedBy[];
    groups: FindingGroup[];
  };
  'nowait-eagain': {
    /** Requests with RWF_NOWAIT that completed, and those with EAGAIN. */
    opcodes: { opcode: number; requests: number; again: number }[];
    /** By descriptor, of the opcodes that the finding is about. `of` is those with RWF_NOWAIT. */
    groups: FindingGroup[];
  };
  /** Of each file, how many bytes are left over, and where they begin. */
  torn: { bytes: number; files: { file: string; bytes: number; offset: number }[] };
  /** The busiest of so many descriptors; the ranges are those of the bytes written twice. */
  'overlapping-writes': { descriptors: number; groups: PlacedGroup[] };
  /** The busiest of so many processes. */
  'shared-buffer': { processes: number; groups: BufferGroup[] };
  /** `endBefore`: the highest end of bytes that had been moved before one of these reads. */
  'empty-inside': { endBefore: string; descriptors: number; groups: PlacedGroup[] };
  /** `bytesNotMoved`: without those of the vectored requests, which do not say what they ask. */
  clamped: { bytesNotMoved: string; vectored: number; groups: PlacedGroup[] };
  'flush-overtaking': { writesInFlight: number; descriptors: number; groups: FlushGroup[] };
}
