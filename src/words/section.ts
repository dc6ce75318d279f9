// What results become: sections of sentences, tables and chart data. `cli/` lays them out.
import type { Severity } from '../analysis/findings/finding.ts';
import type { AxisJson } from '../analysis/report/fold-axis.ts';
import type { GridJson } from '../analysis/report/fold-grid.ts';
import type { Log2Bucket } from '../analysis/summary/section.ts';
import { formatBytes, formatCount, formatDuration, formatShare } from './format.ts';

/** What a sentence means to the reader. The layout chooses how that looks. */
export type Role = 'good' | 'bad' | 'warning' | 'note';

/** A sentence without its capital letter and its period, or a paragraph of whole sentences. */
export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  readonly role?: Role;
}

/** Rows of cells. Numbers are aligned right; `textColumns` lists the other columns. */
export interface TablePart {
  readonly kind: 'table';
  /** One per column; all empty where the rows explain themselves. */
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly textColumns: readonly number[];
  /** So many columns are shown always; those after them where there is room. */
  readonly least?: number;
  /** Whether an option asked for all of these rows. */
  readonly isWhole?: boolean;
}

export interface Bar {
  readonly label: string;
  readonly count: number;
  readonly share: string;
}

/** A histogram. A sentence may describe it; one that has a single bar needs no drawing. */
export interface BarsPart {
  readonly kind: 'bars';
  /** Of labels, counts and shares. */
  readonly heads?: readonly [label: string, count: string, share: string];
  readonly title?: string;
  readonly text?: string;
  readonly bars: readonly Bar[];
}

export interface ListItem {
  readonly name: string;
  readonly text: string;
  readonly role?: Role;
}

/** Sentences by subject; neighbors may have the same name. */
export interface ListPart {
  readonly kind: 'list';
  readonly items: readonly ListItem[];
}

/** A finding: how severe it is, its sentence, and the command line that shows more. */
export interface FindingItem {
  readonly severity: Severity;
  readonly text: string;
  readonly next?: string;
}

export interface FindingsPart {
  readonly kind: 'findings';
  readonly items: readonly FindingItem[];
}

/** A figure over time, or over the index of records that have no time; one value per bin. */
export interface Series {
  /** For a line of text, and as a heading. */
  readonly name: string;
  readonly title: string;
  readonly axis: AxisJson;
  readonly values: readonly number[];
  /** Of a mean: the divisor of each bin. */
  readonly over?: readonly number[];
  /** The highest bin; a rate where there is time, unless it is a mean. */
  readonly peak: string;
}

interface SeriesPart {
  readonly kind: 'series';
  readonly series: readonly Series[];
}

/** Distances between consecutive requests of one stream, by powers of two. */
export interface Seeks {
  readonly name: string;
  /** From the farthest to the nearest. */
  readonly back: readonly number[];
  readonly none: number;
  /** From the nearest to the farthest. */
  readonly forward: readonly number[];
  /** The bounds of the distances; empty where every distance is 0. */
  readonly near: string;
  readonly far: string;
  /** Lengths of sequential runs in requests; `–` where they are unknown. */
  readonly medianRun: string;
  readonly longestRun: string;
}

export interface SeeksPart {
  readonly kind: 'seeks';
  readonly seeks: readonly Seeks[];
}

/** A heat map. */
export interface MapPart {
  readonly kind: 'map';
  readonly title: string;
  /** Whether the section is about nothing else, so that the title need not be repeated. */
  readonly isWhole: boolean;
  /** Whether it is one of several. */
  readonly isSmall?: boolean;
  readonly axis: AxisJson;
  readonly grid: GridJson;
}

export type Part =
  | TextPart
  | TablePart
  | BarsPart
  | ListPart
  | FindingsPart
  | SeriesPart
  | SeeksPart
  | MapPart;

/** Parts under a title. */
export interface Section {
  readonly title?: string;
  /** A sentence beside the title, where a subject begins: the sections after it belong to it. */
  readonly lead?: string;
  readonly role?: Role;
  readonly parts: readonly Part[];
}

export const text = (words: string, role?: Role): TextPart => ({
  kind: 'text',
  text: words,
  ...(role === undefined ? {} : { role }),
});

/** A table, unless it has no rows. */
export const table = (
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns: readonly number[] = [],
  least?: number,
): TablePart[] =>
  rows.length === 0
    ? []
    : [{ kind: 'table', heads, rows, textColumns, ...(least === undefined ? {} : { least }) }];

/** A section, unless it has no parts. */
export const titled = (title: string, parts: readonly Part[], role?: Role): Section[] =>
  parts.length === 0 ? [] : [{ title, parts, ...(role === undefined ? {} : { role }) }];

/** A histogram by powers of two under a title; `format` shows a bound. */
export function histogramSection(
  title: string,
  buckets: readonly Pick<Log2Bucket, 'from' | 'count'>[],
  format: (value: bigint) => string,
): Section[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const bars = buckets.map(({ from, count }): Bar => {
    const label = format(BigInt(from));
    return {
      label: BigInt(from) < 2n ? label : `${label} …`,
      count,
      share: formatShare(count, total),
    };
  });
  const heads = ['from', 'count', 'share'] as const;
  return titled(title, bars.length === 0 ? [] : [{ kind: 'bars', heads, bars }]);
}

/** At most `width` values, each the sum of those that it covers; one on a border is divided. */
export function squeeze(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  const sums: number[] = new Array(width).fill(0);
  const scale = width / values.length;
  for (const [i, value] of values.entries()) {
    const from = Math.floor(i * scale);
    // Rounded, since 3 * (1 / 3) may be less than 1.
    const border = Math.min(width - 1, Math.floor((i + 1) * scale + 1e-9));
    const inside = border === from ? 1 : Math.min(1, (border - i * scale) / scale);
    sums[from] += value * inside;
    sums[border] += value * (1 - inside);
  }
  return sums;
}

/** The values of a series; of a mean, the quotients. */
export const quotients = (
  values: readonly number[],
  over: readonly number[] | undefined,
): number[] =>
  over === undefined ? [...values] : values.map((value, i) => (over[i] > 0 ? value / over[i] : 0));

/** A heat map of at most `width` × `height` cells; its lowest row begins at row `first`. */
export function shrink({ counts, rows }: GridJson, width: number, height: number) {
  const used = counts.flatMap((column) => column.flatMap((count, row) => (count > 0 ? [row] : [])));
  const top = used.reduce((most, row) => Math.max(most, row), 0) + 1;
  const first =
    rows.scale === 'linear' ? 0 : used.reduce((least, row) => Math.min(least, row), top - 1);
  const high = Math.max(1, Math.ceil((top - first) / height));
  const bands = Array.from({ length: Math.ceil((top - first) / high) }, (_, y) =>
    squeeze(
      counts.map((column) =>
        column
          .slice(first + y * high, first + (y + 1) * high)
          .reduce((sum, count) => sum + count, 0),
      ),
      width,
    ),
  );
  const cells = Array.from({ length: Math.min(width, counts.length) }, (_, x) =>
    bands.map((band) => band[x]),
  );
  return { cells, first, high };
}

/** The least value in a row of a heat map. */
export function rowLabel({ rows }: GridJson, row: number): string {
  const from = rows.scale === 'linear' ? row * Number(rows.step) : row === 0 ? 0 : 2 ** (row - 1);
  return rows.unit === 'bytes' ? formatBytes(from) : formatDuration(from);
}

/** The ends of the scale of a heat map whose fullest cell has `most`; shades go between them. */
export const scaleEnds = (most: number): readonly [first: string, last: string] => [
  '1',
  `${formatCount(Math.round(most))} per cell, log scale`,
];

/** The ends of a horizontal axis: time since its beginning, or indexes of records. */
export function axisEnds({
  unit,
  bins,
  step,
  from,
}: AxisJson): readonly [first: string, last: string] {
  if (unit === 'ns') return ['0 s', formatDuration(bins * Number(step))];
  return [`record ${formatCount(from)}`, formatCount(BigInt(from) + BigInt(bins) * BigInt(step))];
}
