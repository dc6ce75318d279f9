// Do columns of our Arrow have the types, the values and the names that they should?
import { tableFromIPC } from '@uwdata/flechette';
import { describe, expect, test } from 'vitest';
import { type BatchStream, encode, type FormatOptions, open, version } from '../src/node.ts';
import { type ArrowOptions, arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { apache, joined } from './support/readers.ts';

describe('columns', () => {
  const layout = 'ts:u64,comm:char4,record';
  const made = (records: Parameters<typeof encode>[0], format: FormatOptions) =>
    open(encode(records, format), format);
  const read = async (batches: BatchStream, options: ArrowOptions) =>
    apache.tableFromIPC(await joined(arrowStream(batches, options)));

  test('types, extremes and metadata', async () => {
    const records = [
      {
        ts: 2n ** 64n - 1n,
        comm: 'é\xff',
        aio_data: 2n ** 63n,
        aio_offset: -(2n ** 63n),
        aio_fildes: -1,
        aio_reqprio: -32768,
        aio_lio_opcode: 65535,
      },
      {
        ts: 1n,
        comm: 'abcd',
        aio_offset: 2n ** 63n - 1n,
        aio_data: 2n ** 64n - 1n,
        aio_flags: 2 ** 31,
      },
    ];
    const table = await read(made(records, { kind: 'iocb', layout }), {
      metadata: { source: 'x' },
    });
    expect(
      table.schema.fields.map(
        ({ name, type, nullable }) => `${name} ${type}${nullable ? ' null' : ''}`,
      ),
    ).toEqual([
      ...[
        'aio_data Uint64',
        'aio_key Uint32',
        'aio_rw_flags Uint32',
        'aio_lio_opcode Uint16',
        'aio_reqprio Int16',
        'aio_fildes Int32',
      ],
      ...[
        'aio_buf Uint64',
        'aio_nbytes Uint64',
        'aio_offset Int64',
        'aio_reserved2 Uint64',
        'aio_flags Uint32',
        'aio_resfd Int32',
      ],
      ...['ts Uint64', 'comm Utf8'],
    ]);
    expect([...table.schema.metadata]).toEqual(
      Object.entries({ kind: 'iocb', layout, endian: 'little', aioscope: version, source: 'x' }),
    );
    expect([...table.getChild('aio_data')]).toEqual([2n ** 63n, 2n ** 64n - 1n]);
    expect([...table.getChild('aio_offset')]).toEqual([-(2n ** 63n), 2n ** 63n - 1n]);
    expect([...table.getChild('aio_fildes')]).toEqual([-1, 0]);
    expect([...table.getChild('aio_reqprio')]).toEqual([-32768, 0]);
    expect([...table.getChild('comm')]).toEqual(['é\xff', 'abcd']);
    expect([...table.getChild('ts')]).toEqual([2n ** 64n - 1n, 1n]);
  });

  test('names stand beside their numbers, and what has none is null', async () => {
    const results = [
      -5n,
      0n,
      4096n,
      -1n,
      -133n,
      -134n,
      -512n,
      -4095n,
      -4096n,
      -(2n ** 63n),
      -(2n ** 32n) + 5n,
      4294967291n,
    ];
    const table = await read(
      made(
        results.map((res) => ({ res })),
        { kind: 'io_event' },
      ),
      { names: true },
    );
    expect(table.schema.fields.map(({ name }) => name)).toEqual([
      'data',
      'obj',
      'res',
      'res_name',
      'res2',
    ]);
    const expected = [
      'EIO',
      null,
      null,
      'EPERM',
      'EHWPOISON',
      null,
      'ERESTARTSYS',
      null,
      null,
      null,
      null,
      null,
    ];
    expect([...table.getChild('res_name')]).toEqual(expected);
    const opcodes = [0, 8, 9, 65535, 5];
    const iocbs = await read(
      made(
        opcodes.map((aio_lio_opcode) => ({ aio_lio_opcode })),
        { kind: 'iocb' },
      ),
      {
        names: true,
        columns: ['aio_lio_opcode', 'aio_flags'],
      },
    );
    expect(iocbs.schema.fields.map(({ name }) => name)).toEqual([
      'aio_lio_opcode',
      'aio_lio_opcode_name',
      'aio_flags',
    ]);
    expect([...iocbs.getChild('aio_lio_opcode_name')]).toEqual([
      'IOCB_CMD_PREAD',
      'IOCB_CMD_PWRITEV',
      null,
      null,
      'IOCB_CMD_POLL',
    ]);
  });

  test('a ts is a timestamp, and one that cannot be is reported with its record', async () => {
    const format = { kind: 'io_event', layout: 'ts' } as const;
    const bytes = await joined(
      arrowStream(made([{ ts: 2n ** 63n - 1n }, { ts: 7n }], format), { tsType: 'timestamp' }),
    );
    expect(apache.tableFromIPC(bytes).schema.fields.at(-1)?.type.toString()).toBe(
      'Timestamp<NANOSECOND>',
    );
    const column = tableFromIPC(bytes, {
      useTimestampNanos: true,
      useBigInt: true,
    } as object).getChild('ts');
    expect(column?.length).toBe(2);
    const beyond = joined(
      arrowStream(made([{ ts: 7n }, { ts: 2n ** 63n }], format), { tsType: 'timestamp' }),
    );
    await expect(beyond).rejects.toThrow(
      'ts of record 1 is 9223372036854775808, beyond the last timestamp, 9223372036854775807; write it as a number',
    );
  });

  test('columns that do not exist, or would occur twice, are refused at once', () => {
    const batches = open(new Uint8Array(0), { kind: 'io_event', layout: 'res_name:u8,record' });
    const zip: string = 'zip';
    expect(() => arrowStream(batches, { columns: [zip] })).toThrow(
      "column 'zip' does not exist; the columns are data, obj, res, res2, res_name",
    );
    expect(() => arrowFile(batches, { names: true })).toThrow(
      "column 'res_name' would occur twice in the table",
    );
  });
});
