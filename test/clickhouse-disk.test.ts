// Does a load say that the disk of a node is full, and complete once there is space?
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from './support/clickhouse.ts';
import {
  createTables,
  expectFault,
  expectWhole,
  load,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';

const cluster = useCluster({ disk: '64m' });

/** Fills the disk of the second node but for this many bytes. Returns the file. */
function fill(left: number): string {
  const folder = join(cluster().nodes[1].folder, 'data');
  const { bavail, bsize } = statfsSync(folder);
  const path = join(folder, 'filler');
  writeFileSync(path, Buffer.alloc(bavail * bsize - left));
  return path;
}

test.each([0, 16_384, 300_000, 700_000])('with %i bytes left', async (left) => {
  const urls = cluster().nodes.map(({ url }) => url);
  await createTables(urls);
  const file = writeDump(join(cluster().folder, 'dump.iocb88'));
  const name = `full-${left}`;
  const filler = fill(left);
  const full = await load(file, name, urls);
  expectFault(full, urls[1], 'disk of the node is full');
  rmSync(filler);
  expect(await visible(urls, name)).toMatchObject({ inParts: 0 });
  const again = await load(file, name, urls);
  expect([again.status, again.stderr]).toEqual([0, '']);
  await expectWhole(urls, name);
});
