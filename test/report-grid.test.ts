// Are the folding grids of matching the same in any order and after any merges?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoldAxis } from '../src/analysis/report/fold-axis.ts';
import { Log2Map } from '../src/analysis/report/fold-grid.ts';
import { PollMasks } from '../src/analysis/report/poll.ts';
import { naivePolls } from './naive/report.ts';
import { random } from './support/random.ts';

interface Point {
  readonly ts: bigint;
  readonly latency: bigint;
}

const words = (value: bigint): [low: number, high: number] => [
  Number(value & 0xffffffffn),
  Number(value >> 32n),
];
const column = (value: bigint): Uint32Array => Uint32Array.from(words(value));

class Latencies {
  readonly axis = new FoldAxis('ns');
  readonly map = new Log2Map(this.axis, 'ns');

  constructor(points: readonly Point[]) {
    for (const { ts, latency } of points)
      this.map.add(this.axis.place(column(ts), 0), ...words(latency));
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

test('a map of latencies counts every pair in its bin and row', () => {
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

test('the map is the same in any order, and of parts in any order', () => {
  const property = fc.property(points, fc.nat(), (all, seed) => {
    const { below } = random(seed);
    const parts: Point[][] = [[], [], []];
    for (const point of all) parts[below(3)].splice(below(9), 0, point);
    const [first, second, third] = parts.map((part) => new Latencies(part));
    for (const [to, from] of [
      [third, second],
      [first, third],
    ])
      to.axis.merge(from.axis, [[to.map.counters, from.map.counters]]);
    const whole = new Latencies(all);
    expect([first.axis.toJSON(), first.map.toJSON()]).toEqual([
      whole.axis.toJSON(),
      whole.map.toJSON(),
    ]);
  });
  fc.assert(property, { seed: 82, numRuns: 400 });
});

test('poll masks are counted requested × fired, and as canceled, unrequested or failing', () => {
  const mask = bits(16n);
  const pairs = fc.array(
    fc.record({ asked: mask, res: fc.oneof(mask, fc.constantFrom(0n, 1n, 0x10n, 0x2011n)) }),
    { maxLength: 30 },
  );
  const property = fc.property(pairs, fc.nat(), (all, at) => {
    const [masks, more] = [new PollMasks(), new PollMasks()];
    all.forEach(({ asked, res }, i) => {
      (i < at % 31 ? masks : more).addFired(Number(asked), Number(res));
    });
    masks.merge(more);
    const { fired, matched } = naivePolls([], all);
    if (all.length === 0) expect(masks.toJSON()).toBeUndefined();
    else expect(masks.toJSON()).toMatchObject({ requests: 0, asked: [], fired, matched });
  });
  fc.assert(property, { seed: 83, numRuns: 100 });
});
