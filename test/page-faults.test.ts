// Does the page say what is wrong with files, names, workers and policies, and go on afterwards?
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { report } from '../src/node.ts';
import type { Tab } from './support/browsers.ts';
import { fixture } from './support/cli.ts';
import { inBrowsers } from './support/in-browsers.ts';
import { chosen, stateOf, textOf, viewed } from './support/page-site.ts';
import { serve } from './support/site.ts';

const EVENTS = fixture('fio_nowait.ioev');
const BOTH = ['case_rwf.iocb88', 'case_rwf.ioev56'].map(fixture);
const HOSTILE = '<img src=x onerror=pwned=1>';
const NAMES = [
  `${HOSTILE}.ioev`,
  'a\u202eveoi.gpj.ioev',
  'two\nlines\u2028.ioev',
  `${'n'.repeat(200)}.ioev`,
  '[object Object]__proto__.ioev',
];
const VIEWS = ['overview', 'time', 'requests', 'records', 'latency', 'race'];

const query = (selector: string) => `document.querySelector(${JSON.stringify(selector)})`;

const withoutEngine = (json: string): unknown =>
  JSON.parse(json, (key, value) => (/^engine(Reason)?$/.test(key) ? undefined : value));

inBrowsers([], (here) => {
  const { name, open, written } = here;
  let tab: Tab;
  beforeAll(() => {
    if (here.lack === undefined) tab = here.tab;
  });
  /** A file of zeros after some records, long enough to be stopped. */
  const sparse = (file: string): string => {
    const path = written(file, readFileSync(EVENTS));
    truncateSync(path, 8 * 2 ** 30);
    return path;
  };
  const PNG = Buffer.from(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489',
    'hex',
  );
  test.each([
    [
      'package.json',
      readFileSync(fixture('../../../package.json')),
      /package\.json: not recognized/,
    ],
    ['a.png', Buffer.concat([PNG, randomBytes(4000)]), /a\.png: /],
    ['empty.ioev', Buffer.alloc(0), /empty\.ioev/],
    ['cut.gz', readFileSync(fixture('sysbench_fileio.ioev56.gz')).subarray(0, 3000), /cut\.gz: /],
  ] as const)('%s is refused by name, and the next file is read', async (file, bytes, message) => {
    const { fault } = await chosen(tab, [written(file, bytes)]);
    expect(fault?.message).toMatch(message);
    expect(await textOf(tab, 'fault')).toContain(fault?.message.slice(0, 40));
    const { result, fault: next } = await chosen(tab, [EVENTS]);
    expect([next, result.report.inputs[0].records]).toEqual([null, 4096]);
  });

  test('a file that ends within a record is read up to there, and the page says so', async () => {
    const path = written('torn.ioev', readFileSync(EVENTS).subarray(0, -5));
    const { result, fault } = await chosen(tab, [path]);
    expect(fault).toBe(null);
    expect(result.summary.inputs[0]).toMatchObject({ records: 4095, tornBytes: 27 });
    expect(await tab.evaluate('document.querySelector("main").innerText')).toMatch(/27 (bytes|B)/);
  });

  test('names of files are only text, and no view is wider for them', async () => {
    const paths = NAMES.map((each) => written(each, readFileSync(EVENTS)));
    await tab.resize(390, 800);
    const { files } = await chosen(tab, paths);
    expect(files.map((each) => each.name).sort()).toEqual([...NAMES].sort());
    for (const [i, view] of VIEWS.entries()) {
      await tab.press(String(i + 1));
      await tab.until(`aioscope.session().view === '${view}'`);
      const seen = await tab.evaluate<{ text: string; wide: number; images: number }>(`({
        text: document.body.innerText,
        wide: document.scrollingElement.scrollWidth,
        images: document.images.length,
      })`);
      expect(seen.text, view).not.toMatch(/[\u202a-\u202e\u2028]/);
      expect(seen.images, view).toBe(0);
      expect(seen.wide, view).toBeLessThanOrEqual(390);
    }
    await tab.press('1');
    expect(await textOf(tab, 'files')).toContain(HOSTILE);
    expect(await textOf(tab, 'files')).toContain('a\\u{202e}veoi');
    expect(await tab.evaluate('globalThis.pwned === undefined')).toBe(true);
    await tab.resize(1280, 900);
  });

  /** Gives the first file another kind, looks at the preview, and reads it. */
  const correct = async (kind: string, field: string): Promise<number> => {
    await tab.click('[data-figure="file"] button');
    await tab.until(`${query('[data-figure="file"] select')} !== null`);
    await tab.evaluate(`(() => {
      const select = ${query('[data-figure="file"] select')};
      select.value = '${kind}';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    })()`);
    await tab.until(`${query('[data-figure="format-preview"]')}?.innerText.includes('${field}')`);
    const rows = `document.querySelectorAll('[data-figure="format-preview"] tbody tr').length`;
    const previewed = await tab.evaluate<number>(rows);
    await tab.click('[data-figure="file"] button[type="submit"]');
    await tab.until(`aioscope.session().isDone && aioscope.session().files[0].kind === '${kind}'`);
    return previewed;
  };

  test.each([
    ['io_event', 'res2', fixture('case_sync.iocb')],
    ['iocb', 'aio_lio_opcode', EVENTS],
  ] as const)(
    'noise and another kind are read as %s if they are said to be',
    async (kind, field, other) => {
      const noise = written('noise.bin', randomBytes(2 ** 20));
      for (const path of [noise, other]) {
        await chosen(tab, [path]);
        expect(await correct(kind, field)).toBe(3);
        const given = { kind, layout: 'record', endian: 'little' } as const;
        const found = JSON.parse(JSON.stringify(await report(readFileSync(path), given)));
        const { inputs: _, findings: _f, ...counted } = (await stateOf(tab)).result.report;
        const { inputs: _i, findings: _s, ...expected } = found;
        expect(counted).toEqual(expected);
      }
    },
  );

  /** Chooses a long file, and waits for its first results. */
  const begun = async (file: string): Promise<void> => {
    await tab.choose([sparse(file)]);
    await tab.until(`(({ files, result }) =>
      files[0]?.name === '${file}' && result !== null)(aioscope.session())`);
  };

  test('reading is stopped, and what was read stays', async () => {
    await begun('long.ioev');
    await tab.click('[data-figure="progress"] button');
    await tab.until(
      `document.querySelector('[data-figure="progress"]').innerText.includes('Stopped')`,
    );
    const { isDone, result, fault } = await stateOf(tab);
    expect([isDone, fault]).toEqual([false, null]);
    expect(result.report.inputs[0].records).toBeGreaterThan(4096);
    await tab.press('4');
    await tab.until(`/\\d/.test(document.querySelector('.row.selected .cell + .cell')?.innerText)`);
    await chosen(tab, BOTH);
  });

  test('a tab that is closed while it reads stops reading', async () => {
    const served = await viewed(sparse('served.ioev'));
    const own = await open(served.url);
    await own.until('aioscope.session().result !== null');
    expect(await own.wrong()).toEqual([]);
    await own.close();
    const again = await open(served.url);
    await again.until('aioscope.session().result !== null');
    await again.close();
    expect(served.said()).not.toMatch(/warning|error/);
    served.close();
  });

  test('a served file that changes is not read on', async () => {
    const path = written('growing.ioev', readFileSync(EVENTS));
    const served = await viewed(path);
    const own = await open(served.url);
    await own.until('aioscope.session().isDone');
    appendFileSync(path, Buffer.alloc(32));
    await own.press('4');
    await own.until(`document.querySelector('main').innerText.includes('changed')`);
    expect(await own.evaluate('document.querySelector("main").innerText')).toMatch(
      /growing\.ioev: .*file changed since it was chosen/,
    );
    await own.close();
    served.close();
  });

  test('a chosen file that changes is not read on', async ({ skip }) => {
    skip(name === 'firefox', 'Firefox reads a changed file without an error');
    const path = written('chosen.ioev', readFileSync(EVENTS));
    await chosen(tab, [path]);
    appendFileSync(path, Buffer.alloc(32));
    await tab.press('4');
    await tab.until(`document.querySelector('main').innerText.includes('changed')`);
    expect(await tab.evaluate('document.querySelector("main").innerText')).toMatch(
      /chosen\.ioev: the file changed since it was chosen/,
    );
    await tab.press('1');
    await chosen(tab, BOTH);
  });

  test('a worker that is killed is missed, and the next file is read', async ({ skip }) => {
    skip(name === 'firefox', 'only Chromium lets a test end a worker');
    await begun('killed.ioev');
    await tab.killWorkers('analysis');
    await tab.until('aioscope.session().fault !== null', 30_000);
    expect((await stateOf(tab)).fault).toMatchObject({
      code: 'AIOSCOPE_WORKER',
      message: expect.stringContaining('silent'),
    });
    const { result } = await chosen(tab, BOTH);
    expect(result.report.engine).toBe('wasm-simd');
  });

  test('where WebAssembly is refused, JavaScript counts the same, and the page says so', async () => {
    const strict = await serve("script-src 'self'");
    const own = await open(`${strict.url}/dist/page/index.html`);
    const { result, fault } = await chosen(own, BOTH);
    expect(fault).toBe(null);
    expect(result.report.engine).toBe('js');
    const expected = JSON.stringify(await report(BOTH)).replaceAll(fixture(''), '');
    expect(withoutEngine(JSON.stringify(result.report))).toEqual(withoutEngine(expected));
    expect(await textOf(own, 'engine')).toMatch(/JavaScript engine counted.*WebAssembly/s);
    await own.close();
    strict.close();
  });
});
