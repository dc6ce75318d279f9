// The programs that summarize a file: aioscope, and what else this machine has. What it lacks is a row that says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { nodeCommand, path, run } from './child.mjs';

const CORES = availableParallelism();
const GIB = 2 ** 30;
const MAIN = '../dist/cli/main.js';

const JS_WHY =
  'JavaScript has no vectors, and its 64-bit integers are objects; this engine is used only where WebAssembly SIMD is missing';

/** `summary` takes `--workers` where it is built so. */
const takesWorkers = () =>
  run([process.execPath, path(MAIN), 'summary', '--help']).stdout.includes('--workers');

function aioscope() {
  const summary = (kind, file, ...options) =>
    nodeCommand(MAIN, 'summary', '--kind', kind, '--json', ...options, file);
  const one = takesWorkers() ? ['--workers', '1'] : [];
  const programs = [
    {
      name: 'aioscope',
      role: 'ours',
      threads: 1,
      command: (kind, file) => summary(kind, file, ...one),
    },
    {
      name: 'aioscope, js engine',
      role: 'ours-js',
      threads: 1,
      bytesMax: GIB,
      why: JS_WHY,
      command: (kind, file) => summary(kind, file, '--engine', 'js', ...one),
    },
  ];
  if (one.length === 0 || CORES === 1) return programs;
  const all = { name: `aioscope, ${CORES} workers`, role: 'ours-all', threads: CORES };
  return [
    ...programs,
    { ...all, command: (kind, file) => summary(kind, file, '--workers', String(CORES)) },
  ];
}

/** Compile the C program into the run's folder. */
function cPrograms(folder) {
  const built = join(folder, 'summary');
  const { status } = spawnSync('cc', [
    '-O3',
    '-march=native',
    '-pthread',
    '-o',
    built,
    path('peers/summary.c'),
  ]);
  const missing = status === 0 ? undefined : 'no C compiler: `apt-get install gcc libc6-dev`';
  const why = {
    read: 'it uses wider vectors than WebAssembly has: limited to 128 bits it takes 1.3 to 1.5 times as long; and it does not count the descriptors, flags and priorities of submissions',
    mmap: 'it reads the page cache without copying; Node has no mmap',
  };
  return ['read', 'mmap'].flatMap((mode) =>
    [...new Set([1, CORES])].map((threads) => ({
      name: `C, ${mode}, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      role: `c-${mode}`,
      threads,
      missing,
      why: why[mode],
      command: (kind, file) => [built, kind, file, mode, String(threads)],
    })),
  );
}

/** The python that has numpy: a virtual environment's, or Debian's. */
export const python = () =>
  [process.env.PYTHON ?? 'python3', '/usr/bin/python3'].find(
    (each) => spawnSync(each, ['-c', 'import numpy']).status === 0,
  );

function numpy() {
  const command = python();
  return {
    name: 'numpy',
    role: 'numpy',
    threads: 1,
    missing: command ? undefined : 'not installed: `apt-get install python3-numpy`',
    why: 'its loops are vectorized C',
    command: (kind, file) => [command, path('peers/summary_numpy.py'), kind, file],
  };
}

function chdb() {
  const missing = existsSync(path('peers/node_modules/chdb'))
    ? undefined
    : 'not installed: `npm install --prefix bench/peers --no-package-lock`';
  const program = (threads) => ({
    name: `ClickHouse (chdb), ${threads === 1 ? '1 thread' : `${threads} threads`}`,
    role: 'chdb',
    threads,
    bytesMax: threads === CORES ? undefined : GIB,
    missing,
    why: 'it uses all cores',
    command: (kind, file) => nodeCommand('peers/summary-chdb.mjs', kind, file, String(threads)),
  });
  return [...new Set([1, CORES])].map(program);
}

/** Every program; the first is the read loop that others are held against. */
export const programs = (folder) => [
  {
    name: 'read loop',
    role: 'ceiling',
    threads: 1,
    command: (_, file) => nodeCommand('read-loop.mjs', file),
  },
  ...aioscope(),
  ...cPrograms(folder),
  numpy(),
  ...chdb(),
];
