// What a finding is: one thing that matters about a capture, with the evidence for it.
import type { FindingEvidence } from './finding-evidence.ts';

/** `error`: requests or data are at risk; `warning`: look at this; `note`: good to know. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
/** `error`, `warning` or `note`. */
export type Severity = (typeof SEVERITIES)[number];

/** What a finding can be about. Findings of equal severity come in this order. */
export const FINDING_IDS = [
  ...(['two-clocks', 'time-unit', 'thirty-two-bit', 'failed', 'misaligned'] as const),
  ...(['nowait-eagain', 'refused', 'hung', 'empty-inside', 'overlapping-writes'] as const),
  ...([
    'lost',
    'duplicates',
    'pids-differ',
    'no-completions',
    'clamped',
    'flush-overtaking',
  ] as const),
  ...(['shared-buffer', 'slow-submit', 'ring-lap', 'torn', 'parked-polls', 'short'] as const),
  'end-of-file',
] as const;
/** One of `FINDING_IDS`. */
export type FindingId = (typeof FINDING_IDS)[number];

/** Where something is: what all of its records have in common. */
export interface FindingPlace {
  pid?: number;
  /** The name of the process, and the file of the descriptor, if they are known. */
  comm?: string;
  fd?: number;
  path?: string;
  opcode?: number;
  /** The first byte on the file, and the one after the last: decimal strings. */
  offsetFrom?: string;
  offsetTo?: string;
  /** The first and the last time (ns): decimal strings, as `ts` in the records. */
  from?: string;
  to?: string;
}

/** A record. */
export interface FindingRecord {
  file: string;
  /** Its index in the file, from 0. */
  index: number;
  /** Its first byte there; null if that is not known. */
  offset: number | null;
}

/** One finding. */
export interface FindingOf<Id extends keyof FindingEvidence> {
  id: Id;
  severity: Severity;
  /** How many records or requests it is about, of how many that could be. */
  count: number;
  of: number;
  where: FindingPlace;
  /** The first of these records; null if it is not about records. */
  first: FindingRecord | null;
  evidence: FindingEvidence[Id];
}

/** A finding: `id` says which `evidence` it has. */
export type Finding = { [Id in keyof FindingEvidence]: FindingOf<Id> }[keyof FindingEvidence];
