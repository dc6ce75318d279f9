// Does the packed tarball work in every runtime that it is for, and in programs that are bundled? Installs each from the npm
// registry into a temporary folder, and runs test/runtimes/smoke.mjs there, with a file of 300 MiB that has to be read by
// threads, or without where there are none. `npm run runtimes`, or some of them: `npm run runtimes -- bun node@24 esbuild`.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { longRecords } from '../test/runtimes/long.mjs';

/** Bundlers, whose programs run in this Node, without the modules of threads. */
const BUNDLERS = ['rolldown', 'esbuild'];
const RUNTIMES = ['node@20', 'node@22', 'node@24', 'node@latest', 'bun', 'deno', ...BUNDLERS];
/** Those in which threads do not read a file that another thread has opened. */
const WITHOUT_THREADS = ['deno', ...BUNDLERS];
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

/** The suite as one bundled program. Returns its path. */
function bundled(bundler, folder, project) {
  const output = join(project, bundler);
  const args =
    bundler === 'rolldown'
      ? ['smoke.mjs', '--dir', output, '--platform', 'node']
      : [
          'smoke.mjs',
          '--bundle',
          '--platform=node',
          '--format=esm',
          `--outfile=${output}/smoke.js`,
        ];
  run(project, join(folder, 'node_modules/.bin', bundler), ...args);
  return join(output, 'smoke.js');
}

/** The command that runs the suite in a runtime, without the arguments of the suite. */
function commandOf(name, folder, project) {
  if (BUNDLERS.includes(name)) return [process.execPath, bundled(name, folder, project)];
  const [command] = name.split('@');
  const executable = join(folder, 'node_modules/.bin', command);
  return [executable, ...(command === 'deno' ? ['run', '-A'] : []), 'smoke.mjs'];
}

/** The version of a runtime, and how the smoke suite fared in it. */
function smoke(name, temporary, project, long) {
  const folder = join(temporary, name);
  try {
    install(folder, name);
    const tool = join(folder, 'node_modules/.bin', name.split('@')[0]);
    const [version] = /\d+\.\d+\.\d+/.exec(run(folder, tool, '--version')) ?? ['?'];
    const [executable, ...args] = commandOf(name, folder, project);
    const threads = WITHOUT_THREADS.includes(name) ? 'without-threads' : 'with-threads';
    const suite = [...args, join(root, 'test/fixtures/captures'), long, threads];
    const env = { ...process.env, AIOSCOPE_ENGINE: '' };
    const { stdout, stderr, status } = spawnSync(executable, suite, {
      cwd: project,
      env,
      encoding: 'utf8',
      timeout: 5 * MINUTES,
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

/** Writes the file of 300 MiB. */
function writeLong(path) {
  const fd = openSync(path, 'w');
  for (const bytes of longRecords()) writeSync(fd, bytes);
  closeSync(fd);
}

const temporary = mkdtempSync(join(tmpdir(), 'aioscope-runtimes-'));
try {
  const [{ filename }] = JSON.parse(
    run(temporary, 'npm', 'pack', root, '--json', '--ignore-scripts'),
  );
  const project = join(temporary, 'project');
  install(project, join(temporary, filename));
  for (const file of ['smoke.mjs', 'long.mjs'])
    copyFileSync(join(root, 'test/runtimes', file), join(project, file));
  const long = join(temporary, 'long.ioev');
  writeLong(long);

  const row = (cells) => console.log(cells.map((cell, i) => cell.padEnd([13, 11, 0][i])).join(''));
  row(['runtime', 'version', 'result']);
  for (const name of wanted.length > 0 ? wanted : RUNTIMES) {
    const { runtime, version, result, passed, details } = smoke(name, temporary, project, long);
    row([runtime, version, result]);
    if (passed) continue;
    console.log(details);
    process.exitCode = 1;
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
