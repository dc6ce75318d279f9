// Which DuckDB do we work with, and is any other refused with the reason?
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { expect, test } from 'vitest';
import { folder } from './support/asking.ts';
import { aioscope, fixture } from './support/cli.ts';

const EVENTS = fixture('case_rwf.ioev');
const json = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const range: string = json('../package.json').peerDependencies['@duckdb/node-api'];
const [oldest, newest] = /^>=(\S+) <=(\S+)$/.exec(range)?.slice(1) ?? [];

test('the newest of the range is what the tests install and what errors recommend', () => {
  expect(oldest).toMatch(/^\d+\.\d+\.\d+-r\.\d+$/);
  expect(json('peers/package.json').dependencies['@duckdb/node-api']).toBe(newest);
  const { stderr } = aioscope(['sql', 'select 1', EVENTS], { env: { NODE_PATH: '' } });
  expect(stderr).toContain(`npm install @duckdb/node-api@${newest} `);
});

/** A folder with a DuckDB of this version, in which nothing works but what it exports. */
function fake(name: string, version: string, exports: string): NodeJS.ProcessEnv {
  const modules = join(folder, name);
  for (const each of ['node-api', 'node-bindings']) {
    mkdirSync(join(modules, '@duckdb', each), { recursive: true });
    const about = { name: `@duckdb/${each}`, version };
    writeFileSync(join(modules, '@duckdb', each, 'package.json'), JSON.stringify(about));
    writeFileSync(join(modules, '@duckdb', each, 'index.js'), exports);
  }
  return { NODE_PATH: modules };
}

test.each([
  ['old', fake('old', '1.5.3-r.1', ''), 'DuckDB 1.5.3-r.1 is installed, which lacks create_table'],
  [
    'broken',
    fake('broken', `${newest}`, 'throw new Error("no such library")'),
    'DuckDB is installed but cannot be loaded: no such library',
  ],
])('a DuckDB that is %s: sql says so, export writes by itself', (name, env, reason) => {
  const { status, stderr } = aioscope(['sql', 'select 1', EVENTS], { env });
  expect(status).toBe(1);
  expect(stderr).toContain(`aioscope: error: ${reason}`);
  expect(stderr).toContain(`npm install @duckdb/node-api@${newest}`);
  const output = join(folder, `${name}.parquet`);
  const exported = aioscope(['export', '--format', 'parquet', '-o', output, EVENTS], { env });
  expect([exported.status, exported.stderr]).toEqual([0, '']);
  const { buffer } = Uint8Array.from(readFileSync(output));
  expect(parquetMetadata(buffer).created_by).toContain('aioscope');
});
