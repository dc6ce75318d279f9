// Does aioscope report describe a trace, fit the terminal, and draw in a browser without a network?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, type ReportJson } from '../src/node.ts';
import { launchChromium } from './support/chromium.ts';
import { aioscope, fixture, printed } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BOTH = [fixture('sysbench_fileio.iocb88'), fixture('fio_nowait.ioev56')];

test('the first screen: what was read, what matters, who did what', async () => {
  const words = (await printedHere(['report', '--section', 'rings', ...BOTH])).replaceAll(
    /\s+/g,
    ' ',
  );
  expect(words).toContain(
    'input sysbench_fileio.iocb88 (3,712 submissions), fio_nowait.ioev56 (4,096 completions)',
  );
  expect(words).toContain(
    'data no completion matches a submission: are the files of the same run?',
  );
  expect(words).toContain('error 2,557 of 4,096 requests failed with EAGAIN');
  expect(words).toContain('pid 12989 read 2,224');
});

test('the first screen of real captures has at most 25 lines of 80 columns', async () => {
  for (const name of ['fio_nowait', 'sysbench_fileio', 'qemu_bench_read', 'case_rwf', 'fio_eio']) {
    const files = ['iocb88', 'ioev56'].map((suffix) => fixture(`${name}.${suffix}`));
    const lines = (await printedHere(['report', '--section', 'rings', ...files])).split('\n');
    expect(lines.length).toBeLessThanOrEqual(26);
    const words = lines.filter((line) => !line.trim().startsWith('$ aioscope'));
    expect(Math.max(...words.map(({ length }) => length))).toBeLessThanOrEqual(80);
  }
});

test('--epoch gives times a date; its value may be left out, and a bad one is an error', async () => {
  const file = fixture('qemu_bench_read.iocb88');
  const spanOf = async (...args: string[]) =>
    /^span +(.*)$/m.exec(await printedHere(['report', '--section', 'rings', ...args]))?.[1];
  // The first record is at 2,677.741 s.
  expect(await spanOf('--epoch', '2026-11-29T12:00:00Z', file)).toBe(
    '244 ms from 2026-11-29 12:44:37.741 UTC',
  );
  expect(await spanOf('--epoch', '86400', file)).toBe('244 ms from 1970-01-02 00:44:37.741 UTC');
  expect(await spanOf('--epoch', file)).toBe('244 ms from 1970-01-01 00:44:37.741 UTC');
  expect(await spanOf(file)).toBe('244 ms');
  expect(await ran(['report', '--epoch=yesterday', file])).toMatchObject({ status: 2, stdout: '' });
});

test('findings prints them all, and its exit code says whether one is an error', async () => {
  const sides = (name: string) => [fixture(`${name}.iocb88`), fixture(`${name}.ioev56`)];
  const eio = await ran(['findings', ...sides('fio_eio')]);
  expect(eio.status).toBe(3);
  expect(eio.stdout).toMatch(
    /^error +266 of 556 requests failed with EIO: .*\n +\$ aioscope match /,
  );
  expect(await ran(['findings', ...sides('case_vec')])).toMatchObject({
    status: 0,
    stdout: 'no findings\n',
  });
  const json = JSON.parse(await printedHere(['report', '--json', ...sides('fio_eio')]));
  expect(JSON.parse((await ran(['findings', '--json', ...sides('fio_eio')])).stdout)).toEqual({
    findings: json.findings,
  });
  expect(json.findings[0]).toMatchObject({ id: 'failed', next: { command: 'match' } });
});

test('matched files have depth, latency and expected errors in text, JSON and HTML', async () => {
  const files = ['iocb88', 'ioev56'].map((suffix) => fixture(`fio_nowait.${suffix}`));
  const text = (await printedHere(['report', '--section', 'latency', ...files])).replaceAll(
    '\n',
    ' ',
  );
  expect(text).toContain('2,557 of 4,096 (62.4 %) RWF_NOWAIT reads failed with EAGAIN');
  expect(text).toMatch(/4,096 pairs: median queue depth 8, .* PREAD .* per cell, log scale/);
  const report = JSON.parse(await printedHere(['report', '--json', ...files])) as ReportJson;
  expect(report.matched?.figures).toMatchObject({
    matched: 4096,
    depth: { max: 8 },
    latencyNs: { p50: expect.any(String) },
  });
  expect(await printedHere(['report', '--html', '-', ...files])).toContain('Latency over time');
});

test('with conditions the first line says what they select', async () => {
  const files = ['iocb88', 'ioev56'].map((suffix) => fixture(`fio_nowait.${suffix}`));
  const report = async (...args: string[]) =>
    (await printedHere(['report', ...args, ...files])).replaceAll(/\s+/g, ' ');
  expect(await report('--where', 'aio_lio_opcode=PREAD', '--section', 'results,time')).toMatch(
    /^where +aio_lio_opcode=PREAD: [\d,]+ of 4,096 submissions, all 4,096 completions, [\d,]+ of 4,096 pairs input .* results of all completions .* completions: all /,
  );
  expect(await report('--where', 'latency>2ms,res>0', '--section', 'results')).toMatch(
    /^where +latency>2ms,res>0: all 4,096 submissions, 1,539 of 4,096 completions \(by res\), [\d,]+ of 4,096 pairs; conditions on latency apply to pairs only .* results of completions selected by res /,
  );
  expect(await report('--where', 'pid>0', '--section', 'results')).toMatch(
    /^where +pid>0: 4,096 of 4,096 submissions, 4,096 of 4,096 completions, 4,096 of 4,096 pairs /,
  );
  expect(await report('--where', 'latency>2ms', '--html', '-')).toMatch(
    /<td>where<\/td><td>latency&(gt|#62);2ms: all 4,096 submissions, all 4,096 completions, /,
  );
});

describe('a line gives the reason if files are not matched', () => {
  const [iocb, ioev] = ['iocb88', 'ioev56'].map((suffix) => fixture(`fio_nowait.${suffix}`));
  const dim = (args: string[], input?: Uint8Array) =>
    /not matched: (.*?)\n\n/s
      .exec(printed(['report', ...args], input && { input }))?.[1]
      .replaceAll(/\s+/g, ' ');

  test('copies, standard input, and records without an address', () => {
    expect(dim([iocb, iocb, ioev])).toMatch(
      /has records that are in another too: copies would count twice/,
    );
    expect(dim([iocb, '-'], readFileSync(ioev))).toBe('standard input can be read only once');
    expect(dim([fixture('fio_nowait.iocb'), ioev])).toMatch(
      /^the submissions are bare records, without addr/,
    );
    expect(dim([iocb])).toBeUndefined();
  });

  test('a time with + counts from one start, for both files and their pairs', async () => {
    const { submissions, completions, matched } = JSON.parse(
      await printedHere(['report', '--json', '--from', '+200ms', '--to', '+400ms', iocb, ioev]),
    ) as ReportJson;
    const begun = BigInt(matched?.figures.time?.from ?? 0);
    expect(matched?.figures.time).toMatchObject({ from: expect.any(String) });
    expect(matched?.figures.quality.records).toBeGreaterThan(
      (submissions?.records ?? 0) + (completions?.records ?? 0),
    );
    expect(submissions?.records).toBe(
      (matched?.figures.matched ?? 0) + (matched?.figures.unmatchedSubmissions ?? 0),
    );
    expect(completions?.records).toBe(
      (matched?.figures.matched ?? 0) + (matched?.figures.unmatchedCompletions ?? 0),
    );
    const same = JSON.parse(
      await printedHere(['report', '--json', '--from', `${begun}`, iocb, ioev]),
    ) as ReportJson;
    expect(same.matched?.figures.time?.from).toBe(`${begun}`);
    const piped = aioscope(['report', '--from', '+1s', '-', ioev], { input: readFileSync(iocb) });
    expect(piped).toMatchObject({ status: 2, stdout: '' });
    expect(piped.stderr).toContain('- cannot be read twice');
  });
});

test('the program is named instead of its pid where the envelope has its name', () => {
  const records = Array.from({ length: 9 }, (_, i) => ({
    ts: BigInt(i),
    pid: 5,
    comm: 'mariadbd',
    aio_lio_opcode: 1,
    aio_fildes: 9,
    aio_nbytes: 16384n,
    aio_offset: BigInt(i) * 16384n,
  }));
  const input = encode(records, { kind: 'iocb', layout: 'ebpf' });
  const text = printed(
    ['report', '--kind', 'iocb', '--layout', 'ebpf', '--section', 'pattern', '-'],
    { input },
  );
  expect(text).toMatch(/^mariadbd +write +9 .* 16 KiB +sequential$/m);
});

test('output to a file has lines of 80 characters, without colors', async () => {
  const ring = ['used', 'pend'].map((state) => fixture(`fio_ring_threads.${state}.ring`));
  const text = await printedHere(['report', ...BOTH, ...ring]);
  expect(text).toContain('…');
  // But for commands to copy.
  const lines = text.split('\n').filter((line) => !line.includes(' aioscope findings '));
  expect(lines.filter((line) => line.length > 80 && !line.includes('$ aioscope'))).toEqual([]);
  expect(text.includes('\u001b')).toBe(false);
});

test('--section selects sections, which keep their order', async () => {
  const text = await printedHere(['report', '--section', 'alignment,pattern', ...BOTH]);
  expect(text.match(/^[a-z].*$/gm)).toEqual(
    expect.arrayContaining(['alignment for O_DIRECT', 'access pattern']),
  );
  expect(text).not.toContain('\nsizes');
  expect(text.indexOf('\nalignment')).toBeLessThan(text.indexOf('\naccess pattern'));
});

test('an unknown section and an existing output file are errors of the command line', async () => {
  expect(await ran(['report', '--section', 'nonsense', BOTH[0]])).toMatchObject({
    status: 2,
    stdout: '',
  });
  const file = join(folder, 'there.html');
  await printedHere(['report', '--html', file, BOTH[0]]);
  expect(await ran(['report', '--html', file, BOTH[0]])).toMatchObject({ status: 2, stdout: '' });
  expect(await printedHere(['report', '--html', file, '--force', BOTH[0]])).toBe('');
});

test('--json is the report, and parts of a trace are merged', async () => {
  const bytes = readFileSync(fixture('sysbench_fileio.iocb'));
  const whole = JSON.parse(
    printed(['report', '--json', '--kind', 'iocb', '-'], { input: bytes }),
  ) as ReportJson;
  const twice = JSON.parse(
    await printedHere([
      'report',
      '--json',
      fixture('sysbench_fileio.iocb'),
      fixture('sysbench_fileio.iocb'),
    ]),
  ) as ReportJson;
  expect(twice.inputs).toHaveLength(2);
  expect(whole.submissions?.records).toBe(bytes.byteLength / 64);
  expect(twice.submissions?.records).toBe((2 * bytes.byteLength) / 64);
  expect(twice.submissions?.charts.index?.axis).toMatchObject({ from: '0', unit: 'record' });
});

test('an empty file and a partial record are reported', () => {
  const options = ['report', '--kind', 'iocb', '--layout', 'bare', '--endian', 'little', '-'];
  expect(printed(options, { input: new Uint8Array(0) })).toContain('(0 submissions)');
  expect(printed(options, { input: new Uint8Array(100) })).toContain(
    '- ends in a partial record: 36 bytes at byte 64',
  );
});

describe('the HTML file', async () => {
  const file = join(folder, 'report.html');
  await printedHere(['report', '--html', file, ...BOTH]);
  const html = readFileSync(file, 'utf8');

  test('refers to no other files and runs no scripts', () => {
    expect(html).not.toMatch(/https?:|<script|<link rel="(?!icon)|url\(|@import|src=/);
  });

  test('has only the chosen sections', async () => {
    const part = await printedHere(['report', '--section', 'latency', '--html', '-', ...BOTH]);
    const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, h]) => h);
    expect(headings(html)).toEqual(expect.arrayContaining(headings(part)));
    expect(headings(html)).toContain('Access pattern');
    expect(headings(part)).toEqual(['Latency and queue depth', 'Files']);
  });

  test('escapes names', () => {
    const comm = '<img src=x>\u202e\x1b';
    const records = [{ aio_lio_opcode: 0, comm, pid: 3, aio_nbytes: 512n }];
    const input = encode(records, { kind: 'iocb', layout: 'ebpf' });
    const text = printed(['report', '--kind', 'iocb', '--layout', 'ebpf', '--html', '-', '-'], {
      input,
    });
    expect(text).toContain('&#60;img src=x&#62;');
    expect(text).not.toContain('<img');
    expect(text).toContain('src=x&#62;\\u{202e}\\x1b');
    expect(['\u202e', '\x1b'].filter((sign) => text.includes(sign))).toEqual([]);
  });

  test('draws in light and in dark, wide and on a phone', async () => {
    const browser = await launchChromium();
    try {
      const papers: unknown[] = [];
      for (const [width, colorScheme] of [
        [1100, 'light'],
        [390, 'dark'],
      ] as const) {
        const page = await browser.newPage({ viewport: { width, height: 900 } });
        const wrong: string[] = [];
        page.on('pageerror', ({ message }) => wrong.push(message));
        page.on('console', (message) => wrong.push(message.text()));
        await page.emulateMedia({ colorScheme });
        await page.goto(`file://${file}`);
        const drawn = `[...document.querySelectorAll('svg')].map((svg) => {
          const { width, height } = svg.getBoundingClientRect();
          const paths = [...svg.querySelectorAll('path')];
          return width > 200 && height > 50 && paths.some((path) => path.getBBox().width > 0);
        })`;
        const charts = (await page.evaluate(drawn)) as boolean[];
        expect(charts.length).toBeGreaterThan(6);
        expect(charts).not.toContain(false);
        expect(await page.evaluate('performance.getEntriesByType("resource").length')).toBe(0);
        expect(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
        ).toBeLessThanOrEqual(0);
        papers.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
        expect(wrong).toEqual([]);
        await page.close();
      }
      expect(papers).toEqual(['rgb(255, 255, 255)', 'rgb(15, 19, 24)']);
    } finally {
      await browser.close();
    }
  }, 300_000);
});
