// How fast is the page in headless Chromium: first load, first chart, its main thread, memory, workers, jumps, a selected range; beside what is wanted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './child.mjs';
import { launch } from './page/chromium.mjs';
import { makeFile } from './page/files.mjs';
import { brushed, jumped, loads, nodeSurvey, surveyed, workerTurns } from './page/measures.mjs';
import { serveDist } from './page/static.mjs';

const GIB = 2 ** 30;
/** Of a sparse file, what is written. */
const DENSE = GIB / 4;
const JUMPS = 100;
const ROUNDS = Number(process.env.ROUNDS ?? 5);

const rows = [];
/** `wanted` is the most, or the least where `isLeast`. */
function tell(what, value, unit, wanted, isLeast = false) {
  const isGood = wanted === undefined || (isLeast ? value >= wanted : value <= wanted);
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 2 : 0;
  const bound = wanted === undefined ? '' : `${isLeast ? '≥' : '≤'} ${wanted} ${unit}`;
  rows.push([what, `${value.toFixed(digits)} ${unit}`, bound, isGood ? '' : 'MISSED']);
  const [name, seen, limit, verdict] = rows[rows.length - 1];
  console.log(`${name.padEnd(58)} ${seen.padStart(10)}  ${limit.padEnd(12)} ${verdict}`);
}

const of = (turns, value) => median(turns.map(value));
const times = async (count, run) => {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await run());
  return all;
};

async function measureLoads(browser, url, file) {
  const { first, opened } = await loads(browser, url, file);
  tell('first load, gzip', first / 1024, 'KB', 120);
  tell('loaded besides by choosing a file, gzip', opened / 1024, 'KB');
}

async function measureSurvey(browser, url, file) {
  // Tracing costs CPU, so that the longest task is measured apart.
  const turns = await times(ROUNDS, async () => {
    const page = await surveyed(browser, url, file);
    return { page, node: nodeSurvey(file) };
  });
  tell(
    'first chart of 2 GiB',
    of(turns, ({ page }) => page.chart),
    'ms',
    1000,
  );
  tell(
    'survey of 2 GiB',
    of(turns, ({ page }) => page.seconds),
    's',
  );
  tell(
    'survey of 2 GiB, of the time that Node takes',
    of(turns, ({ page, node }) => page.seconds / node.wall),
    '×',
  );
  tell(
    'survey of 2 GiB, CPU of the renderer of that of Node',
    of(turns, ({ page, node }) => page.cpu / node.cpu),
    '×',
    1.3,
  );
  tell(
    'longest task by the clock (others share the cores)',
    of(turns, ({ page }) => page.longest),
    'ms',
  );
  for (const view of ['overview', 'time', 'latency']) {
    const tasks = await times(Math.min(3, ROUNDS), () =>
      surveyed(browser, url, file, { view, traced: true }),
    );
    tell(
      `longest task of the main thread, CPU, view ${view}`,
      of(tasks, ({ task }) => task.cpuMs),
      'ms',
      50,
    );
  }
  tell(
    'memory of the renderer at 2 GiB, peak',
    Math.max(...turns.map(({ page }) => page.peak)),
    'MB',
    300,
  );
}

async function measureWorkers(browser, url, file) {
  const turns = await workerTurns(browser, url, file, ROUNDS);
  tell('a worker that only reads 2 GiB', (2 * GIB) / 1e6 / of(turns, ({ loop }) => loop), 'GB/s');
  tell(
    'summary on one worker, of the speed of only reading',
    of(turns, ({ loop, one }) => loop / one),
    '×',
    0.9,
    true,
  );
  tell(
    'summary on two workers, of the speed of one',
    of(turns, ({ one, two }) => one / two),
    '×',
  );
  tell(
    'summary on four workers, of the speed of one',
    of(turns, ({ one, four }) => one / four),
    '×',
    1.4,
    true,
  );
}

async function measureJumps(browser, url, file, bytes) {
  const { during, after, last, peak } = await jumped(browser, url, file, bytes, JUMPS);
  tell(`jump in 10 GiB while it is read, p95 of ${during.count}`, during.p95, 'ms', 200);
  tell('jump in 10 GiB while it is read, median', during.median, 'ms');
  tell(`jump in 10 GiB after, p95 of ${after.count}`, after.p95, 'ms', 60);
  tell('jump in 10 GiB after, median', after.median, 'ms');
  tell('jump to its last record', last, 'ms');
  tell('memory of the renderer at 10 GiB, peak', peak, 'MB', 400);
}

async function measureBrush(browser, url, file) {
  const { ms, differs } = await brushed(browser, url, file, ROUNDS);
  tell('5 % of 1 GiB selected, exact', ms, 'ms', 500);
  console.log(
    differs === undefined
      ? 'It equals report --from --to.'
      : `DIFFERS from report --from --to: ${differs}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'aioscope-page-'));
const server = await serveDist();
const browser = await launch();
/** One file at a time is on the disk. */
async function withFile(bytes, dense, measure) {
  const file = join(folder, 'dump.ioev56');
  makeFile(file, bytes, dense);
  await measure(browser, server.url, file, bytes);
  rmSync(file);
}
const PARTS = {
  two: () =>
    withFile(2 * GIB, 2 * GIB, async (...args) => {
      for (const measure of [measureLoads, measureSurvey, measureWorkers]) await measure(...args);
    }),
  ten: () => withFile(10 * GIB, DENSE, measureJumps),
  one: () => withFile(GIB, GIB, measureBrush),
};
try {
  console.log(`Chromium ${browser.version()}\n`);
  const asked = process.argv.slice(2);
  for (const part of asked.length > 0 ? asked : Object.keys(PARTS)) await PARTS[part]();
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
}
