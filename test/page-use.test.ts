// Does the page do what keys, the mouse and files ask for, exactly, in Chromium and in Firefox?
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { match, report } from '../src/node.ts';
import { lackOf, type PageBrowser, startBrowser, type Tab } from './support/browsers.ts';
import { fixture } from './support/cli.ts';
import { type PageState, SETTLED, stateOf, viewed } from './support/page-site.ts';

const BOTH = ['fio_nowait.iocb88', 'fio_nowait.ioev56'].map(fixture);
const [SUBMISSIONS, COMPLETIONS] = BOTH.map((path) => readFileSync(path));

/** The JSON of results with names as the page has them. */
const plain = (...results: readonly object[]): unknown[] =>
  results.map((each) => JSON.parse(JSON.stringify(each).replaceAll(`${dirname(BOTH[0])}/`, '')));

/** What the library finds of the range that is selected. */
async function ofRange({ range }: PageState) {
  const given = { from: BigInt(range?.from ?? 0), to: BigInt(range?.to ?? 0) };
  return plain(await report(BOTH, given), await match(BOTH, { ...given, slowest: 20 }));
}

const ofShown = ({ shown }: PageState): unknown[] => [shown.report, shown.match];

const EXACT = `document.querySelector('[data-figure="range"]')?.innerText.includes('exact')`;
const first = (selector: string) => `document.querySelector(${JSON.stringify(selector)})`;

/** The first row of the table that is seen whole. */
const TOP_ROW = `(() => {
  const table = document.querySelector('[role=grid].records-table');
  const top = table.querySelector('.row.head').getBoundingClientRect().bottom - 1;
  const row = [...table.querySelectorAll('.row:not(.head)')].find(
    (each) => each.getBoundingClientRect().top >= top);
  return row && Number(row.ariaRowIndex ?? row.getAttribute('aria-rowindex')) - 2;
})()`;

const atRow = (index: number) => `aioscope.session().place.index === ${index}`;

describe.each(['chromium', 'firefox'] as const)('in %s', (name) => {
  const lack = lackOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-page-use-'));
  let browser: PageBrowser | undefined;
  let site: Awaited<ReturnType<typeof viewed>> | undefined;
  let tab: Tab;
  beforeAll(async () => {
    if (lack !== undefined) return;
    site = await viewed(...BOTH);
    browser = await startBrowser(name);
  }, 300_000);
  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    if (browser === undefined || site === undefined) throw new Error('no browser');
    tab = await browser.open(site.url);
    await tab.until(SETTLED);
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    expect(await tab.wrong()).toEqual([]);
    await tab.close();
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    rmSync(folder, { recursive: true });
  });

  test('the example is there with one click', async () => {
    const [close] = ['.top button:not(.quiet):not(.icon)'];
    await tab.click(close);
    await tab.until(`${first('[data-figure="drop"]')} !== null`);
    await tab.click('.drop-actions > button');
    await tab.until(SETTLED);
    const { result } = await stateOf(tab);
    const found = [await report(BOTH), await match(BOTH, { slowest: 20 })];
    expect([result.report, result.match]).toEqual(plain(...found));
  });

  test('dropped files are read', async () => {
    await tab.evaluate(`(async () => {
      const files = new DataTransfer();
      for (const { id, name } of await (await fetch('api/files')).json())
        files.items.add(new File([await (await fetch('api/files/' + id + '/bytes')).blob()], name));
      dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
    })()`);
    await tab.until(`aioscope.session().files[0]?.bytes.blob !== undefined && ${SETTLED}`);
    const { result } = await stateOf(tab);
    expect([result.report]).toEqual(plain(await report(BOTH)));
  });

  test('a range that is dragged is read exactly, and Esc goes back', async () => {
    await tab.press('2');
    const { left, top, width, height } = await tab.evaluate<DOMRect>(
      `${first('.brush')}.getBoundingClientRect().toJSON()`,
    );
    const y = top + height / 2;
    await tab.drag([left + width * 0.3, y], [left + width * 0.55, y]);
    await tab.until(EXACT);
    const state = await stateOf(tab);
    expect(ofShown(state)).toEqual(await ofRange(state));
    expect(state.shown.report.inputs[0].selected).toBeLessThan(
      state.result.report.inputs[0].records,
    );
    await tab.press('Escape');
    await tab.until('aioscope.session().range === null');
    const after = await stateOf(tab);
    expect(ofShown(after)).toEqual([after.result.report, after.result.match]);
  });

  test('so is one that is selected by keys', async () => {
    await tab.press('2');
    await tab.evaluate(`${first('.brush')}.focus()`);
    await tab.press('ArrowRight', 'ArrowRight', ...Array(5).fill('Shift+ArrowRight'), 'Enter');
    await tab.until(EXACT);
    const state = await stateOf(tab);
    const [from, to] = [BigInt(state.range?.from ?? 0), BigInt(state.range?.to ?? 0)];
    // Six bins, from the second on: the first is that of the first record.
    const step = (to - from) / 6n;
    const begin = BigInt(state.result.report.time.from);
    expect(from - step <= begin && begin < from).toBe(true);
    expect(ofShown(state)).toEqual(await ofRange(state));
    await tab.press('Escape');
    await tab.until('aioscope.session().range === null');
  });

  test('view, row and range are in the address, and a reload keeps them', async () => {
    await tab.press('2');
    await tab.evaluate(`${first('.brush')}.focus()`);
    await tab.press('End', 'Shift+Home', 'Shift+ArrowRight', 'Enter');
    await tab.until(EXACT);
    await tab.press('4');
    await tab.until(`${first('.records-table .row.selected')} !== null`);
    await tab.evaluate(`${first('.records-table')}.focus()`);
    await tab.press('ArrowDown', 'PageDown', 't', 't');
    await tab.until('aioscope.session().place.index > 5');
    await tab.until(`location.hash.includes('theme=dark')`);
    const [before, hash] = [await stateOf(tab), await tab.evaluate<string>('location.hash')];
    expect(hash).toContain('theme=dark');
    await tab.reload();
    await tab.until(`${SETTLED} && ${EXACT}`);
    const after = await stateOf(tab);
    const kept = ({ view, range, place, shown }: PageState) => ({ view, range, place, shown });
    expect(kept(after)).toEqual(kept(before));
    expect(after.view).toBe('records');
    expect(await tab.evaluate('location.hash')).toBe(hash);
    expect(await tab.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  });

  test('the theme changes, and ? lists the keys', async () => {
    const color = 'getComputedStyle(document.body).backgroundColor';
    const themes = [];
    for (let i = 0; i < 3; i++) {
      await tab.click('[data-figure="theme"]');
      themes.push(await tab.evaluate<string>(color));
    }
    expect(themes[0]).not.toBe(themes[1]);
    await tab.press('?');
    await tab.until(`${first('dialog')}.open`);
    expect(await tab.evaluate(`${first('dialog')}.innerText`)).toContain('list the keys');
    await tab.press('Escape');
    await tab.until(`!${first('dialog')}.open`);
  });

  test('records are found by index, time, condition, and as the other half', async () => {
    await tab.press('4');
    await tab.until(`${first('.go-to input')} !== null`);
    const ts = (bytes: Buffer, i: number) => bytes.readBigUInt64LE(i * 88);
    const later = ts(SUBMISSIONS, 0) + 700_000_000n;
    const rows = Array.from({ length: SUBMISSIONS.length / 88 }, (_, i) => i);
    const fill = async (selector: string, text: string, key = 'Enter') => {
      await tab.evaluate(`${first(selector)}.focus(); void ${first(selector)}.select()`);
      await tab.type(text);
      await tab.press(key);
    };
    await fill('.go-to input', '3,000');
    await tab.until(atRow(3000));
    await fill('.go-to:nth-of-type(2) input', '+700ms');
    await tab.until(atRow(rows.find((i) => ts(SUBMISSIONS, i) >= later) ?? -1));

    const { result } = await stateOf(tab);
    const { submissionIndex, completionIndex } = result.match.slowest[0];
    await fill('.go-to input', `${submissionIndex}`);
    await tab.until(`${first('.half-pane button')}?.innerText.includes('ioev56')`);
    await tab.until(atRow(submissionIndex));
    await tab.until(
      `${first('.half-pane button')}?.innerText.includes('record ${completionIndex.toLocaleString('en')} of')`,
    );
    await tab.click('.half-pane button');
    await tab.until(`aioscope.session().place.file === 1 && ${atRow(completionIndex)}`);

    const failed = rows.filter((i) => COMPLETIONS.readBigInt64LE(i * 56 + 40) < 0n);
    await fill('.go-to input', '0');
    await tab.until(atRow(0));
    await fill('.find-bar input', 'res<0');
    const found = (index: number) =>
      `${atRow(index)} && ${first('[data-figure="records.find"]')}?.innerText.includes('Record ${index.toLocaleString('en')} ')`;
    await tab.until(found(failed[0]));
    for (const [key, index] of [
      ['Enter', failed[1]],
      ['Enter', failed[2]],
      ['Shift+Enter', failed[1]],
    ] as const) {
      await tab.press(key);
      await tab.until(found(index));
    }
  });

  test('the last row of 5 GiB is exact, and a notch of the wheel moves three rows', async () => {
    const path = join(folder, 'sparse.ioev');
    const bytes = readFileSync(fixture('fio_nowait.ioev'));
    const length = 5 * 2 ** 30;
    const file = openSync(path, 'w');
    writeSync(file, bytes);
    writeSync(file, bytes, 0, bytes.length, length - bytes.length);
    closeSync(file);
    truncateSync(path, length);
    await tab.choose([path]);
    await tab.until('aioscope.session().files[0]?.name === "sparse.ioev"');
    await tab.press('4');
    const last = length / 32 - 1;
    await tab.until(`${first('.records-table')} !== null`);
    await tab.evaluate(`${first('.records-table')}.focus()`);
    await tab.press('Control+End');
    await tab.until(atRow(last));
    const cells = `[...document.querySelectorAll('.row.selected .cell')].map((each) => each.innerText)`;
    await tab.until(`${cells}[1] !== undefined && ${cells}[1] !== '·'`);
    const shown = await tab.evaluate<string[]>(cells);
    expect(shown[0]).toBe(last.toLocaleString('en'));
    const res = bytes.readBigInt64LE(bytes.length - 16);
    expect(shown[3]).toMatch(res < 0n ? /^E|^-/ : new RegExp(`^${res}`));
    const top = await tab.evaluate<number>(TOP_ROW);
    const middle = await tab.evaluate<[number, number]>(
      `(({ left, top, width, height }) => [left + width / 2, top + height / 2])(
        ${first('.records-table')}.getBoundingClientRect())`,
    );
    // WebDriver turns by pixels.
    await tab.wheel(middle, name === 'chromium' ? -120 : -72);
    await tab.until(`${TOP_ROW} === ${top - 3}`);
    await tab.press('s');
    expect((await stateOf(tab)).isDone).toBe(false);
  });
});
