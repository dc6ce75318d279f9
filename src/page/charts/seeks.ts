// The bins of seek distances with their labels. Knows no DOM.
import { formatBytes, formatCount } from '../../words/format.ts';
import type { Seeks } from '../../words/section.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** A power of two as `words/` writes it, in bytes; undefined for other text. */
function bytesOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d+) (\w+)$/.exec(text) ?? [];
  const power = UNITS.indexOf(unit);
  return power < 0 ? undefined : Number(digits) * 1024 ** power;
}

export interface SeekBin {
  readonly label: string;
  readonly side: 'back' | 'none' | 'forward';
  readonly count: number;
}

/** The bins from the farthest back to the farthest forward. */
export function seekBins({ back, none, forward, near }: Seeks): SeekBin[] {
  const least = bytesOf(near);
  const label = (step: number, side: string) =>
    least === undefined
      ? `${side}, ${step + 1}`
      : `${formatBytes(least * 2 ** step)} … ${formatBytes(least * 2 ** (step + 1))} ${side}`;
  const last = back.length - 1;
  return [
    ...back.map((count, i) => ({ label: label(last - i, 'back'), side: 'back' as const, count })),
    { label: 'no seek', side: 'none', count: none },
    ...forward.map((count, i) => ({
      label: label(i, 'forward'),
      side: 'forward' as const,
      count,
    })),
  ];
}

/** The lengths of sequential runs; empty where they are unknown. */
export const runsText = ({ medianRun, longestRun }: Seeks): string =>
  longestRun === '–'
    ? ''
    : `requests per sequential run: median ${medianRun}, longest ${longestRun}`;

/** What seeks there are, in a sentence. */
export function seeksSentence(seeks: Seeks): string {
  const bins = seekBins(seeks);
  const top = bins.reduce((most, bin) => (bin.count > most.count ? bin : most));
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const most = `most often ${top.label} (${formatCount(top.count)})`;
  return `Seek distances of ${seeks.name}: ${formatCount(total)}, ${most}.`;
}
