// Does closing a connection close everything that it opened, also while a query runs?
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connect, type DumpConnection, queryRows } from '../../src/duckdb/index.ts';
import { file } from '../support/asking.ts';
import { fixture } from '../support/cli.ts';
import { cellsOf } from '../support/duckdb.ts';
import { randomBytes } from '../support/events.ts';

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const TRACED = [fixture('case_rwf.iocb88'), fixture('case_rwf.ioev56')];

/** Descriptors that stay open after a connection has been used and closed by `end`. */
async function leftOpen(end: (connection: DumpConnection) => unknown): Promise<number> {
  const use = async () => {
    const connection = await connect(TRACED);
    expect(await cellsOf(connection, 'select count(*) from pairs')).not.toEqual([]);
    await end(connection);
    await expect(connection.run('select 1')).rejects.toThrow();
  };
  // The first connection starts threads, which keep descriptors of their own.
  await use();
  const before = descriptors();
  for (let i = 0; i < 10; i++) await use();
  return descriptors() - before;
}

test('close, closeSync and await using leave no file open', async () => {
  expect(await leftOpen((connection) => connection.close())).toBe(0);
  expect(await leftOpen((connection) => connection.closeSync())).toBe(0);
  const before = descriptors();
  {
    await using connection = await connect(TRACED);
    expect(descriptors()).toBe(before + 2);
    await cellsOf(connection, 'select count(*) from iocb');
  }
  expect(descriptors()).toBe(before);
});

test('close ends the queries that run, and may be called again', async () => {
  const source = file(randomBytes(32 * 200_000));
  const before = descriptors();
  const connection = await connect({ source, kind: 'io_event' });
  const long = 'select sum(a.data * 0.5 + b.obj) from io_event a, io_event b where a.res > b.res';
  const queries = [connection.run(long), connection.run(long), connection.run(long)];
  const ended = Promise.allSettled(queries);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await connection.close();
  for (const { status } of await ended) expect(status).toBe('rejected');
  await connection.close();
  connection.closeSync();
  expect(descriptors()).toBe(before);
});

test('a result that is being read ends with an error', async () => {
  const source = file(randomBytes(32 * 400_000));
  const connection = await connect({ source, kind: 'io_event' });
  const reading = async () => {
    for await (const { rows } of queryRows(connection, 'select data from io_event'))
      if (rows.length > 0) await connection.close();
  };
  await expect(reading()).rejects.toThrow('INTERRUPT Error');
});
