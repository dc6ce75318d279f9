// The sizes that are requested and those of results, one by one where few make up most.

import { IOCB_CMD_POLL } from '../abi/opcode.ts';
import type { Log2Bucket } from '../analysis/summary/section.ts';
import type { SummaryJson } from '../analysis/summary/summary.ts';
import { formatCount, formatExactBytes, formatShare } from './format.ts';
import { type Section, type TextPart, table, text, titled } from './section.ts';

/** Sizes that are listed one by one, unless all are asked for. */
const LISTED = 16;
/** The least share of records that listed sizes have: below it, powers of two say more. */
const COVERED = 0.8;

/** Sizes of one column of the table. */
interface SizeColumn {
  readonly head: string;
  /** All, by powers of two. */
  readonly octaves: readonly Log2Bucket[];
  readonly common: ReadonlyMap<number, number>;
}

type SizeEntry = readonly [from: bigint, label: string, count: number];

/** A size, or several that are not counted one by one. */
interface SizeRow {
  readonly from: bigint;
  readonly label: string;
  readonly counts: number[];
}

const total = (counts: readonly number[]): number => counts.reduce((sum, each) => sum + each, 0);

/** Ascending; a size before the sizes from there on. */
const bySize = (a: SizeRow, b: SizeRow): number =>
  Number(a.from - b.from) || a.label.length - b.label.length;

/** Rows by size: each column adds to those of its entries. */
function rowsOf(
  columns: readonly SizeColumn[],
  entries: (column: SizeColumn) => readonly SizeEntry[],
): SizeRow[] {
  const rows = new Map<string, SizeRow>();
  for (const [i, column] of columns.entries()) {
    for (const [from, label, count] of entries(column)) {
      const row = rows.get(label) ?? { from, label, counts: columns.map(() => 0) };
      rows.set(label, row);
      row.counts[i] += count;
    }
  }
  return [...rows.values()].sort(bySize);
}

/** "4 KiB … <8 KiB"; a bucket of a single value is that value. */
function bucketText({ from, to }: Log2Bucket): string {
  const first = formatExactBytes(BigInt(from));
  return from === to ? first : `${first} … <${formatExactBytes(BigInt(to) + 1n)}`;
}

const octaveEntries = ({ octaves }: SizeColumn): SizeEntry[] =>
  octaves.map((bucket) => [BigInt(bucket.from), bucketText(bucket), bucket.count]);

/** Each common size, and the others by powers of two. */
function singleEntries({ octaves, common }: SizeColumn): SizeEntry[] {
  const others = octaves.flatMap((bucket): SizeEntry[] => {
    const [from, to] = [Number(bucket.from), Number(bucket.to)];
    const inside = [...common].filter(([size]) => size >= from && size <= to);
    const rest = bucket.count - total(inside.map(([, count]) => count));
    return rest === 0 ? [] : [[BigInt(bucket.from), bucketText(bucket), rest]];
  });
  const each = [...common].map(([size, count]): SizeEntry => {
    const from = BigInt(size);
    return [from, formatExactBytes(from), count];
  });
  return [...each, ...others];
}

/** All sizes if they are few or asked for; else the most frequent, or powers of two. */
function shownRows(columns: readonly SizeColumn[], isWhole: boolean): SizeRow[] {
  const rows = rowsOf(columns, singleEntries);
  if (isWhole || rows.length <= LISTED) return rows;
  const ranked = [...rows].sort((a, b) => total(b.counts) - total(a.counts));
  const [listed, rest] = [ranked.slice(0, LISTED - 1), ranked.slice(LISTED - 1)];
  const countIn = (of: readonly SizeRow[]) => total(of.map(({ counts }) => total(counts)));
  if (countIn(listed) < COVERED * countIn(rows)) return rowsOf(columns, octaveEntries);
  const counts = columns.map((_, i) => total(rest.map((row) => row.counts[i])));
  const label = `${formatCount(rest.length)} others`;
  return [...listed.sort(bySize), { from: -1n, label, counts }];
}

/** Sizes that are read and written, and results, as far as there are any. */
function columnsOf({ iocb, io_event }: SummaryJson): SizeColumn[] {
  const column = (
    head: string,
    octaves: readonly Log2Bucket[] = [],
    common: readonly (readonly [number, number])[] = [],
  ): SizeColumn => ({ head, octaves, common: new Map(common.filter(([, count]) => count > 0)) });
  const requested = iocb?.columns['aio_nbytes'] === undefined ? undefined : iocb;
  const common = requested?.commonSizes;
  return [
    column(
      'reads',
      requested?.readSizes,
      common?.map(({ size, reads }) => [size, reads]),
    ),
    column(
      'writes',
      requested?.writeSizes,
      common?.map(({ size, writes }) => [size, writes]),
    ),
    column(
      'results',
      io_event?.sizes,
      io_event?.commonSizes.map(({ size, count }) => [size, count]),
    ),
  ].filter(({ octaves }) => octaves.length > 0);
}

/** A note where some results are known not to be sizes. */
function pollParts({ iocb, io_event }: SummaryJson): TextPart[] {
  const hasPolls = iocb?.opcodes.some(({ opcode }) => opcode === IOCB_CMD_POLL) ?? false;
  const hasResults = (io_event?.sizes.length ?? 0) > 0;
  return hasPolls && hasResults ? [text('results of POLL are event masks, not bytes', 'note')] : [];
}

/** The sizes requested by PREAD and PWRITE, beside those of successful results. */
export function sizeSections(summary: SummaryJson, isWhole: boolean): Section[] {
  const columns = columnsOf(summary);
  const rows = shownRows(columns, isWhole);
  const sums = columns.map((_, i) => total(rows.map(({ counts }) => counts[i])));
  if (columns.length === 1 && !isWhole) {
    const bars = rows.map(({ label, counts: [count] }) => ({
      ...{ label, count },
      share: formatShare(count, sums[0]),
    }));
    const heads = ['size', columns[0].head, 'share'] as const;
    return titled('sizes', [{ kind: 'bars', heads, bars }, ...pollParts(summary)]);
  }
  const cells = rows.map(({ label, counts }) => [
    label,
    ...counts.flatMap((count, i) => [
      count === 0 ? '–' : formatCount(count),
      count === 0 ? '' : formatShare(count, sums[i]),
    ]),
  ]);
  const heads = ['size', ...columns.flatMap(({ head }) => [head, 'share'])];
  return titled('sizes', [...table(heads, cells), ...pollParts(summary)]);
}
