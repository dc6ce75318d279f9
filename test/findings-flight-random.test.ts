// Do overlaps in flight equal a comparison of each request with all others, at any depth?
import { describe, expect, test } from 'vitest';
import { Overlaps } from '../src/analysis/findings/evidence/overlaps.ts';
import { random } from './support/random.ts';

const NONE = 0;
const WRITES = 2;

interface Request {
  readonly slot: number;
  readonly group: number;
  readonly ofClass: number;
  readonly from: number;
  readonly length: number;
  readonly index: number;
  readonly at: number;
  /** The newest older requests in flight that it overlaps, up to four, the newest first. */
  readonly olders: readonly Request[];
  /** How many had left flight before it. */
  left: number;
  /** When it completed; -1 if it left flight without moving bytes. */
  end?: number;
}

/** Overlaps, and the requests that went through them, compared one by one. */
class Both {
  readonly overlaps = new Overlaps();
  readonly all: Request[] = [];
  readonly open: Request[] = [];
  readonly #free: number[] = [];
  readonly #ts: Uint32Array;
  #time = 0;
  #left = 0;

  constructor(slots: number) {
    this.overlaps.resize(slots + 1);
    this.#ts = new Uint32Array(2 * (slots + 1));
    for (let slot = slots; slot > 0; slot--) this.#free.push(slot);
  }

  enter(group: number, ofClass: number, from: number, length: number, step: number): void {
    const except = ofClass === WRITES ? WRITES : NONE;
    const slot = this.#free.pop() ?? 0;
    const at = (this.#time += step);
    const olders = this.open.filter(
      (each) =>
        each.group === group &&
        (except === NONE || each.ofClass !== except) &&
        each.from < from + length &&
        from < each.from + each.length,
    );
    const newest = olders.reverse().slice(0, 4);
    const index = this.all.length;
    const request: Request = {
      slot,
      group,
      ofClass,
      from,
      length,
      index,
      at,
      olders: newest,
      left: Infinity,
    };
    this.all.push(request);
    this.open.push(request);
    this.#ts[2 * slot] = at;
    this.overlaps.enter(slot, group, ofClass, except, from, length, index, this.#ts);
  }

  leave(place: number, moves: boolean, step: number): void {
    const [request] = this.open.splice(place, 1);
    this.#time += step;
    request.left = this.#left++;
    request.end = moves ? this.#time : -1;
    this.#free.push(request.slot);
    const { slot, group } = request;
    this.overlaps.leave(slot, group, moves ? Uint32Array.of(this.#time, 0) : null, 0);
  }

  /**
   * The requests that count: it and an older one moved bytes, the older one after it came. Once it
   * has completed, only the newest of the older ones still counts.
   */
  expected(): Request[] {
    return this.all.filter(({ end = -1, at, left, olders }) => {
      const [newestLeft] = olders.filter((older) => older.left > left);
      const judged = olders.filter((older) => older.left < left || older === newestLeft);
      return end >= 0 && judged.some((older) => (older.end ?? -1) > at);
    });
  }
}

test('random requests of few places, sizes and groups', () => {
  const { below, pick } = random(15);
  for (let run = 0; run < 60; run++) {
    const depth = 1 + below(60);
    const both = new Both(depth);
    const sizes = pick([[512], [4096, 512], [1, 4096, 70_000], [2 ** 31 - 4096, 5e6, 16_384, 1]]);
    const step = pick([0, 1, 1]);
    for (let i = 0; i < 400; i++) {
      if (both.open.length === depth || (both.open.length > 0 && below(2) === 0))
        both.leave(pick([0, both.open.length - 1, below(both.open.length)]), below(5) > 0, step);
      else {
        const length = pick(sizes);
        const from =
          pick([2 ** 40, 0, 2 ** 53 - 2 ** 32]) + below(12) * pick([256, length, 2 ** 20]);
        both.enter(1 + below(2), pick([1, WRITES]), from, length, step);
      }
    }
    while (both.open.length > 0) both.leave(0, true, step);
    const expected = both.expected();
    const { count, first, from, to } = both.overlaps.counts.total();
    expect(count).toBe(expected.length);
    if (count === 0) continue;
    expect(first).toBe(Math.min(...expected.map(({ index }) => index)));
    expect(from).toBe(BigInt(Math.min(...expected.map(({ at }) => at))));
    expect(to).toBe(BigInt(Math.max(...expected.map(({ at }) => at))));
    for (const [group, found] of both.overlaps.counts.groups) {
      const own = expected.filter((each) => each.group === group);
      expect(found.count).toBe(own.length);
      const begins = own.map(({ from: begin, olders }) => Math.max(begin, olders[0].from));
      expect(found.offsetFrom).toBe(Math.min(...begins));
    }
  }
});

/** A comparison of each with all others in flight would take 10^10 steps, which is minutes. */
describe('10,000 in flight on one descriptor, a million requests', () => {
  const DEPTH = 10_000;
  const cases: readonly [
    name: string,
    isFound: boolean,
    from: (i: number) => number,
    length: (i: number) => number,
  ][] = [
    ['all at one place', true, () => 0, () => 4096],
    ['none at the same', false, (i) => 4096 * (i % 20_000), () => 4096],
    ['each over half of the one before', true, (i) => 2048 * (i % 20_000), () => 4096],
    ['of sizes from 512 B to 1 MiB', false, (i) => 2 ** 20 * (i % 30_000), (i) => 512 << (i % 12)],
    ['some hanging in the bucket of others', true, (i) => (i < DEPTH / 2 ? 0 : 8192), () => 512],
  ];

  test.each(cases)('%s', (_, isFound, from, length) => {
    const overlaps = new Overlaps();
    overlaps.resize(DEPTH + 1);
    const ts = new Uint32Array(2 * (DEPTH + 1));
    for (let i = 0; i < 1_000_000; i++) {
      // Of the first half of the slots none is used again: its requests hang.
      const slot = i < DEPTH ? i + 1 : DEPTH / 2 + 1 + (i % (DEPTH / 2));
      if (i >= DEPTH) overlaps.leave(slot, 1, Uint32Array.of(i, 0), 0);
      ts[2 * slot] = i;
      overlaps.enter(slot, 1, WRITES, NONE, from(i), length(i), i, ts);
    }
    expect(overlaps.counts.total().count > 0).toBe(isFound);
  });
});
