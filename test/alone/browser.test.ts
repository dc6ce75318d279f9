// Is a File decoded in a real browser: in a worker, with progress, aborted, and without WebAssembly?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WorkerSummary } from '../../src/browser.ts';
import {
  type ColumnStatsJson,
  open,
  type RecordBatch,
  type SummaryJson,
  summarize,
} from '../../src/node.ts';
import { type Browser, launchChromium, type Page } from '../support/chromium.ts';
import { fixture } from '../support/cli.ts';
import { type Site, serve } from '../support/site.ts';

/** Much more than a page may take meanwhile. */
const HALF_GIB = 2 ** 29;
const path = (name: string): string => `/test/fixtures/captures/${name}`;
const EVENTS = 'fio_nowait.ioev';
const REQUESTS = 'case_vec.iocb';
const RING = 'fio_ring_threads.wrap.ring';

interface Outcome {
  readonly value?: WorkerSummary;
  readonly error?: { name: string; code?: string; message: string; byteOffset?: number };
}

let browser: Browser;
let context: Awaited<ReturnType<Browser['newContext']>>;
let site: Site;
let page: Page;
const wrong: string[] = [];

/** Calls a function of support/page.mjs in the page. */
const call = async <T>(name: string, ...args: unknown[]): Promise<T> =>
  (await page.evaluate(
    `import('/test/support/page.mjs').then((page) => page.${name}(...${JSON.stringify(args)}))`,
  )) as T;

async function openPage(url: string): Promise<void> {
  page = await context.newPage();
  page.on('pageerror', ({ message }) => wrong.push(message));
  await page.goto(url);
}

beforeAll(async () => {
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  site = await serve();
}, 300_000);
afterAll(async () => {
  site?.close();
  await browser?.close();
});
beforeEach(() => openPage(`${site.url}/`));
afterEach(async () => {
  await page.close();
  expect(wrong.splice(0)).toEqual([]);
});

describe('the example page', () => {
  const show = async (path: string): Promise<string | null> => {
    await page.goto(`${site.url}/examples/browser.html`);
    await page.setInputFiles('input', path);
    await page.waitForSelector('output:not(:empty)');
    return page.textContent('output');
  };
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    [EVENTS, '4,096'],
    [REQUESTS, '4,000'],
    [RING, '21'],
  ])('detects and counts %s', async (name, records) => {
    const text = await show(fixture(name));
    expect(text).toContain(`${records} records`);
    expect(text).toContain('wasm-simd');
    expect(await page.textContent('thead')).not.toContain('sum');
  });

  test('counts a compressed file, whose length is not known', async () => {
    const path = join(folder, 'dump.gz');
    writeFileSync(path, gzipSync(readFileSync(fixture(EVENTS))));
    expect(await show(path)).toContain('4,096 records');
  });

  test('reports faults of a file', async () => {
    const text = await show(fileURLToPath(new URL('../../package.json', import.meta.url)));
    expect(text).toMatch(/^Not read\npackage\.json: /);
  });

  test('fits a window of 320 pixels', async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    for (const name of [EVENTS, REQUESTS]) {
      await show(fixture(name));
      const widest =
        "(document.querySelector('details').open = true, document.documentElement.scrollWidth)";
      expect(await page.evaluate(widest), name).toBeLessThanOrEqual(320);
    }
  });

  test('has a short script', () => {
    const html = readFileSync(new URL('../../examples/browser.html', import.meta.url), 'utf8');
    const script =
      /<script type="module">\n(.*?)\n *<\/script>/s.exec(html)?.[1].split('\n').filter(Boolean) ??
      [];
    expect(script.length).toBeGreaterThan(5);
    expect(script.length).toBeLessThanOrEqual(15);
  });
});

describe('in a worker', () => {
  test.each([
    [EVENTS, { kind: 'io_event' }],
    ['case_rwf.ioev56', { kind: 'io_event', layout: 'traced' }],
    [REQUESTS, { kind: 'iocb' }],
    [REQUESTS, { kind: 'iocb', engine: 'js' }],
    [RING, { kind: 'aio_ring' }],
  ] as const)('%s with %o is what it is in Node', async (name, options) => {
    const expected = await summarize(fixture(name), { ...options, name });
    expect(await call('summarize', path(name), options)).toEqual({
      value: { summary: expected.toJSON(), engineReason: null, workersReason: null },
    });
    await expect.poll(() => page.workers()).toEqual([]);
  });

  test('an error keeps its code, its place and its words', async () => {
    const expected = await summarize(fixture(EVENTS), { kind: 'aio_ring', name: EVENTS }).catch(
      (error) => error,
    );
    const { error } = await call<Outcome>('summarize', path(EVENTS), { kind: 'aio_ring' });
    expect(error).toMatchObject({ name: 'AioscopeError', code: 'AIOSCOPE_RING', byteOffset: 16 });
    expect(error?.message).toBe(expected.message.replace(fixture(EVENTS), EVENTS));
    expect(await call('summarize', path(EVENTS), { kind: 'nope' })).toMatchObject({
      error: { code: 'AIOSCOPE_OPTION' },
    });
    expect(await call('notAFile')).toMatchObject({
      error: {
        code: 'AIOSCOPE_SOURCE',
        message: "the source is 'dump.ioev'; it has to be a File or a Blob",
      },
    });
  });

  test('what a progress function throws ends the worker', async () => {
    expect(await call('throwInProgress', path(EVENTS), { kind: 'io_event' })).toEqual({
      error: { name: 'RangeError', message: 'a bar broke' },
    });
    await expect.poll(() => page.workers()).toEqual([]);
  });

  test.each([
    ['is not served', { status: 404 }, /^the worker could not be started: /],
    ['dies', { contentType: 'text/javascript', body: 'throw new Error("boom")' }, /boom/],
  ])('if a worker %s, the page itself counts, and says why', async (_, response, reason) => {
    await page.route('**/worker.js', (route) => route.fulfill(response));
    const expected = await summarize(fixture(EVENTS), { kind: 'io_event', name: EVENTS });
    expect(await call('summarize', path(EVENTS), { kind: 'io_event' })).toEqual({
      value: {
        summary: expected.toJSON(),
        engineReason: null,
        workersReason: expect.stringMatching(reason),
      },
    });
  });
});

/** Resident memory of all processes of the browser (MB). */
async function residentMB(): Promise<number> {
  const { processInfo } = await (await browser.newBrowserCDPSession()).send(
    'SystemInfo.getProcessInfo',
  );
  const pages = processInfo.map(({ id }) =>
    Number(readFileSync(`/proc/${id}/statm`, 'utf8').split(' ')[1]),
  );
  return (pages.reduce((sum, count) => sum + count, 0) * 4096) / 1e6;
}

/** The statistics of a column whose records are repeated `times` times. */
const scaled = ({ sum, ...column }: ColumnStatsJson, times: number): ColumnStatsJson => ({
  ...column,
  sum: `${BigInt(sum) * BigInt(times)}`,
});

describe('a File of 512 MiB', () => {
  test('is counted exactly, with progress, in bounded memory, and the page stays responsive', async () => {
    const { io_event: one } = (await summarize(fixture(EVENTS), { kind: 'io_event' })).toJSON();
    if (one === undefined) throw new Error('there is no section');
    const times = HALF_GIB / (32 * one.records);
    const before = await residentMB();
    let peak = before;
    let most = 0;
    const watch = setInterval(async () => {
      peak = Math.max(peak, await residentMB());
      most = Math.max(most, page.workers().length);
    }, 100);
    const { value, progress } = await call<Outcome & { progress: [number, number][] }>(
      'summarizeGenerated',
      path(EVENTS),
      HALF_GIB,
      {
        kind: 'io_event',
        workers: 2,
      },
    );
    clearInterval(watch);
    expect(most).toBe(2);
    const section = value?.summary.io_event;
    expect(value?.summary.engine).toBe('wasm-simd');
    expect(section).toMatchObject({
      records: times * one.records,
      succeeded: times * one.succeeded,
      failed: times * one.failed,
    });
    expect(section?.bytes).toBe(`${BigInt(one.bytes) * BigInt(times)}`);
    expect(section?.columns).toEqual(
      Object.fromEntries(
        Object.entries(one.columns).map(([name, column]) => [name, scaled(column, times)]),
      ),
    );
    expect(section?.errors).toEqual(
      one.errors.map((error) => ({ ...error, count: error.count * times })),
    );
    expect(section?.sizes).toEqual(
      one.sizes.map((size) => ({ ...size, count: size.count * times })),
    );
    expect(value?.summary.inputs[0]).toMatchObject({
      file: 'generated',
      bytes: HALF_GIB,
      tornBytes: 0,
    });

    expect(progress.length).toBeGreaterThan(5);
    for (let i = 1; i < progress.length; i++)
      expect(progress[i][0]).toBeGreaterThanOrEqual(progress[i - 1][0]);
    expect(progress.at(-1)).toEqual([HALF_GIB, HALF_GIB]);
    // Measured: 60 MB more, for buffers and the 8 MiB that the file consists of.
    expect(peak - before).toBeLessThan(256);
  });

  test('stops at an abort', async () => {
    const { error, later } = await call<Outcome & { later: number }>(
      'abort',
      path(EVENTS),
      HALF_GIB,
      {
        kind: 'io_event',
      },
    );
    expect(error?.name).toBe('AbortError');
    expect(later).toBe(0);
    await expect.poll(() => page.workers()).toEqual([]);
    expect(await call('abortedBefore', path(EVENTS), { kind: 'io_event' })).toMatchObject({
      error: { name: 'AbortError' },
    });
  });
});

describe('under a Content-Security-Policy', () => {
  const statistics = ({ engine: _, engineReason: _r, ...json }: SummaryJson) => json;

  test.each([
    ["script-src 'self'", 'js', /^WebAssembly SIMD is not available: .*Content Security Policy/],
    ["script-src 'self' 'wasm-unsafe-eval'", 'wasm-simd', null],
  ] as const)('%s the engine is %s', async (policy, engine, reason) => {
    const strict = await serve(policy);
    try {
      await openPage(`${strict.url}/`);
      const { value } = await call<Outcome>('summarize', path(REQUESTS), { kind: 'iocb' });
      const expected = await summarize(fixture(REQUESTS), { kind: 'iocb', name: REQUESTS });
      expect(value && statistics(value.summary)).toEqual(statistics(expected.toJSON()));
      const told = reason === null ? null : expect.stringMatching(reason);
      expect([value?.summary.engine, value?.engineReason]).toEqual([engine, told]);
      expect(await call('batches', path(EVENTS), { kind: 'io_event' })).toMatchObject({
        engine,
        engineReason: told,
      });
    } finally {
      strict.close();
    }
  });
});

test.each([
  [EVENTS, { kind: 'io_event', batchSize: 1000 }],
  ['case_vec.iocb88', { kind: 'iocb', layout: 'traced', batchSize: 333 }],
  [RING, { kind: 'aio_ring' }],
] as const)(
  "%s with %o gives the batches of Node on the page's own thread",
  async (name, options) => {
    const reader = open(fixture(name), options);
    const batches: object[] = [];
    for await (const { firstIndex, length, columns } of reader as AsyncIterable<RecordBatch>) {
      const values = Object.entries(columns).map(([column, array]) => [
        column,
        array.constructor.name,
        [...array].map(String),
      ]);
      batches.push({ firstIndex, length, values });
    }
    expect(batches.length).toBeGreaterThan(0);
    const { engine, engineReason, quality } = reader;
    expect(await call('batches', path(name), options)).toEqual({
      engine,
      engineReason,
      quality,
      sourceName: name,
      batches,
    });
  },
);
