// Does an error that comes late in a long result end it with that error, in every format?

// Does an error that comes late in a long result end it with that error, in every format?
import fs, { closeSync, ftruncateSync, openSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect, queryArrow, queryParquet, queryRows } from '../src/duckdb/index.ts';
import { encode } from '../src/node.ts';
import { file, folder } from './support/asking.ts';
import './support/duckdb.ts';

const ROWS = 400_000;
const FAULTY = 390_000;

/** Events whose `data` is their number, but one, which fits no INTEGER. */
const events = (): string =>
  file(
    encode(
      Array.from({ length: ROWS }, (_, i) => ({ data: i === FAULTY ? 2n ** 40n : BigInt(i) })),
      { kind: 'io_event' },
    ),
  );
const path = events();
const open = (source: string) => connect({ source, kind: 'io_event' });
type Connection = Awaited<ReturnType<typeof connect>>;

/** Reads a result to its end, and calls `later` after its first chunk. */
async function read(chunks: AsyncIterable<unknown>, later: () => void): Promise<number> {
  let count = 0;
  for await (const _ of chunks) {
    if (count === 0) later();
    count += 1;
  }
  return count;
}

const WAYS = {
  queryRows: (connection: Connection, query: string, later = () => {}) =>
    read(queryRows(connection, query), later),
  queryArrow: (connection: Connection, query: string, later = () => {}) =>
    read(queryArrow(connection, query), later),
  queryParquet: (connection: Connection, query: string, later = () => {}) => {
    later();
    return queryParquet(connection, query, join(folder, 'late.parquet'));
  },
} as const;

describe.each(Object.entries(WAYS))('%s', (_, run) => {
  test('a value that a cast cannot take', async () => {
    const connection = await open(path);
    await expect(run(connection, 'select data::integer from io_event')).rejects.toThrow(
      /Conversion Error: .* with value 1099511627776 can't be cast/,
    );
    // The connection still answers.
    expect(await run(connection, 'select data from io_event limit 5')).not.toBe(0);
    connection.closeSync();
  });

  test('… in the last of several statements, in a table that was filled', async () => {
    if (run === WAYS.queryParquet) return;
    const connection = await connect([{ source: path, kind: 'io_event' }]);
    await connection.run("create table t as select data, ';' s from io_event");
    const query = "select ';'; set threads = 1; select data::integer, ';' from t; -- the end;\n";
    await expect(run(connection, query)).rejects.toThrow(/Conversion Error: /);
    connection.closeSync();
  });

  test('a file that is truncated while the query runs', async () => {
    const own = events();
    const connection = await open(own);
    const truncate = () => {
      const fd = openSync(own, 'r+');
      ftruncateSync(fd, 32 * FAULTY);
      closeSync(fd);
    };
    await expect(run(connection, 'select data from io_event', truncate)).rejects.toMatchObject({
      code: 'AIOSCOPE_SHRANK',
      byteOffset: 32 * FAULTY,
    });
    connection.closeSync();
  });

  test('a read that fails', async () => {
    const connection = await open(path);
    const { readSync } = fs;
    fs.readSync = ((fd: number, target: Uint8Array, begin: number, length: number, at: number) => {
      if (at > 16 * ROWS) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      return readSync(fd, target, begin, length, at);
    }) as typeof fs.readSync;
    syncBuiltinESMExports();
    try {
      await expect(run(connection, 'select data from io_event')).rejects.toMatchObject({
        code: 'AIOSCOPE_READ',
        message: expect.stringContaining('EIO'),
      });
    } finally {
      fs.readSync = readSync;
      syncBuiltinESMExports();
    }
    expect(await run(connection, 'select data from io_event limit 5')).not.toBe(0);
    connection.closeSync();
  });

  test('an interrupt', async () => {
    if (run === WAYS.queryParquet) return;
    const connection = await open(path);
    const begun = performance.now();
    const query = 'select a.data from io_event a, io_event b, io_event c';
    await expect(run(connection, query, () => connection.interrupt())).rejects.toThrow(
      /INTERRUPT Error/,
    );
    expect(performance.now() - begun).toBeLessThan(10_000);
    connection.closeSync();
  });
});
