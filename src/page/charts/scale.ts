// Where bins are on a plot and back, which range they are, and the ticks of axes. Knows no DOM.
import { formatCount } from '../../words/format.ts';
import type { Series } from '../../words/section.ts';
import type { TimeRange } from '../session.ts';

export type Axis = Series['axis'];

/** Bins `from` … `to - 1`. */
export type Bins = readonly [from: number, to: number];

/** The part of a canvas where bins are drawn, in CSS pixels. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Less than any part of a bin that a pointer can mean; more than what arithmetic loses. */
const EPSILON = 1e-6;

export const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** The left border of a bin; of `view[1]`, the right border of the plot. */
export const binLeft = (bin: number, plot: Plot, [from, to]: Bins): number =>
  plot.left + ((bin - from) / (to - from)) * plot.width;

const place = (x: number, plot: Plot, [from, to]: Bins): number =>
  from + ((x - plot.left) / plot.width) * (to - from);

/** The bin at a place; the nearest one of those in view where the place is outside. */
export const binAt = (x: number, plot: Plot, view: Bins): number =>
  clamp(Math.floor(place(x, plot, view) + EPSILON), view[0], view[1] - 1);

/** The bins that a stretch of the plot touches, at least one. */
export function binsBetween(x: number, otherX: number, plot: Plot, view: Bins): Bins {
  const from = binAt(Math.min(x, otherX), plot, view);
  const end = Math.ceil(place(Math.max(x, otherX), plot, view) - EPSILON);
  return [from, clamp(end, from + 1, Math.max(from + 1, view[1]))];
}

/** The range that bins of an axis are. */
export function rangeOf({ unit, from, step }: Axis, [first, end]: Bins): TimeRange {
  const at = (bin: number) => BigInt(from) + BigInt(bin) * BigInt(step);
  return { unit, from: at(first), to: at(end) };
}

/** The bins that a range touches; undefined if it touches none, or is of another unit. */
export function binsOf({ unit, from, step, bins }: Axis, range: TimeRange): Bins | undefined {
  const [begin, width] = [BigInt(from), BigInt(step)];
  const end = begin + BigInt(bins) * width;
  if (range.unit !== unit || range.to <= begin || range.from >= end || range.to <= range.from)
    return undefined;
  const first = range.from <= begin ? 0 : Number((range.from - begin) / width);
  const last = range.to >= end ? bins : Number((range.to - begin + width - 1n) / width);
  return [first, last];
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((times) => times * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** A step between ticks that is at least `least`: for bytes, a power of two. */
const niceStep = (least: number, isBinary: boolean): number =>
  isBinary ? 2 ** Math.ceil(Math.log2(least) - 1e-9) : decimalStep(least);

/**
 * At most `most` (3 or more) round values from 0 to `top`, without 0, and at least one. Whole
 * numbers if `isWhole`; a power of two apart if `isBinary`.
 */
export function valueTicks(top: number, most: number, isBinary: boolean, isWhole = false) {
  if (!(top > 0)) return [];
  const step = Math.max(isWhole ? 1 : 0, niceStep(top / most, isBinary));
  const count = Math.floor(top / step + 1e-9);
  return Array.from({ length: count }, (_, i) => (i + 1) * step);
}

const TIME_UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

/** A time in the unit of `most`, with the digits that tell it from one that is `step` away. */
function timeText(ns: number, step: number, most: number): string {
  const [unit, size] = TIME_UNITS.find(([, width]) => Math.abs(most) >= width) ?? TIME_UNITS[3];
  const digits = clamp(Math.ceil(Math.log10(size / step) - 1e-9), 0, 9);
  const [whole, rest] = (ns / size).toFixed(digits).split('.');
  return `${formatCount(whole)}${rest === undefined ? '' : `.${rest}`} ${unit}`;
}

/** Where a bin begins: a time since the axis begins, or the index of a record. */
export function binText({ unit, from, step, bins }: Axis, bin: number): string {
  if (unit === 'record') return formatCount(BigInt(from) + BigInt(bin) * BigInt(step));
  const width = Number(step);
  // A digit more than tells bins apart: none has a round width.
  return timeText(bin * width, width / 5, bins * width);
}

/** Ticks of the horizontal axis; their values are bins, which need not be whole. */
export function binTicks({ unit, from, step }: Axis, view: Bins, most: number): Tick[] {
  const width = Number(step);
  const start = unit === 'record' ? Number(from) : 0;
  const [first, last] = view.map((bin) => start + bin * width);
  if (!(last > first) || most < 1) return [];
  const gap = Math.max(1, decimalStep((last - first) / most));
  const ticks: Tick[] = [];
  for (let k = Math.ceil(first / gap - 1e-9); k * gap <= last * (1 + 1e-12); k++) {
    const label = unit === 'record' ? formatCount(k * gap) : timeText(k * gap, gap, last);
    ticks.push({ value: (k * gap - start) / width, label });
  }
  return ticks;
}

/** The width that a label of the axis takes, at most; digits of the font are about 6 px wide. */
const LETTER = 6.3;

/** The plot of a canvas whose left axis has these labels. */
export function plotOf(width: number, height: number, labels: readonly string[]): Plot {
  const longest = Math.max(0, ...labels.map((label) => label.length));
  const left = Math.min(Math.ceil(longest * LETTER) + 8, Math.floor(width / 2));
  return { left, top: 6, width: Math.max(1, width - left - 1), height: Math.max(1, height - 24) };
}
