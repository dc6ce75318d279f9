// Does `aioscope clickhouse` do on a modern ClickHouse what docs/clickhouse.md shows of an old one?
// chdb, which is ClickHouse in a process, answers HTTP as a node would.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHDB = 'chdb@3.4.0';
const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The folder with chdb, whose package has 566 MB: AIOSCOPE_CHDB, or a new one. */
function installed(folder) {
  const given = process.env.AIOSCOPE_CHDB;
  if (given !== undefined) return given;
  console.log(`installing ${CHDB} …`);
  mkdirSync(folder, { recursive: true });
  execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', CHDB]);
  return folder;
}

const nameOf = (sql) => sql.trim().split('\n')[0].slice(0, 70);

/** A table as the page has it, as rows of cells. */
const cells = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd().split(/\t|\s{2,}/));

/** How many rows each load has, exactly once. */
const ONCE =
  'SELECT load, count(), uniqExact((chunk, `index`)), sum(aio_nbytes), min(aio_offset) ' +
  'FROM aio.iocb GROUP BY load ORDER BY load FORMAT TSV';

/** Starts a node of chdb, and returns its process and address. */
async function startNode(folder) {
  const require = createRequire(join(installed(join(folder, 'chdb')), 'package.json'));
  const args = [path('scripts/chdb-node.mjs'), require.resolve('chdb'), folder];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    server.stdout.once('data', (text) => resolve(String(text).trim()));
    server.once('exit', () => reject(new Error('chdb has ended')));
  });
  return { server, url };
}

/** What a node answers. @throws an error with its words */
async function answerOf(url, sql) {
  const answer = await fetch(url, { method: 'POST', body: sql });
  if (!answer.ok) throw new Error(`${nameOf(sql)}\n${await answer.text()}`);
  return answer.text();
}

/** Runs lines in a shell whose `aioscope` is the built command, and `$NODES` the node. */
function shellOn(url) {
  const peers = path('test/peers/node_modules');
  if (!existsSync(join(peers, '@clickhouse')))
    execFileSync('npm', ['ci', '--prefix', path('test/peers'), '--no-audit', '--no-fund']);
  const env = { ...process.env, NODE_PATH: peers, NODES: `--url ${url}` };
  const command = `'${process.execPath}' '${path('dist/cli/main.js')}' `;
  return (line) =>
    execFileSync('sh', ['-c', line.replace(/^aioscope /, () => command)], {
      cwd: path('.'),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
}

let failed = 0;
function report(isGood, what) {
  console.log(`${isGood ? 'ok' : 'FAILED'}  ${what}`);
  failed += isGood ? 0 : 1;
}

/** Loads what the page loads, twice, and other fields into a table that users have changed. */
async function checkLoads(page, ask, shell, folder) {
  const dump = join(folder, 'own.iocb');
  const layout = '--layout ts:u64,cpu:u16,node:char8,record --kind iocb --endian big';
  shell(`aioscope generate ${layout} --records 70000 -o '${dump}'`);
  const lines = [...page.matchAll(/^\$ (aioscope clickhouse .*)$/gm)].map(
    // chdb has no other nodes to distribute over.
    ([, line]) => line.replace(' --cluster aio', ''),
  );
  for (const line of lines) shell(line);
  for (const column of ['half UInt64 ALIAS intDiv(ts, 2)', 'quarter UInt64 MATERIALIZED half / 2'])
    await ask(`ALTER TABLE aio.iocb_local ADD COLUMN ${column}`);
  shell(`aioscope clickhouse load $NODES --load own ${layout} --check linux '${dump}'`);
  const before = await ask(ONCE);
  for (const line of lines) shell(line);
  report((await ask(ONCE)) === before, 'loading again changes nothing');
  const rows = cells(before).map(([, count, once]) => count === once);
  report(rows.every(Boolean), `every row once, of ${rows.length} loads`);
  const own = async (what, table) =>
    (await ask(`SELECT ${what} FROM aio.${table} WHERE load = 'own' FORMAT TSV`)).trimEnd();
  const added = await own('count(), count(cpu)', 'iocb');
  report(added === '70000\t70000', 'fields of another layout became columns');
  const computed = await own('sum(quarter) > 0, countIf(quarter != intDiv(ts, 4))', 'iocb_local');
  report(computed === '1\t0', 'columns that users added are computed');
}

/** Looks at the tables after the loads. */
async function checkTables(ask, shell) {
  const from = 'FROM system.tables WHERE';
  const staging = await ask(`SELECT count() ${from} name LIKE '%staging%' FORMAT TSV`);
  report(staging.trim() === '0', 'no staging table is left');
  shell('aioscope clickhouse schema --apply --no-codecs --database plain $NODES');
  const hasCodecs = async (database) => {
    const local = `${from} name = 'iocb_local' AND database = '${database}' FORMAT TSVRaw`;
    return (await ask(`SELECT create_table_query ${local}`)).includes('CODEC');
  };
  report(await hasCodecs('aio'), 'columns have codecs');
  report(!(await hasCodecs('plain')), '--apply --no-codecs makes columns without codecs');
}

/** Runs the queries of the page, and compares their answers with those that it shows. */
async function checkQueries(page, ask) {
  const queries = [
    ...page.matchAll(/```sql\n(SELECT[\s\S]*?|WITH[\s\S]*?)```\n\n```text\n([\s\S]*?)```/g),
  ];
  for (const [, sql, expected] of queries) {
    const answer = await ask(`${sql} FORMAT TSVWithNames`).catch((error) => error.message);
    const same = JSON.stringify(cells(answer)) === JSON.stringify(cells(expected));
    report(same, nameOf(sql));
    if (!same) console.log(answer);
  }
  if (queries.length < 12) report(false, `only ${queries.length} queries found`);
}

const folder = mkdtempSync(join(tmpdir(), 'aioscope-chdb-'));
let server;
try {
  const node = await startNode(folder);
  server = node.server;
  const ask = (sql) => answerOf(node.url, sql);
  const page = readFileSync(path('docs/clickhouse.md'), 'utf8');
  console.log(`ClickHouse ${(await ask('SELECT version() FORMAT TSV')).trim()}`);
  const shell = shellOn(node.url);
  await checkLoads(page, ask, shell, folder);
  await checkTables(ask, shell);
  await checkQueries(page, ask);
} finally {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
