// Does the packed tarball work in every runtime that it is for? Installs each from the npm registry into a temporary folder,
// and runs test/runtimes/smoke.mjs there. `npm run runtimes`, or some of them: `npm run runtimes -- bun node@24`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNTIMES = ['node@20', 'node@22', 'node@24', 'node@latest', 'bun', 'deno'];
const MINUTES = 60_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !RUNTIMES.includes(name));
if (unknown.length > 0) {
  console.error(`there is no runtime ${unknown.join(', ')}; there are ${RUNTIMES.join(', ')}`);
  process.exit(2);
}

/** What a command printed; throws what it said where it fails. */
function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 5 * MINUTES,
  });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}\n${stdout}${stderr}`,
  );
}

/** A folder with a package of its own and these packages in it. */
function install(folder, ...packages) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
}

/** The version of a runtime, and how the smoke suite fared in it. */
function smoke(name, temporary, project) {
  const [command] = name.split('@');
  const folder = join(temporary, name);
  try {
    install(folder, name);
    const executable = join(folder, 'node_modules/.bin', command);
    const [version] = /\d+\.\d+\.\d+/.exec(run(folder, executable, '--version')) ?? ['?'];
    const suite = [
      ...(command === 'deno' ? ['run', '-A'] : []),
      'smoke.mjs',
      join(root, 'test/fixtures/captures'),
    ];
    const env = { ...process.env, AIOSCOPE_ENGINE: '' };
    const { stdout, stderr, status } = spawnSync(executable, suite, {
      cwd: project,
      env,
      encoding: 'utf8',
      timeout: 2 * MINUTES,
    });
    const lines = stdout.trimEnd().split('\n');
    const result = lines.pop() || `exit ${status}`;
    return {
      runtime: name,
      version,
      result,
      passed: status === 0,
      details: `${lines.join('\n')}${stderr}`,
    };
  } catch (error) {
    return {
      runtime: name,
      version: '–',
      result: 'not to be had',
      passed: false,
      details: `  ${error.message}`,
    };
  }
}

const temporary = mkdtempSync(join(tmpdir(), 'aioscope-runtimes-'));
try {
  const [{ filename }] = JSON.parse(
    run(temporary, 'npm', 'pack', root, '--json', '--ignore-scripts'),
  );
  const project = join(temporary, 'project');
  install(project, join(temporary, filename));
  copyFileSync(join(root, 'test/runtimes/smoke.mjs'), join(project, 'smoke.mjs'));

  const row = (cells) => console.log(cells.map((cell, i) => cell.padEnd([13, 11, 0][i])).join(''));
  row(['runtime', 'version', 'result']);
  for (const name of wanted.length > 0 ? wanted : RUNTIMES) {
    const { runtime, version, result, passed, details } = smoke(name, temporary, project);
    row([runtime, version, result]);
    if (passed) continue;
    console.log(details);
    process.exitCode = 1;
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
