import type { NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson } from '../../layout/run-names.ts';
import type { Owner } from './stream-json.ts';
import type { SubmissionsJson } from './submissions.ts';

/** A descriptor of a process with the names that a trace has for both. */
function named<T extends Owner>(of: T, lookup: NameLookup): T {
  const pid = of.pid ?? 0;
  const program = of.program ?? lookup.comms(pid).at(-1) ?? null;
  return { ...of, program, ...pathsJson(lookup.paths(pid, of.fd)) };
}

/** Submissions with the names of processes and files. */
export const withNames = (submissions: SubmissionsJson, lookup: NameLookup): SubmissionsJson => ({
  ...submissions,
  charts: Object.fromEntries(
    Object.entries(submissions.charts).map(([over, chart]) => [
      over,
      { ...chart, descriptors: chart.descriptors.map((each) => named(each, lookup)) },
    ]),
  ),
  patterns: {
    ...submissions.patterns,
    streams: submissions.patterns.streams.map((stream) => named(stream, lookup)),
  },
  flushes: submissions.flushes.map((flush) => named(flush, lookup)),
});
