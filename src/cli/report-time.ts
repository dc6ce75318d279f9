import type { AxisJson, BatchesJson, ReportJson } from '../node.ts';
import { bytes, count, duration, plural, share } from './format.ts';
import { distinctText } from './report-words.ts';

/** Figures over time, or over the index of records where they have no time; one a bin. */
export interface Series {
  /** For a line of text, and as a heading. */
  readonly name: string;
  readonly title: string;
  readonly axis: AxisJson;
  readonly values: readonly number[];
  /** Where the figure is a mean: what each bin's is divided by. */
  readonly over?: readonly number[];
  readonly unit: (value: number) => string;
}

const whole = (value: number): string => count(Math.round(value));
const sized = (value: number): string => bytes(Math.round(value));
const minus = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value - b[i]);

/** What the sum of results is: bytes, unless polls are among them; of nothing but polls there is no such sum. */
function resultNames({
  submissions,
}: ReportJson): readonly [name: string, title: string] | undefined {
  const polls = submissions?.poll?.requests ?? 0;
  if (submissions !== undefined && polls === 0) return ['moved', 'Bytes moved'];
  return polls > 0 && polls === submissions?.records
    ? undefined
    : ['result sum', 'Sum of results, poll masks too'];
}

/** What there is over time; nothing that is 0 throughout. */
export function seriesOf(report: ReportJson): Series[] {
  const { submissions, completions } = report;
  const asked = submissions?.charts.time ?? submissions?.charts.index;
  const done = completions?.charts.time ?? completions?.charts.index;
  const series: Series[] = [];
  if (asked !== undefined) {
    const { axis, reads, writes, others, readVectors, writeVectors } = asked;
    const [readBytes, writeBytes] = [asked.readBytes.map(Number), asked.writeBytes.map(Number)];
    series.push({ name: 'reads', title: 'Reads', axis, values: reads, unit: whole });
    series.push({ name: 'writes', title: 'Writes', axis, values: writes, unit: whole });
    series.push({ name: 'others', title: 'Other requests', axis, values: others, unit: whole });
    series.push({
      name: 'read bytes',
      title: 'Read bytes asked for',
      axis,
      values: readBytes,
      unit: sized,
    });
    series.push({
      name: 'write bytes',
      title: 'Write bytes asked for',
      axis,
      values: writeBytes,
      unit: sized,
    });
    series.push({
      name: 'read size',
      title: 'Mean size of reads',
      axis,
      values: readBytes,
      over: minus(reads, readVectors),
      unit: sized,
    });
    series.push({
      name: 'write size',
      title: 'Mean size of writes',
      axis,
      values: writeBytes,
      over: minus(writes, writeVectors),
      unit: sized,
    });
  }
  if (done !== undefined) {
    const { axis, completions: all, errors } = done;
    series.push({ name: 'completed', title: 'Completions', axis, values: all, unit: whole });
    const names = resultNames(report);
    if (names !== undefined)
      series.push({
        name: names[0],
        title: names[1],
        axis,
        values: done.bytes.map(Number),
        unit: sized,
      });
    series.push({ name: 'errors', title: 'Errors', axis, values: errors, unit: whole });
  }
  return series.filter(({ values }) => values.some((value) => value > 0));
}

/** The values of a series, of a mean divided. */
export const shownOf = (
  values: readonly number[],
  over: readonly number[] | undefined,
): number[] =>
  over === undefined ? [...values] : values.map((value, i) => (over[i] > 0 ? value / over[i] : 0));

/** The highest bin of a series: as a rate where there is time, unless it is a mean. */
export function peakOf({ values, over, axis, unit }: Series): string {
  const most = Math.max(...shownOf(values, over), 0);
  return over === undefined && axis.unit === 'ns'
    ? `${unit((most / Number(axis.step)) * 1e9)}/s`
    : unit(most);
}

/** What the bins of a report are. */
export function binWords(series: readonly Series[]): string {
  const axis = series[0]?.axis;
  if (axis === undefined) return '';
  const { unit, bins, step } = axis;
  if (unit === 'ns')
    return `${duration(bins * Number(step))} in ${plural(bins, 'bin')} of ${duration(Number(step))}; peaks are of one bin`;
  return `by index of the record, ${plural(bins, 'bin')} of ${plural(Number(step), 'record')}; peaks are of one bin`;
}

const SHORT_NAME = 'IOCB_CMD_'.length;

const batchWords = ({ batches, mean, max, percentiles: { p50, p99 } }: BatchesJson): string =>
  max === 1
    ? 'one at a time'
    : `${mean.toFixed(1)} at a time on average, p50 ${count(p50)}, p99 ${count(p99)}, at most ${count(max)}; ${count(batches)} times`;

/** How many of what there were, a name and a text each. */
export function distinctRows({
  submissions,
  completions,
}: ReportJson): (readonly [name: string, text: string])[] {
  const rows: (readonly [string, string])[] = [];
  if (submissions !== undefined && submissions.records > 0) {
    const { distinct, eventfd, batches, opcodes, records } = submissions;
    const { blocks } = distinct;
    const names = opcodes.map(
      ({ name, requests }) => `${name?.slice(SHORT_NAME) ?? 'unknown'} ${count(requests)}`,
    );
    rows.push(['opcodes', names.join(', ')], ['descriptors', distinctText(distinct.fds)]);
    if (blocks.count > 0) {
      const least = blocks.left.vectored + blocks.left.longerThan16MiB > 0 ? 'at least ' : '';
      const set = bytes(Math.round(blocks.count) * blocks.blockBytes);
      rows.push([
        '4 KiB blocks',
        `${least}${distinctText(blocks)}: a working set of ${least}${set}`,
      ]);
    }
    if (distinct.addresses !== undefined)
      rows.push(['iocbs', `${distinctText(distinct.addresses)} addresses`]);
    if (eventfd.requests > 0) {
      rows.push([
        'eventfds',
        `${distinctText(eventfd.eventfds)}, signalled by ${share(eventfd.requests, records)} of the requests`,
      ]);
    }
    if (batches !== undefined) rows.push(['submitted', batchWords(batches)]);
  }
  if (completions !== undefined && completions.records > 0) {
    rows.push(['completed', `iocbs at ${distinctText(completions.distinct.addresses)} addresses`]);
    if (completions.batches !== undefined) rows.push(['reaped', batchWords(completions.batches)]);
  }
  return rows;
}
