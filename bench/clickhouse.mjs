// Loads of enveloped submissions into ClickHouse on loopback, beside curl, which sends the same file as it is: wall time and the peak memory of each.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from '../dist/generate/index.js';
import { resolveSchema } from '../dist/node.js';
import { missing, startCluster, stopCluster } from '../scripts/clickhouse-cluster.mjs';
import { ENVIRONMENT, median, path, run } from './child.mjs';

const RECORDS = 5_000_000;
const ROUNDS = 7;
const TYPES = { u64: 'UInt64', i64: 'Int64', u32: 'UInt32', i16: 'Int16', u16: 'UInt16' };

const reason = missing();
if (reason !== '') throw new Error(reason);
const folder = mkdtempSync(join(tmpdir(), 'aioscope-clickhouse-bench-'));
const file = join(folder, 'dump.iocb88');
for (const chunk of generate({ kind: 'iocb', layout: 'traced', records: RECORDS }))
  appendFileSync(file, chunk);
ENVIRONMENT.NODE_PATH ??= path('../test/peers/node_modules');
const cluster = await startCluster(join(folder, 'cluster'));
const urls = cluster.nodes.map(({ url }) => url);

/** The columns in the order of the file. */
const columns = resolveSchema({ kind: 'iocb', layout: 'traced' })
  .columns.toSorted((a, b) => a.sourceOffset - b.sourceOffset)
  .map(({ name, type }) => [name, TYPES[type]]);
const ask = (sql) => run(['curl', '-sS', '--fail-with-body', urls[0], '--data-binary', sql]);
const main = path('../dist/cli/main.js');
const command = (name, nodes, ...args) => [
  ...[process.execPath, '--import', path('report-peak.mjs'), main, 'clickhouse', name],
  ...[...nodes.flatMap((url) => ['--url', url]), ...args],
];

function byCurl() {
  ask('DROP TABLE IF EXISTS aio.raw');
  const list = columns.map(([name, type]) => `${name} ${type}`).join(', ');
  ask(`CREATE TABLE aio.raw (${list}) ENGINE = MergeTree ORDER BY ts`);
  const insert = `INSERT INTO aio.raw (${columns.map(([name]) => name)}) FORMAT RowBinary`;
  const url = `${urls[0]}/?query=${encodeURIComponent(insert)}`;
  return run(['curl', '-sS', '--fail-with-body', url, '--data-binary', `@${file}`]).seconds;
}

function byLoad(nodes, ...args) {
  const { seconds, peakMb } = run(command('load', nodes, '--load', 'bench', ...args, file));
  run(command('drop', nodes, 'bench'));
  return { seconds, peakMb };
}

try {
  run(command('schema', urls, '--apply', '--cluster', cluster.name));
  const turns = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const curl = byCurl();
    const one = byLoad(urls.slice(0, 1));
    const two = byLoad(urls, '--chunk-rows', String(RECORDS / 4));
    if (round > 0) turns.push({ curl, one, two });
  }
  const ratio = (of) => median(turns.map((turn) => turn[of].seconds / turn.curl)).toFixed(2);
  const peak = (of) => Math.max(...turns.map((turn) => turn[of].peakMb)).toFixed(0);
  console.log(`${RECORDS / 1e6} M iocbs of 88 bytes, medians of ${ROUNDS} rounds`);
  console.log(`load into one node   ${ratio('one')} × the time of curl   ${peak('one')} MB`);
  console.log(`load into two nodes  ${ratio('two')} × the time of curl   ${peak('two')} MB`);
} finally {
  await stopCluster(cluster, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
