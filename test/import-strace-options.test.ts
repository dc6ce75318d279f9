// Are logs that are hard to read, as terminals and mails have them, equal to the memory of their run?
// `npm run strace -- --fixtures test/fixtures/aio-run` makes them, and compares many more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compareWithTruth, truthOf } from '../scripts/aio-run.mjs';
import * as abi from '../src/abi/index.ts';
import { fixture } from './support/cli.ts';
import { imported } from './support/importing.ts';

const folder = join(fixture('..'), 'aio-run');

test.each(readdirSync(folder))('%s', async (name) => {
  const read = (file: string) => gunzipSync(readFileSync(join(folder, name, `${file}.gz`)));
  const logs = readdirSync(join(folder, name)).filter((file) => file.startsWith('log'));
  const log = await imported(logs.map((file) => join(folder, name, file)));
  expect(log.unparsed).toEqual([]);
  const { equal, differences } = compareWithTruth(abi, log, truthOf(abi, read, {}));
  expect(differences).toEqual([]);
  expect(equal).toBeGreaterThan(4400);
  const path = expect.stringMatching(/\/data, \[1\] \{a=b\} c>d\\eä$/);
  if (name === 'encoded' || name === 'wrapped')
    expect(log.manifest.descriptors).toContainEqual(expect.objectContaining({ path }));
  if (name === 'terminal')
    expect(log.manifest.processes).toContainEqual(expect.objectContaining({ comm: 'aio-run' }));
});
