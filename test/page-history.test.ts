// Do the back and forward buttons lead over the views and records that were seen, and to ranges?
import { expect, test } from 'vitest';
import { fixture } from './support/cli.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { type PageState, SETTLED, stateOf } from './support/page-site.ts';

const BOTH = ['fio_nowait.iocb88', 'fio_nowait.ioev56'].map(fixture);

const seen = ({ view, place, range }: PageState) => [view, place.file, place.index, range !== null];

inBrowsers(BOTH, (here) => {
  /** Goes back or forward and waits for what is to be seen there. */
  const go = async (by: number, to: readonly unknown[]): Promise<void> => {
    const { tab } = here;
    const [view, file, index, hasRange] = to;
    await tab.evaluate(`void history.go(${by})`);
    await tab.until(`(({ view, place, range }) => view === '${view}' && place.file === ${file} &&
      place.index === ${index} && (range !== null) === ${hasRange})(aioscope.session())`);
    expect(seen(await stateOf(tab))).toEqual(to);
  };

  test('over views, with the record that each had', async () => {
    const { tab } = here;
    await tab.until(SETTLED);
    const begun = await tab.evaluate<number>('history.length');
    await tab.press('2', '4');
    await tab.until(`document.querySelector('.row.selected .cell') !== null`);
    await tab.evaluate(`document.querySelector('.records-table').focus()`);
    // The view changes before the address has the row.
    await tab.press('ArrowDown', 'ArrowDown', 'ArrowDown', '5');
    await tab.until(`document.querySelector('[data-figure="slowest"] .link') !== null`);
    await tab.evaluate(`document.querySelectorAll('[data-figure="slowest"] .link')[1].click()`);
    await tab.until(`aioscope.session().place.file === 1`);
    const { place } = await stateOf(tab);
    // Rows that are passed are no steps back.
    expect(await tab.evaluate('history.length')).toBe(begun + 4);
    const steps = [
      ['overview', 0, 0, false],
      ['time', 0, 0, false],
      ['records', 0, 3, false],
      ['latency', 0, 3, false],
      ['records', 1, place.index, false],
    ] as const;
    expect(seen(await stateOf(tab))).toEqual(steps[4]);
    for (const at of [3, 2, 1, 0]) await go(-1, steps[at]);
    for (const at of [1, 2, 3, 4]) await go(1, steps[at]);
    await tab.until(`document.querySelector('.row.selected .cell')?.innerText ===
      '${place.index.toLocaleString('en')}'`);
    await go(-2, steps[2]);
    // A step back and another view forget what was ahead.
    await tab.press('6');
    await tab.until(`location.hash.includes('view=race')`);
    expect(await tab.evaluate('history.length')).toBe(begun + 3);
    await go(-1, steps[2]);
  });

  test('to a range and to everything', async () => {
    const { tab } = here;
    const { result } = await stateOf(tab);
    const from = BigInt(result.report.time.from);
    await tab.evaluate(`void (location.hash = 'view=time&from=${from}&to=${from + 10_000_000n}')`);
    await tab.until(`document.querySelector('[data-figure="range"]')?.innerText.includes('exact')`);
    await tab.press('1');
    await go(-1, ['time', 0, 0, true]);
    await go(-1, ['records', 0, 3, false]);
    await go(2, ['overview', 0, 0, true]);
    await tab.until(`document.querySelector('[data-figure="range"]')?.innerText.includes('exact')`);
    const { shown } = await stateOf(tab);
    expect(shown.report.inputs[0].selected).toBeLessThan(result.report.inputs[0].records);
  });
});
