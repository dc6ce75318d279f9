// Is a load only resumed with what it was begun with, and is every row there once then?
import {
  appendFileSync,
  copyFileSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { listLoads, loadBatches } from '../src/clickhouse/index.ts';
import { generate } from '../src/generate/index.ts';
import { open } from '../src/node.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { query, useCluster } from './support/clickhouse.ts';
import { createTables, expectFault } from './support/clickhouse-load.ts';

const cluster = useCluster();
const urls = () => cluster().nodes.map(({ url }) => url);
const path = (name: string): string => join(cluster().folder, name);
const STRIDE = 88;
const bytes = Buffer.concat([
  ...generate({ kind: 'iocb', layout: 'traced', records: 2500, seed: 9 }),
]);

async function load(name: string, files: readonly string[], ...more: readonly string[]) {
  await createTables(urls());
  const nodes = urls().flatMap((url) => ['--url', url]);
  return ran([
    'clickhouse',
    'load',
    ...nodes,
    '--chunk-rows',
    '1000',
    '--load',
    name,
    ...files,
    ...more,
  ]);
}

function dump(name: string, content = bytes): string {
  writeFileSync(path(name), content);
  return path(name);
}

/** Rows, and different numbers of rows, of a load. */
const counted = (load: string, table = 'iocb'): Promise<string> =>
  query(urls()[0], `SELECT count(), uniqExact(index) FROM aio.${table} WHERE load = '${load}'`);

test('a source that can be read once, and ended early before', async () => {
  const short = dump('short.gz', gzipSync(bytes.subarray(0, 1500 * STRIDE)));
  const options = (records: number) => ({ url: urls(), load: 'once', chunkRows: 1000, records });
  expect((await load('other', [short])).status).toBe(0);
  const stream = (records: number) =>
    open(bytes.subarray(0, records * STRIDE), { kind: 'iocb', layout: 'traced' });
  for (const records of [1500, 2500, 2500]) {
    const { records: _, ...given } = options(records);
    const { tables } = await loadBatches(stream(records), given);
    expect(tables).toMatchObject([{ rows: records }]);
    expect(await counted('once')).toBe(`${records}\t${records}`);
  }
  for (const records of [1500, 2000])
    await expect(
      loadBatches(stream(records), { url: urls(), load: 'once', chunkRows: 1000 }),
    ).rejects.toThrow(/has (1000|500) rows, and (500|0) were read now/);
  const longer = dump('short.gz', gzipSync(bytes));
  expectFault(await load('other', [longer]), 'was begun with', 'contents');
});

test('another selection of a stream', async () => {
  await createTables(urls());
  const given = { url: urls(), load: 'selected', chunkRows: 1000 };
  const stream = (where: string) => open(bytes, { kind: 'iocb', layout: 'traced', where });
  const select = (where: string) => loadBatches(stream(where), { ...given, selection: where });
  const { tables } = await select('aio_fildes>4');
  expect(await select('aio_fildes>4')).toMatchObject({ tables: [{ rows: tables[0].rows }] });
  await expect(select('aio_fildes<=4')).rejects.toThrow(/the selection aio_fildes>4/);
  expect(await listLoads({ url: urls() })).toContainEqual(
    expect.objectContaining({ load: 'selected', selection: 'aio_fildes>4' }),
  );
});

test('pairs of other files', async () => {
  const capture = (name: string) => [fixture(`${name}.iocb88`), fixture(`${name}.ioev56`)];
  expect((await load('pairs', capture('sysbench_fileio'), '--pairs')).status).toBe(0);
  expectFault(await load('pairs', capture('fio_nowait'), '--pairs'), 'was begun with', 'contents');
  expect(await counted('pairs', 'pairs')).toBe('3712\t3712');
});

test.each([
  ['byte order', ['--kind', 'iocb', '--layout', 'traced', '--endian', 'big']],
  ['layout', ['--kind', 'iocb', '--layout', 'addr:u64,ts:u64,pid:u32,tid:u32,record']],
])('another %s', async (_what, format) => {
  const file = dump('format.iocb88');
  expect((await load('format', [file])).status).toBe(0);
  expectFault(await load('format', [file], ...format), 'was begun with the format iocb');
});

test('a byte in the middle of a file', async () => {
  const file = dump('changed.iocb88');
  expect((await load('changed', [file])).status).toBe(0);
  const other = Buffer.from(bytes);
  other[Math.floor((bytes.byteLength * 20) / 65) + 7] ^= 1;
  expectFault(await load('changed', [dump('changed.iocb88', other)]), 'was begun with contents');
  copyFileSync(dump('copy.iocb88'), path('moved.iocb88'));
  expect((await load('changed', [path('moved.iocb88')])).stdout).toContain('3 chunks already');
});

test('a file that is written to while it is loaded', async () => {
  const file = dump('written.iocb88', Buffer.concat(Array.from({ length: 40 }, () => bytes)));
  const fd = openSync(file, 'r+');
  const timer = setInterval(() => writeSync(fd, bytes, 0, STRIDE, 20_000 * STRIDE), 1);
  const { status, stderr } = await load('written', [file]);
  clearInterval(timer);
  expect([status, stderr]).toEqual([1, expect.stringContaining('it was written to')]);
});

test('a file twice, and a condition on what is not there', async () => {
  const file = dump('twice.iocb88');
  expect(await load('twice', [file, file])).toMatchObject({ status: 2 });
  expect(await load('where', [file], '--where', 'nothing=1')).toMatchObject({ status: 2 });
  expect(await load('where', [file], '--where', 'aio_fildes=-7')).toMatchObject({ status: 0 });
  const found = (await listLoads({ url: urls() })).filter((each) => each.load === 'where');
  expect(found).toMatchObject([{ rows: 0, chunks: 0, isComplete: true }]);
});

test('a file that has grown', async () => {
  const file = dump('grown.iocb88');
  expect((await load('grown', [file])).status).toBe(0);
  appendFileSync(file, readFileSync(file).subarray(0, STRIDE));
  expectFault(await load('grown', [file]), 'a file of 220000 bytes', 'a file of 220088 bytes');
  expect(await counted('grown')).toBe('2500\t2500');
});
