// Does the recorder that runs bpftrace use lines in the order of time, notice when bpftrace fails, and
// say what is missing? bpftrace is played by a shell script here.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { bootOffset } from '../src/capture/bpftrace/boot-offset.ts';
import { bpftraceLacks, installCommand } from '../src/capture/bpftrace/bpftrace-lacks.ts';
import { BpftraceRecorder } from '../src/capture/bpftrace/bpftrace-recorder.ts';
import { LineWindow } from '../src/capture/bpftrace/line-window.ts';
import { bpftraceScript } from '../src/capture/bpftrace/script.ts';
import { POLLED_MAX } from '../src/capture/recorder.ts';
import { TraceBuilder } from '../src/trace/builder.ts';
import { capture } from './support/capture-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-played-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
});

/** Puts a shell script in the place of bpftrace. */
function play(lines: readonly string[]): void {
  const file = join(folder, 'bpftrace');
  const keep = `echo "$3" > ${join(folder, 'script')}`;
  writeFileSync(file, ['#!/bin/sh', keep, ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
  process.env['PATH'] = `${folder}:${path}`;
}

/** Prints lines, and more of them once it is interrupted. */
function playLines(lines: readonly string[], end: readonly string[]): void {
  const files = { lines, end };
  for (const [name, texts] of Object.entries(files))
    writeFileSync(join(folder, name), texts.map((line) => `${line}\n`).join(''));
  play([
    `trap 'cat ${join(folder, 'end')}; exit 0' INT`,
    'echo "Attaching 12 probes..."; echo "aioscope-bt 1"; echo "T 0 5"; echo "T 1 5"',
    `cat ${join(folder, 'lines')}`,
    // By then all lines are printed, and it is later than any clock says.
    'while :; do sleep 0.05; echo "T 1 999999999999999999"; done',
  ]);
}

/** The folder of the script that bpftrace was started with. */
const scriptFolder = () => dirname(readFileSync(join(folder, 'script'), 'utf8').trim());

const make = () =>
  new BpftraceRecorder({
    builder: new TraceBuilder({ method: 'test', sources: [] }),
    ...{ roots: [], bufferBytes: 4096, slots: 1 },
  });

/** What is thrown. */
async function failure(work: () => unknown): Promise<{ code?: string; message: string }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('the script follows processes only if there are any', () => {
  const all = bpftraceScript([]);
  expect(all).not.toMatch(/@t|T 0/);
  expect(all).toMatch(/\$i < 64\)/);
  const some = bpftraceScript([7, 8], 5, { hasBeat: true });
  expect(some).toMatch(/@t\[\(uint64\)7\] = 1;\n {2}@t\[\(uint64\)8\] = 1;/);
  expect(some.match(/\/(?:@on == 1 && )?@t\[\(uint64\)pid\]\//g)).toHaveLength(4);
  expect(some.match(/\$i < 5\)/g)).toHaveLength(2);
});

test('lines are put in order within the slack, and late ones are counted', () => {
  const window = new LineWindow();
  expect([window.latest, window.earliest]).toEqual([undefined, undefined]);
  for (const line of ['aioscope-bt 1', 'C 100 1 1 7f 1', 'R 130 1 1 1', 'S 110 1 1', 'T 1 160'])
    window.add(line);
  expect([window.latest, window.earliest, window.size]).toEqual([160n, 100n, 4]);
  const taken = (slack: number) => {
    const lines: string[] = [];
    for (let line = window.take(slack); line !== undefined; line = window.take(slack))
      lines.push(line.slice(0, 5));
    return lines;
  };
  expect(taken(40)).toEqual(['aiosc', 'C 100', 'S 110']);
  window.add('E 105 1 1');
  expect([window.late, window.earliest]).toEqual([1, 105n]);
  window.add('@c: 1');
  expect(taken(0)).toEqual(['E 105', 'R 130', '@c: 1']);
});

test('lines of several CPUs become calls, and no poll adds more than it may', async () => {
  const calls = 5000;
  const lines: string[] = [];
  for (let i = 1; i <= calls; i++) {
    const at = 10 * i;
    // The thread has moved to another CPU, whose lines are printed first.
    lines.push(`R ${at + 2} 7 8 1`, `C ${at} 7 8 7f000000 1`);
    lines.push(`S ${at + 1} 7 8 10 ${at} 0 0 0 0 0 0 0`);
  }
  playLines(lines, [`@c: ${calls}`, `@s: ${calls}`, `@r: ${calls}`, '@e: 0']);
  const { manifest, parts } = await capture(
    (context) => {
      const recorder = new BpftraceRecorder(context);
      const poll = recorder.poll.bind(recorder);
      recorder.poll = () => {
        const before = context.builder.manifest().parts.submissions?.records ?? 0;
        const isMore = poll();
        const after = context.builder.manifest().parts.submissions?.records ?? 0;
        expect(after - before).toBeLessThanOrEqual(POLLED_MAX);
        return isMore;
      };
      return recorder;
    },
    [],
    () => sleep(300),
  );
  expect([parts.submissions.byteLength, parts.calls.byteLength]).toEqual([88 * calls, 48 * calls]);
  expect([manifest.complete, manifest.dropped]).toEqual([true, {}]);
  expect(existsSync(scriptFolder())).toBe(false);
});

test('output that is more than is buffered waits in the pipe, and none of it is lost', async () => {
  const events = 150_000;
  const lines = Array.from({ length: events }, (_, i) => `E ${i + 10} 7 8 7f000000 1 2 ${i} 0`);
  playLines(lines, ['@c: 0', '@s: 0', '@r: 0', `@e: ${events}`]);
  const builder = new TraceBuilder({ method: 'test', sources: [] });
  const recorder = new BpftraceRecorder({ builder, roots: [], bufferBytes: 4096, slots: 1 });
  await recorder.start();
  await sleep(500);
  let bytes = 0;
  const take = (isEnd: boolean) => {
    for (const chunk of builder.take(isEnd))
      if (chunk.part === 'completions') bytes += chunk.bytes.byteLength;
  };
  for (let i = 0; i < 20; i++) {
    while (recorder.poll()) take(false);
    await sleep(20);
  }
  await recorder.stop();
  while (recorder.poll()) take(false);
  recorder.finish();
  take(true);
  await recorder.close();
  expect(bytes).toBe(56 * events);
  expect(builder.manifest().complete).toBe(true);
});

test('bpftrace that cannot start says why, and leaves nothing', async () => {
  play(['echo "ERROR: set RLIMIT_MEMLOCK" >&2', 'echo "no such tracepoint" >&2', 'exit 1']);
  expect(await failure(() => make().start())).toMatchObject({
    code: 'AIOSCOPE_CAPTURE',
    message:
      'bpftrace exited early (exit code 1); it printed: no such tracepoint; ' +
      'it needs root, Linux 5.3 and bpftrace 0.17 or newer; or use another --method',
  });
  expect(existsSync(scriptFolder())).toBe(false);
  process.env['PATH'] = join(folder, 'none');
  expect(await failure(() => make().start())).toMatchObject({
    code: 'AIOSCOPE_CAPTURE',
    message: expect.stringContaining('bpftrace exited early (spawn bpftrace ENOENT)'),
  });
});

test('bpftrace that ends before it is stopped is an error', async () => {
  play(['echo "T 0 5"; echo "T 1 5"; sleep 0.3', 'kill -9 $$']);
  const recorder = make();
  await recorder.start();
  expect(recorder.poll()).toBe(false);
  await sleep(600);
  const { code, message } = await failure(() => recorder.poll());
  expect([code, message.slice(0, 31)]).toEqual([
    'AIOSCOPE_CAPTURE',
    'bpftrace exited early (SIGKILL)',
  ]);
  await recorder.close();
});

test('what has settled is what no later line can add to', async () => {
  const second = 1_000_000_000n;
  playLines([`C ${2n * second} 7 8 7f000000 1`, `T 1 ${9n * second}`], []);
  const recorder = make();
  await recorder.start();
  await sleep(200);
  recorder.poll();
  // The call has not returned.
  expect(recorder.settled()).toEqual({ records: 2n * second, calls: 2n * second });
  await recorder.stop();
  while (recorder.poll());
  recorder.finish();
  await recorder.close();
});

test('the time that a machine was suspended is read from the list of its timers', () => {
  const clock = (number: number, offset: number) =>
    ` clock ${number}:\n  .base:       0\n  .index:      ${number}\n  .offset:     ${offset} nsecs\nactive timers:\n`;
  const list = `now at 5 nsecs\n\ncpu: 0\n${clock(0, 0)}${clock(1, 17)}${clock(2, 3600)}${clock(3, 4)}`;
  expect(bootOffset(list)).toBe(3600n);
  expect(bootOffset('')).toBeUndefined();
});

test('what is missing is said, with the command of the distribution', () => {
  expect(installCommand('NAME=x\nID=ubuntu\nID_LIKE=debian\n')).toBe(
    'sudo apt-get install bpftrace',
  );
  expect(installCommand('ID="rocky"\nID_LIKE="rhel centos fedora"')).toBe(
    'sudo dnf install bpftrace',
  );
  expect(installCommand('ID="opensuse-leap"')).toBe('sudo zypper install bpftrace');
  expect(installCommand('')).toContain('github.com/bpftrace');
  process.env['PATH'] = join(folder, 'none');
  expect(bpftraceLacks()).toContainEqual(
    expect.objectContaining({ what: 'bpftrace is not installed' }),
  );
  play(['echo "bpftrace v0.14.1"']);
  expect(bpftraceLacks().map(({ what }) => what)).toContain(
    'bpftrace 0.14 is too old: 0.17 or newer is needed',
  );
});
