import type { BatchesJson, ReportJson } from '../node.ts';
import { bytes, count, share } from './format.ts';
import { distinctText } from './report-words.ts';

const SHORT_NAME = 'IOCB_CMD_'.length;

const batchWords = ({ batches, mean, max, percentiles: { p50, p99 } }: BatchesJson): string =>
  max === 1
    ? 'one at a time'
    : `${mean.toFixed(1)} at a time on average, p50 ${count(p50)}, p99 ${count(p99)}, at most ${count(max)}; ${count(batches)} times`;

/** How many of what there were, a name and a text each. */
export function distinctRows({ submissions, completions }: ReportJson): (readonly [name: string, text: string])[] {
  const rows: (readonly [string, string])[] = [];
  if (submissions !== undefined && submissions.records > 0) {
    const { distinct, eventfd, batches, opcodes, records } = submissions;
    const { blocks } = distinct;
    const names = opcodes.map(({ name, requests }) => `${name?.slice(SHORT_NAME) ?? 'unknown'} ${count(requests)}`);
    rows.push(['opcodes', names.join(', ')], ['descriptors', distinctText(distinct.fds)]);
    if (blocks.count > 0) {
      const least = blocks.left.vectored + blocks.left.longerThan16MiB > 0 ? 'at least ' : '';
      const set = bytes(Math.round(blocks.count) * blocks.blockBytes);
      rows.push(['4 KiB blocks', `${least}${distinctText(blocks)}: a working set of ${least}${set}`]);
    }
    if (distinct.addresses !== undefined) rows.push(['iocbs', `${distinctText(distinct.addresses)} addresses`]);
    if (eventfd.requests > 0) {
      rows.push(['eventfds', `${distinctText(eventfd.eventfds)}, signalled by ${share(eventfd.requests, records)} of the requests`]);
    }
    if (batches !== undefined) rows.push(['submitted', batchWords(batches)]);
  }
  if (completions !== undefined && completions.records > 0) {
    rows.push(['completed', `iocbs at ${distinctText(completions.distinct.addresses)} addresses`]);
    if (completions.batches !== undefined) rows.push(['reaped', batchWords(completions.batches)]);
  }
  return rows;
}
