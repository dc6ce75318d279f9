// Do replicas have each row of a load once, also when it is loaded again?
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
    const { status, stderr } = await load(file, name, urls);
    expect([status, stderr]).toEqual([0, '']);
    for (const url of all) {
      await query(url, 'SYSTEM SYNC REPLICA aio.iocb_local');
      expect(await visible([url], name)).toEqual({ rows: ROWS, inParts: 0 });
    }
    await expectWhole(all, name);
  }
});
