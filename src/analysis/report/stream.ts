import { addVolume, closeRun, follow, followRequests } from '../../engine/js-streams.ts';
import { CURSORS, STREAM } from '../../engine/stream-state.ts';
import type { Requests } from './requests.ts';

/**
 * The access pattern of the submissions of one (pid, fd, direction), in submission order. One
 * Float64Array, so that counting allocates nothing and counts merge in one loop. Offsets and
 * distances are exact as doubles.
 */
export type Stream = Float64Array;

/** See `STREAM`. */
const AT = STREAM;

/** With at least this many requests, copying a stream to the kernels' memory pays. */
const KERNEL_MIN = 8;

export function newStream(): Stream {
  const s = new Float64Array(AT.end);
  s[AT.strideMin] = Number.POSITIVE_INFINITY;
  s[AT.strideMax] = Number.NEGATIVE_INFINITY;
  s.fill(-1, AT.ends, AT.ends + CURSORS);
  return s;
}

/** Returns the bytes of the volume at index `at`. */
export const bytesIn = (s: Float64Array, at: number): bigint =>
  (BigInt(s[at + 2]) << 16n) + BigInt(s[at + 1]);

/** Returns the ends in use, most recent first. */
export const endsOf = (s: Stream): number[] =>
  [...s.subarray(AT.ends, AT.ends + CURSORS)].filter((end) => end >= 0);

/** Counts a submission of unknown length: the next one relates to none before. */
export function breakChain(s: Stream): void {
  addVolume(s, AT.volume, 1, 0);
  s[AT.unknown] += 1;
  if (s[AT.chained] === 1) closeRun(s);
  s[AT.chained] = s[AT.lastDistance] = 0;
  s.fill(-1, AT.ends, AT.ends + CURSORS);
}

/** Adds the first submission of a stream, or after one of unknown length. */
function begin(
  s: Stream,
  { places, lengths }: Requests['grouped'],
  i: number,
  hasLengths: boolean,
) {
  s[AT.firstStart] = s[AT.lastStart] = places[i];
  s[AT.firstEnd] = s[AT.lastEnd] = places[i] + lengths[i];
  s[AT.run] = s[AT.chained] = 1;
  s[AT.runBytes] = lengths[i];
  if (hasLengths) follow(s, places, lengths, i);
  addVolume(s, AT.volume, 1, lengths[i]);
}

/** Adds grouped submissions `from` to `to` to their stream. */
export function addSubmissions(
  s: Stream,
  requests: Requests,
  from: number,
  to: number,
  hasLengths: boolean,
): void {
  const { grouped } = requests;
  if (s[AT.chained] === 0) begin(s, grouped, from++, hasLengths);
  if (to - from >= KERNEL_MIN) requests.follow(s, from, to, hasLengths);
  else followRequests(s, grouped.places, grouped.lengths, from, to, hasLengths);
}
