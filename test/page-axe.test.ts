// Is every view of the page free of what axe finds, as narrow as a phone, and all of it in reach of Tab?
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { Tab } from './support/browsers.ts';
import { fixture } from './support/cli.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { SETTLED } from './support/page-site.ts';
import { installPeers } from './support/peers.ts';

const FILES = ['case_rwf.iocb88', 'case_rwf.ioev56', 'qemu_bench_read.wrap.ring'].map(fixture);
const VIEWS = ['overview', 'time', 'requests', 'records', 'latency', 'race'] as const;

/** What is shown on request; of the tables of numbers, which are alike, the first two. */
const OPEN_ALL = `(() => {
  for (const each of [...document.querySelectorAll('details')].slice(0, 2)) each.open = true;
  for (const each of document.querySelectorAll('[aria-expanded="false"]')) each.click();
})()`;

const AXE = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary, html }) =>
      [id, target.join(' '), html.slice(0, 150), failureSummary].join(' | '))))`;

const WIDE = 'document.scrollingElement.scrollWidth - innerWidth';

/** What can be focused and is not reached yet, in words. */
const MISSED = `[...document.querySelectorAll(
    'a[href], button, input, select, summary, textarea, [tabindex="0"]')]
  .filter((each) => !each.disabled && each.checkVisibility() && !reached.has(each))
  .map((each) => each.outerHTML.slice(0, 120))`;
const FIRST = 'document.querySelector("input[type=file]")';
const REACH = '(reached.add(document.activeElement), reached.size)';

inBrowsers(FILES, (here) => {
  const { name } = here;
  let tab: Tab;
  /** Opens a view; the race, once it is run. */
  const show = async (view: string): Promise<void> => {
    await tab.press(`${VIEWS.indexOf(view as 'time') + 1}`);
    await tab.until(`document.querySelector('[data-view="${view}"]') !== null`);
    if (view === 'records') await tab.until('document.querySelector(".half-pane button") !== null');
  };
  beforeAll(async () => {
    if (here.lack !== undefined) return;
    tab = here.tab;
    const axe = readFileSync(installPeers().resolve('axe-core/axe.min.js'), 'utf8');
    await tab.evaluate(`(() => { ${axe} })()`);
    await tab.until(SETTLED);
  }, 300_000);

  // Colors depend on the theme alone, and what is beside what on the width.
  const looks = [['dark', 390] as const, ['light', 1280] as const];
  for (const [theme, width] of name === 'chromium' ? looks : looks.slice(0, 1))
    test.each(VIEWS)(`%s, ${theme}, ${width} px: axe finds nothing`, async (view) => {
      await tab.resize(width, 900);
      for (let i = 0; i < 3; i++)
        if ((await tab.evaluate('document.documentElement.dataset.theme')) !== theme)
          await tab.click('[data-figure="theme"]');
      await show(view);
      await tab.evaluate(OPEN_ALL);
      // Colors change slowly.
      await tab.until('document.getAnimations().length === 0');
      expect(await tab.evaluate(AXE)).toEqual([]);
      expect(await tab.evaluate(WIDE)).toBeLessThanOrEqual(0);
    });

  test.each(VIEWS)('%s: Tab reaches everything', async (view) => {
    await tab.resize(1280, 900);
    await show(view);
    // The first is where Tab begins.
    await tab.evaluate(`void (globalThis.reached = new Set([${FIRST}]), ${FIRST}.focus())`);
    const missed = () => tab.evaluate<string[]>(MISSED);
    const count = (await missed()).length;
    expect(count).toBeGreaterThanOrEqual(10);
    // Browsers add what scrolls.
    for (let i = 0; i < count + 20; i++) {
      await tab.press('Tab');
      if ((await tab.evaluate<number>(REACH)) >= count && (await missed()).length === 0) break;
    }
    expect(await missed()).toEqual([]);
  });

  test('the race, the dialog of keys, a fault and the empty page', async () => {
    await tab.resize(390, 900);
    await show('race');
    await tab.click('.race-view > button');
    await tab.until('document.querySelector(".race-words") !== null', 40_000);
    expect(await tab.evaluate(AXE)).toEqual([]);
    expect(await tab.evaluate(WIDE)).toBeLessThanOrEqual(0);
    await tab.press('?');
    expect(await tab.evaluate(AXE)).toEqual([]);
    await tab.press('Escape');
    await tab.choose([new URL('../package.json', import.meta.url).pathname]);
    await tab.until('aioscope.session().fault !== null');
    expect(await tab.evaluate(AXE)).toEqual([]);
    await tab.click('.top button:not(.quiet):not(.icon)');
    await tab.until('document.querySelector(".drop") !== null');
    expect(await tab.evaluate(AXE)).toEqual([]);
    expect(await tab.evaluate(WIDE)).toBeLessThanOrEqual(0);
  });
});
