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
  torn: { bytes: number; files: { file: string; bytes: number }[] };
}
