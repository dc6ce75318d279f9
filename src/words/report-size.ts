// Sizes and alignment of requests, and sizes of results.

import type { AlignmentJson } from '../analysis/report/alignment.ts';
import type { CompletionsJson } from '../analysis/report/completions.ts';
import type { DistinctJson } from '../analysis/report/distinct.ts';
import type { MisalignedJson } from '../analysis/report/pair-figures.ts';
import type { SizesJson } from '../analysis/report/sizes.ts';
import type { VectorsJson } from '../analysis/report/submission-sizes.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatExactBytes,
  formatQuantity,
  formatShare,
} from './format.ts';
import { type Bar, type BarsPart, type Section, table, text, titled } from './section.ts';

/** All sizes are listed one by one if there are no more than this. */
const SIZES_MAX = 24;
/** Of more sizes, the most frequent are listed. */
const FREQUENT_MAX = 8;

/** A count, with its standard error where it is an estimate. */
export const distinctText = ({ count, approximate, error }: DistinctJson): string =>
  approximate
    ? `about ${formatCount(Math.round(count))} (±${formatDecimal(100 * error)} % standard error)`
    : formatCount(count);

/** "16 MiB in 4,096 requests, all 4 KiB"; percentiles have a bound where they are not exact. */
function sizeText({ requests, bytes, percentiles: p, min, max }: SizesJson, noun: string): string {
  const total = `${formatBytes(bytes)} in ${formatQuantity(requests, noun)}`;
  if (min === max) return `${total}, all ${formatBytes(min)}`;
  const bound = p.errorMax > 0 ? ` (±${formatDecimal(100 * p.errorMax)} %)` : '';
  const percentiles = [
    `p50 ${formatBytes(p.p50)}`,
    `p90 ${formatBytes(p.p90)}`,
    `p99 ${formatBytes(p.p99)}`,
    `p99.9 ${formatBytes(p.p999)}`,
  ];
  const range = `${formatBytes(min)} to ${formatBytes(max)}`;
  return `${total}, ${range}: ${percentiles.join(', ')}${bound}`;
}

/** Sizes one by one where few make up most of the requests, else by powers of two. */
function sizeBars({ common, other, octaves, requests }: SizesJson): Bar[] {
  const isWhole = other === 0 && common.length <= SIZES_MAX;
  const listed = isWhole ? common : common.slice(0, FREQUENT_MAX);
  const covered = listed.reduce((sum, { count }) => sum + count, 0);
  const bars =
    covered >= 0.8 * requests
      ? listed.map(({ size, count }) => [formatExactBytes(BigInt(size)), count] as const)
      : octaves.map(
          ({ from, count }) => [from === '0' ? '0 B' : `${formatBytes(from)} …`, count] as const,
        );
  return bars.map(([label, count]) => ({ label, count, share: formatShare(count, requests) }));
}

const barsOf = (title: string, sizes: SizesJson | undefined, noun: string): BarsPart[] =>
  sizes === undefined
    ? []
    : [{ kind: 'bars', title, text: sizeText(sizes, noun), bars: sizeBars(sizes) }];

/** Sizes of the results of successful completions. */
export const resultBars = ({ sizes }: CompletionsJson): BarsPart[] =>
  barsOf('successful results', sizes, 'completion');

function vectorBars(title: string, vectors: VectorsJson | undefined): BarsPart[] {
  if (vectors === undefined) return [];
  const { requests, counts, over1024, moved } = vectors;
  const listed = [...counts].sort((a, b) => b.count - a.count).slice(0, 3);
  const shares = listed.map(
    ({ iovecs, count }) => `${formatQuantity(iovecs, 'iovec')} ${formatShare(count, requests)}`,
  );
  if (counts.length > listed.length)
    shares.push(`up to ${formatCount(Math.max(...counts.map(({ iovecs }) => iovecs)))}`);
  const refused =
    over1024 > 0 ? `; ${formatCount(over1024)} with more than 1,024, which Linux refuses` : '';
  const iovecs = `${shares.join(', ')}${refused}`;
  const all = formatQuantity(requests, 'request');
  if (moved === undefined)
    return [
      { kind: 'bars', title, text: `${all} (sizes are not in the records): ${iovecs}`, bars: [] },
    ];
  const words = `${all}, ${iovecs}; moved ${sizeText(moved, 'request')}`;
  return [{ kind: 'bars', title, text: words, bars: sizeBars(moved) }];
}

export const sizeSection = ({ sizes }: SubmissionsJson): Section[] =>
  titled('sizes', [
    ...barsOf('reads', sizes.reads, 'request'),
    ...barsOf('writes', sizes.writes, 'request'),
    ...vectorBars('vectored reads', sizes.readVectors),
    ...vectorBars('vectored writes', sizes.writeVectors),
  ]);

/** The coarsest alignment that every request has, and what lacks the next. */
function alignmentText(alignment: SubmissionsJson['alignment']): string {
  const { granularities, vectored, append, unknownBuffers } = alignment;
  const all =
    (vectored ?? append ?? unknownBuffers) === undefined ? 'All requests are' : 'All seen is';
  const kept = granularities.filter(({ firstIndex }) => firstIndex === null).at(-1);
  const broken = granularities.find(({ firstIndex }) => firstIndex !== null);
  const aligned = kept === undefined ? [] : [`${all} aligned to ${formatBytes(kept.bytes)}.`];
  if (broken === undefined) return aligned.join(' ');
  const { bytes, offsetOrLength, buffer, firstIndex } = broken;
  const breaking = [
    ...(offsetOrLength > 0
      ? [`${formatQuantity(offsetOrLength, 'request')} by offset or length`]
      : []),
    ...(buffer > 0 ? [`${formatQuantity(buffer, 'request')} by buffer`] : []),
  ];
  const first = `the first is record ${formatCount(firstIndex ?? 0)}`;
  const misaligned = `Not aligned to ${formatBytes(bytes)}: ${breaking.join(', ')}; ${first}.`;
  return [...aligned, misaligned].join(' ');
}

/** What the records do not show. */
function unseenText({ unknownBuffers = 0, vectored = 0, append = 0 }: AlignmentJson): string {
  const cases = [
    [vectored, 'buffers and lengths of', 'vectored request'],
    [append, 'offsets of', 'write with RWF_APPEND', 'writes with RWF_APPEND'],
    [unknownBuffers, 'buffers of', 'request whose source lacks them', REQUESTS_WITHOUT],
  ] as const;
  const unseen = cases
    .filter(([count]) => count > 0)
    .map(([count, what, noun, nouns]) => `${what} ${formatQuantity(count, noun, nouns)}`);
  return `not seen: ${[...unseen, 'which files are opened with O_DIRECT'].join('; ')}`;
}
const REQUESTS_WITHOUT = 'requests whose source lacks them';

/** Alignment at the granularities that O_DIRECT may ask for. */
export function alignmentSection({ alignment }: SubmissionsJson): Section[] {
  if (alignment.satisfied === null) return [];
  const rows = alignment.granularities.map(({ bytes, offsetOrLength, buffer, firstIndex }) => [
    formatBytes(bytes),
    formatCount(offsetOrLength),
    formatCount(buffer),
    firstIndex === null ? '–' : formatCount(firstIndex),
  ]);
  const heads = ['alignment', 'misaligned offset or length', 'misaligned buffer', 'first record'];
  return titled('alignment for O_DIRECT', [
    text(alignmentText(alignment)),
    ...table(heads, rows),
    text(unseenText(alignment), 'note'),
  ]);
}

/** What became of misaligned requests, as far as they completed. */
export function misalignedText({ bytes, completed, invalid, succeeded }: MisalignedJson): string {
  const requests = `${formatQuantity(completed, 'request')} not aligned to ${formatBytes(bytes)}`;
  const failed =
    invalid > 0
      ? `${formatCount(invalid)} failed with EINVAL, as misaligned O_DIRECT requests do`
      : 'none failed with EINVAL';
  const passed =
    succeeded > 0
      ? `, ${formatCount(succeeded)} succeeded (no O_DIRECT, or the device accepts this alignment)`
      : '';
  return `${requests}: ${failed}${passed}`;
}
