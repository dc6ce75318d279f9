// Commands on long files beside the loop that only reads them: report, check and summary on every core, and print far into a file.
import { closeSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../dist/generate/index.js';
import { median, path, run } from './child.mjs';

const GIB = 2 ** 30;
const STRIDE = 64;
const RUNS = 7;
const SKIPPED = 16_000_000;

/** A file of iocbs: a simulated run, repeated until the file is full. */
function makeFile(file, bytes) {
  const block = Buffer.concat([...generate({ kind: 'iocb', records: 2 ** 21 })]);
  const fd = openSync(file, 'w');
  for (let written = 0; written < bytes; written += block.byteLength) writeSync(fd, block);
  closeSync(fd);
  truncateSync(file, bytes);
}

const main = path('../dist/cli/main.js');
/** Seconds of a command; `check` may find what the kernel would refuse, which is its exit code 3. */
const seconds = (...args) => run([process.execPath, ...args], [0, 3]).seconds;
const command = (name, file) => () => seconds(main, name, '--json', '--kind', 'iocb', file);
const readLoop = (file) => () => seconds(path('read-loop.mjs'), file);
const print =
  (file, ...skip) =>
  () =>
    seconds(main, 'print', '--kind', 'iocb', '--limit', '10', ...skip, file);

/** Seconds of each, run by turns. */
function byTurns(timed) {
  for (const time of Object.values(timed)) time();
  return Array.from({ length: RUNS }, () =>
    Object.fromEntries(Object.entries(timed).map(([name, time]) => [name, time()])),
  );
}

const ratio = (turns, of, to) => median(turns.map((turn) => turn[to] / turn[of]));
const seen = (turns, name) => median(turns.map((turn) => turn[name]));

/** `{ name, bytes, gbps, of: { bar: ratio } }` of each command, and what skipping costs in ms. */
export function commandResults(folder, say) {
  const file = join(folder, 'long.iocb');
  const rows = [];
  say('commands on 2 GiB of iocb');
  makeFile(file, 2 * GIB);
  const two = byTurns({
    loop: readLoop(file),
    summary: command('summary', file),
    check: command('check', file),
  });
  for (const name of ['summary', 'check'])
    rows.push({
      name,
      bytes: 2 * GIB,
      gbps: (2 * GIB) / 1e9 / seen(two, name),
      of: { loop: ratio(two, name, 'loop'), summary: ratio(two, name, 'summary') },
    });
  say('commands on 1 GiB of iocb');
  truncateSync(file, GIB);
  const one = byTurns({
    loop: readLoop(file),
    report: command('report', file),
    summary: command('summary', file),
    print: print(file),
    skip: print(file, '--skip', `${Math.min(SKIPPED, GIB / STRIDE - 10)}`),
  });
  rows.push({
    name: 'report',
    bytes: GIB,
    gbps: GIB / 1e9 / seen(one, 'report'),
    of: { loop: ratio(one, 'report', 'loop'), summary: ratio(one, 'report', 'summary') },
  });
  rmSync(file);
  return { rows, skipMs: median(one.map(({ print: without, skip }) => (skip - without) * 1000)) };
}
