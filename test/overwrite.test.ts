// Does --force keep what a file is to others: its mode, its owner, its links?
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aioscope, fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import './support/duckdb.ts';
import { beside, folder, inside } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const EXPORTS = ['arrow', 'parquet', 'csv', 'raw'].map((format) => [
  `export --to ${format} -o`,
  ['export', '--format', format, EVENTS, '-o'],
]);
/** Every way to write a file. */
const WRITERS = [
  ...EXPORTS,
  ['report --html', ['report', EVENTS, '--html']],
  ['generate -o', ['generate', '--kind', 'iocb', '--records', '10', '-o']],
  ['sql -o', ['sql', 'select 1', EVENTS, '-o']],
  ['sql --to parquet -o', ['sql', '--to', 'parquet', 'select 1', EVENTS, '-o']],
] as [string, string[]][];

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

/** A file that exists, and is then overwritten. */
async function overwritten(args: readonly string[], mode: number, uid = 0): Promise<string> {
  const path = inside();
  writeFileSync(path, 'old');
  chmodSync(path, mode);
  if (uid !== 0) chownSync(path, uid, uid);
  const { status } = await ran([...args, path, '--force']);
  expect([status, beside(path)]).toEqual([0, ['out']]);
  expect(readFileSync(path, 'latin1')).not.toBe('old');
  return path;
}

describe.each(WRITERS)('%s', (_, args) => {
  test.each([0o600, 0o644, 0o666])('keeps mode %o', async (mode) => {
    expect(modeOf(await overwritten(args, mode))).toBe(mode);
  });
});

const isRoot = process.getuid?.() === 0;
const NEEDS_ROOT = 'only root can give files to others';

test('keeps the owner and the group where it may set them', async ({ skip }) => {
  skip(!isRoot, NEEDS_ROOT);
  const { uid, gid, mode } = statSync(await overwritten(WRITERS[2][1], 0o640, 1234));
  expect([uid, gid, mode & 0o7777]).toEqual([1234, 1234, 0o640]);
});

test('a group that cannot be kept loses what others do not have', ({ skip }) => {
  skip(!isRoot, NEEDS_ROOT);
  const path = inside();
  chmodSync(folder, 0o755);
  chmodSync(dirname(path), 0o777);
  writeFileSync(path, 'old');
  chmodSync(path, 0o664);
  const args = [...WRITERS[2][1], path, '--force'];
  const open = { uid: 1234, env: { HOME: '/tmp' } };
  expect(aioscope(args, open)).toMatchObject({ status: 0, stderr: '' });
  const { uid, gid } = statSync(path);
  expect([uid, gid, modeOf(path)]).toEqual([1234, 1234, 0o644]);
});

test('a file that is new has the mode that the umask leaves', async () => {
  const path = inside();
  expect(await ran([...WRITERS[2][1], path])).toMatchObject({ status: 0 });
  expect(modeOf(path)).toBe(0o666 & ~process.umask());
});

test('of two hard links only the named one is replaced', async () => {
  const path = inside();
  writeFileSync(path, 'old');
  linkSync(path, `${path}.link`);
  expect(await ran([...WRITERS[2][1], path, '--force'])).toMatchObject({ status: 0 });
  expect(readFileSync(`${path}.link`, 'utf8')).toBe('old');
  expect(readFileSync(path, 'utf8')).not.toBe('old');
});

test('a symbolic link stays, and the file that it names is replaced', async () => {
  const path = inside();
  writeFileSync(path, 'old');
  chmodSync(path, 0o600);
  symlinkSync('out', `${path}.link`);
  const args = [...WRITERS[2][1], `${path}.link`, '--force'];
  expect(await ran(args)).toMatchObject({ status: 0 });
  expect(existsSync(`${path}.link`)).toBe(true);
  expect([readFileSync(path, 'utf8') === 'old', modeOf(path)]).toEqual([false, 0o600]);
  expect(beside(path)).toEqual(['out', 'out.link']);
});
