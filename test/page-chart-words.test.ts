// Do the page's charts say exactly what their bins hold?
import { describe, expect, test } from 'vitest';
import { cellsOf, clippedText, columnOf, labeledRows, mapReadout } from '../src/page/charts/map.ts';
import { seekBins } from '../src/page/charts/seeks.ts';
import * as series from '../src/page/charts/series.ts';
import { figureName } from '../src/page/views/parts/names.ts';
import { shownText } from '../src/page/views/parts/words.tsx';
import type { Series } from '../src/words/section.ts';

const axis = (bins: number, step = '1048576', unit: 'ns' | 'record' = 'ns', from = '0') => ({
  unit,
  from,
  step,
  bins,
});

const some = (name: string, values: number[], more: Partial<Series> = {}): Series => ({
  name,
  title: name,
  axis: axis(values.length),
  values,
  peak: '3/s',
  ...more,
});

describe('series', () => {
  test('reads and writes of one axis share a chart, of two axes they do not', () => {
    const [reads, writes] = [some('reads', [1, 2]), some('writes', [0, 3])];
    const errors = some('errors', [0, 1]);
    expect(series.groupSeries([reads, errors, writes])).toEqual([
      { title: 'requests', series: [reads, writes] },
      { title: 'errors', series: [errors] },
    ]);
    const other = some('writes', [1, 2, 3]);
    expect(series.groupSeries([reads, other]).map(({ title }) => title)).toEqual([
      'reads',
      'writes',
    ]);
    expect(series.groupSeries([])).toEqual([]);
  });

  test('a rate is shown where bins are at least 100 ms, else the count of a bin', () => {
    const rate = some('reads', [10], { axis: axis(1, '1000000000') });
    expect(series.unitOf(rate)).toMatchObject({ divisor: 1, suffix: '/s', per: '' });
    expect(series.unitOf(some('reads', [10]))).toMatchObject({ suffix: '', per: 'per 1.05 ms' });
    const records = some('reads', [10], { axis: axis(1, '64', 'record') });
    expect(series.unitOf(records).per).toBe('per 64 records');
    expect(series.unitOf(some('transferred', [1], { peak: '3 MiB/s' })).isBytes).toBe(true);
    expect(series.unitOf(some('transferred', [1], { peak: '3 B' })).isBytes).toBe(true);
  });

  test('a mean is of its divisors, and is absent where there are none', () => {
    const mean = some('read size', [8192, 0, 4096], { over: [2, 0, 1], peak: '4 KiB' });
    expect(series.shownValues(mean)).toEqual([4096, Number.NaN, 4096]);
    expect(series.totalText(mean, [0, 3])).toBe('4 KiB');
    expect(series.totalText(mean, [1, 2])).toBe('–');
  });

  test('words name the place and the exact sums', () => {
    const both = [some('reads', [1000, 2000]), some('writes', [1, 0])];
    expect(series.readoutText(both, [0, 2])).toBe('0.0 ms … 2.1 ms: reads 3,000, writes 1');
    expect(series.seriesSentence('requests', both)).toBe(
      'Requests over 2.1 ms in 2 bins: reads peak 3/s, writes peak 3/s.',
    );
  });
});

describe('maps and seeks', () => {
  const grid = {
    rows: { unit: 'ns', scale: 'log2' } as const,
    counts: [[0, 0, 3], [], [0, 0, 1, 5]],
    clipped: 0,
  };

  test('a map has a column per bin, and words for some of them', () => {
    const { cells, most, rows, labelOf } = cellsOf(grid);
    expect(cells).toHaveLength(3);
    expect([most, rows, labelOf(0), labelOf(1)]).toEqual([5, 2, '2 ns', '4 ns']);
    expect(columnOf(grid, [0, 3])).toEqual({ count: 9, lowest: 2, fullest: 3, highest: 3 });
    expect(mapReadout(axis(3), grid, [1, 2])).toMatch(/: none$/);
    expect(mapReadout(axis(3), grid, [0, 3])).toMatch(
      /: 9, from 2 ns to 4 ns and above, most from 4 ns$/,
    );
    expect(cellsOf({ ...grid, counts: [] })).toMatchObject({ cells: [], most: 0, rows: 0 });
    expect(clippedText({ ...grid, clipped: 2 })).toBe('2 values far above left out');
    expect(labeledRows(64, 4)).toEqual([0, 16, 32, 48, 64]);
  });

  test('each seek bin is labeled with its distances, symmetrically', () => {
    const runs = { medianRun: '–', longestRun: '–' };
    const seeks = {
      name: 'fd 3',
      back: [1, 2],
      none: 3,
      forward: [4, 5],
      near: '512 B',
      far: '2 KiB',
      ...runs,
    };
    expect(seekBins(seeks).map(({ label, count }) => `${label}: ${count}`)).toEqual([
      '1 KiB … 2 KiB back: 1',
      '512 B … 1 KiB back: 2',
      'no seek: 3',
      '512 B … 1 KiB forward: 4',
      '1 KiB … 2 KiB forward: 5',
    ]);
  });

  test('names of figures are in kebab case; signs that reorder a line are shown, not obeyed', () => {
    expect(figureName('latency', 'Latency over time', 0)).toBe('latency-over-time');
    expect(figureName('sizes', 'vectored reads', 1)).toBe('sizes-vectored-reads-2');
    expect(figureName('results', '', 1)).toBe('results-2');
    expect(shownText('a\u202eb\u0007 4 KiB')).toBe('a\\u{202e}b\\x07 4\u00a0KiB');
  });
});
