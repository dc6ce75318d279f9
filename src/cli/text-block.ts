import type { Log2Bucket, SummaryInput } from '../node.ts';
import { type Align, bar, bytes, count, plural, share, table, visible } from './format.ts';
import { colors } from './output.ts';

/** Lists are cut to so many lines: `--json` has them whole. */
const LINES_MAX = 16;
const BAR_WIDTH = 32;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** A heading and a table below it; nothing where there are no rows. */
export function block(
  heading: string,
  heads: readonly string[],
  align: readonly Align[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  const [head, ...lines] = table([heads, ...rows.slice(0, LINES_MAX)], align);
  const more = rows.length - LINES_MAX;
  return [
    '',
    colors.bold(heading),
    ...indent([
      colors.dim(head),
      ...lines,
      ...(more > 0 ? [colors.dim(`… ${count(more)} more; --json has them all`)] : []),
    ]),
  ];
}

/** What the inputs are, a line each, and what of them is torn. */
export function inputLines(inputs: readonly SummaryInput[]): string[] {
  const align: Align[] = ['left', 'left', 'left', 'left', 'right', 'right'];
  const rows = inputs.map(({ file, kind, endian, layout, records, selected, bytes: size }) => [
    file,
    kind,
    `${endian}-endian`,
    layout === 'record' ? 'bare' : layout,
    selected === undefined
      ? plural(records, 'record')
      : `${count(selected)} of ${plural(records, 'record')}`,
    bytes(size),
  ]);
  const torn = inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, bytes: size, tornBytes }) =>
      colors.yellow(
        `${visible(file)}: ${count(tornBytes)} bytes from byte ${size - tornBytes} on are no whole record`,
      ),
    );
  return [...table(rows, align), ...torn];
}

/** A log2 histogram with bars; `unit` makes a bound readable. */
export function sizeBlock(
  heading: string,
  buckets: readonly Log2Bucket[],
  unit: (value: bigint) => string,
): string[] {
  const most = Math.max(...buckets.map((bucket) => bucket.count));
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const rows = buckets.map((bucket) => {
    const from = BigInt(bucket.from);
    const label = from < 2n ? unit(from) : `${unit(from)} …`;
    return [
      label,
      count(bucket.count),
      share(bucket.count, total),
      bar(bucket.count, most, BAR_WIDTH),
    ];
  });
  return block(heading, ['from', 'count', 'share', ''], ['right', 'right', 'right', 'left'], rows);
}
