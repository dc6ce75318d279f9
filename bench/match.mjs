// How fast does `aioscope match` bring two dumps of hundreds of megabytes together, beside `summary` of the same files and DuckDB's ASOF JOIN?
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from '../dist/node.js';
import { ENVIRONMENT, median } from './child.mjs';

const RECORDS = Number(process.argv[2] ?? 3_000_000);
const RUNS = 5;
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** One process: wall seconds, and seconds of CPU, which other work on the machine disturbs less. */
function time(args) {
  const report =
    "process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write(String((user + system) / 1e6)) })";
  const begun = performance.now();
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(report)}`];
  const { status, stderr, stdout } = spawnSync(process.execPath, [...preload, main, ...args], {
    env: ENVIRONMENT,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(String(stderr));
  return {
    seconds: (performance.now() - begun) / 1000,
    cpu: Number(String(stderr)),
    json: JSON.parse(String(stdout)),
  };
}

/** The columns that a join needs, as CSV: DuckDB makes a table of it before anything is timed. */
async function writeCsv(file, path, kind, columns) {
  const out = createWriteStream(path);
  out.write(`${columns.join(',')}\n`);
  for await (const batch of open(file, { kind, layout: 'traced' })) {
    const arrays = columns.map((name) => batch.columns[name]);
    let text = '';
    for (let i = 0; i < batch.length; i++) text += `${arrays.map((array) => array[i]).join(',')}\n`;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

/** Every completion to the latest submission before it at its address: what an ASOF JOIN can say. */
const JOIN = `SELECT count(*), min(e.ts - s.ts), max(e.ts - s.ts), sum(e.ts - s.ts)
  FROM completions e ASOF JOIN submissions s ON e.pid = s.pid AND e.obj = s.addr AND e.ts >= s.ts`;

async function connect(folder) {
  const { DuckDBInstance } = createRequire(new URL('duckdb/package.json', import.meta.url))(
    '@duckdb/node-api',
  );
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const table of ['submissions', 'completions']) {
    await connection.run(
      `CREATE TABLE ${table} AS SELECT * FROM read_csv('${join(folder, table)}.csv', all_varchar = false)`,
    );
  }
  return async () => {
    const begun = performance.now();
    const cpu = process.cpuUsage();
    await (await connection.run(JOIN)).getRows();
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 };
  };
}

const folder = mkdtempSync(join(tmpdir(), 'aioscope-match-'));
try {
  const files = ['iocb', 'io_event'].map((kind) => {
    const file = join(folder, kind);
    const args = [
      'generate',
      '--kind',
      kind,
      '--layout',
      'traced',
      '--records',
      String(RECORDS),
      '-o',
      file,
    ];
    const { status, stderr } = spawnSync(process.execPath, [main, ...args]);
    if (status !== 0) throw new Error(String(stderr));
    return file;
  });
  await writeCsv(files[0], join(folder, 'submissions.csv'), 'iocb', [
    'ts',
    'addr',
    'pid',
    'aio_data',
  ]);
  await writeCsv(files[1], join(folder, 'completions.csv'), 'io_event', [
    'ts',
    'pid',
    'data',
    'obj',
    'res',
  ]);
  const asofJoin = await connect(folder);
  const candidates = {
    'aioscope match': () => time(['match', '--json', ...files]),
    'aioscope summary': () => time(['summary', '--json', ...files]),
    'DuckDB ASOF JOIN': asofJoin,
  };
  const runs = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, measure] of Object.entries(candidates)) {
      const measured = await measure();
      if (run > 0) runs[name].push(measured);
    }
  }
  const of = (name, key) => median(runs[name].map((run) => run[key]));
  const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  const rows = Object.keys(runs).map((name) => ({
    '': name,
    s: of(name, 'seconds').toFixed(2),
    'million records/s': ((2 * RECORDS) / of(name, 'seconds') / 1e6).toFixed(1),
    'times match': (of(name, 'seconds') / of('aioscope match', 'seconds')).toFixed(2),
    'CPU s': of(name, 'cpu').toFixed(2),
  }));
  const heads = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  console.log(
    `${RECORDS.toLocaleString('en-US')} submissions and as many completions, ${megabytes.toFixed(0)} MB; match and summary are whole processes on files, DuckDB has both tables in memory and all cores. Medians of ${RUNS} runs, in turn.\n`,
  );
  console.log(
    [heads, heads.map(() => '---'), ...rows.map((row) => Object.values(row))].map(line).join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true });
}
