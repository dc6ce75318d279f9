// Does the table of the page show every row of any file, without drift, and never a wrong one?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Rows } from '../src/page/session.ts';
import { cellAfter } from '../src/page/table/keys.ts';
import { RowCache } from '../src/page/table/row-cache.ts';
import {
  barOf,
  type Extent,
  HEIGHT_MAX,
  jump,
  moveBy,
  onBar,
  type Place,
  reveal,
  START,
  scrollHeight,
  seen,
  settle,
  topMax,
  topOf,
  wheelPixels,
} from '../src/page/table/scroll.ts';

const ROWS_MAX = 10 ** 10;

/** Small files, those about the limit of the height, and huge ones. */
const ROWS = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 350_000, max: 450_000 }),
  fc.integer({ min: 0, max: ROWS_MAX }),
);
const EXTENT: fc.Arbitrary<Extent> = fc.record({
  rows: ROWS,
  rowHeight: fc.integer({ min: 16, max: 40 }),
  viewport: fc.integer({ min: 60, max: 2000 }),
});

const lastBar = (extent: Extent): number => Math.max(0, scrollHeight(extent) - extent.viewport);

/** A browser scrolls from 0 to the end, and may round to parts of a pixel. */
const barsOf = (extent: Extent): fc.Arbitrary<number> =>
  fc.double({ min: 0, max: lastBar(extent), noNaN: true });

test('the height is limited, and both ends of the scrollbar are the first and the last row', () => {
  fc.assert(
    fc.property(EXTENT, (extent) => {
      expect(scrollHeight(extent)).toBeLessThanOrEqual(HEIGHT_MAX);
      expect(topOf(extent, 0)).toBe(0);
      expect(topOf(extent, lastBar(extent))).toBe(topMax(extent));
      expect(topOf(extent, lastBar(extent) + 0.4)).toBe(topMax(extent));
      const { end } = seen(extent, { top: topMax(extent), bar: lastBar(extent) });
      expect(end).toBe(extent.rows);
      expect(seen(extent, START).first).toBe(0);
    }),
  );
});

test('every row can be reached from anywhere, and is seen whole', () => {
  const rowOf = EXTENT.filter(({ rows }) => rows > 0).chain((extent) =>
    fc.tuple(fc.constant(extent), fc.nat(extent.rows - 1), barsOf(extent)),
  );
  fc.assert(
    fc.property(rowOf, ([extent, row, bar]) => {
      const { rowHeight, viewport } = extent;
      const place = onBar(extent, START, bar);
      for (const there of [reveal(extent, place, row), jump(extent, place, row)]) {
        expect(there.top).toBeLessThanOrEqual(row * rowHeight);
        expect(there.top + viewport).toBeGreaterThanOrEqual((row + 1) * rowHeight);
        const { first, end } = seen(extent, there);
        expect(first <= row && row < end).toBe(true);
        expect(there.bar).toBe(there === place ? bar : barOf(extent, there.top));
      }
    }),
  );
});

test('the scrollbar is inside its range, ascends with the rows, and leads back near them', () => {
  const two = EXTENT.chain((extent) =>
    fc.tuple(fc.constant(extent), fc.nat(topMax(extent)), fc.nat(topMax(extent))),
  );
  fc.assert(
    fc.property(two, ([extent, a, b]) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const [from, to] = [barOf(extent, low), barOf(extent, high)];
      expect(from).toBeLessThanOrEqual(to);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(lastBar(extent));
      expect(topOf(extent, from)).toBeLessThanOrEqual(topOf(extent, to));
      const scale = Math.max(1, topMax(extent) / Math.max(1, lastBar(extent) - 200_000));
      expect(Math.abs(topOf(extent, from) - low)).toBeLessThanOrEqual(scale);
    }),
  );
});

test('wheel notches there and back end where they began, and each is three rows', () => {
  const moves = EXTENT.chain((extent) =>
    fc.tuple(
      fc.constant(extent),
      fc.nat(topMax(extent)),
      fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 200 }),
    ),
  );
  fc.assert(
    fc.property(moves, ([extent, top, notches]) => {
      let place = settle(extent, { top, bar: 0 });
      let expected = top;
      for (const count of notches) {
        const wheel = { deltaY: count * 100, deltaMode: 0, wheelDeltaY: -count * 120 };
        place = moveBy(extent, place, wheelPixels(extent, wheel));
        expected += count * 3 * extent.rowHeight;
        expected = Math.max(0, Math.min(topMax(extent), expected));
        expect(place.top).toBe(expected);
      }
      expect(place.bar).toBe(barOf(extent, place.top));
    }),
  );
});

test('a finger moves rows pixel by pixel, also past the end of the scrollbar', () => {
  const moves = EXTENT.chain((extent) =>
    fc.tuple(
      fc.constant(extent),
      fc.nat(topMax(extent)),
      fc.array(fc.integer({ min: -150, max: 150 }), { maxLength: 100 }),
    ),
  );
  fc.assert(
    fc.property(moves, ([extent, top, steps]) => {
      let place: Place = settle(extent, { top, bar: 0 });
      for (const step of steps) {
        // The browser does not move the scrollbar beyond its ends.
        const bar = Math.max(0, Math.min(lastBar(extent), place.bar + step));
        const moved = bar - place.bar;
        const next = onBar(extent, place, bar);
        const within = Math.max(0, Math.min(topMax(extent), place.top + moved));
        expect(next.top).toBe(within);
        place = next;
        if (step % 7 === 0) {
          const settled = settle(extent, place);
          expect(settled.top).toBe(place.top);
          place = settled;
          // At an end only where the rows end too.
          if (place.bar === 0) expect(place.top).toBe(0);
          if (place.bar === lastBar(extent)) expect(place.top).toBe(topMax(extent));
        }
      }
    }),
  );
});

test('the first and last rows of ten billion are exact', () => {
  const extent = { rows: ROWS_MAX, rowHeight: 24, viewport: 601 };
  const end = moveBy(extent, START, Number.MAX_SAFE_INTEGER);
  expect(seen(extent, end)).toEqual({ first: ROWS_MAX - 26, end: ROWS_MAX });
  expect(moveBy(extent, end, -24).top).toBe(ROWS_MAX * 24 - 601 - 24);
  const middle = onBar(extent, START, HEIGHT_MAX / 2);
  const { first } = seen(extent, middle);
  expect(Math.abs(first - ROWS_MAX / 2)).toBeLessThan(ROWS_MAX / 10_000);
  expect(seen(extent, moveBy(extent, middle, 24)).first).toBe(first + 1);
});

test('a touchpad moves by pixels, lines are rows, pages leave one row', () => {
  const extent = { rows: 1e6, rowHeight: 20, viewport: 400 };
  expect(wheelPixels(extent, { deltaY: 7, deltaMode: 0, wheelDeltaY: -21 })).toBe(7);
  expect(wheelPixels(extent, { deltaY: -40, deltaMode: 0, wheelDeltaY: 120 })).toBe(-40);
  expect(wheelPixels(extent, { deltaY: 3, deltaMode: 1 })).toBe(60);
  expect(wheelPixels(extent, { deltaY: 1, deltaMode: 2 })).toBe(380);
});

test('keys move within the table', () => {
  const size = { rows: 100, columns: 5, page: 10 };
  const after = (key: string, ctrlKey = false, row = 50, column = 2) =>
    cellAfter({ key, ctrlKey, metaKey: false }, { row, column }, size);
  expect(after('ArrowDown')).toEqual({ row: 51, column: 2 });
  expect(after('PageUp')).toEqual({ row: 40, column: 2 });
  expect(after('PageDown', false, 95)).toEqual({ row: 99, column: 2 });
  expect(after('ArrowLeft', false, 3, 0)).toEqual({ row: 3, column: 0 });
  expect(after('End')).toEqual({ row: 50, column: 4 });
  expect(after('End', true)).toEqual({ row: 99, column: 2 });
  expect(after('Home', true)).toEqual({ row: 0, column: 0 });
  expect(after('x')).toBeUndefined();
  expect(
    cellAfter(
      { key: 'End', ctrlKey: true, metaKey: false },
      { row: 0, column: 0 },
      { ...size, rows: 0 },
    ),
  ).toBeUndefined();
});

/** A file whose rows have their own number as value, read when the test lets it. */
function lateRows(records: number) {
  const asks: { first: number; count: number; answer: () => void; fail: () => void }[] = [];
  const read = (first: number, count: number) =>
    new Promise<Rows>((resolve, reject) => {
      const rows = Math.max(0, Math.min(count, records - first));
      const cells = Array.from({ length: rows }, (_, i) => [String(first + i)]);
      const answer = () => resolve({ first, names: ['n'], cells, bytes: new Uint8Array(rows) });
      asks.push({ first, count, answer, fail: () => reject(new Error('torn')) });
    });
  return { asks, read };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('one ask runs at a time, the newest wish is next, and no row is a wrong one', async () => {
  const { asks, read } = lateRows(1000);
  let changes = 0;
  const cache = new RowCache(read, () => changes++);
  cache.want(0, 30);
  cache.want(400, 430);
  cache.want(900, 930);
  expect(asks.map(({ first }) => first)).toEqual([0]);
  expect(cache.at(0)).toBeUndefined();
  asks[0].answer();
  await turn();
  expect(cache.at(5)?.cells).toEqual(['5']);
  expect(asks.map(({ first }) => first)).toEqual([0, 896]);
  asks[1].answer();
  await turn();
  expect(cache.at(929)?.cells).toEqual(['929']);
  expect(cache.at(410)).toBeUndefined();
  cache.want(0, 30);
  await turn();
  expect(asks.length).toBe(2);
  expect(changes).toBe(2);
});

test('rows that cannot be read are asked for again only when they are wished for again', async () => {
  const { asks, read } = lateRows(1000);
  const cache = new RowCache(read, () => {});
  cache.want(100, 130);
  asks[0].fail();
  await turn();
  expect(cache.error).toEqual(new Error('torn'));
  expect(asks.length).toBe(1);
  cache.want(100, 130);
  asks[1].answer();
  await turn();
  expect(cache.error).toBeUndefined();
  expect(cache.at(129)?.cells).toEqual(['129']);
});

test('what is kept does not grow', async () => {
  const cache = new RowCache(
    async (first, count) => {
      const cells = Array.from({ length: count }, (_, i) => [String(first + i)]);
      return { first, names: ['n'], cells, bytes: new Uint8Array(count) };
    },
    () => {},
  );
  for (let first = 0; first < 200_000; first += 64) {
    cache.want(first, first + 64);
    await turn();
  }
  const kept = Array.from({ length: 200_000 }, (_, i) => cache.at(i)).filter(Boolean);
  expect(kept.length).toBeLessThanOrEqual(64 * 32);
  expect(cache.at(199_990)?.cells).toEqual(['199990']);
});
