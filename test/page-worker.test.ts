// Is what a worker that was killed was reading read again on request: with the formats that were given, and a range?
import { readFileSync, truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tab } from './support/browsers.ts';
import { fixture } from './support/cli.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { chosen, stateOf, textOf } from './support/page-site.ts';

const BOTH = ['case_rwf.iocb88', 'case_rwf.ioev56'].map(fixture);

/** Keeps the workers of the page, so that they can be ended without a word to it. */
const KEEP_WORKERS = `void (globalThis.Worker = Worker.started ? Worker : class extends Worker {
  static started = [];
  constructor(url, options) {
    super(url, options);
    Worker.started.push(this);
    this.addEventListener('message', () => (this.hasBegun = true), { once: true });
  }
})`;
/** The page misses workers from the first thing on that they say. */
const ALL_BEGUN = 'Worker.started.length > 1 && Worker.started.every((each) => each.hasBegun)';
const KILL = 'void Worker.started.splice(0).forEach((each) => each.terminate())';

async function killed(tab: Tab): Promise<void> {
  await tab.evaluate(KILL);
  await tab.until('aioscope.session().fault !== null', 30_000);
  expect((await stateOf(tab)).fault).toMatchObject({ code: 'AIOSCOPE_WORKER' });
  expect(await textOf(tab, 'read-again')).toBe('Read again');
}

const readAgain = (tab: Tab): Promise<void> =>
  tab.evaluate(`document.querySelector('[data-figure="read-again"]').click()`);

inBrowsers([], (here) => {
  test('files in the formats that were given', async () => {
    const { tab } = here;
    await tab.evaluate(KEEP_WORKERS);
    const path = here.written('long.ioev', readFileSync(fixture('fio_nowait.ioev')));
    truncateSync(path, 8 * 2 ** 30);
    await tab.choose([path]);
    await tab.until(`aioscope.session().files[0]?.name === 'long.ioev'`);
    const file = `document.querySelector('[data-figure="file"]')`;
    await tab.evaluate(`${file}.querySelector('button').click()`);
    await tab.until(`${file}.querySelector('select') !== null`);
    await tab.evaluate(`(() => {
      const select = ${file}.querySelector('select');
      select.value = 'iocb';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    })()`);
    await tab.until(`${file}.querySelector('[data-figure="format-preview"]') !== null`);
    await tab.evaluate(`${file}.querySelector('button[type="submit"]').click()`);
    const grows = `(({ files, result, fault }) => fault === null && files[0]?.kind === 'iocb' &&
      result !== null && result.report.submissions !== undefined)(aioscope.session())`;
    await tab.until(grows, 60_000);
    await killed(tab);
    await readAgain(tab);
    await tab.until(`aioscope.session().fault === null`);
    await tab.until(grows, 60_000);
    expect(await textOf(tab, 'fault')).toBe('');
    // The next files end it.
    expect((await chosen(tab, BOTH)).fault).toBe(null);
  }, 180_000);

  test('a range', async () => {
    const { tab } = here;
    await tab.evaluate(KEEP_WORKERS);
    await tab.evaluate('void Worker.started.splice(0)');
    const { result } = await chosen(tab, BOTH);
    const from = BigInt(result.report.time.from);
    await tab.until(ALL_BEGUN);
    await tab.evaluate(KILL);
    // The worker of ranges is dead already, which the page does not know yet.
    await tab.evaluate(`void (location.hash = 'from=${from}&to=${from + 50_000_000n}')`);
    await tab.until('aioscope.session().fault !== null', 30_000);
    expect((await stateOf(tab)).range).toBe(null);
    await readAgain(tab);
    await tab.until(`document.querySelector('[data-figure="range"]')?.innerText.includes('exact')`);
    const after = await stateOf(tab);
    expect(after.fault).toBe(null);
    expect(after.range).toEqual({ unit: 'ns', from: `${from}`, to: `${from + 50_000_000n}` });
    expect(after.shown.report.inputs[0].selected).toBeLessThan(result.report.inputs[0].records);
    await tab.press('Escape');
  }, 180_000);
});
