// Is docs/api/ what the built declarations say, does every public export say what it is, and do the samples run?
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderApi, samples, undocumented } from './render-api.ts';
import { environment } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'aioscope-api-'));
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/aioscope'));
  for (const name of ['examples', 'test']) symlinkSync(join(root, name), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([...renderApi()])('docs/api/%s is rendered from the declarations', async (page, text) => {
  await expect(text).toMatchFileSnapshot(`../docs/api/${page}`);
});

test('there are no other pages', () => {
  expect(readdirSync(join(root, 'docs/api')).sort()).toEqual([...renderApi().keys()].sort());
});

test('every public export has a JSDoc', () => {
  expect(undocumented()).toEqual([]);
});

// That of a page needs one; test/browser.test.ts has it.
test.each(samples().filter(({ door }) => door !== 'aioscope/browser'))(
  'the sample of $door runs',
  ({ door, script, output }) => {
    const file = join(folder, `${door.replace('/', '-')}.mjs`);
    writeFileSync(file, script);
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
      cwd: folder,
      encoding: 'utf8',
      env: environment(WITH_DUCKDB),
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    if (output === undefined) expect(stdout).not.toBe('');
    else expect(stdout).toBe(output);
  },
);

test('what a sample prints is shown, except of a bench and a page', () => {
  const silent = samples().filter(({ output }) => output === undefined);
  expect(silent.map(({ door }) => door)).toEqual(['aioscope/bench', 'aioscope/browser']);
});
