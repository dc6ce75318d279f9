// The silences of a match as plain data.
import type { Silences } from './silences.ts';

/** A gap of more than 20 mean intervals between records, with requests in flight. */
export interface SilenceJson {
  /** The time of the last record before it. */
  at: string;
  lengthNs: string;
  /** Requests in flight. */
  open: number;
  /** Addresses where a submission was the last record before it and a completion the next one. */
  pairs: number;
  /**
   * Addresses where the last record before it and the next one cannot follow one another: two
   * completions, or two different submissions.
   */
  contradictions: number;
  /** Whether records were lost in it. The latencies of pairs across it are then left out. */
  lost: boolean;
}

/** Those with requests in flight, in order of time. */
export const silencesJson = ({ kept, lost }: Silences): SilenceJson[] =>
  kept
    .filter(({ open }) => open > 0)
    .map((silence) => ({
      at: silence.from.toString(),
      lengthNs: (silence.to - silence.from).toString(),
      open: silence.open,
      pairs: silence.pairs,
      contradictions: silence.contradictions,
      lost: lost.includes(silence),
    }));
