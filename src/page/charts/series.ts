// What series show: which are drawn together, in which unit, and as words. Knows no DOM.
import {
  capitalize,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatQuantity,
} from '../../words/format.ts';
import { quotients, type Series } from '../../words/section.ts';
import { type Axis, type Bins, binText } from './scale.ts';

/** Series that one chart draws. */
export interface SeriesGroup {
  readonly title: string;
  readonly series: readonly Series[];
}

/** Series of these names are drawn together, under a title of their own. */
const TOGETHER = [
  ['requests', 'reads', 'writes', 'others'],
  ['bytes requested', 'read bytes', 'write bytes'],
  ['mean request size', 'read size', 'write size'],
] as const;

const isSameAxis = (a: Axis, b: Axis): boolean =>
  a.unit === b.unit && a.from === b.from && a.step === b.step && a.bins === b.bins;

/** The charts of a list of series, in its order. */
export function groupSeries(all: readonly Series[]): SeriesGroup[] {
  const groups: SeriesGroup[] = [];
  const done = new Set<Series>();
  for (const first of all) {
    if (done.has(first)) continue;
    const [title, ...names] = TOGETHER.find((list) => list.includes(first.name as never)) ?? [''];
    const isOf = (other: Series) =>
      other === first ||
      ((names as string[]).includes(other.name) && isSameAxis(first.axis, other.axis));
    const series = all.filter((other) => !done.has(other) && isOf(other));
    for (const one of series) done.add(one);
    groups.push({ title: series.length === 1 ? first.title : title, series });
  }
  return groups;
}

/** How the values of a series are shown. */
export interface Unit {
  /** What a bin is divided by. */
  readonly divisor: number;
  readonly isBytes: boolean;
  /** After a value: `/s` of rates. */
  readonly suffix: string;
  /** The unit of time of a value that is not a rate: `per 8.39 ms`; empty of means. */
  readonly per: string;
}

/** A rate of less time is not shown: a single call in 1 µs is not a million calls per second. */
const RATE_NS = 1e8;

/** `words/` writes sizes with their unit, and only sizes have one of bytes. */
const BYTES = /\d ([KMGTPE]i)?B(\/s)?$/;

export function unitOf({ axis, over, peak }: Series): Unit {
  const isBytes = BYTES.test(peak);
  const step = Number(axis.step);
  if (over !== undefined) return { divisor: 1, isBytes, suffix: '', per: '' };
  if (axis.unit === 'ns' && step >= RATE_NS)
    return { divisor: step / 1e9, isBytes, suffix: '/s', per: '' };
  const per = axis.unit === 'ns' ? formatDuration(step) : formatQuantity(step, 'record');
  return { divisor: 1, isBytes, suffix: '', per: `per ${per}` };
}

export const valueText = (value: number, { isBytes, suffix }: Unit): string =>
  `${isBytes ? formatBytes(value) : formatNumber(value)}${suffix}`;

/** The values that a chart shows; NaN where a mean has nothing to be of. */
export function shownValues(series: Series): number[] {
  const { divisor } = unitOf(series);
  const { over } = series;
  return quotients(series.values, over).map((value, i) =>
    over !== undefined && !(over[i] > 0) ? Number.NaN : value / divisor,
  );
}

const sum = (values: readonly number[], [from, to]: Bins): number =>
  values.slice(from, to).reduce((total, value) => total + value, 0);

/** What a series has in some bins: a sum as it was counted, or a mean. */
export function totalText({ values, over, ...series }: Series, bins: Bins): string {
  const total = sum(values, bins);
  const { isBytes } = unitOf({ values, ...series });
  const format = (value: number) => (isBytes ? formatBytes(value) : formatCount(value));
  if (over === undefined) return format(total);
  const divisor = sum(over, bins);
  return divisor > 0 ? format(Math.round(total / divisor)) : '–';
}

/** Where some bins are: when they begin and end, or the records they hold. */
export function placeText(axis: Axis, [from, to]: Bins): string {
  const ends = `${binText(axis, from)} … ${binText(axis, to)}`;
  return axis.unit === 'ns' ? ends : `records ${ends}`;
}

/** The name of a series beside others of its chart, whose title says what all are. */
export function labelOf({ name, title }: Series): string {
  if (/^read /.test(name)) return 'reads';
  return /^write /.test(name) ? 'writes' : title;
}

const namedOf = (one: Series, all: readonly Series[]): string =>
  all.length > 1 ? labelOf(one) : one.title;

/** Values of several series in some bins: `reads 12, writes 3`. */
export const readoutText = (all: readonly Series[], bins: Bins): string =>
  `${placeText(all[0].axis, bins)}: ${all
    .map((series) => `${namedOf(series, all)} ${totalText(series, bins)}`)
    .join(', ')}`;

/** What an axis covers: `210 ms in 251 bins`. */
export function spanText({ unit, step, bins }: Axis): string {
  const parts = formatQuantity(bins, 'bin');
  const width = bins * Number(step);
  return unit === 'ns'
    ? `over ${formatDuration(width)} in ${parts}`
    : `by record index, ${parts} of ${formatQuantity(Number(step), 'record')}`;
}

/** What a chart shows, in a sentence. */
export const seriesSentence = (title: string, all: readonly Series[]): string =>
  `${capitalize(title)} ${spanText(all[0].axis)}: ${all
    .map((series) => `${namedOf(series, all)} peak ${series.peak}`)
    .join(', ')}.`;

/** The color of a series, by what it is of. */
export function colorOf({ name }: Series): 'read' | 'write' | 'other' | 'bad' | 'done' {
  if (name.startsWith('read')) return 'read';
  if (name.startsWith('write')) return 'write';
  if (name === 'errors') return 'bad';
  return name === 'others' ? 'other' : 'done';
}
