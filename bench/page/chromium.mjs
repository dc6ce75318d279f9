// Headless Chromium: a page, what its renderer process costs, and what it was sent.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { ENVIRONMENT, path } from '../child.mjs';

const MISSING = 'playwright-core is missing: npm ci --prefix test/peers';
const TICKS = 100;
/** Without renderers that are started in advance, fewer can be taken for that of a page. */
const NO_SPARE = '--disable-features=SpareRendererForSitePerProcess';
/** Steps of an empty loop, about half a second: by the clock it might do nothing on a busy machine. */
const STEPS = 1e9;

export async function launch() {
  const require = createRequire(import.meta.url);
  let chromium;
  try {
    ({ chromium } = require(path('../test/peers/node_modules/playwright-core')));
  } catch {
    throw new Error(MISSING);
  }
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: set CHROMIUM`);
  return chromium.launch({ executablePath, args: ['--no-sandbox', NO_SPARE], env: ENVIRONMENT });
}

/** A page in a browser context, and so a renderer, of its own. */
export async function openPage(browser, url, script) {
  const cdp = await browser.newBrowserCDPSession();
  const renderers = async () => {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  };
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  if (script !== undefined) await page.addInitScript(script);
  const loaded = new Map();
  // Modules of workers are requests of the context, not of the page.
  context.on('response', (response) => {
    if (response.ok())
      loaded.set(
        response.url(),
        response.body().catch(() => undefined),
      );
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  const close = () => context.close();
  return { page, cdp, loaded, pid: await rendererOf(page, await renderers()), close };
}

/** The process of a page: the one that is busy when the page is. */
async function rendererOf(page, pids) {
  const before = pids.map(cpuSeconds);
  await page.evaluate((steps) => {
    let sum = 0;
    for (let i = 0; i < steps; i++) sum = (sum + i) | 0;
    return sum;
  }, STEPS);
  const used = pids.map((pid, i) => cpuSeconds(pid) - before[i]);
  return pids[used.indexOf(Math.max(...used))];
}

/** Bytes of responses, each compressed as a host would. */
export async function gzipBytes(loaded) {
  let sum = 0;
  for (const body of await Promise.all(loaded.values()))
    if (body !== undefined) sum += gzipSync(body, { level: 9 }).byteLength;
  return sum;
}

/** Seconds of CPU that a process has used. */
export function cpuSeconds(pid) {
  const [, fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS;
}

/** The resident memory of a process in MB: now and at its peak. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: of('VmRSS'), own: of('RssAnon'), peak: of('VmHWM') };
}

/** Records a trace of the browser while `run` runs; gives the longest task of a process's main thread, in ms of its CPU and of the clock. */
export async function longestTask(cdp, pid, run) {
  const events = [];
  const take = ({ value }) => {
    for (const event of value) if (event.pid === pid || event.ph === 'M') events.push(event);
  };
  cdp.on('Tracing.dataCollected', take);
  const ended = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  const includedCategories = ['toplevel', 'disabled-by-default-devtools.timeline'];
  await cdp.send('Tracing.start', {
    traceConfig: { includedCategories, excludedCategories: ['*'] },
    transferMode: 'ReportEvents',
  });
  const result = await run();
  await cdp.send('Tracing.end');
  await ended;
  cdp.off('Tracing.dataCollected', take);
  const main = events.find(
    ({ ph, name, pid: of, args }) =>
      of === pid && ph === 'M' && name === 'thread_name' && args.name === 'CrRendererMain',
  )?.tid;
  const tasks = events.filter(({ tid, name }) => tid === main && name.endsWith('RunTask'));
  const longest = (of) => tasks.reduce((most, task) => Math.max(most, task[of] ?? 0), 0) / 1000;
  return { result, tasks: tasks.length, cpuMs: longest('tdur'), wallMs: longest('dur') };
}
