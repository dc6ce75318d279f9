// Does a load of a source that fails half way show whole chunks only, and say what failed?
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { loadBatches } from '../src/clickhouse/index.ts';
import { open } from '../src/node.ts';
import { useCluster } from './support/clickhouse.ts';
import {
  CHUNK_ROWS,
  createTables,
  dumpBytes,
  expectFault,
  expectWhole,
  load,
  ROWS,
  stagingTables,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';
import { faultyProxy } from './support/faulty-proxy.ts';

const cluster = useCluster();
const urls = () => cluster().nodes.map(({ url }) => url);

async function ready(): Promise<string> {
  await createTables(urls());
  return writeDump(join(cluster().folder, 'dump.iocb88'));
}

/** Some chunks, all of them whole, and no staging table. */
async function expectWholeChunks(name: string): Promise<void> {
  const { rows, inParts } = await visible(urls(), name);
  expect(inParts).toBe(0);
  expect(rows).toBeLessThan(ROWS);
  expect(await stagingTables(urls())).toEqual([]);
}

test('a compressed file that is cut off in the middle', async () => {
  await ready();
  const file = join(cluster().folder, 'cut.iocb88.gz');
  const packed = gzipSync(dumpBytes());
  writeFileSync(file, packed.subarray(0, packed.byteLength / 2));
  expectFault(await load(file, 'cut', urls()), 'cut.iocb88.gz');
  await expectWholeChunks('cut');
  expectFault(await load(await ready(), 'cut', urls()), 'was begun with', 'drop cut');
});

test('a file that is truncated while it is read', async () => {
  const file = await ready();
  const [first, second] = urls();
  const proxy = await faultyProxy(second);
  onTestFinished(() => proxy.close());
  const isBegun = () => proxy.statements.some((each) => each.includes('Native'));
  const timer = setInterval(() => isBegun() && truncateSync(file, 1_000_000), 1);
  onTestFinished(() => clearInterval(timer));
  expectFault(await load(file, 'truncated', [first, proxy.url]), 'dump.iocb88');
  clearInterval(timer);
  await expectWholeChunks('truncated');
  const again = await load(await ready(), 'truncated', urls());
  expect([again.status, again.stderr]).toEqual([0, '']);
  await expectWhole(urls(), 'truncated');
});

test('a stream that fails', async () => {
  await ready();
  const bytes = dumpBytes();
  const fault = new Error('the cable was pulled');
  async function* failing(at: number) {
    for (let from = 0; from < at; from += 100_000) yield bytes.subarray(from, from + 100_000);
    if (at < bytes.byteLength) throw fault;
  }
  const options = { url: urls(), load: 'stream', chunkRows: CHUNK_ROWS };
  const stream = (at: number) => open(failing(at), { kind: 'iocb', layout: 'traced' });
  for (const at of [0, 100_000, 4_000_000, bytes.byteLength - 1])
    await expect(loadBatches(stream(at), options)).rejects.toMatchObject({ cause: fault });
  await expectWholeChunks('stream');
  await loadBatches(stream(bytes.byteLength), options);
  await expectWhole(urls(), 'stream');
});
