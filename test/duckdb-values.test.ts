// Are descriptors and text in SQL what programs store: signed, and UTF-8?
import { expect, test } from 'vitest';
import { connect, queryRows } from '../src/duckdb/index.ts';
import { encode } from '../src/node.ts';
import { file } from './support/asking.ts';
import './support/duckdb.ts';

test('descriptors are INTEGER and signed; text is UTF-8', async () => {
  const format = { kind: 'iocb', layout: 'comm:char16,record' } as const;
  const records = [{ comm: 'größe', aio_fildes: -1, aio_resfd: -2 }];
  await using connection = await connect({ source: file(encode(records, format)), ...format });
  const query = 'select comm, aio_fildes, aio_resfd from iocb where aio_fildes = -1';
  for await (const { types, rows } of queryRows(connection, query)) {
    expect(types).toEqual(['VARCHAR', 'INTEGER', 'INTEGER']);
    if (rows.length > 0) expect(rows).toEqual([['größe', -1, -2]]);
  }
});
