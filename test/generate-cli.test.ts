// Does `aioscope generate` write what the library makes, and leave nothing half-written behind?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type GenerateOptions, generate } from '../src/generate/index.ts';
import { aioscope, main } from './support/cli.ts';
import { ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-generate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const made = (options: GenerateOptions): Buffer => Buffer.concat([...generate(options)]);

describe('aioscope generate', () => {
  const path = (name: string) => join(folder, name);
  const base = ['generate', '--kind', 'iocb'];

  test.each([
    ['1000', 1000],
    ['1e3', 1000],
    ['2k', 2000],
    ['0.01M', 10_000],
    ['0', 0],
  ])('--records %s writes so many, and leaves nothing else', async (text, records) => {
    const into = path(`records-${text}`);
    mkdirSync(into);
    const file = join(into, 'a.iocb');
    expect(await ran([...base, '--records', text, '-o', file])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(readdirSync(into)).toEqual(['a.iocb']);
    expect(readFileSync(file).equals(made({ kind: 'iocb', records }))).toBe(true);
  });

  test('standard output gets what the library gives, format and seed included', () => {
    const file = path('stdout');
    const stdout = openSync(file, 'w');
    const args = [
      'generate',
      '--kind',
      'io_event',
      '--layout',
      'traced',
      '--endian',
      'big',
      '--seed',
      '9',
      '--records',
      '5k',
    ];
    expect(aioscope([...args, '-o', '-'], { stdout })).toMatchObject({ status: 0, stderr: '' });
    closeSync(stdout);
    expect(
      readFileSync(file).equals(
        made({ kind: 'io_event', layout: 'traced', endian: 'big', seed: 9, records: 5000 }),
      ),
    ).toBe(true);
  });

  test('a file that exists is left alone, unless --force; a link is followed', async () => {
    const [file, link] = [path('there'), path('link')];
    writeFileSync(file, 'precious');
    symlinkSync(file, link);
    for (const name of [file, link]) {
      const stderr = `aioscope: error: ${name} already exists; use --force to overwrite it, or choose another name\n`;
      expect(await ran([...base, '--records', '3', '-o', name])).toMatchObject({
        status: 2,
        stderr,
      });
    }
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(await ran([...base, '--records', '3', '--force', '-o', link])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(readFileSync(file).byteLength).toBe(3 * 64);
  });

  test('a terminal gets no binary', () => {
    const preload = `data:text/javascript,${encodeURIComponent('process.stdout.isTTY = true')}`;
    const { status, stdout, stderr } = aioscope(base, {
      env: { NODE_OPTIONS: `--import=${preload}` },
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'aioscope: error: records are binary and standard output is a terminal; write to a file with -o, or to a pipe\n',
    });
  });

  test.each([
    [['generate'], "error: required option '--kind <kind>' not specified"],
    [[...base, '--records', '1.5'], "argument '1.5' is invalid. Expected a whole number"],
    [[...base, '--records', '1e99'], "argument '1e99' is invalid. Expected a whole number"],
    [[...base, '--records', '10X'], "argument '10X' is invalid. Expected a whole number"],
    [[...base, '--seed=-1'], "argument '-1' is invalid. Expected a whole number"],
    [[...base, '--layout', 'nope', '-o', join(folder, 'never')], "layout 'nope': no such preset"],
    [
      ['generate', '--kind', 'aio_ring', '--records', '5M', '-o', join(folder, 'never')],
      'a ring has at most 4194302 live events',
    ],
  ])('2, and a reason: %j', async (args, message) => {
    const { status, stderr, stdout } = await ran(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(existsSync(path('never'))).toBe(false);
  });

  test('1, and a reason, where it cannot be written', async () => {
    expect(await ran([...base, '-o', folder])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it is a directory'),
    });
    expect(await ran([...base, '-o', path('no/where')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no such directory'),
    });
    expect(await ran([...base, '-o', '/dev/full'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the disk is full'),
    });
  });

  test('1, and nothing left behind, where the disk is full half-way or the command is stopped', async () => {
    const into = path('full');
    mkdirSync(into);
    const file = join(into, 'a.iocb');
    const limited = spawnSync(
      'sh',
      ['-c', 'ulimit -f 2000; exec "$@"', 'sh', process.execPath, main, ...base, '-o', file],
      {
        encoding: 'utf8',
      },
    );
    expect(limited).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('nothing was kept'),
    });
    const child = spawn(process.execPath, [main, ...base, '--records', '1G', '-o', file], {
      stdio: 'ignore',
    });
    while (readdirSync(into).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    const [status] = await once(child, 'exit');
    expect(status).toBe(143);
    expect(readdirSync(into)).toEqual([]);
  });

  test('0, and quiet, where the reader has had enough', () => {
    const script = '{ "$@"; echo "$?" >&2; } | head -c 10 | wc -c';
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', script, 'sh', process.execPath, main, ...base, '--records', '1G'],
      {
        encoding: 'utf8',
      },
    );
    expect([stdout.trim(), stderr.trim()]).toEqual(['10', '0']);
  });

  test('--help shows examples', async () => {
    expect((await ran(['generate', '--help'])).stdout).toContain(
      '$ aioscope generate --kind iocb --records 10M -o demo.iocb',
    );
  });
});
