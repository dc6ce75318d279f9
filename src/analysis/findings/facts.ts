// What the rules judge by.
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { ReportJson } from '../report/report.ts';
import type { PairEvidence } from './evidence/pair-evidence.ts';
import type { FindingRecord } from './finding.ts';

/** A report, and what else is known of its records. */
export interface Facts extends Omit<ReportJson, 'findings'> {
  /** What pairs show; undefined if submissions and completions were not matched. */
  readonly pairs: PairEvidence | undefined;
  /** Finds the names of files and processes. */
  readonly lookup: NameLookup;
  /** Where a record of a kind is, by its index among all records of that kind. */
  place(kind: 'iocb' | 'io_event', index: number): FindingRecord | null;
}
