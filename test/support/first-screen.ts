// The first screen of a report as one line of text.
import { reportText } from '../../src/cli/report-text.ts';
import type { ReportJson } from '../../src/node.ts';

/** What the first screen says, whatever its lines. */
export const screenOf = (json: ReportJson): string =>
  reportText(json, [], [], 10_000).replaceAll(/\s+/g, ' ');
