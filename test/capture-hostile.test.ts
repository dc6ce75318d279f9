// Does a capture of programs that do odd things have the right numbers, and say what it lacks?
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { capture } from '../src/capture/index.ts';
import { aioscope, environment, main } from './support/cli.ts';
import {
  alone,
  captureRun,
  folder,
  leftBehind,
  manifestOf,
  partCounts,
  whySkipped,
} from './support/live.ts';

const UPROBE = ['--method', 'uprobe'];
const hasPython = spawnSync('python3', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasPython) console.log('skipped: programs in Python: python3 is not installed');
const reason = whySkipped('uprobe') ?? (hasPython ? undefined : 'no python3');

/** A program that calls io_submit, by libaio (`lib`) or itself (`raw`), and prints the result. */
const PYTHON = `
import ctypes, os, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
lib = ctypes.CDLL('libaio.so.1')
file = os.open(__file__, os.O_RDONLY)
ctx = ctypes.c_uint64(0)
libc.syscall(206, 256, ctypes.byref(ctx))
data = ctypes.create_string_buffer(512)
def iocb(fd=file):
    return ctypes.create_string_buffer(struct.pack('<QIIHhIQQqQII', 0, 0, 0, 0, 0, fd,
        ctypes.addressof(data), 512, 0, 0, 0, 0), 64)
def submit(how, iocbs, nr=None):
    pointers = (ctypes.c_void_p * len(iocbs))(*[ctypes.addressof(each) for each in iocbs])
    nr = ctypes.c_long(len(iocbs) if nr is None else nr)
    call = lib.io_submit if how == 'lib' else lambda *given: libc.syscall(209, *given)
    return call(ctx, nr, pointers)
`;

/** Writes a program, and returns the command that runs it. */
function python(path: string, text: string): string[] {
  const file = join(path, 'program.py');
  writeFileSync(file, `${PYTHON}\n${text}\n`);
  return ['python3', file];
}

const lossOf = (trace: string, name: string) =>
  manifestOf(trace).losses.find(({ of }) => of === name);

describe('a capture by uprobe', { timeout: 60_000 }, () => {
  beforeEach(({ skip }) => skip(reason !== undefined, reason));

  test('counts the only submission of a program that does not use libaio', async () => {
    await alone();
    const path = folder();
    const { trace, stderr } = captureRun(path, UPROBE, python(path, `submit('raw', [iocb()])`));
    expect(manifestOf(trace).complete).toBe(false);
    expect(lossOf(trace, 'submissions')).toMatchObject({ hits: 1, recorded: 0, lost: 1 });
    expect(stderr).toContain('They were submitted without libaio');
    expect(stderr).not.toContain('--slots');
  });

  test('counts it also of a program that ran before', async () => {
    await alone();
    const path = folder();
    const [program, ...rest] = python(path, `time.sleep(3); submit('raw', [iocb()])`);
    const child = spawn(program, rest, { stdio: 'ignore' });
    const { trace } = captureRun(path, [...UPROBE, '--pid', String(child.pid)], []);
    expect(lossOf(trace, 'submissions')).toMatchObject({ hits: 1, recorded: 0, lost: 1 });
  });

  test('counts refused submissions that it has not read', async () => {
    await alone();
    const path = folder();
    const { trace } = captureRun(
      path,
      [...UPROBE, '--slots', '2'],
      python(
        path,
        `submit('lib', [iocb(), iocb(), iocb(999)])
submit('lib', [iocb(), iocb(999)])
submit('lib', [iocb(999)], 1 << 40)
submit('raw', [iocb(999)])`,
      ),
    );
    const { submissions, refused } = await partCounts(trace);
    expect({ submissions, refused }).toEqual({ submissions: 3, refused: 2 });
    expect(lossOf(trace, 'submissions')).toMatchObject({ hits: 3, recorded: 3, lost: 0 });
    expect(lossOf(trace, 'refused submissions')).toMatchObject({ hits: 4, recorded: 2, lost: 2 });
    expect(manifestOf(trace).complete).toBe(false);
  });

  test('is refused to a second iterator, also while the first one starts', async () => {
    const running = capture({ method: 'uprobe', command: ['true'] });
    const [first, second] = [running.chunks(), running.chunks()];
    const both = await Promise.allSettled([first.next(), second.next()]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(both[1]).toMatchObject({ reason: { code: 'AIOSCOPE_SOURCE' } });
    await first.return();
    expect(leftBehind(String(process.pid))).toEqual([]);
  });

  test('says which program cannot be started', async () => {
    const running = capture({ method: 'uprobe', command: ['true', 'a\0b'] });
    await expect(running.chunks().next()).rejects.toMatchObject({
      code: 'AIOSCOPE_CAPTURE',
      message: expect.stringContaining('true: cannot be started'),
    });
  });

  test('fails if its folder is removed while it is written', async () => {
    const path = folder();
    const trace = join(path, 'run.trace');
    const remove = ['sh', '-c', `sleep 0.5; rm -r "${trace}"`];
    const { status, stderr } = captureRun(path, UPROBE, remove);
    expect({ status, stderr }).toMatchObject({ status: 125 });
    expect(stderr).toBe(
      `aioscope: error: ${trace}: was removed while it was written: nothing is kept\n`,
    );
  });

  test('refuses names that no folder can have, before it starts anything', () => {
    const path = folder();
    const link = join(path, 'link');
    symlinkSync(join(path, 'nowhere'), link);
    for (const [name, words] of [
      ['', 'is not a folder name'],
      ['-', 'is not a folder name'],
      [link, 'already exists'],
    ]) {
      const { status, stderr } = aioscope(['capture', ...UPROBE, '-o', name, '--duration', '1s']);
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(words) });
    }
  });

  test('that cannot write its description leaves no folder', () => {
    const trace = join(folder(), 'run.trace');
    const command = `ulimit -f 1; exec "${process.execPath}" "${main}" capture --method uprobe`;
    const { status, stderr } = spawnSync('sh', ['-c', `${command} -o "${trace}" -- true`], {
      encoding: 'utf8',
      env: environment(),
    });
    expect({ status, stderr }).toMatchObject({ status: 125 });
    expect(stderr).toContain('nothing was kept');
    expect(existsSync(trace)).toBe(false);
  });
});
