// Are bins where the charts of the page draw them, and do keys and drags select exactly those?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BrushState, fit, pressed, selectionOf, viewOf } from '../src/page/charts/brush.ts';
import * as scale from '../src/page/charts/scale.ts';

const axis = (bins: number, step = '1048576', unit: 'ns' | 'record' = 'ns', from = '0') => ({
  unit,
  from,
  step,
  bins,
});

describe('places and bins', () => {
  test('bins become pixels and the same bins again, at any width and zoom', () => {
    const numbers = fc.record({
      left: fc.integer({ min: 0, max: 200 }),
      width: fc.double({ min: 20, max: 4000, noNaN: true }),
      first: fc.integer({ min: 0, max: 500 }),
      bins: fc.integer({ min: 1, max: 512 }),
      a: fc.nat(),
      b: fc.nat(),
    });
    fc.assert(
      fc.property(numbers, ({ left, width, first, bins, a, b }) => {
        const plot = { left, top: 0, width, height: 100 };
        const view = [first, first + bins] as const;
        const from = first + (a % bins);
        const to = from + 1 + (b % (first + bins - from));
        const edges = [scale.binLeft(from, plot, view), scale.binLeft(to, plot, view)] as const;
        expect(scale.binsBetween(edges[0], edges[1], plot, view)).toEqual([from, to]);
        expect(scale.binsBetween(edges[1], edges[0], plot, view)).toEqual([from, to]);
        expect(scale.binAt(edges[0], plot, view)).toBe(from);
      }),
    );
  });

  test('a place outside the plot is the nearest bin', () => {
    const plot = { left: 50, top: 0, width: 100, height: 10 };
    expect(scale.binAt(0, plot, [10, 20])).toBe(10);
    expect(scale.binAt(900, plot, [10, 20])).toBe(19);
    expect(scale.binsBetween(-5, 900, plot, [10, 20])).toEqual([10, 20]);
    expect(scale.binsBetween(90, 90, plot, [10, 20])).toEqual([14, 15]);
  });

  test('bins become a range and the same bins again, beyond 2^53 too', () => {
    const far = axis(200, '2048', 'ns', '18446744073709000000');
    const range = scale.rangeOf(far, [3, 7]);
    expect(range).toEqual({
      unit: 'ns',
      from: 18446744073709006144n,
      to: 18446744073709014336n,
    });
    expect(scale.binsOf(far, range)).toEqual([3, 7]);
    expect(scale.binsOf(far, { ...range, from: range.from + 1n, to: range.to + 1n })).toEqual([
      3, 8,
    ]);
    expect(scale.binsOf(far, { ...range, from: 0n })).toEqual([0, 7]);
    expect(scale.binsOf(far, { ...range, unit: 'record' })).toBeUndefined();
    expect(scale.binsOf(far, { unit: 'ns', from: 0n, to: 5n })).toBeUndefined();
    expect(scale.binsOf(far, { ...range, to: range.from })).toBeUndefined();
  });
});

describe('ticks', () => {
  test('values have round ticks: decimal for counts, powers of two for bytes, whole if asked', () => {
    expect(scale.valueTicks(47, 5, false)).toEqual([10, 20, 30, 40]);
    expect(scale.valueTicks(5 * 2 ** 20, 3, true)).toEqual([2 ** 21, 2 ** 22]);
    expect(scale.valueTicks(1.5, 3, false, true)).toEqual([1]);
    expect(scale.valueTicks(0, 3, false)).toEqual([]);
    expect(scale.valueTicks(Number.NaN, 3, false)).toEqual([]);
  });

  test('there are never too many ticks, and none above the top', () => {
    const tops = fc.double({ min: 1e-3, max: 1e18, noNaN: true });
    fc.assert(
      fc.property(tops, fc.integer({ min: 3, max: 9 }), fc.boolean(), (top, most, isBinary) => {
        const ticks = scale.valueTicks(top, most, isBinary);
        expect(ticks.length).toBeLessThanOrEqual(most);
        for (const tick of ticks) expect(tick).toBeLessThanOrEqual(top * (1 + 1e-9));
        expect(ticks.length).toBeGreaterThan(0);
      }),
    );
  });

  test('times are told apart: neighbors have other labels, in one unit', () => {
    const labels = scale.binTicks(axis(200, '1048576'), [0, 200], 6).map(({ label }) => label);
    expect(labels).toEqual(['0 ms', '50 ms', '100 ms', '150 ms', '200 ms']);
    const near = scale.binTicks(axis(200, '1048576'), [190, 194], 4).map(({ label }) => label);
    expect(new Set(near).size).toBe(near.length);
    expect(scale.binTicks(axis(10, '64', 'record', '128'), [0, 10], 4)).toEqual([
      { value: 1.125, label: '200' },
      { value: 4.25, label: '400' },
      { value: 7.375, label: '600' },
    ]);
    for (const step of ['2048', '131072', '67108864', '8589934592'])
      for (const bins of [2, 129, 256]) {
        const texts = Array.from({ length: bins }, (_, bin) =>
          scale.binText(axis(bins, step), bin),
        );
        expect(new Set(texts).size, `${bins} × ${step}`).toBe(bins);
      }
  });

  test('an empty axis has no ticks, and a plot fits on the narrowest screen', () => {
    expect(scale.binTicks(axis(0), [0, 0], 5)).toEqual([]);
    expect(scale.plotOf(10, 10, ['a very long label']).width).toBeGreaterThan(0);
  });
});

describe('keys', () => {
  const type = (keys: readonly string[], bins: number, start: BrushState = {}) =>
    keys.reduce(
      (step, key) => {
        const isShift = key.startsWith('Shift+');
        const next = pressed(step.state, key.replace('Shift+', ''), isShift, bins);
        return next ?? step;
      },
      { state: start } as NonNullable<ReturnType<typeof pressed>>,
    );

  test('arrows move the cursor, Shift selects, Enter gives the bins, Escape undoes and goes back', () => {
    expect(type(['ArrowRight', 'ArrowRight'], 10).state.cursor).toBe(1);
    expect(type(['End', 'ArrowRight'], 10).state.cursor).toBe(9);
    const chosen = type(['Home', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight'], 10);
    expect(selectionOf(chosen.state)).toEqual([1, 4]);
    expect(type(['Enter'], 10, chosen.state)).toEqual({
      state: { cursor: 3 },
      chosen: [1, 4],
    });
    expect(type(['Escape'], 10, chosen.state).isBack).toBeUndefined();
    expect(type(['Escape', 'Escape'], 10, chosen.state).isBack).toBe(true);
    expect(pressed({ cursor: 3 }, 'Enter', false, 10)).toBeUndefined();
    expect(pressed({}, 'x', false, 10)).toBeUndefined();
    expect(pressed({}, 'ArrowRight', false, 0)).toBeUndefined();
  });

  test('selecting to the left of where it began includes both ends', () => {
    const { state } = type(['End', 'Shift+ArrowLeft', 'Shift+ArrowLeft'], 10);
    expect(selectionOf(state)).toEqual([7, 10]);
  });

  test('plus and minus zoom about the cursor, which stays in view', () => {
    const { state } = type(['+', '+', '+'], 256, { cursor: 200 });
    const [from, to] = viewOf(state, 256);
    expect(to - from).toBe(32);
    expect(from).toBeLessThanOrEqual(200);
    expect(to).toBeGreaterThan(200);
    expect(type(['Enter'], 256, state).chosen).toEqual([from, to]);
    expect(type(['-', '-', '-'], 256, state).state.view).toBeUndefined();
    expect(type(['+', 'Home'], 256, state).state.view?.[0]).toBe(0);
    expect(type(['+', '+', '+', '+'], 3).state.view).toBeUndefined();
  });

  test('whatever is typed, cursor and view stay on the axis', () => {
    const keys = fc.constantFrom(
      ...['ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown', '+', '-', 'Enter'],
      ...['Shift+ArrowLeft', 'Shift+End', 'Escape'],
    );
    fc.assert(
      fc.property(fc.array(keys), fc.integer({ min: 1, max: 300 }), (typed, bins) => {
        const { state } = type(typed, bins);
        const [from, to] = viewOf(state, bins);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(bins);
        expect(to).toBeGreaterThan(from);
        if (state.cursor !== undefined)
          expect(scale.clamp(state.cursor, from, to - 1)).toBe(state.cursor);
      }),
    );
  });

  test('an axis that became shorter keeps the cursor on it and drops a view beyond it', () => {
    const state = fit({ cursor: 200, anchor: 190, view: [180, 240] }, 128);
    expect(state).toEqual({ cursor: 127, anchor: 127, view: undefined });
  });
});
