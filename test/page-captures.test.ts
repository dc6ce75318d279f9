// Do the numbers of the page equal those of the commands on every capture, in Chromium and in Firefox?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ReportJson } from '../src/node.ts';
import { shownText } from '../src/page/views/parts/words.tsx';
import { describeFinding } from '../src/words/findings.ts';
import { overview } from '../src/words/overview.ts';
import { processSections } from '../src/words/process-table.ts';
import type { Section } from '../src/words/section.ts';
import { summarySections } from '../src/words/summary.ts';
import { lackOf, type PageBrowser, startBrowser, type Tab } from './support/browsers.ts';
import { rings, shipped } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { chosen, SETTLED, stateOf, viewed } from './support/page-site.ts';
import { packed } from './support/traces.ts';

const TRACE = fileURLToPath(new URL('fixtures/case_rwf.trace', import.meta.url));

interface Numbers {
  readonly report: ReportJson;
  readonly [command: string]: object | undefined;
}

/** Files that are opened together. */
interface FileSet {
  readonly label: string;
  readonly paths: readonly string[];
  /** Whether one browser is enough. */
  readonly isOnce?: boolean;
}

const pathOf = (label: string) => shipped.find((each) => each.label === label)?.path;

/** In Firefox, captures of every kind, and those of bare records in Chromium alone. */
const IN_BOTH = /^(case_poll|case_rwf|case_vec|fio_eio|sysbench_fileio)[.]iocb88$/;
const BARE = /^(case_rwf|case_vec|fio_eio)[.]iocb$/;
const pairs = shipped.flatMap(({ label, path }): FileSet[] => {
  const completions = pathOf(label.replace(/iocb(88)?$/, (_, has) => (has ? 'ioev56' : 'ioev')));
  if (!(/iocb88$/.test(label) || BARE.test(label)) || completions === undefined) return [];
  return [
    {
      label: `${label} and its completions`,
      paths: [path, completions],
      isOnce: !IN_BOTH.test(label),
    },
  ];
});
const alone = ['fio_nowait.iocb', 'case_sync.ioev', 'case_vec.iocb88', 'case_rwf.ioev56'].map(
  (label) => ({ label, paths: [fixture(label)], isOnce: true }),
);
const images = rings
  .filter(({ label }, i, all) => all.findIndex((each) => each.label === label) === i)
  .map(({ label, path }) => ({ label, paths: [path], isOnce: !/wrap|pend/.test(label) }));
const other = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const compressed = [
  {
    label: 'gzip',
    paths: [fixture('sysbench_fileio.iocb88.gz'), fixture('sysbench_fileio.ioev56.gz')],
  },
  { label: 'zstd of iocb', paths: [other('case_vec.iocb.zst')] },
  { label: 'zstd of io_event', paths: [other('case_rwf.frames.ioev.zst')] },
];
const mixed = [
  {
    label: 'submissions and images of rings',
    paths: ['qemu_bench_read.iocb88', 'qemu_bench_read.pend.ring', 'qemu_bench_read.wrap.ring'].map(
      fixture,
    ),
  },
];

const COMMANDS = {
  report: ['report', '--json'],
  summary: ['summary', '--json'],
  check: ['check', '--json'],
  match: ['match', '--slowest', '20', '--json'],
} as const;
const expected = new Map<string, Numbers>();

/** What the commands print of files, with names without folders as the page has them. */
async function numbersOf(paths: readonly string[]): Promise<Numbers> {
  const key = paths.join('\n');
  const known = expected.get(key);
  if (known !== undefined) return known;
  const numbers: Record<string, object> = {};
  const folder = `${dirname(paths[0])}/`;
  for (const [name, args] of Object.entries(COMMANDS)) {
    const { stdout, stderr } = await ran([...args, ...paths]);
    // The command adds findings to a match; the page has them in its report.
    const { findings, ...json } = stdout === '' ? {} : JSON.parse(stdout.replaceAll(folder, ''));
    if (stdout !== '') numbers[name] = name === 'match' ? json : { ...json, findings };
    else if (name !== 'match') throw new Error(stderr);
  }
  expected.set(key, numbers as Numbers);
  return numbers as Numbers;
}

/** The page leaves the words of findings to its views. */
function described(result: Numbers): Numbers {
  const { report } = result;
  return { ...result, report: { ...report, findings: report.findings.map(describeFinding) } };
}

/** All words of sections but those beyond the first rows of tables. */
const wordsOf = (sections: readonly Section[]): string[] =>
  sections
    .flatMap(({ parts }) => parts)
    .flatMap((part) => {
      if (part.kind === 'text') return [part.text];
      if (part.kind === 'list') return part.items.flatMap(({ name, text }) => [name, text]);
      return part.kind === 'table' ? part.rows.slice(0, 24).flat() : [];
    })
    .map((words) => shownText(words).toLowerCase());

describe.each(['chromium', 'firefox'] as const)('in %s', (name) => {
  const lack = lackOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-page-captures-'));
  let browser: PageBrowser | undefined;
  let site: Awaited<ReturnType<typeof viewed>> | undefined;
  let tab: Tab;
  beforeAll(async () => {
    if (lack !== undefined) return;
    site = await viewed();
    browser = await startBrowser(name);
    tab = await browser.open(site.url);
  }, 300_000);
  beforeEach(({ skip }) => skip(lack !== undefined, lack));
  afterAll(async () => {
    await browser?.close();
    site?.close();
    rmSync(folder, { recursive: true });
  });

  const sets: readonly FileSet[] = [...pairs, ...images, ...compressed, ...mixed, ...alone];
  test.each(sets.filter(({ isOnce }) => name === 'chromium' || isOnce !== true))(
    '$label: every number',
    async ({ paths }) => {
      const { result, fault, files } = await chosen(tab, paths);
      expect(fault).toBe(null);
      expect(files.map((file) => file.name).sort()).toEqual(
        paths.map((path) => basename(path)).sort(),
      );
      expect(described(result)).toEqual(await numbersOf(paths));
      expect(await tab.wrong()).toEqual([]);
    },
  );

  test('words and figures of what is shown are those of the numbers', async () => {
    const paths = ['case_rwf.iocb88', 'case_rwf.ioev56'].map(fixture);
    const { result } = await chosen(tab, paths);
    const [, ...counts] = summarySections(result.summary);
    const figures = {
      overview: [overview(result.report)],
      processes: processSections(result.report, true),
      summary: counts,
    };
    for (const [figure, sections] of Object.entries(figures)) {
      const words = wordsOf(sections);
      expect(words.length).toBeGreaterThan(5);
      const text = await tab.evaluate<string>(
        `document.querySelector('[data-figure="${figure}"]').textContent.toLowerCase()`,
      );
      for (const each of words) expect(text).toContain(each);
    }
  });

  test('a trace in a folder, as `aioscope view` serves it', async () => {
    const served = await viewed(TRACE);
    const own = await browser?.open(served.url);
    if (own === undefined) throw new Error('no tab');
    await own.until(SETTLED);
    const { result, fault } = await stateOf(own);
    expect(fault).toBe(null);
    expect(described(result)).toEqual(await numbersOf([TRACE]));
    expect(await own.wrong()).toEqual([]);
    await own.close();
    served.close();
  });

  test('a packed trace', async () => {
    const path = await packed(TRACE, join(folder, 'case_rwf.aiotrace'));
    const { result, fault } = await chosen(tab, [path]);
    expect(fault).toBe(null);
    expect(described(result)).toEqual(await numbersOf([path]));
  });

  test('a trace in a folder that was chosen', async ({ skip }) => {
    skip(name === 'firefox', 'WebDriver BiDi gives Firefox no folders');
    const own = await browser?.open(site?.url ?? '');
    if (own === undefined) throw new Error('no tab');
    const { result, fault } = await chosen(own, [TRACE], 'choose-folder');
    expect(fault).toBe(null);
    expect(described(result)).toEqual(await numbersOf([TRACE]));
    await own.close();
  });
});
