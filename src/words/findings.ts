// Findings in sentences, and what to type next.
import type { Finding, FindingOf } from '../analysis/findings/finding.ts';
import type { FindingEvidence } from '../analysis/findings/finding-evidence.ts';
import { flightWords } from './finding-flight.ts';
import { formatQuantity } from './format.ts';

/** A command that shows more: a command line in a terminal, a link in a page. */
export interface Next {
  readonly command: string;
  /** By name; true of options without a value. */
  readonly options: Readonly<Record<string, string | true>>;
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
  torn: ({ count, of, evidence }) => ({
    text:
      `${formatQuantity(evidence.bytes, 'byte')} at the end of ${count} of ` +
      `${formatQuantity(of, 'file')} are not a whole record`,
  }),
  ...flightWords,
};

/** A finding with its words. */
export function describeFinding(finding: Finding): DescribedFinding {
  const words = WORDS[finding.id] as (finding: Finding) => FindingWords;
  return { ...finding, ...words(finding) };
}
