// Does `schema --apply` make what `schema` prints, do layouts fit, and do passwords stay secret?
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { PRESETS } from '../src/layout/preset.ts';
import { type EncodableRecord, encode } from '../src/node.ts';
import { environment, main } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { query, rowsOf, useCluster, WITH_CLICKHOUSE } from './support/clickhouse.ts';

const cluster = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'aioscope-clickhouse-schema-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const nodes = () => cluster().nodes.flatMap(({ url }) => ['--url', url]);
const schema = (...args: string[]) => printedHere(['clickhouse', 'schema', ...args]);

/** What a node says of the tables of a database, whose name is left out. */
async function described(url: string, database: string): Promise<string[]> {
  const names = (await query(url, `SHOW TABLES FROM ${database}`)).split('\n');
  const all = names.map((name) => query(url, `SHOW CREATE TABLE ${database}.${name}`));
  return (await Promise.all(all)).map((each) => each.replaceAll(database, 'DATABASE'));
}

test.each([
  ['on one node', []],
  ['over a cluster', ['--cluster', 'aio']],
])('what is printed makes the tables that --apply makes, %s', async (name, options) => {
  const { url } = cluster().nodes[0];
  const [printed, applied] = ['printed', 'applied'].map((each) => `${each}_${options.length}`);
  const statements = await schema(...options, '--no-codecs', '--database', printed);
  for (const each of statements.split(/;\n\n?/)) if (each !== '') await query(url, each);
  const apply = ['--apply', ...options, '--database', applied, ...nodes()];
  const made = await ran(['clickhouse', 'schema', ...apply]);
  expect([made.status, made.stdout]).toEqual([0, 'The tables exist on 2 nodes.\n']);
  const warning = 'without --cluster, a query sees only the rows of the node';
  expect(made.stderr.includes(warning)).toBe(options.length === 0);
  const tables = await described(url, printed);
  expect(tables.length).toBe(13);
  for (const each of cluster().nodes) expect(await described(each.url, applied)).toEqual(tables);
  const over = tables.filter((each) => /ENGINE = (Distributed\(aio|Merge\()/.test(each));
  expect(over.length).toBe(6);
  expect(over.every((each) => each.includes('Distributed') === name.endsWith('cluster'))).toBe(
    true,
  );
  // Again: what exists stays.
  expect((await ran(['clickhouse', 'schema', ...apply])).status).toBe(0);
  expect(await described(url, applied)).toEqual(tables);
});

test('--apply adds the columns that existing tables lack', async () => {
  const at = ['--database', 'grown', '--cluster', 'aio', ...nodes()];
  const file = fileOf('ts:u64,lane:u16,record', {});
  await schema('--apply', ...at);
  const { url } = cluster().nodes[1];
  await query(url, 'ALTER TABLE grown.loads DROP COLUMN lacks');
  await query(url, 'ALTER TABLE grown.pairs_local DROP COLUMN aio_reqprio');
  await schema('--apply', ...at, ...file);
  for (const node of cluster().nodes) {
    const names = "name IN ('lane', 'lacks') OR table = 'pairs_local' AND name = 'aio_reqprio'";
    const found = await rowsOf(
      node.url,
      `SELECT table, name, type FROM system.columns WHERE database = 'grown' AND (${names}) ` +
        'ORDER BY table',
    );
    expect(found).toEqual([
      ['io_event', 'lane', 'UInt16'],
      ['io_event_local', 'lane', 'UInt16'],
      ['loads', 'lacks', 'String'],
      ['pairs_local', 'aio_reqprio', 'Int16'],
    ]);
  }
});

test('--apply refuses tables with other engines, and what the node cannot have', async () => {
  const url = ['--url', cluster().nodes[0].url];
  const refused = async (...args: string[]) => {
    const { status, stdout, stderr } = await ran(['clickhouse', 'schema', '--apply', ...args]);
    expect([status, stdout]).toEqual([1, '']);
    return stderr;
  };
  const alone = ['--database', 'alone', ...url];
  await schema('--apply', ...alone);
  expect(await refused(...alone, '--cluster', 'aio')).toMatch(
    /: not Distributed\(aio\): alone.iocb \(Merge\), .*; run this with the --cluster that/,
  );
  expect(await refused(...alone, '--replicated')).toMatch(
    /: not replicated: alone.iocb_local \(MergeTree\), .*; run this without --replicated/,
  );
  const spread = ['--database', 'spread', ...url];
  await schema('--apply', ...spread, '--cluster', 'aio');
  expect(await refused(...spread)).toContain(': not Merge: spread.iocb (Distributed(aio)), ');
  expect(await refused('--database', 'none', ...url, '--cluster', 'other')).toContain(
    'there is no cluster other in the configuration of this node (it has aio); add it to',
  );
  expect(await refused('--database', 'none', ...url, '--replicated')).toContain(
    'configure ZooKeeper or ClickHouse Keeper on the node, or omit --replicated',
  );
});

test('--replicated has the macros of the nodes; old servers get no codecs', async () => {
  const replicated = await schema('--cluster', 'storage', '--replicated', '--database', 'traces');
  const engines = [...replicated.matchAll(/ENGINE = (.*?)( PARTITION| ORDER|;)/g)];
  expect(engines.map(([, engine]) => engine).filter((each) => /^Repl/.test(each))).toEqual(
    ['iocb', 'io_event', 'refused', 'aio_ring', 'pairs', 'calls', 'loads'].map((table) => {
      const name = table === 'loads' ? table : `${table}_local`;
      return `ReplicatedMergeTree('/clickhouse/tables/{shard}/traces/${name}', '{replica}')`;
    }),
  );
  expect(replicated).toContain('ENGINE = Distributed(storage, traces, iocb_local);');
  expect(replicated).toContain('`ts` UInt64 CODEC(DoubleDelta, ZSTD(1)),');
  expect(replicated).toContain('`aio_nbytes` UInt64 CODEC(T64, ZSTD(1)),');
  const plain = await schema();
  expect(plain).toContain('CODEC');
  expect(plain).not.toContain('Replicated');
  expect(await schema('--no-codecs')).not.toContain('CODEC');
  // These servers are too old for codecs, and say so.
  expect(await schema(...nodes())).toBe(await schema('--no-codecs'));
});

test('all named layouts fit the tables without a column more', async () => {
  const plain = await schema();
  for (const layout of Object.keys(PRESETS))
    for (const kind of ['iocb', 'io_event'] as const) {
      const file = join(folder, `${layout}.${kind}`);
      writeFileSync(file, encode([{}], { kind, layout: layout as 'traced' }));
      expect(await schema('--kind', kind, '--layout', layout, file)).toBe(plain);
    }
});

/** A file of two records with more fields, and the options that describe it. */
function fileOf(layout: string, record: EncodableRecord): string[] {
  const file = join(folder, layout.replaceAll(/\W/g, '_'));
  writeFileSync(file, encode([record, record], { kind: 'io_event', layout }));
  return ['--kind', 'io_event', '--layout', layout, file];
}

test('other fields become columns when the tables are made, or when they are loaded', async () => {
  const layout = 'ts:u64,cpu:u16,disk:char8,record';
  const file = fileOf(layout, { ts: 5n, cpu: 3, disk: 'sda', res: -5n });
  const printed = await schema(...file);
  expect(printed).toContain(
    '  `cpu` UInt16 CODEC(T64, ZSTD(1)),\n  `disk` String CODEC(ZSTD(1)),\n',
  );
  for (const [database, more] of [
    ['with_files', file],
    ['without_files', []],
  ] as const) {
    const at = ['--database', database, ...nodes()];
    await schema('--apply', '--cluster', 'aio', ...at, ...more);
    await printedHere([
      'clickhouse',
      'load',
      '--load',
      'cpus',
      '--chunk-rows',
      '1',
      ...at,
      ...file,
    ]);
    const sql = 'SELECT ts, cpu, disk, errno_name, tid FROM';
    const row = ['5', '3', 'sda', 'EIO', '0'];
    expect(await rowsOf(cluster().nodes[0].url, `${sql} ${database}.io_event`)).toEqual([row, row]);
  }
  // A narrower type of the same sign fits.
  const narrow = fileOf('ts:u32,cpu:u8,record', { ts: 7, cpu: 1 });
  const at = ['--database', 'without_files', ...nodes()];
  await printedHere(['clickhouse', 'load', '--load', 'narrow', ...at, ...narrow]);
  const { url } = cluster().nodes[1];
  const found = "SELECT sum(ts), sum(cpu) FROM without_files.io_event WHERE load = 'narrow'";
  expect(await query(url, found)).toBe('14\t2');
  // Another sign does not, and nothing is loaded.
  const other = fileOf('ts:u64,cpu:i32,record', {});
  const { stderr, status } = await ran(['clickhouse', 'load', '--load', 'sign', ...at, ...other]);
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /column cpu of without_files.io_event_local has the type UInt16, and .* Int32; load/,
  );
  expect(await query(url, "SELECT count() FROM without_files.io_event WHERE load = 'sign'")).toBe(
    '0',
  );
});

test('of files with one field of several types, the widest is the column', async () => {
  const [small, large, other] = ['u8', 'u32', 'i16'].map((type) =>
    fileOf(`ts:u64,core:${type},record`, { core: 5 }),
  );
  const both = [...small, ...large.slice(2)];
  expect(await schema(...both)).toContain('`core` UInt32');
  const at = ['--database', 'widest', ...nodes()];
  await schema('--apply', '--cluster', 'aio', ...at);
  await printedHere(['clickhouse', 'load', '--load', 'cores', ...at, ...both]);
  const { url } = cluster().nodes[0];
  expect(await query(url, 'SELECT sum(core), count() FROM widest.io_event')).toBe('20\t4');
  const clash = await ran(['clickhouse', 'schema', ...small, ...other.slice(2)]);
  expect(clash.stderr).toContain(
    'the field core has the type UInt8 in one file and Int16 in another',
  );
});

test.each([
  [
    'pid:u64,record',
    'the field pid of the layout has the type UInt64, and the column of io_event UInt32',
  ],
  [
    'comm:u32,record',
    'the field comm of the layout has the type UInt32, and the column of io_event String',
  ],
  [
    'ts:i64,record',
    'the field ts of the layout has the type Int64, and the column of io_event UInt64',
  ],
  ['load:u32,record', 'the field load of the layout is a column of its own in io_event'],
  ['chunk:u32,record', 'the field chunk of the layout is a column of its own in io_event'],
  ['_part:u32,record', 'the field _part of the layout has a name that ClickHouse reserves'],
  [
    `${'a'.repeat(201)}:u32,record`,
    `the field ${'a'.repeat(79)}… of the layout has a name of 201 characters, ` +
      'and columns at most 200',
  ],
  ['part:u32,record', 'the field part of the layout is a column of its own in io_event'],
  [
    'errno_name:u32,record',
    'the field errno_name of the layout is a column of its own in io_event',
  ],
])('a field that clashes is an error: %s', async (layout, message) => {
  const file = fileOf(layout, {});
  const made = await ran(['clickhouse', 'schema', ...file]);
  expect(made.stderr).toContain(`${message}; rename the field in the layout`);
  const args = ['--load', 'clash', '--database', 'without_files', ...nodes(), ...file];
  const loaded = await ran(['clickhouse', 'load', ...args]);
  expect(loaded.stderr).toContain(`${message}; rename the field in the layout`);
  expect([made.status, loaded.status]).toEqual([2, 2]);
});

test.each(['', 'schema', 'load', 'loads', 'drop'])(
  'clickhouse %s --help has examples',
  async (name) => {
    const words = ['clickhouse', ...(name === '' ? [] : [name])];
    const help = await printedHere([...words, '--help']);
    expect(help).toContain(`\nExamples:\n`);
    expect(help).toMatch(new RegExp(`^ {2}\\$ aioscope ${words.join(' ')}`, 'm'));
  },
);

test('the password is in no argument of a process, and in no message', async () => {
  const { user, nodes: each } = cluster();
  const secret = 'this-is-secret';
  const file = join(folder, 'password');
  writeFileSync(file, `${secret}\n`);
  const at = ['--url', each[0].url, '--user', user];
  const load = ['clickhouse', 'load', '--load', 'secret', '--kind', 'io_event', ...at];
  for (const [more, env] of [
    [['--password-file', file], {}],
    [[], { CLICKHOUSE_PASSWORD: secret }],
  ] as const) {
    const child = spawn(process.execPath, [main, ...load, ...more, '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment({ ...WITH_CLICKHOUSE, ...env }),
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const seen = [readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')];
    child.stdin.on('error', () => {}).end(Buffer.alloc(64));
    await output;
    const [stdout, stderr] = await output;
    expect(seen.join()).toContain('clickhouse');
    expect(stderr).toContain('check the user and the password');
    expect([...seen, stdout, stderr].join()).not.toContain(secret);
  }
  for (const url of [
    `http://${user}:${secret}@127.0.0.1:1`,
    `ftp://${user}:${secret}@127.0.0.1`,
    `${user}:${secret}@127.0.0.1`,
  ]) {
    const { stderr, status } = await ran(['clickhouse', 'loads', '--url', url]);
    expect(stderr).toContain('an address with a user or password is visible');
    expect(stderr).not.toContain(secret);
    expect(status).toBe(2);
  }
  const missing = await ran(['clickhouse', 'loads', ...at, '--password-file', `${file}.none`]);
  expect(missing.stderr).toContain('--password-file: ');
});
