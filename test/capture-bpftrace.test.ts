// Does the recorder that runs bpftrace record every submission and completion of the programs that
// it follows, and of no others?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { BpftraceRecorder } from '../src/capture/bpftrace/bpftrace-recorder.ts';
import { bpftraceScript } from '../src/capture/bpftrace/script.ts';
import {
  type Captured,
  capture,
  fio,
  fioTotal,
  isInstalled,
  waiting,
} from './support/capture-run.ts';

import { imported, text } from './support/importing.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-bpftrace-'));
afterAll(() => rmSync(folder, { recursive: true }));
const lacks = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...['bpftrace', 'fio'].filter((program) => !isInstalled(program)),
];
beforeEach(({ skip }) =>
  skip(lacks.length > 0, `bpftrace is not tested without ${lacks.join(', ')}`),
);

const file = join(folder, 'data');
const read = (...options: readonly string[]): string[] => fio(file, ['--rw=randread', ...options]);

/** How many records the parts have. */
const counts = ({ parts }: Captured): number[] => [
  parts.submissions.byteLength / 88,
  parts.completions.byteLength / 56,
];

/** The PIDs in the envelopes of a part, and how many records each has. */
function pidsOf({ parts }: Captured, part: 'submissions' | 'completions'): Map<number, number> {
  const pids = new Map<number, number>();
  const bytes = parts[part];
  for (let at = 0; at < bytes.byteLength; at += part === 'submissions' ? 88 : 56) {
    const pid = bytes.readUInt32LE(at + 16);
    pids.set(pid, (pids.get(pid) ?? 0) + 1);
  }
  return pids;
}

test.each([['1'], ['8']])('all records of fio at depth %s', async (depth) => {
  const program = waiting(read('--number_ios=500', `--iodepth=${depth}`));
  let total = 0;
  const captured = await capture(
    (context) => new BpftraceRecorder(context),
    [program.pid],
    async () => {
      total = fioTotal(await program.run());
    },
  );
  expect(total).toBeGreaterThan(0);
  expect(counts(captured)).toEqual([total, total]);
  const { complete, dropped, clock, processes, losses } = captured.manifest;
  expect([complete, dropped, clock.id]).toEqual([true, {}, 'monotonic']);
  expect(processes.map(({ comm }) => comm)).toContain('fio');
  expect(losses.map(({ lost }) => lost)).toEqual([0, 0, 0, 0, 0, 0]);
});

test('without processes to follow, all are recorded', async () => {
  const programs = [1, 2].map((i) =>
    waiting(fio(`${file}${i}`, ['--rw=randread', '--iodepth=4', '--number_ios=200', '--thread'])),
  );
  let totals: number[] = [];
  const captured = await capture(
    (context) => new BpftraceRecorder(context),
    [],
    async () => {
      const outputs = await Promise.all(programs.map((program) => program.run()));
      totals = outputs.map(fioTotal);
    },
  );
  // Other tests capture at the same time: what bpftrace could not print of them all, it counts.
  for (const part of ['submissions', 'completions'] as const) {
    const found = programs.map(({ pid }) => pidsOf(captured, part).get(pid) ?? 0);
    if (captured.manifest.complete === true) expect(found).toEqual(totals);
    else {
      expect(captured.manifest.losses.some(({ lost }) => (lost ?? 0) > 0)).toBe(true);
      for (const [i, count] of found.entries()) expect(count).toBeLessThanOrEqual(totals[i]);
    }
  }
});

test('a capture that begins and ends while a program runs loses nothing between', async () => {
  const time = ['--runtime=60', '--time_based', '--thinktime=5000', '--thinktime_blocks=1'];
  const program = waiting(read('--iodepth=2', ...time));
  const output = program.run();
  const captured = await capture(
    (context) => new BpftraceRecorder(context),
    [program.pid],
    () => sleep(1000),
  );
  program.child.kill('SIGINT');
  await output;
  const [submissions, completions] = counts(captured);
  expect(submissions).toBeGreaterThan(0);
  expect(Math.abs(submissions - completions)).toBeLessThanOrEqual(2);
  expect(captured.manifest.complete).toBe(true);
  // The calls that were running at the beginning and at the end.
  const { dropped } = captured.manifest;
  for (const count of Object.values(dropped)) expect(count).toBeLessThanOrEqual(2);
});

test('children of the processes are followed, and others are not', async () => {
  const beside = join(folder, 'beside');
  const other = waiting(fio(beside, ['--rw=randread', '--iodepth=2', '--number_ios=300']));
  const command = read('--number_ios=200', '--iodepth=2').join(' ');
  const program = waiting(['sh', '-c', `${command}; true`]);
  let total = 0;
  const captured = await capture(
    (context) => new BpftraceRecorder(context),
    [program.pid],
    async () => {
      const [output] = await Promise.all([program.run(), other.run()]);
      total = fioTotal(output);
    },
  );
  expect(counts(captured)).toEqual([total, total]);
  const pids = pidsOf(captured, 'submissions');
  expect(pids.size).toBe(1);
  expect(pids.has(program.pid)).toBe(false);
  expect(captured.manifest.complete).toBe(true);
});

test('a child that is started while bpftrace is starting is followed', async () => {
  const go = join(folder, 'go');
  spawnSync('mkfifo', [go]);
  const script = 'sleep 0.4; (read x < "$0"; exec "$@") & wait';
  const command = read('--number_ios=200', '--iodepth=2');
  const program = waiting(['sh', '-c', script, go, ...command]);
  const output = program.run();
  let total = 0;
  const captured = await capture(
    (context) => new BpftraceRecorder(context),
    [program.pid],
    async () => {
      writeFileSync(go, '\n');
      total = fioTotal(await output);
    },
  );
  expect(counts(captured)).toEqual([total, total]);
  expect([captured.manifest.complete, captured.manifest.dropped]).toEqual([true, {}]);
});

test('iocbs beyond those that the script reads of a call are counted', async () => {
  const batch = ['--iodepth=32', '--iodepth_batch=32', '--iodepth_batch_complete_min=32'];
  const program = waiting(read('--number_ios=320', ...batch));
  let total = 0;
  const captured = await capture(
    (context) => new BpftraceRecorder(context, { callMax: 8 }),
    [program.pid],
    async () => {
      total = fioTotal(await program.run());
    },
  );
  const { complete, dropped } = captured.manifest;
  const [submissions, completions] = counts(captured);
  expect(complete).toBe(false);
  expect(submissions + dropped['accepted submissions that are not printed']).toBe(total);
  expect(completions + dropped['completions that are not printed']).toBe(total);
});

test.each([[64], [128]])('the script for %i records per call runs by itself', async (callMax) => {
  const script = join(folder, 'printed.bt');
  writeFileSync(script, bpftraceScript([], callMax));
  const child = spawn('bpftrace', [script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  // BEGIN is printed before the probes are attached, and until then a signal is fatal or ignored.
  try {
    while (child.exitCode === null && !/^X /m.test(output))
      await waiting(read('--number_ios=10', '--iodepth=1')).run();
    await sleep(500);
    child.kill('SIGINT');
    await closed;
  } finally {
    child.kill('SIGKILL');
  }
  const { manifest, unparsed } = await imported(text(output));
  expect(unparsed).toEqual([]);
  expect(manifest.losses).toHaveLength(6);
});

test('nothing is left of it', () => {
  const { stdout } = spawnSync('ps', ['-o', 'args', '--ppid', `${process.pid}`], {
    encoding: 'utf8',
  });
  expect(stdout.split('\n').filter((line) => line.includes('bpftrace'))).toEqual([]);
});
