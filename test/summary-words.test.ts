// Does the text of a summary open with what people ask, and leave the rest to --all?
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type EncodableRecord, encode, summarize } from '../src/node.ts';
import type { Section } from '../src/words/section.ts';
import { summarySections } from '../src/words/summary.ts';
import { fixture } from './support/cli.ts';
import { printedHere } from './support/cli-here.ts';

const summaryOf = async (...files: string[]): Promise<string> =>
  printedHere(['summary', '--engine', 'js', ...files.map(fixture)]);

/** The lines of the section of a title, without it. */
const sectionOf = (text: string, title: string): string[] | undefined =>
  text
    .split('\n\n')
    .find((block) => block.startsWith(`${title}\n`))
    ?.split('\n')
    .slice(1);

/** The parts of the sections of made-up submissions, by title. */
async function partsOf(records: readonly EncodableRecord[]): Promise<Map<string, unknown>> {
  const summary = await summarize(encode(records, { kind: 'iocb' }), { kind: 'iocb' });
  const sections: readonly Section[] = summarySections(summary.toJSON());
  return new Map(sections.map(({ title = '', parts }) => [title, parts]));
}

test('it begins with the inputs, then a sentence per kind, then tables from opcodes on', async () => {
  const text = await summaryOf('fio_eio.iocb88', 'fio_eio.ioev56');
  const [inputs, lead, ...blocks] = text.split('\n\n');
  expect(inputs.split('\n').length).toBe(2);
  expect(lead.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
    ...['submissions', 'submitted', 'offsets', 'completions', 'results', 'completed'],
  ]);
  expect(lead).toMatch(/^submissions {2}556 on 1 descriptor by pid \d+: 4 MiB to read\n/);
  expect(lead).toContain(
    'completions  556: 290 succeeded (52.2 %), 266 failed\nresults      2 MiB in all\n',
  );
  expect(blocks.map((block) => block.split('\n')[0])).toEqual([
    ...['opcodes', 'errors', 'sizes', 'descriptors'],
    '--all adds every row, and the minimum, maximum and sum of every column',
  ]);
  expect(sectionOf(text, 'errors')?.[1]).toMatch(/^ {2}EIO +5 +266 +47.8 %$/);
});

test('sizes are exact, by direction, and those of odd lengths by powers of two', async () => {
  const text = await summaryOf('case_rwf.iocb', 'case_rwf.ioev');
  expect(sectionOf(text, 'sizes')).toEqual([
    '           size  reads   share  writes   share  results   share',
    '            0 B      –               –               11   3.6 %',
    '  64 B … <128 B      1   0.4 %       1   0.5 %        1   0.3 %',
    '          4 KiB    232  99.6 %     192  99.5 %      293  96.1 %',
  ]);
});

test('flags have their names, the most frequent first', async () => {
  const flags = sectionOf(await summaryOf('case_rwf.iocb'), 'aio_rw_flags');
  expect(flags?.[1]).toMatch(/^ +66 +15.5 % +0x8 {2}RWF_NOWAIT$/);
  expect(flags).toContainEqual(expect.stringMatching(/ 0x16 {2}RWF_DSYNC\|RWF_SYNC\|RWF_APPEND$/));
  expect(flags).toContainEqual(expect.stringMatching(/ 0x200 {2}undefined bits 0x200$/));
});

test('priorities and eventfds count where their flag is set, as in a real capture', async () => {
  const text = await summaryOf('case_resfd.iocb');
  expect(sectionOf(text, 'priorities')?.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['class', 'level', 'count', 'share'],
    ['IOPRIO_CLASS_INVALID', '0', '1', '<0.1 %'],
    ['IOPRIO_CLASS_NONE', '0', '1', '<0.1 %'],
    ['IOPRIO_CLASS_RT', '7', '1', '<0.1 %'],
    ['IOPRIO_CLASS_BE', '4', '1', '<0.1 %'],
    ['IOPRIO_CLASS_IDLE', '0', '1', '<0.1 %'],
    ['2 with aio_reqprio but no IOCB_FLAG_IOPRIO: Linux ignores the priority'],
  ]);
  expect(sectionOf(text, 'eventfds')?.[1]).toMatch(/^ +5 +600 +49.6 %$/);
});

test('a priority has its class, level and hint', async () => {
  const priority = (aio_reqprio: number, aio_flags = 2) => ({ aio_reqprio, aio_flags });
  const records = [priority(0x4004), priority(0x4004), priority(0x401c), priority(0x6000, 0)];
  const parts = await partsOf(records);
  expect(parts.get('priorities')).toEqual([
    {
      kind: 'table',
      heads: ['class', 'level', 'hint', 'count', 'share'],
      rows: [
        ['IOPRIO_CLASS_BE', '4', 'IOPRIO_HINT_NONE', '2', '50 %'],
        ['IOPRIO_CLASS_BE', '4', 'IOPRIO_HINT_DEV_DURATION_LIMIT_3', '1', '25 %'],
      ],
      textColumns: [0, 2],
    },
    {
      kind: 'text',
      text: '1 with aio_reqprio but no IOCB_FLAG_IOPRIO: Linux ignores the priority',
    },
  ]);
});

test('of many sizes the most frequent are listed if they make up most, else powers of two', async () => {
  const reads = (sizes: readonly number[]) => sizes.map((aio_nbytes) => ({ aio_nbytes }));
  const spread = Array.from({ length: 40 }, (_, i) => 512 * (i + 1));
  const labels = async (sizes: readonly number[]) => {
    const [part] = (await partsOf(reads(sizes))).get('sizes') as [{ bars: { label: string }[] }];
    return part.bars.map(({ label }) => label);
  };
  const common = Array<number>(960).fill(4096);
  expect(await labels([...spread, ...common])).toHaveLength(16);
  expect((await labels([...spread, ...common])).at(-1)).toBe('25 others');
  expect(await labels(spread)).toEqual([
    ...['512 B … <1 KiB', '1 KiB … <2 KiB', '2 KiB … <4 KiB', '4 KiB … <8 KiB'],
    ...['8 KiB … <16 KiB', '16 KiB … <32 KiB'],
  ]);
});

test('of a trace it has the processes, files and the number of refused submissions', async () => {
  const text = await printedHere(['summary', 'test/fixtures/case_rwf.trace']);
  expect(text).toContain('\nrefused      96 more, by io_submit: report and check describe them\n');
  const descriptors = sectionOf(text, 'descriptors');
  expect(descriptors?.[0]).toMatch(/ fd .*requested/);
});

test('of a ring it has what was not reaped yet, and what is left of the rest', async () => {
  const text = await summaryOf('qemu_bench_read.wrap.ring');
  expect(text).toContain(
    '\ncompletions  1 not reaped yet: 1 succeeded (100 %), 0 failed\nresults      4 KiB in all\n' +
      'reaped       2,174 still in the ring: 2,174 succeeded (100 %), 0 failed\n',
  );
});

test('results of polls are not called bytes where submissions say so', async () => {
  expect(await summaryOf('case_poll.iocb', 'case_poll.ioev')).toContain(
    '\n  results of POLL are event masks, not bytes\n',
  );
});

describe('--all', () => {
  const files = ['case_resfd.iocb88', 'case_resfd.ioev56'];

  test('adds the columns of both kinds, with the sums of pointers', async () => {
    const short = await summaryOf(...files);
    const long = await printedHere(['summary', '--all', ...files.map(fixture)]);
    expect(short).not.toContain('columns of');
    expect(sectionOf(long, 'columns of iocb')).toHaveLength(17);
    expect(sectionOf(long, 'columns of io_event')).toContainEqual(
      '  obj   140736132732144  140736132732720  169727776075388064',
    );
    expect(long).not.toContain('--all');
  });

  test('leaves JSON as it is', async () => {
    const json = ['summary', '--json', ...files.map(fixture)];
    expect(await printedHere([...json, '--all'])).toBe(await printedHere(json));
  });

  test('shows every row of a long table', async () => {
    const path = fixture('case_poll.iocb');
    const short = await printedHere(['summary', path]);
    const long = await printedHere(['summary', '--all', path]);
    expect(short).toMatch(/\n {2}… 11 more, all in --json\n/);
    expect(long).not.toContain('more, all in');
  });
});

test.each([
  ['case_rwf.iocb', 'case_rwf.ioev'],
  ['case_resfd.iocb', 'case_resfd.ioev'],
  ['case_vec.iocb', 'case_vec.ioev'],
  ['fio_nowait.iocb88', 'fio_nowait.ioev56'],
])(
  'below the inputs of %s and %s, lines fit 80 columns but where every flag is set',
  async (...files) => {
    const lines = (await summaryOf(...files)).split('\n\n').slice(1).join('\n').split('\n');
    const long = lines.map(stripVTControlCharacters).filter(({ length }) => length > 80);
    expect(long.filter((line) => !line.includes('0xffffffff'))).toEqual([]);
  },
);
