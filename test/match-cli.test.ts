// Does `aioscope match` print its results as text, JSON and pairs, and report invalid usage?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-match-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sync = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
const refused = JSON.parse(readFileSync(fixture('case_sync.calls.json'), 'utf8'))
  .rejected_record_indexes as number[];
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test.each([1, 2])(
  'match --json has the findings that its text has, of %d files per side',
  async (parts) => {
    const sides = [
      fixture('../misaligned-offset/sub.iocb88'),
      fixture('../misaligned-offset/com.ioev56'),
    ];
    const paths = sides.flatMap((path, side) => {
      const bytes = readFileSync(path);
      const stride = [88, 56][side];
      const middle = parts === 1 ? bytes.length : stride * Math.floor(bytes.length / stride / 3);
      const cuts = [bytes.subarray(0, middle), bytes.subarray(middle)].slice(0, parts);
      return cuts.map((cut, i) => {
        const to = join(folder, `${parts}-${i}.${['iocb88', 'ioev56'][side]}`);
        writeFileSync(to, cut);
        return to;
      });
    });
    const json = async (command: string) =>
      JSON.parse(await printedHere([command, '--json', ...paths]));
    const { findings } = await json('match');
    const { findings: reported } = await json('report');
    expect(findings).toEqual(reported.filter(({ id }: { id: string }) => id === 'misaligned'));
    expect(findings).toMatchObject([{ severity: 'error', count: 4, of: 44 }]);
    expect(paths).toContain(findings[0].first.file);
    const text = (await printedHere(['match', ...paths])).replace(/\s+/g, ' ');
    expect(text).toContain(findings[0].text.replace(/\s+/g, ' '));
  },
);

test('match --json has no findings if nothing is misaligned', async () => {
  expect(JSON.parse(await printedHere(['match', '--json', ...sync])).findings).toEqual([]);
});

test('the first screen has the work, depth, latency, errors, flushes, and how complete the data is', async () => {
  const text = await printedHere(['match', ...sync]);
  expect(text).toContain(
    'work     480 requests completed in 51.4 ms: 9,333 requests/s, 12.3 MiB/s (240 PWRITE, 120 FSYNC, 120 FDSYNC)',
  );
  expect(text).toContain(
    'depth    up to 2 reads and writes in flight, 1.1 on average\n' +
      '         all requests: up to 4 in flight, 2.7 on average\n',
  );
  expect(text).toContain(
    'latency  of 240 reads and writes that succeeded, ' +
      'from the time of the submission to that of the completion\n' +
      '         p50 216 µs, p99 346 µs',
  );
  expect(text).toContain(
    'flushes  pid 1674 fd 4: 120 of 120 flushes submitted with writes in flight, ' +
      'which need not be covered (120 writes)\n',
  );
  expect(text).toContain('5 submissions that Linux always refuses: check lists the reasons\n');
  expect(text.split('\n').filter((line) => line.includes('PWRITE '))).toHaveLength(1);
});

test('EAGAIN of RWF_NOWAIT is counted apart from other errors, with its share', async () => {
  const text = await printedHere([
    'match',
    fixture('fio_nowait.iocb88'),
    fixture('fio_nowait.ioev56'),
  ]);
  expect(text).toContain('errors   2,557 EAGAIN of RWF_NOWAIT (62.4 %)\n');
  expect(text).toContain('data     every submission has a completion\n');
});

test.each([
  ['a JSON array', JSON.stringify(refused)],
  ['lines', `${refused.join('\n')}\n`],
])('refused submissions are left out: %s', async (_, text) => {
  const json = JSON.parse(
    await printedHere(['match', '--json', '--refused', file('refused', text), ...sync]),
  );
  expect(json).toMatchObject({
    matched: 480,
    unmatchedSubmissions: 0,
    refused: 6,
    by: { refusedKnown: true },
  });
});

test('compressed files and slowest pairs', async () => {
  const files = [fixture('sysbench_fileio.iocb88.gz'), fixture('sysbench_fileio.ioev56.gz')];
  const json = JSON.parse(await printedHere(['match', '--json', '--slowest', '2', ...files]));
  expect(json.slowest).toHaveLength(2);
  expect(json.slowest[0].latencyNs).toBe(json.latencyNs.max);
  expect(await printedHere(['match', '--slowest', '2', ...files])).toMatch(
    /^slowest reads and writes that succeeded\n {2}latency +time +pid +submission +completion +opcode .* overtook +depth\n/m,
  );
});

test('conditions: what they select comes first, what is of the whole capture apart', async () => {
  const where = ['--where', 'latency>0.4ms', '--where', 'fd=4 or fd=9'];
  const text = await printedHere(['match', ...where, ...sync]);
  const json = JSON.parse(await printedHere(['match', '--json', ...where, ...sync]));
  const { pairs } = json.selected;
  expect(pairs).toBeGreaterThan(0);
  expect(text.split('\n')[0]).toBe(
    `pairs where (latency>0.4ms) and (fd=4 or fd=9): ${pairs} of 480`,
  );
  expect(text).toMatch(new RegExp(`^work +${pairs} requests completed`, 'm'));
  expect(text).toMatch(
    /^whole capture\n {2}depth +up to 2 reads and writes in flight.*\n +all requests: up to 4 in flight/m,
  );
  expect(text).toMatch(/^ {2}flushes +pid \d+ fd 4: 120 of 120/m);
  const none = await printedHere(['match', '--where', 'latency>1000s', ...sync]);
  expect(none).toMatch(/^pairs where latency>1000s: 0 of 480\n/);
  expect(none).toMatch(/^work +no pair meets the conditions$/m);
});

describe('pairs', () => {
  test('--where selects pairs by their columns', async () => {
    const rows = async (...args: string[]) =>
      (await printedHere(['match', '--pairs', '--ndjson', ...args, ...sync]))
        .split('\n')
        .slice(0, -1);
    const slow = (await rows()).filter((line) => JSON.parse(line).latencyNs > 300_000);
    expect(slow.length).toBeGreaterThan(10);
    expect(await rows('--where', 'latencyNs>300000')).toHaveLength(slow.length);
  });

  test('as CSV, NDJSON and a table', async () => {
    const [head, first, ...rows] = (
      await printedHere(['match', '--pairs', '--format', 'csv', ...sync])
    )
      .trimEnd()
      .split('\n');
    expect(head).toMatch(
      /^index,offset,submissionIndex,completionIndex,ts,latencyNs,span,overtook,depth,pid,aio_fildes,aio_lio_opcode,/,
    );
    expect(rows).toHaveLength(479);
    expect(first.split(',')).toHaveLength(head.split(',').length);
    const lines = (await printedHere(['match', '--pairs', '--ndjson', ...sync]))
      .trimEnd()
      .split('\n');
    const total = lines.reduce((sum, line) => sum + BigInt(JSON.parse(line).latencyNs), 0n);
    expect(total).toBe(138_733_010n);
    expect((await printedHere(['match', '--pairs', ...sync])).split('\n')[1]).toMatch(/IOCB_CMD_/);
  });
});

test('a range of time, with units', async () => {
  const { time } = JSON.parse(await printedHere(['match', '--json', ...sync]));
  const from = `${time.from.slice(0, -9)}.${time.from.slice(-9)}s`;
  const json = JSON.parse(
    await printedHere(['match', '--json', '--from', from, '--to', `${time.to}ns`, ...sync]),
  );
  // The last record is a submission, and refused.
  expect(json).toMatchObject({ matched: 480, unmatchedSubmissions: 5 });
});

test('bare files match by counting and data only with options, and the text says so', async () => {
  const bare = [fixture('case_sync.iocb'), fixture('case_sync.ioev')];
  expect(await ran(['match', ...bare])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^aioscope: error: unmatchable: the submissions are bare records, without addr/,
    ),
  });
  const text = await printedHere(['match', '--order', 'counting', '--key', 'data', ...bare]);
  expect(text).toContain(
    'matched by counting, the k-th submission of each aio_data with its k-th completion: ' +
      'no latency, queue depth or order\n',
  );
});

test('an empty file has no records, in any layout', async () => {
  const empty = file('empty', '');
  for (const [files, matched, trust] of [
    [[empty, sync[1]], 0, `nothing to match: no records in ${empty}\n`],
    [[sync[0], empty], 0, `nothing to match: no records in ${empty}\n`],
    [['/dev/null', empty], 0, `nothing to match: no records in /dev/null, ${empty}\n`],
  ] as const) {
    expect(JSON.parse(await printedHere(['match', '--json', ...files]))).toMatchObject({ matched });
    expect(await printedHere(['match', ...files])).toContain(trust);
  }
  // It takes the place of the kind that is missing.
  expect(JSON.parse(await printedHere(['match', '--json', empty, sync[0]]))).toMatchObject({
    inputs: [{ file: sync[0] }, { file: empty, kind: 'io_event' }],
  });
});

test('percentiles are within the minimum and the maximum, with their accuracy', async () => {
  const text = await printedHere(['match', ...sync]);
  expect(text).toContain('p99.9 431 µs (±0.8 %), min 176 µs, max 431 µs\n');
  expect(text).toContain('the others up to 1 submission after it\n');
  const eio = await printedHere(['match', fixture('fio_eio.iocb88'), fixture('fio_eio.ioev56')]);
  expect(eio).toContain('all completed in submission order\n');
});

test.each<[what: string, args: string[], status: number, message: RegExp]>([
  [
    'a format without pairs',
    ['--format', 'csv', ...sync],
    2,
    /--format, --ndjson and --int64 choose the output format of pairs; add --pairs/,
  ],
  [
    'a condition on what is not a column of pairs',
    ['--where', 'zip<0', ...sync],
    2,
    /where 'zip<0': column 'zip' does not exist; the columns are aio_data, .*, depth, .*, latency/,
  ],
  [
    'an invalid time',
    ['--from', 'noon', ...sync],
    2,
    /expected a number of nanoseconds, or a number with a unit/,
  ],
  [
    'a part of a nanosecond',
    ['--to', '0.5', ...sync],
    2,
    /expected a number of nanoseconds, or a number with a unit/,
  ],
  [
    'an invalid list',
    ['--refused', file('bad', '1\ntwo\n'), ...sync],
    1,
    /bad: 'two' is not an index; expected the indexes of refused submissions/,
  ],
  [
    'an invalid array',
    ['--refused', file('half', '[1, 2'), ...sync],
    1,
    /half: not a valid JSON array/,
  ],
  [
    'a missing list',
    ['--refused', join(folder, 'missing'), ...sync],
    1,
    /missing: cannot be read: no such file; check the path\n$/,
  ],
  [
    'a folder for a list',
    ['--refused', folder, ...sync],
    1,
    /: cannot be read: it is a directory; name a file in it\n$/,
  ],
  [
    'one file',
    [sync[0]],
    2,
    /matching takes files of submissions \(iocb\) and of completions \(io_event\), or a trace; got 1 of submissions and none of completions\n$/,
  ],
])('%s', async (_, args, status, message) => {
  const result = await ran(['match', ...args]);
  expect([result.status, result.stdout]).toEqual([status, '']);
  expect(result.stderr).toMatch(message);
});
