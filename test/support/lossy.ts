// Captures of which records are lost, with the pairs of the whole to compare with.
import { readFileSync } from 'node:fs';
import { type MatchJson, match, openPairs } from '../../src/node.ts';
import { fixture } from './cli.ts';
import { randomBytes } from './events.ts';

export const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;
const STRIDES = [88, 56] as const;

/** Both sides of a capture, with data 0: only addresses tell requests apart. */
export const sidesOf = (name: string): Uint8Array[] =>
  ['iocb88', 'ioev56'].map((end, side) => {
    const bytes = new Uint8Array(readFileSync(fixture(`${name}.${end}`)));
    for (let at = 0; at < bytes.length; at += STRIDES[side]) bytes.fill(0, at + 24, at + 32);
    return bytes;
  });

/** How records are lost, and which are added. */
export interface Way {
  /** The share that is lost at random. */
  readonly share?: number;
  /** Records in a row that are lost, of both sides. */
  readonly burst?: number;
  /** The share of submissions that io_submit refuses first: of no opcode, or submitted again. */
  readonly refused?: number;
}

const numbers = (count: number, seed: number): number[] =>
  Array.from(new Uint32Array(randomBytes(4 * count, seed).buffer), (word) => word / 2 ** 32);

const timeOf = (bytes: Uint8Array, at: number): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true);

/** The times between which all records are lost; none unless there is a burst. */
function gapOf(sides: readonly Uint8Array[], burst: number, seed: number) {
  const times = sides
    .flatMap((bytes, side) =>
      Array.from({ length: bytes.length / STRIDES[side] }, (_, i) =>
        timeOf(bytes, i * STRIDES[side]),
      ),
    )
    .sort((a, b) => (a < b ? -1 : Number(a > b)));
  const from = Math.floor((numbers(64, seed).at(-1) ?? 0) * (times.length - burst));
  return burst === 0 ? undefined : { from: times[from], to: times[from + burst] };
}

function refusedCopy(record: Uint8Array, isOpcode: boolean): Uint8Array {
  const copy = record.slice();
  const view = new DataView(copy.buffer);
  view.setBigUint64(0, view.getBigUint64(0, true) - 500n, true);
  if (isOpcode) view.setUint16(24 + 16, 0x7777, true);
  return copy;
}

/** What is left of both sides, and the index that each record had; -1 of those added. */
export function lossy(sides: readonly Uint8Array[], way: Way, seed: number) {
  const gap = gapOf(sides, way.burst ?? 0, 7 * seed);
  return sides.map((bytes, side) => {
    const stride = STRIDES[side];
    const count = bytes.length / stride;
    const [lost, added] = [numbers(count, 2 * seed + side), numbers(count, 31 * seed)];
    const kept: number[] = [];
    const records: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const record = bytes.subarray(i * stride, (i + 1) * stride);
      const refused = way.refused ?? 0;
      if (side === 0 && added[i] < refused) {
        kept.push(-1);
        records.push(refusedCopy(record, added[i] < refused / 2));
      }
      const ts = timeOf(record, 0);
      const isLost = lost[i] < (way.share ?? 0) || (gap && ts >= gap.from && ts < gap.to);
      if (isLost) continue;
      kept.push(i);
      records.push(record);
    }
    return { left: new Uint8Array(Buffer.concat(records)), kept };
  });
}

/** Pairs as indexes and times; those in doubt only if the match counts them. */
async function pairsOf(sides: readonly Uint8Array[], quality?: MatchJson['quality']) {
  const pairs: { s: number; c: number; latency: number }[] = [];
  const gaps = (quality?.silences ?? []).filter(({ lost }) => lost);
  for await (const { columns, length } of await openPairs(sides[0], sides[1], FORMAT))
    for (let i = 0; i < length; i++) {
      const [ts, end] = [columns.ts?.[i] as bigint, columns.completionTs[i]];
      if (columns.doubt[i] === 1 && quality?.counted.secondPairs === false) continue;
      if (gaps.some(({ at, lengthNs }) => BigInt(at) >= ts && BigInt(at) + BigInt(lengthNs) <= end))
        continue;
      const [s, c] = [Number(columns.submissionIndex[i]), Number(columns.completionIndex[i])];
      pairs.push({ s, c, latency: Number(columns.latencyNs[i]) });
    }
  return pairs;
}

const percentile = (latencies: readonly number[], share: number): number =>
  latencies.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(latencies.length * share)) - 1];

/**
 * Matches what is left of a capture, several times: the mean share of false pairs, the false pairs
 * that were expected, and how far p50 and p99 are at most from those of the pairs that lost no
 * record.
 */
export async function lose(name: string, way: Way, seeds: number) {
  const sides = sidesOf(name);
  const whole = await pairsOf(sides);
  const truth = new Map(whole.map(({ s, c }) => [c, s]));
  const found = { wrong: 0, expected: 0, share: 0, p50: 0, p99: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const parts = lossy(sides, way, seed);
    const rest = parts.map(({ left }) => left);
    const { quality } = (await match(rest[0], rest[1], FORMAT)).toJSON();
    const pairs = await pairsOf(rest, quality);
    const wrong = pairs.filter(({ s, c }) => truth.get(parts[1].kept[c]) !== parts[0].kept[s]);
    found.wrong += wrong.length;
    found.share += wrong.length / pairs.length / seeds;
    found.expected += quality.expectedFalsePairs;
    const [submissions, completions] = parts.map(({ kept }) => new Set(kept));
    const left = whole.filter(({ s, c }) => submissions.has(s) && completions.has(c));
    const off = (part: number): number => {
      const [is, should] = [pairs, left].map((each) =>
        percentile(
          each.map(({ latency }) => latency),
          part,
        ),
      );
      return Math.abs(is / should - 1);
    };
    found.p50 = Math.max(found.p50, off(0.5));
    found.p99 = Math.max(found.p99, off(0.99));
  }
  return found;
}
