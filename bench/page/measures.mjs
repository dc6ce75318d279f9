// What is measured of the page, one browser context each.
import { basename } from 'node:path';
import { median, path, run } from '../child.mjs';
import { cpuSeconds, gzipBytes, longestTask, memory, openPage } from './chromium.mjs';
import { FORMAT, STRIDE } from './files.mjs';
import { SPEED, WATCH } from './in-page.mjs';

const CHOOSE = 'input[data-figure=choose-files]';
const LONG = { timeout: 600_000, polling: 250 };

const finished = (page) =>
  page.waitForFunction(
    () => {
      const { isDone, fault } = globalThis.aioscope.session();
      if (fault !== null) throw new Error(fault.message);
      return isDone && globalThis.bench.done > 0;
    },
    null,
    LONG,
  );

const times = (page) => page.evaluate(() => ({ ...globalThis.bench }));

/** The page with a view, its first bytes, and what choosing a file loads besides. */
const onView = (browser, url, view) =>
  openPage(browser, `${url}/page/index.html#view=${view}`, WATCH);

/** Bytes of the first load, and of what choosing a file adds. */
export async function loads(browser, url, file) {
  const { page, loaded, close } = await openPage(browser, `${url}/page/index.html`, WATCH);
  const first = await gzipBytes(loaded);
  await page.setInputFiles(CHOOSE, file);
  await page.waitForFunction(() => globalThis.aioscope.session().isDone, null, LONG);
  await page.waitForLoadState('networkidle');
  const opened = (await gzipBytes(loaded)) - first;
  await close();
  return { first, opened };
}

/** One survey on the page: ms to the first chart and to the end, CPU, memory, longest tasks. */
export async function surveyed(browser, url, file, { view = 'time', traced = false } = {}) {
  const { page, cdp, pid, close } = await onView(browser, url, view);
  const before = cpuSeconds(pid);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, memory(pid).now);
  }, 50);
  const read = async () => {
    await page.setInputFiles(CHOOSE, file);
    await finished(page);
  };
  const task = traced ? await longestTask(cdp, pid, read) : await read();
  const cpu = cpuSeconds(pid) - before;
  clearInterval(timer);
  const { chart, done, longest } = await times(page);
  await close();
  return { chart, seconds: done / 1000, longest, cpu, peak: Math.max(peak, 0), task };
}

/** What Node's survey costs. */
export const nodeSurvey = (file) =>
  JSON.parse(run([process.execPath, path('page/node-survey.mjs'), file]).stdout);

/** Ms of workers that summarize a file, and of one that only reads it, by turns. */
export async function workerTurns(browser, url, file, rounds) {
  const { page, close } = await openPage(browser, `${url}/bare`);
  await page.setInputFiles('input', file);
  const turns = await page.evaluate(`(${SPEED})(${JSON.stringify({ rounds, format: FORMAT })})`);
  await close();
  return turns;
}

const p95 = (values) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1];

/** Jumps to random records, and the ms of each. */
async function jumps(page, records, count, isWanted) {
  const all = [];
  for (let i = 0; i < count; i++) {
    const index = Math.floor(Math.random() * records);
    const { ms, isDone } = await page.evaluate((at) => globalThis.bench.jump(at), index);
    if (!isWanted(isDone)) break;
    all.push(ms);
  }
  return { count: all.length, p95: p95(all), median: median(all) };
}

/** Jumps while a file is read, and after. */
export async function jumped(browser, url, file, bytes, count) {
  const { page, pid, close } = await onView(browser, url, 'records');
  const records = Math.floor(bytes / STRIDE);
  await page.setInputFiles(CHOOSE, file);
  await page.waitForSelector('form.go-to');
  const during = await jumps(page, records, count, (isDone) => !isDone);
  await page.waitForFunction(() => globalThis.aioscope.session().isDone, null, LONG);
  const after = await jumps(page, records, count, () => true);
  const { ms } = await page.evaluate((at) => globalThis.bench.jump(at), records - 1);
  const { peak } = memory(pid);
  await close();
  return { during, after, last: ms, peak };
}

/** Drags over 5 % of a chart; ms until the range is exact, and whether it is what `report` says. */
export async function brushed(browser, url, file, rounds) {
  const { page, close } = await onView(browser, url, 'time');
  await page.setInputFiles(CHOOSE, file);
  await finished(page);
  const all = [];
  let shown;
  for (let round = 0; round < rounds; round++) {
    const { x, y, width, height } = await page.locator('.brush').first().boundingBox();
    const at = x + width * (0.2 + (0.6 * round) / rounds);
    const ended = page.evaluate(() => globalThis.bench.brush());
    await page.mouse.move(at, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(at + width * 0.05, y + height / 2, { steps: 3 });
    await page.mouse.up();
    all.push(await ended);
    shown = await page.evaluate(() => {
      const { range, shown: of } = globalThis.aioscope.session();
      return { from: `${range.from}`, to: `${range.to}`, report: JSON.stringify(of.report) };
    });
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-figure=range]', { state: 'detached' });
  }
  await close();
  const args = ['--kind', FORMAT.kind, '--layout', FORMAT.layout, '--endian', FORMAT.endian];
  const main = path('../dist/cli/main.js');
  const range = ['--from', shown.from, '--to', shown.to];
  const { stdout } = run([process.execPath, main, 'report', '--json', ...args, ...range, file]);
  return {
    ms: median(all),
    differs: difference(
      plain(JSON.parse(stdout.replaceAll(JSON.stringify(file), JSON.stringify(basename(file))))),
      plain(JSON.parse(shown.report)),
    ),
  };
}

/** A report without its engine, which is each one's own, and the words of findings, which the command adds. */
const plain = ({ engine: _, engineReason: _r, workersReason: _w, findings, ...rest }) => ({
  ...rest,
  findings: findings.map(({ text: _t, next: _n, ...finding }) => finding),
});

/** Where two values first differ, as a path and both; undefined if nowhere. */
function difference(a, b, at = '') {
  if (Object.is(a, b)) return undefined;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return `${at}: ${a}, ${b}`;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
