import type { ReportJson } from '../node.ts';
import { bytes, count, duration, plural } from './format.ts';
import { sparkline } from './report-chart.ts';

/** What stands beside a line of bars: its name and its peak. */
const BESIDE = 36;

/** A line of bars with its sum, or the rate of its best bin where there is time. */
function seriesLine(
  name: string,
  values: readonly number[],
  step: number,
  isTime: boolean,
  unit: (value: number) => string,
  width: number,
): string[] {
  const most = Math.max(...values, 0);
  if (most === 0) return [];
  const peak = isTime ? `${unit((most / step) * 1e9)}/s` : unit(most);
  return [`${name.padEnd(12)}${sparkline(values, width - BESIDE)}  peak ${peak}`];
}

const whole = (value: number): string => count(Math.round(value));
const sized = (value: number): string => bytes(Math.round(value));

/** Rates over time, or counts over the index of the records where they have no time. */
export function timeLines({ submissions, completions }: ReportJson, width: number): string[] {
  const asked = submissions?.charts.time ?? submissions?.charts.index;
  const done = completions?.charts.time ?? completions?.charts.index;
  const axis = asked?.axis ?? done?.axis;
  if (axis === undefined) return [];
  const about = (unit: string, bins: number, step: string) =>
    unit === 'ns'
      ? `${duration(bins * Number(step))} in ${bins} bins of ${duration(Number(step))}; peaks are of one bin`
      : `by index of the record, ${plural(bins, 'bin')} of ${count(step)}; peaks are of one bin`;
  const isTime = axis.unit === 'ns';
  const line = (name: string, values: readonly number[] | undefined, step: string | undefined, unit: (value: number) => string) =>
    values === undefined ? [] : seriesLine(name, values, Number(step), isTime, unit, width);
  return [
    about(axis.unit, axis.bins, axis.step),
    ...line('reads', asked?.reads, asked?.axis.step, whole),
    ...line('writes', asked?.writes, asked?.axis.step, whole),
    ...line('others', asked?.others, asked?.axis.step, whole),
    ...line('read bytes', asked?.readBytes.map(Number), asked?.axis.step, sized),
    ...line('write bytes', asked?.writeBytes.map(Number), asked?.axis.step, sized),
    ...line('completed', done?.completions, done?.axis.step, whole),
    ...line('result sum', done?.bytes.map(Number), done?.axis.step, sized),
    ...line('errors', done?.errors, done?.axis.step, whole),
  ];
}
