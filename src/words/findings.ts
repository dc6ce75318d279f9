// Findings in sentences, and what to type next.
import type { Finding, FindingOf } from '../analysis/findings/finding.ts';
import type { FindingEvidence } from '../analysis/findings/finding-evidence.ts';
import {
  duplicatesWords,
  lostWords,
  noCompletionsWords,
  pidsDifferWords,
  ringLapWords,
  timeUnitWords,
  tornWords,
  twoClocksWords,
} from './finding-capture.ts';
import { flightWords } from './finding-flight.ts';
import {
  endOfFileWords,
  hungWords,
  parkedPollsWords,
  refusedWords,
  shortWords,
  slowSubmitWords,
  thirtyTwoBitWords,
} from './finding-requests.ts';
import { failedWords, misalignedWords, nowaitWords } from './finding-results.ts';

/** A command that shows more: a command line in a terminal, a link in a page. */
export interface Next {
  readonly command: string;
  /** By name; true of options without a value. */
  readonly options: Readonly<Record<string, string | true>>;
  /** The files that it is about, if not all. */
  readonly files?: readonly string[];
}

/** The sentence of a finding, without its capital letter and its period, and what to type next. */
export interface FindingWords {
  readonly text: string;
  readonly next?: Next;
}

/** A finding with its words: what the command line prints as JSON. */
export type DescribedFinding = Finding & FindingWords;

export type WordsOf<Id extends keyof FindingEvidence> = (finding: FindingOf<Id>) => FindingWords;

const WORDS: { readonly [Id in keyof FindingEvidence]: WordsOf<Id> } = {
  'two-clocks': twoClocksWords,
  'time-unit': timeUnitWords,
  'thirty-two-bit': thirtyTwoBitWords,
  refused: refusedWords,
  hung: hungWords,
  lost: lostWords,
  duplicates: duplicatesWords,
  'pids-differ': pidsDifferWords,
  'no-completions': noCompletionsWords,
  'slow-submit': slowSubmitWords,
  'ring-lap': ringLapWords,
  'parked-polls': parkedPollsWords,
  short: shortWords,
  'end-of-file': endOfFileWords,
  torn: tornWords,
  failed: failedWords,
  misaligned: misalignedWords,
  'nowait-eagain': nowaitWords,
  ...flightWords,
};

/** A finding with its words. */
export function describeFinding(finding: Finding): DescribedFinding {
  const words = WORDS[finding.id] as (finding: Finding) => FindingWords;
  return { ...finding, ...words(finding) };
}
