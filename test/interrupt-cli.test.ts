// Does a signal end a command that writes a folder while it reads a file, with nothing left behind?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { environment, fixture, main } from './support/cli.ts';
import { beside, folder, inside } from './support/exporting.ts';

/** Files that take the command seconds, and no write makes it wait. */
const log = join(folder, 'log');
const dump = join(folder, 'dump');
const repeated = (bytes: Uint8Array, times: number): Uint8Array =>
  Buffer.concat(Array.from({ length: times }, () => bytes));
writeFileSync(log, repeated(gunzipSync(readFileSync(fixture('case_rwf.strace.gz'))), 200));
writeFileSync(dump, repeated(readFileSync(fixture('fio_nowait.ioev')), 400));

test.each([
  ['import', ['import', '--format', 'strace', log]],
  [
    'export --partition-by',
    ['export', '--kind', 'io_event', '--format', 'parquet', '--partition-by', 'records:9k', dump],
  ],
])('%s', async (_, args) => {
  const output = inside();
  const child = spawn(process.execPath, [main, ...args, '-o', output], {
    env: environment(),
    stdio: 'ignore',
  });
  while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGTERM');
  const [status] = await once(child, 'exit');
  expect([status, beside(output)]).toEqual([143, []]);
});
