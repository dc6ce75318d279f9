// Does the command behave at pipes: one that closes, one that stays open, one that is full?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { aioscope, environment, fixture, main } from './support/cli.ts';

const EVENTS = fixture('case_rwf.ioev');
const REQUESTS = fixture('case_vec.iocb');

describe('a pipe', () => {
  test.each([['ndjson'], ['csv'], ['table']])(
    'whose reader has had enough of %s ends the command quietly',
    async (format) => {
      const child = spawn(
        process.execPath,
        [main, 'print', '--kind', 'iocb', '--format', format, REQUESTS],
        { env: environment() },
      );
      let errors = '';
      child.stderr.on('data', (chunk) => {
        errors += String(chunk);
      });
      child.stdout.once('data', () => child.stdout.destroy());
      const [code, signal] = await once(child, 'close');
      expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: '' });
    },
  );

  test('that stays open does not hold a command that has printed enough', async () => {
    const child = spawn(
      process.execPath,
      [main, 'print', '--kind', 'io_event', '--json', '--limit', '1', '-'],
      { env: environment() },
    );
    child.stdin.on('error', () => {}).write(new Uint8Array(2 ** 21));
    child.stdout.resume();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test('that is full is an error, and not a silent loss', () => {
    const fd = openSync('/dev/full', 'w');
    const { status } = aioscope(['summary', '--kind', 'io_event', '--json', EVENTS], {
      stdout: fd,
    });
    closeSync(fd);
    expect(status).toBe(1);
  });
});
