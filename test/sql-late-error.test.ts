// Does `aioscope sql` exit 1 and keep nothing where an error comes late, in every format?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SQL_FORMATS } from '../src/cli/sql-options.ts';
import { encode } from '../src/node.ts';
import { file, folder } from './support/asking.ts';
import { aioscope, environment, main } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

/** Of 32 bytes each: DuckDB streams a megabyte at a time. */
const ROWS = 100_000;
const FAULTY = 90_000;
const path = file(
  encode(
    Array.from({ length: ROWS }, (_, i) => ({ data: i === FAULTY ? 2n ** 40n : BigInt(i) })),
    { kind: 'io_event' },
  ),
);

let made = 0;
/** A path in a new folder, so that what is left behind is seen. */
function inside(): string {
  made += 1;
  mkdirSync(join(folder, `out${made}`));
  return join(folder, `out${made}`, 'out');
}
const beside = (output: string): string[] => readdirSync(join(output, '..'));

/** A module that makes reads beyond half the file fail. */
const FAILING_READS = `data:text/javascript,${encodeURIComponent(`
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { readSync } = fs;
fs.readSync = (fd, target, begin, length, at) => {
  if (at > ${16 * ROWS}) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
  return readSync(fd, target, begin, length, at);
};
syncBuiltinESMExports();
`)}`;

describe.each(SQL_FORMATS)('%s', (format) => {
  const args = (query: string) => ['sql', '--format', format, '--kind', 'io_event', query, path];
  const cast = 'select data::integer, obj, res, res2 from io_event';
  const reason = /^aioscope: error: Conversion Error: .*1099511627776 can't be cast.*\n$/;

  test('a value that a cast cannot take, late in a file', async () => {
    const output = inside();
    const { status, stderr } = await ran([...args(cast), '-o', output]);
    expect([status, beside(output)]).toEqual([1, []]);
    expect(stderr).toMatch(reason);
    const piped = aioscope(args(cast), { env: WITH_DUCKDB });
    expect([piped.status, piped.stderr]).toEqual([1, expect.stringMatching(reason)]);
  });

  test('a read that fails, late in a file', () => {
    const output = inside();
    const env = { ...WITH_DUCKDB, NODE_OPTIONS: `--import=${FAILING_READS}` };
    const found = aioscope([...args('from io_event'), '-o', output], { env });
    expect([found.status, beside(output)]).toEqual([1, []]);
    expect(found.stderr).toMatch(/^aioscope: error: .*EIO: i\/o error, read.*\n$/);
  });

  test('an interrupt', async () => {
    const output = inside();
    const query = 'select a.data from io_event a, io_event b';
    const child = spawn(process.execPath, [main, ...args(query), '-o', output], {
      stdio: 'ignore',
      env: environment(WITH_DUCKDB),
    });
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect([status, beside(output)]).toEqual([130, []]);
  });
});
