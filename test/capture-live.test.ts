// Does a capture of a real program have exactly what it did, and nothing of others?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { summarize } from '../src/node.ts';
import { decodeCalls, openTrace } from '../src/trace-node.ts';
import { aioscope, environment, main } from './support/cli.ts';
import {
  captureRun,
  fioArguments,
  fioCounts,
  folder,
  layOut,
  manifestOf,
  partCounts,
  whySkipped,
} from './support/live.ts';

const reason = whySkipped('uprobe');
const UPROBE = ['--method', 'uprobe'];
const BATCH = ['--iodepth=32', '--iodepth_batch=32', '--iodepth_batch_complete=32'];

/** The sum of what calls of io_submit returned. */
async function acceptedIn(trace: string): Promise<number> {
  const calls = (await openTrace(trace)).calls();
  if (calls === undefined) return 0;
  const bytes = new Uint8Array(statSync(join(trace, 'calls.bin')).size);
  await calls.bytes.read(bytes);
  const batch = decodeCalls(bytes, calls.endian);
  let sum = 0;
  for (let i = 0; i < batch.length; i++)
    if (batch.nameOf(i) === 'io_submit') sum += Number(batch.columns.ret[i]);
  return sum;
}

// A machine that is busy with browsers loses records, which a capture then says: it gets another try.
describe('a capture by uprobe', { timeout: 120_000, retry: 2 }, () => {
  beforeEach(({ skip }) => skip(reason !== undefined, reason));

  test.each([1, 4, 8])('of fio at depth %i has every submission', async (depth) => {
    const path = folder();
    layOut(path);
    // So long that its files are looked up while it runs.
    const fio = fioArguments(path, '--rw=randread', `--iodepth=${depth}`, '--rate_iops=2000');
    const { trace, status, stderr } = captureRun(path, UPROBE, ['fio', ...fio]);
    const { reads } = fioCounts(path);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(reads).toBeGreaterThan(0);
    expect((await partCounts(trace)).submissions).toBe(reads);
    expect(await acceptedIn(trace)).toBe(reads);
    const { complete, processes, descriptors, clock } = manifestOf(trace);
    expect(complete).toBe(true);
    expect(processes.map(({ comm }) => comm)).toContain('fio');
    expect(descriptors.map((each) => each.path)).toContain(join(path, 'data'));
    expect(stderr).toContain('Nothing was lost.');
    const now = BigInt(Date.now()) * 1_000_000n;
    const bytes = readFileSync(join(trace, 'submissions.iocb88'));
    const end = bytes.readBigUInt64LE(bytes.length - 88) + BigInt(clock.realtimeOffsetNs ?? 0);
    expect(Number(now - end) / 1e9).toBeLessThan(60);
    expect(Number(now - end) / 1e9).toBeGreaterThan(0);
  });

  test('counts exactly what does not fit into the slots', async () => {
    const path = folder();
    layOut(path);
    const fio = fioArguments(path, '--rw=randread', ...BATCH);
    const { trace, stderr } = captureRun(path, [...UPROBE, '--slots', '5'], ['fio', ...fio]);
    const { reads } = fioCounts(path);
    const { submissions } = await partCounts(trace);
    const loss = manifestOf(trace).losses.find(({ of }) => of === 'submissions');
    expect(loss).toEqual({
      ...{ of: 'submissions', hits: reads, recorded: submissions },
      lost: reads - submissions,
    });
    expect(submissions).toBe((reads / 32) * 5);
    expect(manifestOf(trace).complete).toBe(false);
    expect(stderr).toContain('--slots');
    const report = aioscope(['report', trace]);
    expect(report.stderr).toContain('the capture lost records');
  });

  test('reads 128 submissions per call by several probes', async () => {
    const path = folder();
    layOut(path);
    const batch = ['--iodepth=128', '--iodepth_batch=128', '--iodepth_batch_complete=128'];
    const fio = fioArguments(path, '--rw=randread', ...batch);
    const { trace } = captureRun(path, [...UPROBE, '--slots', '128'], ['fio', ...fio]);
    expect((await partCounts(trace)).submissions).toBe(fioCounts(path).reads);
    expect(manifestOf(trace).complete).toBe(true);
  });

  test('counts what a full buffer loses', async () => {
    const path = folder();
    layOut(path);
    const fio = fioArguments(path, '--rw=randread', '--iodepth=1', '--loops=4');
    const { trace, status } = captureRun(path, [...UPROBE, '--buffer', '4K'], ['fio', ...fio]);
    const { losses, complete } = manifestOf(trace);
    expect(status).toBe(0);
    expect(complete).toBe(false);
    const probe = losses.find(({ of }) => of === 'slots0');
    // Every call is one submission of fio.
    expect(probe?.hits).toBe(fioCounts(path).reads);
    for (const { hits, recorded, lost } of losses)
      if (lost !== null) expect(lost).toBe(hits - recorded);
    expect(probe?.lost).toBeGreaterThan(0);
  });

  test('keeps submissions that meet a condition', async () => {
    const path = folder();
    const fio = fioArguments(path, '--rw=randrw', '--iodepth=4', '--randseed=7');
    layOut(path);
    const where = ['--where', 'aio_lio_opcode=PWRITE'];
    const { trace } = captureRun(path, [...UPROBE, ...where], ['fio', ...fio]);
    const { writes } = fioCounts(path);
    expect(writes).toBeGreaterThan(0);
    expect((await partCounts(trace)).submissions).toBe(writes);
    expect(manifestOf(trace).selection?.where).toEqual(['aio_lio_opcode=PWRITE']);
    const summary = (await summarize(join(trace, 'submissions.iocb88'))).toJSON();
    expect(summary.iocb?.opcodes.map(({ name }) => name)).toEqual(['IOCB_CMD_PWRITE']);
  });

  test('follows children, and records nothing of others', async () => {
    const path = folder();
    layOut(path);
    const other = spawn('fio', [
      ...fioArguments(path, '--rw=randread', '--iodepth=2', '--time_based', '--runtime=60'),
      `--output=${join(path, 'other.json')}`,
    ]);
    const fio = fioArguments(path, '--rw=randread', '--iodepth=4').join(' ');
    const script = `for i in 1 2 3; do fio ${fio}; done`;
    const { trace } = captureRun(path, UPROBE, ['sh', '-c', script]);
    other.kill('SIGKILL');
    expect((await partCounts(trace)).submissions).toBe(3 * fioCounts(path).reads);
    expect(manifestOf(trace).processes.every(({ pid }) => pid !== other.pid)).toBe(true);
    expect(manifestOf(trace).complete).toBe(true);
  });

  test('of a process that runs ends after its duration, or with the process', async () => {
    const path = folder();
    layOut(path);
    const fio = spawn('fio', [
      ...fioArguments(path, '--rw=randread', '--iodepth=2', '--time_based', '--runtime=30'),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const pid = ['--pid', String(fio.pid)];
    const first = captureRun(path, [...UPROBE, ...pid, '--duration', '1s'], []);
    expect(first.status).toBe(0);
    expect((await partCounts(first.trace)).submissions).toBeGreaterThan(0);
    expect(manifestOf(first.trace)).toMatchObject({ complete: true, dropped: {} });
    const second = spawn(process.execPath, [
      ...[main, 'capture', ...UPROBE, ...pid, '-o', join(path, 'second.trace')],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    fio.kill('SIGTERM');
    const [code] = await once(second, 'exit');
    expect(code).toBe(0);
  });

  test('is the library: batches of submissions and of calls, until it is stopped', async () => {
    const { capture } = await import('../src/capture/index.ts');
    const path = folder();
    layOut(path);
    const command = ['fio', ...fioArguments(path, '--rw=randread', '--iodepth=4', '--loops=1000')];
    const running = capture({ method: 'uprobe', command });
    let submissions = 0;
    let calls = 0;
    let last = 0n;
    for await (const each of running) {
      if (each.part === 'submissions') {
        submissions += each.batch.length;
        const { ts } = each.batch.columns;
        for (const time of ts as BigUint64Array) {
          expect(time >= last).toBe(true);
          last = time;
        }
      }
      if (each.part === 'calls') calls += each.batch.length;
      if (submissions > 2000) running.stop();
    }
    running.program?.kill('SIGKILL');
    expect(submissions).toBeGreaterThan(2000);
    expect(calls).toBeGreaterThan(2000);
    expect(running.manifest).toMatchObject({ method: 'uprobe', complete: true, ended: true });
    expect(running.manifest.parts.submissions?.records).toBe(submissions);
    await expect(async () => {
      for await (const _ of running);
    }).rejects.toThrow('iterated before');
  });

  test('runs beside another, and both have everything', async () => {
    const path = folder();
    layOut(path);
    const fio = (depth: number) => fioArguments(path, '--rw=randread', `--iodepth=${depth}`);
    const one = spawn(
      process.execPath,
      [
        ...[main, 'capture', ...UPROBE, '-o', join(path, 'one.trace')],
        ...['--', 'fio', ...fio(2), `--output=${join(path, 'one.json')}`],
      ],
      { env: environment(), stdio: 'ignore' },
    );
    const { trace } = captureRun(path, UPROBE, ['fio', ...fio(4)]);
    if (one.exitCode === null) await once(one, 'exit');
    const { reads } = fioCounts(path);
    expect((await partCounts(trace)).submissions).toBe(reads);
    expect((await partCounts(join(path, 'one.trace'))).submissions).toBe(reads);
  });
});

test('which ways work, and what the others lack, is said without starting', () => {
  const { stdout, stderr } = aioscope(['capture', '--check']);
  expect(stderr).toBe('');
  for (const method of ['kprobe', 'bpftrace', 'uprobe', 'ring'])
    expect(stdout).toMatch(new RegExp(`^${method} +(?:works|does not work)`, 'm'));
  const methods = JSON.parse(aioscope(['capture', '--check', '--json']).stdout);
  expect(methods.map(({ method }: { method: string }) => method)).toHaveLength(4);
});

test('without root the same is said', () => {
  const { stdout } = aioscope(
    ['capture', '--check'],
    process.geteuid?.() === 0 ? { uid: 65534 } : {},
  );
  expect(stdout).toContain('reason: not running as root');
});

test('auto says if it has to choose a method that records only a part', ({ skip }) => {
  skip(process.geteuid?.() !== 0, 'only root can become another user');
  const path = folder();
  chmodSync(path, 0o777);
  // Another user can only poll the rings of its own programs.
  const trace = join(path, 'run.trace');
  const run = aioscope(['capture', '-o', trace, '--', 'true'], { uid: 65534 });
  expect(run.status).toBe(0);
  expect(run.stderr).toContain('warning: capturing by ring, which records some completions');
});

test('a capture that cannot begin leaves no trace, and says why', () => {
  const path = folder();
  const uid = process.geteuid?.() === 0 ? { uid: 65534 } : {};
  const trace = join(path, 'none.trace');
  const run = aioscope(['capture', '--method', 'kprobe', '-o', trace, '--', 'true'], uid);
  expect(run.status).toBe(125);
  expect(run.stderr).toContain('kprobe does not work here');
  expect(existsSync(trace)).toBe(false);
  expect(aioscope(['capture', '--method', 'kprobe', '-o', trace], uid).status).toBe(1);
});
