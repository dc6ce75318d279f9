// Do `loads` and `drop` say what is on the nodes, and does `drop` leave nothing of a load?
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dropLoad, listLoads } from '../src/clickhouse/index.ts';
import { ran } from './support/cli-here.ts';
import { query, useCluster } from './support/clickhouse.ts';
import {
  createTables,
  expectFault,
  load,
  ROWS,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';

const cluster = useCluster();
const urls = () => cluster().nodes.map(({ url }) => url);
const run = (command: string, of = urls(), ...more: readonly string[]) =>
  ran(['clickhouse', command, ...of.flatMap((url) => ['--url', url]), ...more]);

async function loaded(name: string): Promise<void> {
  await createTables(urls());
  const file = writeDump(join(cluster().folder, 'dump.iocb88'));
  expect((await load(file, name, urls())).status).toBe(0);
}

test('a load is listed until it is dropped, and nothing of it is left then', async () => {
  await createTables(urls());
  expect((await run('loads')).stdout).toBe('There are no loads.\n');
  await loaded('one');
  await loaded('two');
  const listed = JSON.parse((await run('loads', urls(), '--json')).stdout);
  expect(listed).toEqual(await listLoads({ url: urls() }));
  const facts = { table: 'iocb', rows: ROWS, chunks: 6, isComplete: true, records: ROWS };
  expect(listed).toMatchObject([
    { load: 'one', ...facts },
    { load: 'two', ...facts },
  ]);
  expect((await run('loads')).stdout).toMatch(/^one +iocb +60,000 +6 +complete +\S+iocb88$/m);
  const dropped = await run('drop', urls(), 'one', '--json');
  expect(JSON.parse(dropped.stdout)).toEqual({ load: 'one', rows: ROWS });
  expect((await visible(urls(), 'one')).rows).toBe(0);
  expect((await visible(urls(), 'two')).rows).toBe(ROWS);
  for (const url of urls())
    expect(await query(url, "SELECT count() FROM aio.loads WHERE load = 'one'")).toBe('0');
  expect(await run('drop', urls(), 'one')).toMatchObject({ status: 2 });
  expect(await dropLoad('two', { url: urls() })).toBe(ROWS);
});

test('a chunk that is lost makes a load incomplete, and loading completes it', async () => {
  await loaded('lost');
  await query(urls()[1], "ALTER TABLE aio.iocb_local DROP PARTITION ('lost', 1)");
  expect(await listLoads({ url: urls() })).toMatchObject([
    { load: 'lost', rows: ROWS - 10_000, chunks: 5, isComplete: false },
  ]);
  await loaded('lost');
  expect(await listLoads({ url: urls() })).toMatchObject([{ rows: ROWS, isComplete: true }]);
  await dropLoad('lost', { url: urls() });
});

test('a load is not dropped from a part of its nodes, nor completed on one', async () => {
  await loaded('both');
  const [first] = urls();
  expectFault(await run('drop', [first], 'both'), 'both', 'none of the nodes', 'each shard');
  const file = join(cluster().folder, 'dump.iocb88');
  expectFault(await load(file, 'both', [first]), 'was begun with 2 shards', 'this is 1 shard');
  expect(await listLoads({ url: first })).toMatchObject([{ shardsMissing: 1, isComplete: false }]);
  expect((await visible(urls(), 'both')).rows).toBe(ROWS);
});
