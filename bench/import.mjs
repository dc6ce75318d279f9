// How many records of a log of strace does one core import per second, and in how much memory?
// node bench/import.mjs [repetitions] repeats the log of a fixture, with later times, in a file,
// and imports it in a process of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { importLog } from 'aioscope/import';
import { ENVIRONMENT } from './child.mjs';
import { peakKb } from './peak.mjs';

/** MB that an import may take. */
const PEAK_MAX = 120;

const self = fileURLToPath(import.meta.url);

/** Writes a log, as often as it is asked to, each time ten seconds later. */
function writeLog(path, times) {
  const fixture = fileURLToPath(
    new URL('../test/fixtures/captures/case_rwf.strace.gz', import.meta.url),
  );
  const log = gunzipSync(readFileSync(fixture)).toString('latin1');
  const file = openSync(path, 'w');
  const later = (i) => (_, thread, seconds) => thread + (Number(seconds) + 10 * i);
  for (let i = 0; i < times; i++) writeSync(file, log.replace(/^(\d+ +)(\d{10})/gm, later(i)));
}

async function measure(path) {
  const before = process.cpuUsage();
  const run = importLog(path);
  for await (const _ of run.chunks());
  const { user, system } = process.cpuUsage(before);
  const parts = Object.values(run.manifest.parts);
  const records = parts.reduce((sum, part) => sum + part.records, 0);
  const perSecond = Math.round(records / ((user + system) / 1e6));
  const peak = Math.round(peakKb() / 1024);
  console.log(`${records} records, ${perSecond} per CPU second, peak ${peak} MB`);
  if (peak > PEAK_MAX) throw new Error(`more than ${PEAK_MAX} MB`);
  if (Object.keys(run.manifest.dropped).length > 0) throw new Error('lines were dropped');
}

const [option = '400', path = ''] = process.argv.slice(2);
if (option === '--measure') await measure(path);
else {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-bench-'));
  writeLog(join(folder, 'log'), Number(option));
  const args = [self, '--measure', join(folder, 'log')];
  const { status } = spawnSync(process.execPath, args, { env: ENVIRONMENT, stdio: 'inherit' });
  rmSync(folder, { recursive: true });
  process.exitCode = status ?? 1;
}
