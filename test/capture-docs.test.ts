// Does the program in docs/capture.md run as it is printed there?
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { environment } from './support/cli.ts';
import { fioArguments, folder, layOut, whySkipped } from './support/live.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const reason = whySkipped('bpftrace') ?? whySkipped('uprobe');

test('the program prints the batches of a run of fio', ({ skip }) => {
  skip(reason !== undefined, reason);
  const path = folder();
  layOut(path);
  const sample = /^```js\n(.*?)^```$/ms.exec(readFileSync(join(root, 'docs/capture.md'), 'utf8'));
  // Below the package, so that it imports aioscope by its name.
  const scripts = join(root, 'build', `capture-sample-${process.pid}`);
  mkdirSync(scripts, { recursive: true });
  onTestFinished(() => {
    spawnSync('rm', ['-r', scripts]);
  });
  writeFileSync(join(scripts, 'sample.mjs'), sample?.[1] ?? '');
  const options = fioArguments(path, '--rw=randrw', '--iodepth=4').slice(1);
  const job = options.map((option) => `${option.replace('--', '')}\n`).join('');
  writeFileSync(join(path, 'job.fio'), `[live]\n${job}`.replace(/^output.*\n/gm, ''));
  const run = spawnSync(process.execPath, [join(scripts, 'sample.mjs')], {
    cwd: path,
    encoding: 'utf8',
    env: environment(),
  });
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/^\d+ writes$/m);
  expect(run.stdout).toMatch(/^true \[$/m);
  expect(run.status).toBe(0);
}, 60_000);
