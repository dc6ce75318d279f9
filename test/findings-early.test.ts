// Do findings name the right records when completions come before their submissions?
import { describe, expect, test } from 'vitest';
import { encode, type ReportPairOptions, report } from '../src/node.ts';
import {
  type FlightPair,
  naiveClamped,
  naiveEmptyInside,
  naiveOverlaps,
  naiveSharers,
} from './naive/flight.ts';
import { partFile, STRIDES } from './support/parts.ts';
import { random } from './support/random.ts';

const MAX_RW_COUNT = 0x7ffff000;
const EINVAL = 22;
/** Each failure gets an errno of its own from here on, so that each is the first of a finding. */
const FIRST_ERRNO = 200;

/** Requests before the first faulty one. */
const FAULTLESS = 1000;

type Fields = Record<string, number | bigint>;

/** Both files of a capture, and their true pairs. */
interface Capture {
  readonly submissions: readonly Fields[];
  readonly completions: readonly Fields[];
  readonly pairs: readonly FlightPair[];
}

/** Which fault the requests from some number on may have. */
type Fault =
  | 'failed'
  | 'misaligned'
  | 'clamped'
  | 'overlapping-writes'
  | 'shared-buffer'
  | 'empty-inside';

/** A request of the fault, if it has one, and its result. */
function requestOf(i: number, fault: Fault | undefined, errno: number) {
  const plain = {
    ...{ aio_lio_opcode: i % 2, aio_fildes: 3 + (i % 3), aio_nbytes: 4096 },
    ...{ aio_offset: 4096 * (i + 1), aio_buf: 2 ** 32 + 4096 * i, res: 4096 },
  };
  switch (fault) {
    case 'failed':
      return { ...plain, res: -errno };
    case 'misaligned':
      return { ...plain, aio_offset: plain.aio_offset + 1, res: -EINVAL };
    case 'clamped':
      return { ...plain, aio_nbytes: 2 ** 31, res: MAX_RW_COUNT, aio_buf: 0 };
    case 'overlapping-writes':
      return { ...plain, aio_lio_opcode: 1, aio_offset: 2 ** 40, aio_buf: 0 };
    case 'shared-buffer':
      return { ...plain, aio_lio_opcode: 0, aio_buf: 2 ** 31 };
    case 'empty-inside':
      return { ...plain, aio_lio_opcode: 0, aio_offset: 4096, res: 0 };
    default:
      return plain;
  }
}

/** Moves records by up to two places: a file that threads share is nearly in order of time. */
function nearlyInOrder<T extends { readonly ts: number }>(
  records: readonly T[],
  below: (end: number) => number,
): T[] {
  const places = records.map((record) => record.ts + (below(20) === 0 ? below(3) * 150 : 0));
  return records
    .map((record, i) => ({ record, place: places[i] }))
    .sort((a, b) => a.place - b.place)
    .map(({ record }) => record);
}

/** Thousands of requests, of which many complete up to 15 µs before they are submitted. */
function captureWith(fault: Fault, seed: number): Capture {
  const { below } = random(seed);
  const from = FAULTLESS + below(1500);
  // Overlaps are counted exactly while few are in flight at once, none of them for longer than its
  // times say: an early completion is decided later.
  const isOverlap = fault === 'overlapping-writes' || fault === 'shared-buffer';
  const rarity = isOverlap ? 30 : 10;
  let [ts, errno] = [1_000_000, FIRST_ERRNO];
  const requests = Array.from({ length: 4000 }, (_, i) => {
    ts += 1 + below(1000);
    const isFaulty = i >= from && below(rarity) === 0;
    const request = requestOf(i, isFaulty ? fault : undefined, errno);
    if (isFaulty) errno += 1;
    const wait = below(3) === 0 && !(isOverlap && isFaulty) ? -1 - below(15_000) : below(20_000);
    return { ts, completionTs: ts + wait, tag: i + 1, addr: 64 * (1 + below(100)), ...request };
  });
  const submitted = nearlyInOrder(requests, below);
  const ended = nearlyInOrder(
    requests.map((request) => ({ ...request, ts: request.completionTs })),
    below,
  );
  const completionOf = new Map(ended.map(({ tag }, index) => [tag, index]));
  return {
    submissions: submitted.map(({ completionTs: _, tag, res: __, ...fields }) => ({
      ...{ ...fields, pid: 7, tid: 7, aio_data: tag },
    })),
    completions: ended.map(({ ts, tag, addr, res }) => ({
      ...{ ts, pid: 7, tid: 7, obj: addr, data: tag, res },
    })),
    pairs: submitted.map((request, submissionIndex) => ({
      ...{ ...request, pid: 7, aio_rw_flags: 0, submissionIndex },
      completionIndex: completionOf.get(request.tag) ?? -1,
    })),
  };
}

/** The first record of each finding, and the kind of its file, as counted from true pairs. */
const EXPECTED: Record<Fault, (pairs: readonly FlightPair[]) => readonly (readonly number[])[]> = {
  failed: (pairs) =>
    pairs.filter(({ res }) => res < 0).map(({ res, completionIndex: index }) => [-res, 1, index]),
  misaligned: (pairs) => {
    const invalid = pairs.filter(({ res }) => res === -EINVAL);
    return [[invalid.length, Math.min(...invalid.map(({ completionIndex }) => completionIndex))]];
  },
  clamped: (pairs) => firstSubmission(naiveClamped(pairs)),
  'overlapping-writes': (pairs) => firstSubmission(naiveOverlaps(pairs)),
  'shared-buffer': (pairs) => firstSubmission(naiveSharers(pairs)),
  'empty-inside': (pairs) => firstSubmission(naiveEmptyInside(pairs)),
};

const firstSubmission = (pairs: readonly FlightPair[]) => [
  [pairs.length, Math.min(...pairs.map(({ submissionIndex }) => submissionIndex))],
];

const sorted = (rows: readonly (readonly number[])[]) =>
  rows.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);

const bytesOf = ({ submissions, completions }: Capture) =>
  [
    encode(submissions, { kind: 'iocb', layout: 'traced' }),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
  ] as const;

/** Writes both sides, each cut into parts where the next time is higher than all before it. */
function filesOf(capture: Capture, parts: number, below: (end: number) => number) {
  const bytes = bytesOf(capture);
  return ([capture.submissions, capture.completions] as const).map((records, side) => {
    let latest = -1;
    const places = records.flatMap(({ ts }, i) => {
      const isHigher = Number(ts) > latest;
      latest = Math.max(latest, Number(ts));
      return isHigher && i > 0 ? [i] : [];
    });
    const cuts = Array.from({ length: parts - 1 }, () => places[below(places.length)]);
    const ends = [...new Set([...cuts, records.length])].sort((a, b) => a - b);
    const [stride, name] =
      side === 0 ? [STRIDES.iocb, 'part.iocb88'] : [STRIDES.io_event, 'part.ioev56'];
    return ends.map((end, i) => {
      const begin = ends[i - 1] ?? 0;
      return { begin, path: partFile(bytes[side].slice(begin * stride, end * stride), name) };
    });
  });
}

/** The first record of each finding of a kind, by its index among all of its side. */
async function found(
  fault: Fault,
  files: ReturnType<typeof filesOf>,
  options: ReportPairOptions,
): Promise<number[][]> {
  const paths = files.flat().map(({ path }) => path);
  const { findings } = (await report(paths, options)).toJSON();
  return findings
    .filter(({ id }) => id === fault)
    .map(({ count, first, evidence }) => {
      const part = files.flat().find(({ path }) => path === first?.file);
      const index = (part?.begin ?? Number.NaN) + (first?.index ?? Number.NaN);
      return 'errno' in evidence ? [evidence.errno, count, index] : [count, index];
    });
}

const FAULTS = Object.keys(EXPECTED) as Fault[];

describe.each(['js', 'wasm-simd'] as const)('%s', (engine) => {
  test.each(FAULTS)('%s: of whole captures, in one file per side and in several', async (fault) => {
    const { below } = random(31);
    for (const [seed, parts] of [
      [1, 1],
      [2, 1],
      [3, 3],
    ]) {
      const capture = captureWith(fault, seed);
      const expected = sorted(EXPECTED[fault](capture.pairs));
      const files = filesOf(capture, parts, below);
      expect(expected.length).toBeGreaterThan(0);
      expect(sorted(await found(fault, files, { engine }))).toEqual(expected);
    }
  });

  test.each(FAULTS)('%s: of a range of time', async (fault) => {
    const { below } = random(32);
    for (const parts of [1, 2]) {
      const capture = captureWith(fault, 4 + parts);
      const times = capture.submissions.map(({ ts }) => Number(ts));
      const [from, to] = [times[FAULTLESS - 200], times[3500]];
      const isInside = (ts: number) => ts >= from && ts < to;
      const pairs = capture.pairs.filter(
        (pair) => isInside(pair['ts']) && isInside(pair['completionTs']),
      );
      const files = filesOf(capture, parts, below);
      const range = { from: BigInt(from), to: BigInt(to) };
      const rows = sorted(await found(fault, files, { engine, ...range }));
      // Failures whose submission is outside the range are found too, by their completions.
      const inRange = sorted(EXPECTED[fault](pairs));
      if (fault === 'failed') expect(rows).toEqual(expect.arrayContaining(inRange));
      else expect(rows).toEqual(inRange);
    }
  });

  // With conditions nothing is known of requests that were in flight with those selected.
  test.each(['failed', 'misaligned', 'clamped'] as const)(
    '%s: of selected pairs',
    async (fault) => {
      const { below } = random(33);
      for (const [where, isSelected] of [
        ['aio_fildes=4', (pair: FlightPair) => pair['aio_fildes'] === 4],
        ['latency<0', (pair: FlightPair) => pair['completionTs'] < pair['ts']],
        ['span>=0', () => true],
      ] as const) {
        const capture = captureWith(fault, 9);
        const expected = sorted(EXPECTED[fault](capture.pairs.filter(isSelected)));
        const files = filesOf(capture, 2, below);
        expect(sorted(await found(fault, files, { engine, where }))).toEqual(expected);
      }
    },
  );
});
