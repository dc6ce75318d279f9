// Does `aioscope clickhouse` do on a modern ClickHouse what docs/clickhouse.md shows of an old one? chdb, which is ClickHouse in a process, answers HTTP as a node would.
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

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-chdb-'));
  const require = createRequire(join(installed(join(folder, 'chdb')), 'package.json'));
  const server = spawn(
    process.execPath,
    [path('scripts/chdb-node.mjs'), require.resolve('chdb'), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await new Promise((resolve, reject) => {
    server.stdout.once('data', (text) => resolve(String(text).trim()));
    server.once('exit', () => reject(new Error('chdb has ended')));
  });
  const ask = async (sql) => {
    const answer = await fetch(url, { method: 'POST', body: sql });
    if (!answer.ok) throw new Error(`${nameOf(sql)}\n${await answer.text()}`);
    return answer.text();
  };
  const peers = path('test/peers/node_modules');
  if (!existsSync(join(peers, '@clickhouse')))
    execFileSync('npm', ['ci', '--prefix', path('test/peers'), '--no-audit', '--no-fund']);
  const env = { ...process.env, NODE_PATH: peers, NODES: `--url ${url}` };
  const shell = (line) => {
    const command = line.replace(
      /^aioscope /,
      `'${process.execPath}' '${path('dist/cli/main.js')}' `,
    );
    return execFileSync('sh', ['-c', command], {
      cwd: path('.'),
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  let failed = 0;
  const tell = (isGood, what) => {
    console.log(`${isGood ? 'ok' : 'FAILED'}  ${what}`);
    failed += isGood ? 0 : 1;
  };
  try {
    console.log(`ClickHouse ${(await ask('SELECT version() FORMAT TSV')).trim()}`);
    const dump = join(folder, 'own.iocb');
    const generate = `aioscope generate --kind iocb --layout ts:u64,cpu:u16,node:char8,record`;
    shell(`${generate} --endian big --records 70000 -o '${dump}'`);
    const own = 'aioscope clickhouse load $NODES --load own --kind iocb --endian big';
    const page = readFileSync(path('docs/clickhouse.md'), 'utf8');
    const lines = [...page.matchAll(/^\$ (aioscope clickhouse .*)$/gm)].map(
      // chdb has no other nodes to distribute over.
      ([, line]) => line.replace(' --cluster aio', ''),
    );
    for (const line of lines) shell(line);
    shell(`${own} --layout ts:u64,cpu:u16,node:char8,record --check linux '${dump}'`);
    const before = await ask(ONCE);
    for (const line of lines) shell(line);
    tell((await ask(ONCE)) === before, 'loading again changes nothing');
    const rows = cells(before).map(([, count, once]) => count === once);
    tell(rows.every(Boolean), `every row once, of ${rows.length} loads`);
    const added = await ask(
      "SELECT count(), count(cpu) FROM aio.iocb WHERE load = 'own' FORMAT TSV",
    );
    tell(added === '70000\t70000\n', 'fields of another layout became columns');
    const staging = await ask(
      "SELECT count() FROM system.tables WHERE name LIKE '%staging%' FORMAT TSV",
    );
    tell(staging.trim() === '0', 'no staging table is left');
    tell(
      (
        await ask(
          "SELECT create_table_query FROM system.tables WHERE name = 'iocb_local' FORMAT TSVRaw",
        )
      ).includes('DoubleDelta'),
      'columns have codecs',
    );
    const queries = [
      ...page.matchAll(/```sql\n(SELECT[\s\S]*?|WITH[\s\S]*?)```\n\n```text\n([\s\S]*?)```/g),
    ];
    for (const [, sql, expected] of queries) {
      const answer = await ask(`${sql} FORMAT TSVWithNames`).catch((error) => error.message);
      const same = JSON.stringify(cells(answer)) === JSON.stringify(cells(expected));
      tell(same, nameOf(sql));
      if (!same) console.log(answer);
    }
    if (queries.length < 12) tell(false, `only ${queries.length} queries found`);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
