// However a capture ends, is what it recorded whole, and is nothing left in the kernel?
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { aioscope, environment, main } from './support/cli.ts';
import {
  alone,
  captureRun,
  fioArguments,
  folder,
  layOut,
  leftBehind,
  manifestOf,
  partCounts,
  TRACEFS,
  whySkipped,
} from './support/live.ts';

const reason = whySkipped('uprobe');
const UPROBE = ['--method', 'uprobe'];

/** Starts a capture, and waits until it has begun. */
async function begun(path: string, options: string[], command: string[] = []) {
  const trace = join(path, 'run.trace');
  const child = spawn(
    process.execPath,
    [
      ...[main, 'capture', ...UPROBE, '-o', trace, ...options],
      ...(command.length > 0 ? ['--', ...command] : []),
    ],
    { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  while (!existsSync(join(trace, 'calls.bin')) && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return { child, trace, text: () => stderr };
}

const ended = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};

const LONG = ['--rw=randread', '--iodepth=2', '--time_based', '--runtime=60'];

// A machine that is busy with browsers loses records, which a capture then says: it gets another try.
describe('a capture', { timeout: 120_000, retry: 2 }, () => {
  beforeEach(({ skip }) => skip(reason !== undefined, reason));

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends cleanly by %s', async (signal) => {
    await alone();
    const path = folder();
    layOut(path);
    const fio = spawn('fio', fioArguments(path, ...LONG));
    onTestFinished(() => {
      fio.kill('SIGKILL');
    });
    const { child, trace, text } = await begun(path, []);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(leftBehind(String(child.pid)).length).toBeGreaterThan(0);
    child.kill(signal);
    expect(await ended(child)).toBe(0);
    expect(text()).toContain('aioscope report');
    expect(manifestOf(trace)).toMatchObject({ ended: true, complete: true });
    expect((await partCounts(trace)).submissions).toBeGreaterThan(0);
    expect(leftBehind(String(child.pid))).toEqual([]);
  });

  test('with a program passes signals on, and ends with it', async () => {
    const path = folder();
    layOut(path);
    const { child, trace } = await begun(path, [], ['fio', ...fioArguments(path, ...LONG)]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.kill('SIGTERM');
    // fio ends so by itself; before it has set up its handlers, the signal ends it.
    expect([128, 143]).toContain(await ended(child));
    expect(manifestOf(trace)).toMatchObject({ ended: true, complete: true });
    expect(leftBehind(String(child.pid))).toEqual([]);
  });

  test('that is killed leaves what the next one removes, and what it had written', async () => {
    const path = folder();
    layOut(path);
    const fio = spawn('fio', fioArguments(path, ...LONG));
    onTestFinished(() => {
      fio.kill('SIGKILL');
    });
    const { child, trace } = await begun(path, []);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.kill('SIGKILL');
    await ended(child);
    expect(leftBehind(String(child.pid)).length).toBeGreaterThan(0);
    const report = aioscope(['report', trace]);
    expect(report.status).toBe(0);
    expect(report.stderr).toContain('the capture is still running or was killed');
    expect(report.stdout).toContain('requests');
    fio.kill('SIGKILL');
    const next = join(path, 'next');
    mkdirSync(next);
    expect(captureRun(next, UPROBE, ['true']).status).toBe(0);
    expect(leftBehind(String(child.pid))).toEqual([]);
  });

  test('touches no instance and no probe of others, whatever they are called', () => {
    const path = folder();
    const instance = join(TRACEFS, 'instances', 'aioscope_of_others');
    const list = join(TRACEFS, 'uprobe_events');
    const before = readFileSync(list, 'utf8').split('\n');
    mkdirSync(instance);
    appendFileSync(list, `p:others/sub ${process.execPath}:0x1000\n`);
    onTestFinished(() => {
      rmdirSync(instance);
      appendFileSync(list, '-:others/sub\n');
    });
    const own = readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => !before.includes(line));
    expect(captureRun(path, UPROBE, ['true']).status).toBe(0);
    expect(readdirSync(join(TRACEFS, 'instances'))).toContain('aioscope_of_others');
    for (const line of own) expect(readFileSync(list, 'utf8')).toContain(line);
  });

  test.each([
    ['sh -c "exit 7"', ['sh', '-c', 'exit 7'], 7],
    ['a program that is killed', ['sh', '-c', 'kill -TERM $$'], 143],
    ['a program that is not found', ['no-such-program'], 127],
    ['a file that cannot be executed', ['/etc/passwd'], 126],
  ])('exits like %s', (_, command, code) => {
    const { status, trace } = captureRun(folder(), UPROBE, command as string[]);
    expect(status).toBe(code);
    expect(manifestOf(trace)).toMatchObject({ ended: true, complete: true });
  });

  test('exits 125 if it fails itself, and does not run the program', () => {
    const path = folder();
    const touched = join(path, 'touched');
    for (const options of [
      ['--where', 'nonsense=1'],
      ['--pid', '4194303'],
      ['-o', path],
    ]) {
      const { status, stderr } = captureRun(path, [...UPROBE, ...options], ['touch', touched]);
      expect({ status, stderr }).toMatchObject({ status: 125 });
      expect(stderr).toMatch(/^aioscope: error: /);
    }
    expect(existsSync(touched)).toBe(false);
  });

  test('that ends before the program leaves it running, and exits 0', async () => {
    const path = folder();
    const mark = join(path, 'mark');
    const program = ['sh', '-c', `exec >/dev/null 2>&1; sleep 3; echo done > ${mark}; exit 9`];
    const { status } = captureRun(path, [...UPROBE, '--duration', '500ms'], program);
    expect(status).toBe(0);
    expect(existsSync(mark)).toBe(false);
    while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  test('is for its owner only', () => {
    const { trace } = captureRun(folder(), UPROBE, ['true']);
    expect(statSync(trace).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(trace))
      expect(statSync(join(trace, file)).mode & 0o777).toBe(0o600);
  });

  test('by sudo is of the user who called it', () => {
    const trace = join(folder(), 'run.trace');
    const env = { SUDO_UID: '65534', SUDO_GID: '65533' };
    expect(aioscope(['capture', ...UPROBE, '-o', trace, '--', 'true'], { env }).status).toBe(0);
    for (const file of ['', ...readdirSync(trace)])
      expect(statSync(join(trace, file))).toMatchObject({ uid: 65534, gid: 65533 });
  });

  test('stops when the disk is full, and keeps everything before', async () => {
    const path = folder();
    layOut(path);
    const disk = join(path, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
    expect(mounted.status).toBe(0);
    onTestFinished(() => {
      spawnSync('umount', [disk]);
    });
    const trace = join(disk, 'run.trace');
    const fio = ['fio', ...fioArguments(path, '--rw=randread', '--iodepth=4', '--loops=20')];
    const { status, stderr } = aioscope(['capture', ...UPROBE, '-o', trace, '--', ...fio]);
    expect({ status, stderr }).toMatchObject({ status: 125 });
    expect(stderr).toContain('the disk is full; what was written before is kept');
    const manifest = manifestOf(trace);
    expect(manifest).toMatchObject({ ended: true, complete: false });
    const written = manifest.losses.find(({ of }) => of === 'records');
    expect(written?.lost).toBeGreaterThan(0);
    const counts = await partCounts(trace);
    expect(counts.submissions).toBeGreaterThan(0);
    expect(counts.submissions + counts.calls).toBe(written?.recorded);
  });

  test('in a container translates a PID where /proc is that of the host, or says why not', () => {
    const path = folder();
    const script = (trace: string) =>
      `sleep 5 & "${process.execPath}" "${main}" capture --method uprobe --pid $! ` +
      `--duration 300ms -o "${trace}"; code=$?; kill $!; exit $code`;
    const run = (options: string[], trace: string) =>
      spawnSync('unshare', ['--pid', '--fork', ...options, 'sh', '-c', script(trace)], {
        encoding: 'utf8',
        env: environment(),
      });
    const seen = join(path, 'seen.trace');
    const translated = run([], seen);
    expect({ ...translated }).toMatchObject({ status: 0 });
    expect(manifestOf(seen).selection?.pids[0]).toBeGreaterThan(10);
    const refused = run(['--mount-proc'], join(path, 'unseen.trace'));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('--pid=host');
  });
});
