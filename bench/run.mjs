// Runs every bench and keeps the numbers in results.json, from which the README's tables and docs/benchmarks.md are rendered.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { path } from './child.mjs';
import { commandResults } from './commands.mjs';
import { coldResults, fileResults, startResults } from './file.mjs';
import { memoryResults } from './memory.mjs';
import { python } from './programs.mjs';
import { renderBenchmarks } from './table.mjs';

/** The first line that a command prints, or why there is none. */
const firstLine = (command, ...args) =>
  spawnSync(command, args, { encoding: 'utf8' }).stdout?.split('\n')[0].trim() || 'missing';

const [{ model }] = cpus();
const begun = performance.now();
const say = (what) =>
  process.stderr.write(
    `${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${what}\n`,
  );
const folder = mkdtempSync(join(tmpdir(), 'aioscope-bench-'));
try {
  const memory = memoryResults(folder, say);
  say('first calls and small files');
  const [cold, start] = [coldResults(folder), startResults()];
  const { files, sizes } = fileResults(folder, say);
  const commands = commandResults(folder, say);
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: model.trim(),
      cores: cpus().length,
      memoryGib: Math.round(totalmem() / 2 ** 30),
    },
    versions: {
      node: process.version,
      v8: process.versions.v8,
      cc: firstLine('cc', '--version'),
      numpy: firstLine(python() ?? 'python3', '-c', 'import numpy; print(numpy.__version__)'),
      ...JSON.parse(readFileSync(path('peers/package.json'), 'utf8')).dependencies,
    },
    memory,
    cold,
    start,
    files,
    sizes,
    commands,
  };
  say('done');
  writeFileSync(
    path('results.json'),
    `${JSON.stringify(results, (_, value) => (Number.isInteger(value) || typeof value !== 'number' ? value : Number(value.toPrecision(4))), 1)}\n`,
  );
  console.log(renderBenchmarks(results));
} finally {
  rmSync(folder, { recursive: true });
}
