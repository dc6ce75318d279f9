// Do replicas have each row of a load once, also when it is loaded again?
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dropLoad, listLoads } from '../src/clickhouse/index.ts';
import { generate } from '../src/generate/index.ts';
import { query, useCluster } from './support/clickhouse.ts';
import {
  createTables,
  expectWhole,
  load,
  ROWS,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';

const cluster = useCluster({ zookeeper: true, replicated: true });

test.each([1, 2])('loads through %i of 2 replicas', async (count) => {
  const all = cluster().nodes.map(({ url }) => url);
  const urls = all.slice(0, count);
  await createTables(all, '--replicated');
  const file = writeDump(join(cluster().folder, 'dump.iocb88'));
  const name = `replicas-${count}`;
  for (let run = 0; run < 2; run++) {
    const { status, stdout, stderr } = await load(file, name, urls);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('iocb: 60,000 rows');
    for (const url of all) {
      await query(url, 'SYSTEM SYNC REPLICA aio.iocb_local');
      expect(await visible([url], name)).toEqual({ rows: ROWS, inParts: 0 });
    }
    await expectWhole(all, name);
  }
});

test('a field that the tables of both replicas lack', async () => {
  const urls = cluster().nodes.map(({ url }) => url);
  await createTables(urls, '--replicated');
  const file = join(cluster().folder, 'dump.bin');
  const layout = 'ts:u64,cpu:u32,node:u16,record';
  writeFileSync(file, Buffer.concat([...generate({ kind: 'iocb', layout, records: ROWS })]));
  for (let run = 0; run < 2; run++) {
    const loaded = await load(file, 'more', urls, '--kind', 'iocb', '--layout', layout);
    expect([loaded.status, loaded.stderr]).toEqual([0, '']);
  }
  for (const url of urls) await query(url, 'SYSTEM SYNC REPLICA aio.iocb_local');
  await expectWhole(urls, 'more');
  const sums = urls.map((url) => query(url, 'SELECT sum(cpu), sum(node) FROM aio.iocb'));
  expect(new Set(await Promise.all(sums)).size).toBe(1);
});

test('a replica that lags is counted, and its rows are dropped, too', async () => {
  const urls = cluster().nodes.map(({ url }) => url);
  const [first, second] = urls;
  await createTables(urls, '--replicated');
  const file = writeDump(join(cluster().folder, 'dump.iocb88'));
  await query(first, 'SYSTEM STOP FETCHES');
  expect((await load(file, 'lagging', [second])).status).toBe(0);
  expect((await load(file, 'lagging', urls)).stdout).toContain('60,000 rows; 0 chunks loaded');
  expect(await listLoads({ url: urls })).toContainEqual(
    expect.objectContaining({ load: 'lagging', rows: ROWS, isComplete: true }),
  );
  expect(await dropLoad('lagging', { url: urls })).toBe(ROWS);
  await query(first, 'SYSTEM START FETCHES');
  for (const url of urls) {
    await query(url, 'SYSTEM SYNC REPLICA aio.iocb_local');
    expect(await visible([url], 'lagging')).toEqual({ rows: 0, inParts: 0 });
  }
});
