// Does each rule find what the records show, rank it, and say nothing of a clean capture?
import { expect, test } from 'vitest';
import type { Facts } from '../src/analysis/findings/facts.ts';
import type { Finding, FindingId } from '../src/analysis/findings/finding.ts';
import { slowSubmit } from '../src/analysis/findings/rules/slow-submit.ts';
import { check, type Report, report } from '../src/node.ts';
import { describeFinding } from '../src/words/findings.ts';
import { CAPTURES, FORMAT, STRIDES, sidesOf } from './support/captured-sides.ts';
import { fixture } from './support/cli.ts';

const findingsIn = async (report: Promise<Report>): Promise<Finding[]> =>
  (await report).toJSON().findings;
const of = <Id extends FindingId>(findings: readonly Finding[], id: Id) =>
  findings.find((finding): finding is Extract<Finding, { id: Id }> => finding.id === id);

test('clean captures have no finding but of what they are', async () => {
  // Threads of sysbench write at random, and each has one buffer.
  const known = {
    sysbench_fileio: ['overlapping-writes', 'shared-buffer'],
    fio_enospc: ['failed'],
  };
  for (const name of ['sysbench_fileio', 'qemu_bench_read', 'fio_enospc', 'case_vec']) {
    const ids = (await findingsIn(report(...sidesOf(name), FORMAT))).map(({ id }) => id);
    expect(ids).toEqual(known[name as keyof typeof known] ?? []);
  }
});

test.each(CAPTURES)('what %s has refused on sight is what check finds', async (name) => {
  const file = fixture(`${name}.iocb88`);
  const finding = of(await findingsIn(report(file)), 'refused');
  const { iocb } = (await check(file)).toJSON();
  const refused = iocb?.classes.refused ?? 0;
  expect(finding?.count ?? 0).toBe(refused);
  if (finding === undefined || iocb === undefined) return;
  for (const { rule, count } of iocb.reasons) {
    const groups = finding.evidence.groups.filter((group) => group.rule === rule);
    expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(count);
  }
  const first = Math.min(...iocb.reasons.map((reason) => reason.first.index));
  expect(finding.first).toEqual({ file, index: first, offset: first * STRIDES[0] });
});

test('one refusal with EBADF is an error; a few of other reasons are a warning', async () => {
  expect(of(await findingsIn(report(fixture('case_resfd.iocb88'))), 'refused')?.severity).toBe(
    'error',
  );
  expect(of(await findingsIn(report(fixture('case_poll.iocb88'))), 'refused')?.severity).toBe(
    'warning',
  );
});

test('a trace says what was refused, with the errno', async () => {
  const findings = await findingsIn(report(`${import.meta.dirname}/fixtures/case_rwf.trace`));
  const finding = of(findings, 'refused');
  expect(finding).toMatchObject({ severity: 'error', count: 96, of: 426 });
  expect(finding?.evidence.from).toBe('results');
  expect(describeFinding(finding as Finding).text).toContain('96 of 426 submissions');
});

test('bytes after the last record are a note with the file', async () => {
  const [submissions, completions] = sidesOf('sysbench_fileio');
  const torn = submissions.subarray(0, submissions.length - 30);
  const finding = of(await findingsIn(report(torn, completions, FORMAT)), 'torn');
  expect(finding).toMatchObject({ severity: 'note', count: 1, of: 2 });
  expect(finding?.evidence.bytes).toBe(STRIDES[0] - 30);
});

test('a source of completions that has none is a warning; a dump of submissions is not', async () => {
  const [submissions] = sidesOf('sysbench_fileio');
  const empty = await findingsIn(report(submissions, new Uint8Array(0), FORMAT));
  expect(of(empty, 'no-completions')).toMatchObject({ severity: 'warning' });
  const alone = await findingsIn(report(submissions, { kind: 'iocb', layout: 'traced' }));
  expect(of(alone, 'no-completions')).toBeUndefined();
});

test.each([
  ['1 ms at the 99th percentile', '1000000', 0.01, true],
  ['a tenth of the time', '5000', 0.1, true],
  ['less than both', '999999', 0.099, false],
])('io_submit that takes %s', (_, p99, timeShare, isFound) => {
  const time = { min: '1', max: '9', sum: '9', p50: '1', p90: '1', p99, p999: p99, p9999: p99 };
  const calls = [
    { name: 'io_submit', count: 3, empty: 0, failed: 0, threads: 1, timeNs: time, timeShare },
  ];
  const batch = { mean: 1, max: 1, known: true, low: 1, high: 1, from: 'calls', calls } as const;
  const found = slowSubmit({ batches: { submitted: { ...batch, calls } } } as unknown as Facts);
  expect(found.map(({ id }) => id)).toEqual(isFound ? ['slow-submit'] : []);
});

test('the share of time in io_submit is that of the threads that call it', async () => {
  const { batches } = (await report(`${import.meta.dirname}/fixtures/case_rwf.trace`)).toJSON();
  const [calls] = batches?.submitted?.calls ?? [];
  expect(calls).toMatchObject({ name: 'io_submit', threads: 1 });
  expect(calls.timeShare).toBeGreaterThan(0);
  expect(calls.timeShare).toBeLessThan(1);
});

test('a ring that went round between two images is a note', async () => {
  const images = ['pend', 'wrap'].map((part) => fixture(`fio_ring_threads.${part}.ring`));
  const { rings, findings } = (await report(images)).toJSON();
  const overwritten = (rings?.steps ?? []).reduce((sum, step) => sum + step.overwritten, 0);
  expect(of(findings, 'ring-lap')?.count ?? 0).toBe(overwritten);
});

test('errors come before warnings, and warnings before notes', async () => {
  const severities = ['error', 'warning', 'note'];
  for (const name of CAPTURES) {
    const ranks = (await findingsIn(report(...sidesOf(name), FORMAT))).map(({ severity }) =>
      severities.indexOf(severity),
    );
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  }
});

test('every sentence is one, and is plain', async () => {
  for (const name of CAPTURES)
    for (const finding of await findingsIn(report(...sidesOf(name), FORMAT))) {
      const { text } = describeFinding(finding);
      expect(text).not.toMatch(/(?<!is |are )undefined|null|NaN|\.$|^[A-Z][a-z]/);
      expect(text.length).toBeLessThan(260);
    }
});
