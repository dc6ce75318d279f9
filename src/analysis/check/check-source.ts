import { PROFILES, type ProfileName } from '../../abi/rule.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { oneOf } from '../../layout/schema.ts';
import { ANALYZE_NAMES, type AnalyzeOptions, openStreams } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import { surveyStream } from '../survey/survey-opened.ts';
import type { Check } from './check.ts';
import { checkPart } from './check-part.ts';

/** Options of `check`. */
export interface CheckOptions extends AnalyzeOptions, WorkersOption {
  /** The kernel whose rules apply; `linux` by default. */
  readonly profile?: ProfileName | undefined;
}

const TRACE_USE = ['submissions', 'refused', 'completions'] as const;

/**
 * Checks every record of a source against the rules of a kernel: which submissions io_submit would
 * refuse, and why; what it would silently ignore; what is suspicious; which results no kernel can
 * have returned. One pass; memory is bounded whatever the size of the source. Under Node, a regular
 * file of 256 MiB or more is shared out over worker threads. With conditions only the selected
 * records are checked; the header of a ring is always checked. In a trace without a kind, all
 * records are checked, those of refused submissions too.
 *
 * @throws as `open` does; `AIOSCOPE_UNKNOWN` if no kind is given or detected, `AIOSCOPE_WORKER` if
 *   a thread dies. A source that fails yields no check.
 */
export async function check(source: Source | Opened, options: CheckOptions = {}): Promise<Check> {
  checkOptions('check', options, [ANALYZE_NAMES, 'profile', 'workers:number']);
  const profile = oneOf('profile', options.profile ?? PROFILES[0], PROFILES);
  if (options.workers !== undefined) checkWorkers(options.workers);
  const [first, ...others] = await openStreams(source, options, TRACE_USE);
  const found = await checkStream(first, options, profile);
  for (const opened of others) found.merge(await checkStream(opened, options, profile));
  return found;
}

/** Checks one stream. */
async function checkStream(
  opened: Opened,
  { profile: _, ...options }: CheckOptions,
  profile: ProfileName,
): Promise<Check> {
  const { results, workersReason } = await surveyStream(opened, [checkPart({ profile })], options);
  const [found] = results as [Check];
  found.workersReason = workersReason;
  return found;
}
