// What the rules judge by.
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { MatchFigures } from '../report/matched.ts';
import type { ReportJson } from '../report/report-json.ts';
import type { PairEvidence } from './evidence/pair-evidence.ts';
import type { SubmissionEvidence } from './evidence/submission-evidence.ts';
import type { FindingRecord } from './finding.ts';

/** A report, and what else is known of its records. */
export interface Facts extends Omit<ReportJson, 'findings' | 'version' | 'engine'> {
  /** The match; undefined if submissions and completions were not matched. */
  readonly match: MatchFigures | undefined;
  /** Whether the capture has calls. */
  readonly hasCalls: boolean;
  /** What pairs show; undefined if submissions and completions were not matched. */
  readonly pairs: PairEvidence | undefined;
  /** What submissions show. */
  readonly submitted: SubmissionEvidence;
  /** Finds the names of files and processes. */
  readonly lookup: NameLookup;
  /** Where a record of a kind is, by its index among all records of that kind. */
  place(kind: 'iocb' | 'io_event', index: number): FindingRecord | null;
}
