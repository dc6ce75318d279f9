// Does SQL work with the oldest and the newest DuckDB of the range in package.json? Installs each
// from the npm registry into a temporary folder and runs the tests of DuckDB with it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = '@duckdb/node-api';
const root = fileURLToPath(new URL('..', import.meta.url));
const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const versions = /^>=(\S+) <=(\S+)$/.exec(peerDependencies[NAME]).slice(1);

/** Runs a command with its output shown; returns whether it succeeded. */
function run(cwd, env, command, ...args) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status === 0;
}

const temporary = mkdtempSync(join(tmpdir(), 'aioscope-duckdbs-'));
const results = versions.map((version) => {
  const folder = join(temporary, version);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--no-audit', '--no-fund', `${NAME}@${version}`];
  if (!run(folder, {}, 'npm', ...install)) return `${version}: cannot be installed`;
  const env = { AIOSCOPE_DUCKDB: join(folder, 'node_modules') };
  const passed = run(root, env, 'npx', 'vitest', 'run', 'duckdb', 'sql-');
  return `${version}: ${passed ? 'passed' : 'failed'}`;
});
rmSync(temporary, { recursive: true });
console.log(results.join('\n'));
process.exitCode = results.every((result) => result.endsWith('passed')) ? 0 : 1;
