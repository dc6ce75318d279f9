// Do the folding grids that matching feeds come out the same in any order and under any merging?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldAxis } from '../src/analysis/report/fold-axis.ts';
import { Log2Map } from '../src/analysis/report/fold-grid.ts';
import { PollMasks } from '../src/analysis/report/poll.ts';
import { random } from './support/random.ts';

interface Point {
  readonly ts: bigint;
  readonly latency: bigint;
}

const words = (value: bigint): [low: number, high: number] => [Number(value & 0xffffffffn), Number(value >> 32n)];

class Latencies {
  readonly axis = new FoldAxis('ns');
  readonly map = new Log2Map(this.axis, 'ns');

  constructor(points: readonly Point[]) {
    for (const { ts, latency } of points) this.map.add(this.axis.place(...words(ts)), ...words(latency));
  }
}

const bits = (n: bigint) => fc.bigInt({ min: 0n, max: 2n ** n - 1n });
const points = fc.array(
  fc.record({
    ts: fc.oneof(
      bits(64n),
      bits(24n).map((ns) => 10n ** 12n + ns),
      bits(13n),
      fc.constantFrom(0n, 2n ** 64n - 1n),
    ),
    latency: fc.oneof(bits(64n), bits(20n), fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n)),
  }),
  { maxLength: 60 },
);

test('a map of latencies has every pair in its bin and row', () => {
  const property = fc.property(points, (all) => {
    const { axis, map } = new Latencies(all);
    const { from, step, bins } = axis.toJSON();
    const expected = Array.from({ length: bins }, (): number[] => []);
    for (const { ts, latency } of all) {
      const column = expected[Number((ts - BigInt(from)) / BigInt(step))];
      const row = latency === 0n ? 0 : latency.toString(2).length;
      while (column.length <= row) column.push(0);
      column[row] += 1;
    }
    expect(map.toJSON().counts).toEqual(expected);
    const times = all.map(({ ts }) => ts).sort((a, b) => Number(a > b) - Number(a < b));
    const span = (width: bigint) => times[times.length - 1] / width - times[0] / width;
    if (BigInt(step) > 2048n) expect(span(BigInt(step) / 2n)).toBeGreaterThanOrEqual(256n);
  });
  fc.assert(property, { seed: 81, numRuns: 400 });
});

test('in any order, and of parts in any order, it is the same map', () => {
  const property = fc.property(points, fc.nat(), (all, seed) => {
    const { below } = random(seed);
    const parts: Point[][] = [[], [], []];
    for (const point of all) parts[below(3)].splice(below(9), 0, point);
    const [first, second, third] = parts.map((part) => new Latencies(part));
    third.axis.merge(second.axis);
    first.axis.merge(third.axis);
    const whole = new Latencies(all);
    expect([first.axis.toJSON(), first.map.toJSON()]).toEqual([whole.axis.toJSON(), whole.map.toJSON()]);
  });
  fc.assert(property, { seed: 82, numRuns: 400 });
});

test('poll masks are counted asked by fired, and those that completed with 0 as cancelled', () => {
  const [masks, more] = [new PollMasks(), new PollMasks()];
  masks.addFired(0x5, 0x1);
  masks.addFired(0x1, 0x18);
  more.addFired(0x1, 0);
  more.addFired(0x5, 0x1);
  masks.merge(more);
  expect(masks.toJSON()).toEqual({
    requests: 0,
    asked: [],
    fired: [
      { asked: 1, fired: 1, count: 2 },
      { asked: 1, fired: 8, count: 1 },
      { asked: 1, fired: 16, count: 1 },
      { asked: 4, fired: 1, count: 2 },
    ],
    cancelled: 1,
  });
});
