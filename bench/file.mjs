// Whole files in the page cache: programs side by side, what a byte costs by the file's size, and how long a small file takes.
import { closeSync, fsyncSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../dist/generate/index.js';
import { answerOf } from './answer.mjs';
import { median, nodeCommand, path, run } from './child.mjs';
import { programs } from './programs.mjs';

const GIB = 2 ** 30;
/** Repeated until the file is full. */
const BLOCK_RECORDS = 2 ** 20;
const RUNS = 5;

function makeFile(file, kind, bytes) {
  const block = Buffer.concat([...generate({ kind, records: BLOCK_RECORDS })]);
  const fd = openSync(file, 'w');
  for (let written = 0; written < bytes; written += block.byteLength) writeSync(fd, block);
  fsyncSync(fd);
  closeSync(fd);
}

/** Run all once, untimed: whoever reads records must say the same of them. */
function checkAgreement(all, kind, file) {
  let expected;
  for (const { name, role, command } of all) {
    const { stdout } = run(command(kind, file));
    if (role === 'ceiling') continue;
    const json = JSON.parse(stdout);
    const answer = answerOf(kind, json[kind] ?? json);
    expected ??= answer;
    if (answer !== expected)
      throw new Error(`${name} says something else of ${kind}:\n${answer}\n${expected}`);
  }
}

/** Seconds and peak memory of every program, run by turns; ratios are medians of the ratios within a turn. */
function sideBySide(all, kind, file, bytes) {
  const fit = all.filter(({ bytesMax = Number.POSITIVE_INFINITY }) => bytes <= bytesMax);
  const here = fit.filter(({ missing }) => missing === undefined);
  checkAgreement(here, kind, file);
  const turns = Array.from(
    { length: RUNS },
    () => new Map(here.map(({ name, command }) => [name, run(command(kind, file))])),
  );
  const [{ name: loop }] = all;
  return fit.map(({ name, role, threads, missing, why }) => {
    if (missing !== undefined) return { name, role, threads, missing };
    const ratio = (other) =>
      median(turns.map((turn) => turn.get(other).seconds / turn.get(name).seconds));
    return {
      name,
      role,
      threads,
      why,
      seconds: median(turns.map((turn) => turn.get(name).seconds)),
      gbps: bytes / 1e9 / median(turns.map((turn) => turn.get(name).seconds)),
      ofLoop: ratio(loop),
      /** How often this program's time holds in another's: over 1, this one is faster. */
      times: Object.fromEntries(here.map((other) => [other.name, ratio(other.name)])),
      peakMb: Math.max(...turns.map((turn) => turn.get(name).peakMb)),
    };
  });
}

/** The programs on 4 GiB and 1 GiB of both kinds, and one thread's cost per byte from 1 MiB to 8 GiB. */
export function fileResults(folder, say) {
  const all = programs(folder);
  const file = join(folder, 'dump');
  const files = [];
  const sizes = [];
  for (const kind of ['io_event', 'iocb']) {
    const largest = kind === 'io_event' ? 8 * GIB : 4 * GIB;
    say(`a file of ${largest / GIB} GiB of ${kind}`);
    makeFile(file, kind, largest);
    for (const bytes of [8 * GIB, 4 * GIB, GIB, 2 ** 26, 2 ** 20]) {
      if (bytes > largest) continue;
      truncateSync(file, bytes);
      if (kind === 'io_event' && bytes !== 4 * GIB)
        sizes.unshift({
          bytes,
          ...JSON.parse(run([process.execPath, path('summarize.mjs'), kind, file]).stdout),
        });
      if (bytes !== 4 * GIB && bytes !== GIB) continue;
      say(`programs on ${bytes / GIB} GiB of ${kind}`);
      files.push({ kind, bytes, rows: sideBySide(all, kind, file, bytes) });
    }
    rmSync(file);
  }
  return { files, sizes };
}

/** Start to result: commands on small files against a Node that does nothing, by turns. */
export function startResults() {
  const files = ['iocb88', 'ioev56'].map((suffix) =>
    path(`../test/fixtures/captures/fio_nowait.${suffix}`),
  );
  const commands = {
    summary: ['summary', '--json', files[1]],
    report: ['report', ...files],
    match: ['match', ...files],
  };
  const main = path('../dist/cli/main.js');
  const ms = (...args) => run([process.execPath, ...args]).seconds * 1000;
  const turns = Array.from({ length: 15 }, () => ({
    node: ms('-e', '0'),
    ...Object.fromEntries(
      Object.entries(commands).map(([name, args]) => [name, ms(main, ...args)]),
    ),
  }));
  const moreMs = Object.keys(commands).map((name) => [
    name,
    median(turns.map((turn) => turn[name] - turn.node)),
  ]);
  return { nodeMs: median(turns.map(({ node }) => node)), moreMs: Object.fromEntries(moreMs) };
}

/** Module load and first call, in fresh processes. */
export function coldResults(folder) {
  return [
    'aioscope',
    'aioscope, js engine',
    'BigInt64Array loop',
    'binary-parser',
    'structurae',
  ].map((name) => {
    const runs = Array.from({ length: 5 }, () =>
      JSON.parse(run(nodeCommand('cold.mjs', name, folder)).stdout),
    );
    if (runs[0].missing) return { name, missing: runs[0].missing };
    return {
      name,
      ...Object.fromEntries(
        Object.keys(runs[0]).map((key) => [key, median(runs.map((each) => each[key]))]),
      ),
    };
  });
}
