// Is the finding that a situation from a public report calls for the first or the second, and is nothing wrong said?
import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reportText } from '../src/cli/report-text.ts';
import { report } from '../src/node.ts';
import { describeFinding } from '../src/words/findings.ts';
import { SECTIONS } from '../src/words/report.ts';

const FIXTURES = `${import.meta.dirname}/fixtures`;

interface Case {
  /** The folder in test/fixtures, and the beginning of the files' names if it has several. */
  readonly folder: string;
  readonly files?: string;
  /** The finding, and what its sentence says; none if nothing may be found. */
  readonly finding?: readonly [id: string, severity: string, text: RegExp];
  /** What is said nowhere in the whole report. */
  readonly never?: RegExp;
}

const CASES: readonly Case[] = [
  {
    folder: 'hung-requests',
    finding: [
      'hung',
      'error',
      /^136 of 5,\d+ requests .* 29\.9 s: 80 on fd 9, 56 on fd 12; they hang, or/,
    ],
    never: /refused [^0]|lost|lacks records/,
  },
  {
    folder: 'two-clocks',
    finding: ['two-clocks', 'warning', /the completions begin 1,699,999,000 s earlier/],
    never: /presumably refused|always refuses/,
  },
  {
    folder: 'microseconds',
    finding: ['time-unit', 'warning', /probably in microseconds/],
  },
  {
    folder: 'arm32',
    files: 'arm32-bad',
    finding: [
      'thirty-two-bit',
      'error',
      /^64 of 64 submissions .* 32-bit program with an unpadded/,
    ],
  },
  { folder: 'arm32', files: 'arm32-ok' },
  {
    folder: 'lost-records',
    files: 'lost05-data0',
    finding: [
      'lost',
      'warning',
      /0\.\d % of the submissions and 0\.\d % of the completions are missing/,
    ],
    never: /presumably refused|always refuses/,
  },
  {
    folder: 'duplicate-events',
    finding: ['duplicates', 'warning', /^2 of 2,\d+ completions duplicate the previous/],
  },
  {
    folder: 'pid-of-interrupted-task',
    finding: ['pids-differ', 'warning', /matched by iocb address alone/],
    never: /refused [^0]|no completion matches/,
  },
  {
    folder: 'polls-beside-disk',
    finding: ['parked-polls', 'note', /^440 polls completed .* 200 were still pending/],
    never: /hung|they hang/,
  },
  {
    folder: 'misaligned-offset',
    finding: ['misaligned', 'error', /512/],
  },
  {
    folder: '512-on-4kn',
    finding: ['misaligned', 'error', /4 KiB/],
  },
  {
    folder: 'nowait-all-eagain',
    finding: ['nowait-eagain', 'error', /1,000 of 1,000/],
    never: /normal|expected/,
  },
  {
    folder: 'empty-reads-inside',
    files: 'pread.',
    finding: ['empty-inside', 'error', /20 /],
    never: /as at end of file|at end of file$/,
  },
  {
    folder: 'empty-reads-inside',
    files: 'preadv.',
    finding: ['empty-inside', 'error', /20 /],
    never: /as at end of file|at end of file$/,
  },
  {
    folder: 'clamp-2gib',
    files: 'pwrite.',
    finding: ['clamped', 'warning', /22,675,456/],
  },
  {
    folder: 'clamp-2gib',
    files: 'pwritev.',
    finding: ['clamped', 'warning', /./],
  },
];

function filesOf({ folder, files = '' }: Case): string[] {
  const path = `${FIXTURES}/${folder}`;
  return readdirSync(path)
    .filter((file) => file.startsWith(files) && /\.(iocb88|ioev56)(\.gz)?$/.test(file))
    .map((file) => `${path}/${file}`);
}

test.each(CASES.map((each) => [`${each.folder} ${each.files ?? ''}`.trim(), each] as const))(
  '%s',
  async (_, each) => {
    expect(existsSync(`${FIXTURES}/${each.folder}`)).toBe(true);
    const files = filesOf(each);
    expect(files.length).toBeGreaterThan(0);
    const json = (await report(files)).toJSON();
    const findings = json.findings.map(describeFinding);
    const told = findings.slice(0, 2);
    if (each.finding === undefined) expect(findings).toEqual([]);
    else {
      const [id, severity, words] = each.finding;
      const found = told.find((finding) => finding.id === id);
      expect(found, JSON.stringify(told)).toMatchObject({ id, severity });
      expect(found?.text).toMatch(words);
    }
    const whole = reportText(json, files, SECTIONS, 80);
    if (each.never !== undefined) expect(whole).not.toMatch(each.never);
  },
);
