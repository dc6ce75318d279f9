// Whether aio_data tells requests apart where they are matched by it.
import { AioscopeError } from '../../errors.ts';
import type { MatchTotals } from './match-totals.ts';
import type { ResolvedOptions } from './options.ts';

/**
 * The share of pairs up to which requests in flight may share a tag, if data was given as the key.
 * Lost records leave tags in flight too, but hardly ever make second pairs.
 */
const SHARED_MAX = 0.01;

/**
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if requests in flight shared their data: any, where
 *   data was not given as the key; all, or more than 1 % of the pairs, where it was
 */
export function checkTags(
  name: string,
  totals: MatchTotals,
  { isKeyPresumed, order }: Pick<ResolvedOptions, 'isKeyPresumed' | 'order'>,
): void {
  const { submissions, refusedByRules, matched, reuse, secondPairs, countsSecond } = totals;
  const guesses = 'so that pairs would be guesses';
  const refuse = (why: string): never => {
    throw new AioscopeError(
      'AIOSCOPE_UNMATCHABLE',
      `${name}: cannot be matched: ${why}; capture the addresses of iocbs`,
      {
        lacks: [{ stream: 'submissions', column: 'addr' }],
      },
    );
  };
  if (isKeyPresumed && reuse.concurrent > 0)
    refuse(
      `its source does not show the addresses of iocbs, and ${reuse.concurrent} submissions had ` +
        `the aio_data of another one in flight, ${guesses}`,
    );
  const admitted = submissions - refusedByRules;
  const isEqual = admitted > 1 && (reuse.addresses === 1 || reuse.dataZero === admitted);
  if (isEqual && (order === 'counting' || reuse.concurrent > 0))
    refuse(`all submissions have the same aio_data, ${guesses}`);
  if (order === 'time' && countsSecond && secondPairs > SHARED_MAX * matched)
    refuse(
      `${reuse.concurrent} of ${submissions} submissions had the aio_data of another one in ` +
        `flight, ${guesses}`,
    );
}
