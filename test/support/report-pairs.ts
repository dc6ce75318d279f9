// What a report shows of pairs, counted from a list of them.

import { expect } from 'vitest';
import { matchPairs } from '../../src/analysis/match/pairs.ts';
import type { ReportJson } from '../../src/node.ts';
import { groupBy } from '../naive/groups.ts';
import { naiveLatency } from '../naive/pair-figures.ts';
import { appends, ascending, LENGTH_MAX } from '../naive/records.ts';
import { naivePolls } from '../naive/report.ts';
import { bytesOf, captures, shipped } from './captures.ts';

export const formats = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;

export type Pair = Readonly<Record<string, bigint>>;

export async function pairsOf(submissions: Uint8Array, completions: Uint8Array): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for await (const batch of matchPairs(submissions, completions, formats)) {
    for (const pair of batch) {
      // A report leaves out second pairs, which may be false.
      if (pair['doubt'] === 1) continue;
      pairs.push(
        Object.fromEntries(
          Object.entries(pair).map(([name, value]) => [name, BigInt(value as bigint)]),
        ),
      );
    }
  }
  return pairs;
}

/** Expects the map of latencies to equal one counted from a list of pairs. */
function expectMap({ matched }: ReportJson, pairs: Pair[]): void {
  // `latencyNs` of a pair is cut to 63 bits.
  const placed = pairs
    .map(({ completionTs, ts }) => ({ completionTs, latency: completionTs - ts }))
    .filter(({ latency }) => latency >= 0n);
  const { axis, map } = matched?.latencies ?? {};
  if (axis === undefined) {
    expect(placed).toEqual([]);
    return;
  }
  const counts = new Map<string, number>();
  for (const { completionTs, latency } of placed) {
    const x = (completionTs - BigInt(axis.from)) / BigInt(axis.step);
    const place = `${x} ${latency === 0n ? 0 : latency.toString(2).length}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const found = map?.counts.flatMap((column, x) =>
    column.flatMap((count, y) => (count === 0 ? [] : [[`${x} ${y}`, count] as const])),
  );
  expect(new Map(found)).toEqual(counts);
}

/** Latencies of the pairs with each key, in the order of the keys. */
function grouped(pairs: Pair[], keyOf: (pair: Pair) => string) {
  const latencyOf = ({ completionTs, ts }: Pair) => completionTs - ts;
  return new Map(
    [...groupBy(pairs, keyOf)].map(([key, group]) => {
      const { sum: _, ...latencyNs } = naiveLatency(group.map(latencyOf));
      return [key, { requests: group.length, latencyNs }];
    }),
  );
}

const sizeOf = ({ aio_lio_opcode, aio_nbytes, res }: Pair): bigint =>
  [aio_lio_opcode < 2n ? aio_nbytes : res, LENGTH_MAX].sort(ascending)[0];

/** Expects latencies by size and by priority to equal those of a list of pairs. */
function expectGroups({ matched }: ReportJson, pairs: Pair[]): void {
  const moved = pairs.filter(({ aio_lio_opcode: opcode, res }) => {
    return [0n, 1n, 7n, 8n].includes(opcode) && res >= 0n;
  });
  const bySize = matched?.latencyBySize.map(({ direction, from, requests, latencyNs }) => [
    `${direction} ${from}`,
    { requests, latencyNs },
  ]);
  const sizes = grouped(moved, (pair) => {
    const bits = sizeOf(pair) === 0n ? 0 : sizeOf(pair).toString(2).length;
    const direction = [0n, 7n].includes(pair['aio_lio_opcode']) ? 'read' : 'write';
    return `${direction} ${bits === 0 ? 0 : 2 ** (bits - 1)}`;
  });
  expect(new Map(bySize as [])).toEqual(sizes);
  const byPriority = matched?.latencyByPriority?.map(({ priority, requests, latencyNs }) => [
    priority === null ? 'none' : `${priority.class} ${priority.level}`,
    { requests, latencyNs },
  ]);
  const priorities = grouped(moved, ({ aio_flags, aio_reqprio }) => {
    const reqprio = BigInt.asUintN(16, aio_reqprio);
    return (aio_flags & 2n) === 0n ? 'none' : `${reqprio >> 13n} ${reqprio & 7n}`;
  });
  if (priorities.size < 2) expect(byPriority).toBeUndefined();
  else expect(new Map(byPriority as [])).toEqual(priorities);
}

export function expectPairs(json: ReportJson, pairs: Pair[]): void {
  expectMap(json, pairs);
  expectGroups(json, pairs);
  const polls = pairs.filter(({ aio_lio_opcode, res }) => aio_lio_opcode === 5n && res >= 0n);
  const naive = naivePolls(
    [],
    polls.map(({ aio_buf, res }) => ({ asked: aio_buf & 0xffffn, res: BigInt.asUintN(32, res) })),
  );
  expect(json.submissions?.poll?.matched).toEqual(polls.length === 0 ? undefined : naive.matched);
  expect(json.submissions?.poll?.fired).toEqual(polls.length === 0 ? undefined : naive.fired);
  const crooked = pairs.filter((pair) => {
    const { aio_lio_opcode: opcode, aio_offset, aio_nbytes, aio_buf } = pair;
    const place = appends(pair) ? 0n : BigInt.asUintN(64, aio_offset);
    return opcode < 2n
      ? ((place | aio_nbytes | aio_buf) & 511n) !== 0n
      : (opcode === 7n || opcode === 8n) && (place & 511n) !== 0n;
  });
  const [invalid, succeeded] = [
    crooked.filter(({ res }) => res === -22n).length,
    crooked.filter(({ res }) => res >= 0n).length,
  ];
  expect(json.matched?.misaligned).toEqual(
    crooked.length === 0
      ? undefined
      : { bytes: 512, completed: crooked.length, invalid, succeeded },
  );
}

/** Shipped captures that have both dumps in envelopes. */
export const matchable = captures.flatMap(({ name }) => {
  const [iocb, ioev] = ['iocb88', 'ioev56'].map((suffix) =>
    shipped.find(({ label }) => label === `${name}.${suffix}`),
  );
  return iocb === undefined || ioev === undefined
    ? []
    : [{ name, iocb: iocb.path, ioev: ioev.path }];
});

/** Those of up to 6,000 requests: for tests that match each of them many times. */
export const shortOnes = matchable.filter(({ iocb }) => bytesOf(iocb).byteLength <= 6000 * 88);
