// Is nothing left behind when a signal ends a command that writes, however soon it comes?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aioscope, environment, fixture, main } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-signal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;
const COMMANDS = [
  ['export', '--format', 'csv', '--kind', 'iocb', '/dev/zero', '-o'],
  [
    'export',
    '--format',
    'parquet',
    '--partition-by',
    'records:1000',
    '--kind',
    'iocb',
    '/dev/zero',
    '-o',
  ],
  ['generate', '--kind', 'iocb', '--records', '1e12', '-o'],
] as const;

test.each(COMMANDS.flatMap((args) => SIGNALS.map(([signal, status]) => [signal, status, ...args])))(
  '%s, %i: %s %s %s',
  async (...given) => {
    const [signal, status, ...args] = given as [NodeJS.Signals, number, ...string[]];
    const own = join(
      folder,
      `${signal}-${COMMANDS.findIndex((command) => command[2] === args[2])}`,
    );
    mkdirSync(own);
    const child = spawn(process.execPath, [main, ...args, join(own, 'out')], {
      stdio: 'ignore',
      env: environment(),
    });
    while (readdirSync(own).length === 0 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill(signal);
    expect([await once(child, 'exit'), readdirSync(own)]).toEqual([[status, null], []]);
  },
);

test('what cannot be said, since standard error is full, is no fault of the data', () => {
  const fd = openSync('/dev/full', 'w');
  const child = spawn(
    process.execPath,
    [main, 'print', '--limit', '1', '--kind', 'iocb', fixture('case_rwf.ioev56')],
    {
      stdio: ['ignore', 'ignore', fd],
      env: environment(),
    },
  );
  closeSync(fd);
  expect(
    aioscope(['print', '--limit', '1', '--kind', 'iocb', fixture('case_rwf.ioev56')]).stderr,
  ).toContain('ignored a partial record');
  return expect(once(child, 'exit')).resolves.toEqual([0, null]);
});
