// How many requests a call submitted, and how many completions one reaped.
import type { BatchesJson, BatchJson, CallsJson } from '../analysis/report/batches.ts';
import { formatCount, formatDecimal, formatDuration, formatQuantity } from './format.ts';
import type { ListItem } from './section.ts';

/** Up to here, a mean is one at a time, with exceptions. */
const MOSTLY_ONE_MAX = 1.1;

/** "in batches of 8 on average (up to 32)". */
function batchText(batch: BatchJson): string {
  const { mean, max, low, high, from, percentiles } = batch;
  const [least, most] = [low, high].map(formatDecimal);
  if (mean === null && low > 1 && high < 2 * low)
    return `in batches of ${least} to ${most} on average`;
  if (mean === null) return `how many at a time cannot be told (${least} to ${most} per call)`;
  if (max === 1) return 'one at a time';
  // Where another record bounds every call, the mean is exact.
  const about = from === 'gaps' && high !== mean ? 'about ' : '';
  if (mean === max) return `in batches of ${about}${formatCount(max)}`;
  const typical = percentiles === undefined ? [] : [`p50 ${formatCount(percentiles.p50)}`];
  const sizes = [...typical, ...(max === null ? [] : [`up to ${formatCount(max)}`])].join(', ');
  const range = sizes === '' ? '' : ` (${sizes})`;
  if (mean <= MOSTLY_ONE_MAX) return `mostly one at a time${range}`;
  return `in batches of ${about}${formatDecimal(mean)} on average${range}`;
}

/** "126 calls, 6 failed; time in a call: p50 146 µs, p99 261 µs, max 271 µs; 19 ms in total". */
function callText({ count, empty, failed, short = 0, timeNs, withTracer }: CallsJson): string {
  const some = (calls: number, words: string) =>
    calls === 0 ? [] : [`${formatCount(calls)} ${words}`];
  const counts = [
    formatQuantity(count, 'call'),
    ...some(failed, 'failed'),
    ...some(empty, 'returned 0'),
    ...some(short, 'accepted only some of their iocbs'),
  ].join(', ');
  const { p50, p99, max, sum } = timeNs ?? {};
  if (!p50 || !p99 || !max || sum === undefined) return counts;
  const time = withTracer ? 'time in a call, with that of the tracer' : 'time in a call';
  if (timeNs?.min === max) return `${counts}; ${time}: ${formatDuration(max)}`;
  const [middle, high, most, total] = [p50, p99, max, sum].map(formatDuration);
  const typical = `p50 ${middle}, p99 ${high}, max ${most}`;
  return `${counts}; ${time}: ${typical}; ${total} in total`;
}

/** The batches of both sides, and the calls that made them where a trace has those. */
export const batchItems = ({ submitted, reaped }: BatchesJson): ListItem[] =>
  (
    [
      ['submitted', submitted],
      ['reaped', reaped],
    ] as const
  ).flatMap(([name, batch]) =>
    batch === undefined
      ? []
      : [
          { name, text: batchText(batch) },
          ...(batch.calls ?? []).map((calls) => ({ name: calls.name, text: callText(calls) })),
        ],
  );
