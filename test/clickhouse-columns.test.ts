// Does a load fit tables that lack a column, have another type of one, or are not there?
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { query, useCluster } from './support/clickhouse.ts';
import {
  createTables,
  expectFault,
  expectWhole,
  load,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';

const cluster = useCluster();
const urls = () => cluster().nodes.map(({ url }) => url);
const dump = () => writeDump(join(cluster().folder, 'dump.iocb88'));

test('no tables', async () => {
  expectFault(await load(dump(), 'none', urls()), 'http://127.0.0.1:', 'schema --apply');
});

describe('tables of another version', () => {
  beforeEach(async () => {
    for (const url of urls()) await query(url, 'DROP DATABASE IF EXISTS aio');
    await createTables(urls());
  });

  test.each(['iocb_local', 'iocb'])('%s of a node lacks a column', async (table) => {
    const file = dump();
    await query(urls()[1], `ALTER TABLE aio.${table} DROP COLUMN aio_reqprio`);
    const { status, stderr } = await load(file, 'lacks', urls());
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'lacks');
    const sums = urls().map((url) =>
      query(url, "SELECT sum(aio_reqprio) FROM aio.iocb WHERE load = 'lacks'"),
    );
    expect(new Set(await Promise.all(sums)).size).toBe(1);
  });

  test('a column is narrower', async () => {
    const file = dump();
    await query(urls()[1], 'ALTER TABLE aio.iocb_local MODIFY COLUMN aio_nbytes UInt32');
    expectFault(await load(file, 'type', urls()), urls()[1], 'aio_nbytes', 'UInt32', 'UInt64');
    expect((await visible(urls(), 'type')).rows).toBe(0);
    await query(urls()[1], 'ALTER TABLE aio.iocb_local MODIFY COLUMN aio_nbytes UInt64');
    const again = await load(file, 'type', urls());
    expect([again.status, again.stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'type');
  });

  test('a column is wider', async () => {
    const file = dump();
    await query(urls()[1], 'ALTER TABLE aio.iocb_local MODIFY COLUMN pid UInt64');
    const { status, stderr } = await load(file, 'wide', urls());
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'wide');
  });

  test('users have added columns with expressions', async () => {
    const file = dump();
    const more = [
      'kib UInt64 MATERIALIZED intDiv(aio_nbytes, 1024)',
      'place String DEFAULT concat(load, toString(chunk + index))',
      'half UInt64 ALIAS intDiv(aio_nbytes, 2)',
    ];
    for (const url of urls())
      for (const each of more) await query(url, `ALTER TABLE aio.iocb_local ADD COLUMN ${each}`);
    const { status, stderr } = await load(file, 'more', urls());
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'more');
    for (const url of urls()) {
      const wrong =
        'countIf(kib != intDiv(aio_nbytes, 1024) OR half != intDiv(aio_nbytes, 2) ' +
        'OR place != concat(load, toString(chunk + index)))';
      const found = await query(url, `SELECT sum(kib) > 0, ${wrong} FROM aio.iocb_local`);
      expect(found).toBe('1\t0');
    }
  });

  test('a column is computed that the records have', async () => {
    const file = dump();
    await query(urls()[1], 'ALTER TABLE aio.iocb_local DROP COLUMN pid');
    await query(urls()[1], 'ALTER TABLE aio.iocb_local ADD COLUMN pid UInt32 MATERIALIZED tid');
    const found = await load(file, 'computed', urls());
    expectFault(found, urls()[1], 'pid', 'is computed (MATERIALIZED)', 'rename');
  });

  test('a table of another program has the name', async () => {
    await query(urls()[1], 'DROP TABLE aio.iocb_local');
    await query(urls()[1], 'CREATE TABLE aio.iocb_local (a UInt8) ENGINE = Memory');
    const found = await load(dump(), 'foreign', urls());
    expectFault(found, urls()[1], 'not one of aioscope', 'no column load', '--database');
  });

  test('one node has no tables', async () => {
    const file = dump();
    await query(urls()[1], 'DROP DATABASE aio');
    expectFault(await load(file, 'half', urls()), urls()[1], 'schema --apply');
    await createTables(urls());
    const { status, stderr } = await load(file, 'half', urls());
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'half');
  });

  test('a node is left out when a load is resumed', async () => {
    const file = dump();
    expect((await load(file, 'fewer', urls())).status).toBe(0);
    expectFault(
      await load(file, 'fewer', urls().slice(1)),
      'with 2 shards',
      'is 1 shard',
      'the same files, nodes',
    );
    await expectWhole(urls(), 'fewer');
  });

  test('the nodes of a resumed load are in another order', async () => {
    const file = dump();
    expect((await load(file, 'order', urls())).status).toBe(0);
    await query(urls()[0], "ALTER TABLE aio.iocb_local DROP PARTITION ('order', 0)");
    const { status, stderr } = await load(file, 'order', urls().reverse());
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'order');
  });
});
