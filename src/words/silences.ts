import type { MatchJson } from '../analysis/match/json.ts';
import type { SilenceJson } from '../analysis/match/silences-json.ts';
import { formatDuration, formatQuantity } from './format.ts';

type Figures = Pick<MatchJson, 'latencyNs' | 'quality' | 'time'>;

/** A gap without lost records is mentioned if it is this many times the 99th percentile. */
const LENGTH_MIN = 10n;

const longestOf = (silences: readonly SilenceJson[]): SilenceJson | undefined =>
  silences.reduce<SilenceJson | undefined>(
    (longest, each) =>
      longest === undefined || BigInt(each.lengthNs) > BigInt(longest.lengthNs) ? each : longest,
    undefined,
  );

/** Gaps between records in which some were lost, and the longest in which some may be. */
export function silenceTexts({ latencyNs, quality, time }: Figures): string[] {
  const beginsAt = ({ at }: SilenceJson) =>
    `+${formatDuration(BigInt(at) - BigInt(time?.from ?? 0))}`;
  const lost = quality.silences.filter((silence) => silence.lost);
  const longestLost = longestOf(lost);
  const longest = longestOf(quality.silences.filter(({ lost, pairs }) => !lost && pairs > 0));
  const isLong =
    longest !== undefined && BigInt(longest.lengthNs) > LENGTH_MIN * BigInt(latencyNs?.p99 ?? 0);
  return [
    ...(longestLost === undefined
      ? []
      : [
          `records were lost in ${formatQuantity(lost.length, 'gap')}, the longest of ` +
            `${formatDuration(longestLost.lengthNs)} at ${beginsAt(longestLost)}: ` +
            'latencies do not include pairs across',
        ]),
    ...(isLong
      ? [
          `no record for ${formatDuration(longest.lengthNs)} at ${beginsAt(longest)} with ` +
            `${formatQuantity(longest.open, 'request')} in flight: a stall, or lost records`,
        ]
      : []),
  ];
}
