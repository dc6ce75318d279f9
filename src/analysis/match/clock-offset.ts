// The offset between the clocks of two streams, estimated from the order of their records.
import { AioscopeError } from '../../errors.ts';
import { firstLook, havePidsThatDiffer } from './first-look.ts';
import type { InputStream } from './input-stream.ts';

/** What has to be added to the times of completions. */
export interface ClockEstimate {
  /** The middle of all the offsets that fit well. */
  readonly offsetNs: bigint;
  /** How wide their range is. */
  readonly spreadNs: bigint;
}

/** Fewer intervals than this say nothing. */
const CONSISTENT_MIN = 16;
/** The least share of intervals between submissions that have to have one completion. */
const SHARE_MIN = 0.5;

/** A record of a stream: its time, counted from the first of the stream (ns), and its data. */
interface Point {
  readonly ns: number;
  readonly data: bigint;
}

/** The first block of a stream: by key, in order of time. */
interface Beginning {
  readonly first: bigint;
  readonly byKey: ReadonlyMap<string, readonly Point[]>;
}

const wideAt = (words: Uint32Array, row: number): bigint =>
  (BigInt(words[2 * row + 1]) << 32n) | BigInt(words[2 * row]);

/** Reads the block that a stream has loaded. */
function beginningOf(stream: InputStream, keyName: string, joinsPid: boolean): Beginning {
  const key = stream.wide(keyName);
  const data = stream.wide(stream.has('aio_data') ? 'aio_data' : 'data');
  const pid = joinsPid ? stream.narrow('pid') : null;
  const byKey = new Map<string, Point[]>();
  const first = stream.count === 0 ? 0n : wideAt(stream.ts, stream.rows[0]);
  for (let at = 0; key !== null && data !== null && at < stream.count; at++) {
    const row = stream.rows[at];
    const place = `${wideAt(key, row)} ${pid?.[row]}`;
    const point = { ns: Number(wideAt(stream.ts, row) - first), data: wideAt(data, row) };
    const points = byKey.get(place);
    if (points === undefined) byKey.set(place, [point]);
    else points.push(point);
  }
  return { first, byKey };
}

/**
 * The offsets at which each completion is the only one between a submission with its data and the
 * next one at the key: as intervals, from `lows` to `highs`. `slots` counts those submissions, and
 * `completed` the completions at their keys.
 */
function intervalsOf(submissions: Beginning, completions: Beginning) {
  const [lows, highs]: [number[], number[]] = [[], []];
  let [slots, completed] = [0, 0];
  for (const [key, submitted] of submissions.byKey) {
    const done = completions.byKey.get(key) ?? [];
    if (submitted.length < 2) continue;
    slots += submitted.length - 1;
    completed += done.length;
    for (let i = 0; i + 1 < submitted.length; i++) {
      const [begin, end] = [submitted[i], submitted[i + 1].ns];
      for (const [j, { ns, data }] of done.entries()) {
        if (data !== begin.data) continue;
        const before = j === 0 ? Number.NEGATIVE_INFINITY : done[j - 1].ns - begin.ns;
        const after = j + 1 === done.length ? Number.POSITIVE_INFINITY : done[j + 1].ns - end;
        const [low, high] = [Math.max(ns - end, before), Math.min(ns - begin.ns, after)];
        if (low > high) continue;
        lows.push(low);
        highs.push(high);
      }
    }
  }
  return {
    lows: Float64Array.from(lows),
    highs: Float64Array.from(highs),
    possible: Math.min(slots, completed),
  };
}

/** A point in the most intervals, and how many these are. */
function mostCommon(lows: Float64Array, highs: Float64Array) {
  const [begins, ends] = [lows.toSorted(), highs.toSorted()];
  let best = { count: 0, at: 0 };
  for (let i = 0, ended = 0; i < begins.length; i++) {
    while (ends[ended] < begins[i]) ended += 1;
    const count = i + 1 - ended;
    if (count > best.count) best = { count, at: (begins[i] + ends[ended]) / 2 };
  }
  return best;
}

/**
 * The range that the intervals around a point have in common, but for 1 % at each end: those that
 * lost records leave by chance would make it narrower than it is.
 */
function rangeAround(at: number, lows: Float64Array, highs: Float64Array) {
  const isAround = (_: number, i: number) => lows[i] <= at && highs[i] >= at;
  const [begins, ends] = [lows.filter(isAround).sort(), highs.filter(isAround).sort()];
  const spared = Math.floor(begins.length / 100);
  return { low: begins[begins.length - 1 - spared], high: ends[spared] };
}

/**
 * Estimates what has to be added to the times of completions from the first blocks of both streams:
 * at one address, completions follow their submissions and precede the next ones.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if at no offset most of them do
 */
export function estimateOffset(
  [submissions, completions]: readonly [InputStream, InputStream],
  key: 'address' | 'data',
): ClockEstimate {
  const hasPids = submissions.has('pid') && completions.has('pid');
  const joinsPid = hasPids && !havePidsThatDiffer(firstLook(submissions, completions)());
  const names = key === 'address' ? (['addr', 'obj'] as const) : (['aio_data', 'data'] as const);
  const submitted = beginningOf(submissions, names[0], joinsPid);
  const completed = beginningOf(completions, names[1], joinsPid);
  const { lows, highs, possible } = intervalsOf(submitted, completed);
  const { count, at } = mostCommon(lows, highs);
  if (count < CONSISTENT_MIN || count < SHARE_MIN * possible) {
    const why =
      possible === 0
        ? 'the first records have no completion at an address that is submitted at twice'
        : `at no offset do more than ${count} of the first ${possible} completions follow their ` +
          'submission and precede the next one at its address';
    throw new AioscopeError(
      'AIOSCOPE_UNMATCHABLE',
      `the offset between the clocks cannot be estimated: ${why}; ` +
        'if it is known, give it in nanoseconds',
    );
  }
  const { low, high } = rangeAround(at, lows, highs);
  const between = completed.first - submitted.first;
  return {
    offsetNs: -(between + BigInt(Math.round((low + high) / 2))),
    spreadNs: BigInt(Math.round(high - low)),
  };
}
