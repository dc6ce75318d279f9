// Does aioscope report tell a person what a trace says, fit where it is shown, and draw in a browser without a network?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, type ReportJson } from '../src/node.ts';
import { launchChromium } from './support/chromium.ts';
import { aioscope, fixture, printed } from './support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BOTH = [fixture('sysbench_fileio.iocb88'), fixture('fio_nowait.ioev56')];

test('a paragraph says who did what, where and how, and how it went wrong', () => {
  const words = printed(['report', ...BOTH])
    .split('\n\n')[0]
    .replaceAll('\n', ' ');
  expect(words).toBe(
    'Pid 12989 read at random on fd 5 (15.8 % of the requests, mostly 16 KiB each); pid 12989 read at random on fd 4 ' +
      '(15.0 % of the requests, mostly 16 KiB each); pid 12989 read at random on fd 6 (14.9 % of the requests, mostly 16 KiB each); ' +
      'and 5 more of such streams. Of 4,096 completions 2,557 failed with EAGAIN.',
  );
});

test('the program stands for its pid where the envelope has its name', () => {
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
  const text = printed(['report', '--kind', 'iocb', '--layout', 'ebpf', '--section', 'pattern', '-'], { input });
  expect(text.replaceAll('\n', ' ')).toContain(
    'mariadbd wrote sequentially in runs of 144 KiB on fd 9 (100 % of the requests, mostly 16 KiB',
  );
});

test('what is no terminal gets lines of 80 characters, without colours', () => {
  const ring = ['used', 'pend'].map((state) => fixture(`fio_ring_threads.${state}.ring`));
  const text = printed(['report', ...BOTH, ...ring]);
  expect(text).toContain('…');
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text.includes('\u001b')).toBe(false);
});

test('sections are those that are asked for, in their order', () => {
  const text = printed(['report', '--section', 'alignment,pattern', ...BOTH]);
  expect(text.match(/^[a-z].*$/gm)).toEqual(expect.arrayContaining(['alignment', 'access pattern']));
  expect(text).not.toContain('\nsizes');
  expect(text.indexOf('\nalignment')).toBeLessThan(text.indexOf('\naccess pattern'));
});

test('a section that does not exist, and a file that does, are the command line’s fault', () => {
  expect(aioscope(['report', '--section', 'nonsense', BOTH[0]])).toMatchObject({ status: 2, stdout: '' });
  const file = join(folder, 'there.html');
  printed(['report', '--html', file, BOTH[0]]);
  expect(aioscope(['report', '--html', file, BOTH[0]])).toMatchObject({ status: 2, stdout: '' });
  expect(printed(['report', '--html', file, '--force', BOTH[0]])).toBe('');
});

test('--json has the files and the report, and parts of a trace are one trace', () => {
  const bytes = readFileSync(fixture('sysbench_fileio.iocb'));
  const whole = JSON.parse(printed(['report', '--json', '--kind', 'iocb', '-'], { input: bytes })) as { report: ReportJson };
  const twice = JSON.parse(printed(['report', '--json', fixture('sysbench_fileio.iocb'), fixture('sysbench_fileio.iocb')])) as {
    files: unknown[];
    report: ReportJson;
  };
  expect(twice.files).toHaveLength(2);
  expect(whole.report.submissions?.records).toBe(bytes.byteLength / 64);
  expect(twice.report.submissions?.records).toBe((2 * bytes.byteLength) / 64);
  expect(twice.report.submissions?.charts.index?.axis).toMatchObject({ from: '0', unit: 'record' });
});

test('nothing, and a torn record, are told', () => {
  const options = ['report', '--kind', 'iocb', '--layout', 'bare', '--endian', 'little', '-'];
  expect(printed(options, { input: new Uint8Array(0) })).toContain('There are no submissions.');
  expect(printed(options, { input: new Uint8Array(100) })).toContain('the last 36 bytes are no whole record');
});

describe('the HTML file', () => {
  const file = join(folder, 'report.html');
  printed(['report', '--html', file, ...BOTH]);
  const html = readFileSync(file, 'utf8');

  test('needs nothing besides itself, and runs nothing', () => {
    expect(html).not.toMatch(/https?:|<script|<link rel="(?!icon)|url\(|@import|src=/);
  });

  test('holds names of files as text', () => {
    const records = [{ aio_lio_opcode: 0, comm: '<img src=x>', pid: 3, aio_nbytes: 512n }];
    const input = encode(records, { kind: 'iocb', layout: 'ebpf' });
    const text = printed(['report', '--kind', 'iocb', '--layout', 'ebpf', '--html', '-', '-'], { input });
    expect(text).toContain('&#60;img src=x&#62;');
    expect(text).not.toContain('<img');
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
          return width > 200 && height > 50 && [...svg.querySelectorAll('path')].some((path) => path.getBBox().width > 0);
        })`;
        const charts = (await page.evaluate(drawn)) as boolean[];
        expect(charts.length).toBeGreaterThan(6);
        expect(charts).not.toContain(false);
        expect(await page.evaluate('performance.getEntriesByType("resource").length')).toBe(0);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
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
