// Does a query in DuckDB read what it asks for and nothing else, and are names and mistakes told?
import { describe, expect, test, vi } from 'vitest';
import { errnoName, iocbFlagNames, opcodeName, pollNames, rwFlagNames } from '../src/abi/index.ts';
import { ChunkWriter } from '../src/duckdb/chunk.ts';
import { connect } from '../src/duckdb/index.ts';
import { resolveSchema } from '../src/node.ts';
import { ask, file } from './support/asking.ts';
import { cellsOf } from './support/duckdb.ts';
import { randomBytes } from './support/events.ts';

describe('what is asked for', () => {
  test('only the columns of a query are written', async () => {
    const connection = await connect({ source: file(randomBytes(64 * 5000)), kind: 'iocb' });
    const names = [
      ...resolveSchema({ kind: 'iocb' }).columns.map(({ name }) => name),
      'index',
      'file',
    ];
    const write = vi.spyOn(ChunkWriter.prototype, 'write');
    const columnsOf = async (query: string) => {
      write.mockClear();
      await cellsOf(connection, query);
      expect(write.mock.calls.length).toBe(3);
      const places = new Set(write.mock.calls.flatMap(([, asked]) => asked));
      return names.filter((_, i) => places.has(i));
    };
    // To count rows DuckDB asks for a column, the first.
    expect(await columnsOf('select count(*) from iocb')).toEqual(['aio_data']);
    expect(await columnsOf('select max(aio_nbytes) from iocb')).toEqual(['aio_nbytes']);
    expect(
      await columnsOf('select opcode_name, max(index) from iocb where aio_fildes > 5 group by all'),
    ).toEqual([...['aio_lio_opcode', 'aio_fildes', 'index']]);
    write.mockRestore();
    connection.closeSync();
  });

  test('names are those of the tables', async () => {
    const connection = await connect({ source: new Uint8Array(0), kind: 'iocb' });
    const errors = Array.from({ length: 540 }, (_, i) => errnoName(i));
    expect((await cellsOf(connection, 'select errno_name(-range) from range(540)'))[0][1]).toEqual(
      errors,
    );
    expect((await cellsOf(connection, 'select opcode_name(range) from range(12)'))[0][1]).toEqual(
      Array.from({ length: 12 }, (_, i) => opcodeName(i)),
    );
    const nothing =
      'select errno_name(x), opcode_name(x) from (values (-9223372036854775807 - 1), (9223372036854775807), (null)) t(x)';
    expect(await cellsOf(connection, nothing)).toEqual([
      [expect.anything(), [null, null, null]],
      [expect.anything(), [null, null, null]],
    ]);
    for (const [macro, names, bits] of [
      ['iocb_flag_names', iocbFlagNames, 8],
      ['rw_flag_names', rwFlagNames, 11],
      ['poll_names', pollNames, 16],
    ] as const) {
      const [[, found]] = await cellsOf(
        connection,
        `select ${macro}(range) from range(${2 ** bits}) order by range`,
      );
      expect(found).toEqual(Array.from({ length: 2 ** bits }, (_, x) => names(x).join('|') || '0'));
    }
    connection.closeSync();
  });

  test('a query that cannot be read is told before any file is looked at', async () => {
    await expect(connect('missing', { query: 'selct 1' })).rejects.toThrow(
      /Parser Error: syntax error at or near "selct"/,
    );
    await expect(connect('missing', { query: 'select 1' })).rejects.toThrow(
      /missing: cannot be opened/,
    );
  });

  test('names that SQL cannot tell apart are refused', async () => {
    const source = file(randomBytes(80));
    await expect(
      connect({ source, kind: 'io_event', layout: 'ts:u32,TS:u32,record' }),
    ).rejects.toThrow(/would have two columns 'ts'; rename the field/);
    await expect(connect({ source, kind: 'io_event', layout: 'File:u64,record' })).rejects.toThrow(
      /would have two columns 'file'/,
    );
    expect(
      (
        await ask('select errno_name from io_event', {
          source,
          kind: 'io_event',
          layout: 'errno_name:u8,record',
        })
      )[0][1].length,
    ).toBe(2);
  });
});
