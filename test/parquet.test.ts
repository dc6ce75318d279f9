// Do others read from our Parquet what the records hold?
import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import {
  type BatchStream,
  decode,
  encode,
  type FormatOptions,
  open,
  resolveSchema,
  version,
} from '../src/node.ts';
import { type ParquetOptions, parquetFile } from '../src/sinks/parquet.ts';
import { bytesOf, shipped, type Truth, truthOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';
import { ENVELOPES, type EnvelopeName, KINDS } from './support/oracle.ts';
import { bufferOf, read } from './support/parquet.ts';
import { expectCells, fieldsOf, naiveCells } from './support/tables.ts';

async function exported(batches: BatchStream, options: ParquetOptions = {}): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parquetFile(batches, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each(shipped)('$label is its ground truth, field by field', async (dump) => {
  const { path, truthPath, kind, layout, section } = dump;
  const bytes = bytesOf(path);
  const cells = await read(await exported(open(bytes, { kind, layout })));
  const truth = truthOf<Truth>(truthPath);
  expect(cells[0][1].length).toBe(truth.records[section]);
  if (cells[0][1].length > 0)
    expect(truth[section].fields).toMatchObject(
      fieldsOf(cells, Object.keys(truth[section].fields)),
    );
  expectCells(cells, naiveCells(bytes, kind as 'iocb', layout));
});

describe.each(KINDS)('%s of any bytes', (kind) => {
  test.each(Object.keys(ENVELOPES) as EnvelopeName[])(
    'in %s, little- and big-endian, in row groups',
    async (layout) => {
      const { stride } = resolveSchema({ kind, layout });
      for (const endian of ['little', 'big'] as const) {
        for (const records of [0, 1, 999, 1000, 1001]) {
          const bytes = randomBytes(records * stride, records + 1);
          const made = await exported(open(bytes, { kind, layout, endian, batchSize: 300 }), {
            rows: 500,
          });
          expectCells(await read(made), naiveCells(bytes, kind, layout, endian));
          const groups = parquetMetadata(bufferOf(made)).row_groups.map(({ num_rows }) =>
            Number(num_rows),
          );
          expect(groups).toEqual(
            Array.from({ length: Math.ceil(records / 500) }, (_, i) =>
              Math.min(500, records - 500 * i),
            ),
          );
        }
      }
    },
  );
});

describe('columns', () => {
  const made = (records: Parameters<typeof encode>[0], format: FormatOptions) =>
    open(encode(records, format), format);

  test('types are annotated as every reader knows them, statistics are of their signedness, and metadata says what it is', async () => {
    const layout = 'ts:u64,comm:char4,a:i8,b:u8,record';
    const records = [
      {
        ts: 2n ** 63n - 1n,
        comm: 'é\xff',
        a: -128,
        aio_data: 2n ** 64n - 1n,
        aio_offset: -(2n ** 63n),
        aio_fildes: -1,
        aio_flags: 2 ** 31,
      },
      { ts: 1n, comm: 'abcd', b: 255, aio_offset: 2n ** 63n - 1n, aio_data: 1n, aio_fildes: 3 },
    ];
    const bytes = await exported(made(records, { kind: 'iocb', layout }), {
      tsType: 'timestamp',
      names: true,
      metadata: { source: 'x' },
    });
    const { schema, row_groups, key_value_metadata, created_by } = parquetMetadata(bufferOf(bytes));
    expect(
      schema
        .slice(1)
        .map(({ name, converted_type, logical_type }) => [
          name,
          converted_type ?? logical_type?.type,
        ]),
    ).toEqual([
      ['aio_data', 'UINT_64'],
      ['aio_key', 'UINT_32'],
      ['aio_rw_flags', 'UINT_32'],
      ['aio_lio_opcode', 'UINT_16'],
      ['aio_lio_opcode_name', 'UTF8'],
      ['aio_reqprio', 'INT_16'],
      ['aio_fildes', 'INT_32'],
      ...['aio_buf', 'aio_nbytes'].map((name) => [name, 'UINT_64']),
      ['aio_offset', 'INT_64'],
      ['aio_reserved2', 'UINT_64'],
      ['aio_flags', 'UINT_32'],
      ['aio_resfd', 'INT_32'],
      ['ts', 'TIMESTAMP'],
      ['comm', 'UTF8'],
      ['a', 'INT_8'],
      ['b', 'UINT_8'],
    ]);
    const statistics = Object.fromEntries(
      row_groups[0].columns.map(({ meta_data }) => [
        meta_data?.path_in_schema[0],
        [meta_data?.statistics?.min_value, meta_data?.statistics?.max_value],
      ]),
    );
    expect(statistics).toMatchObject({
      aio_data: [1n, 2n ** 64n - 1n],
      aio_fildes: [-1, 3],
      a: [-128, 0],
      b: [0, 255],
    });
    expect(statistics).toMatchObject({
      aio_offset: [-(2n ** 63n), 2n ** 63n - 1n],
      aio_flags: [0, 2 ** 31],
    });
    const said = Object.fromEntries(
      (key_value_metadata ?? []).map(({ key, value }) => [key, value]),
    );
    expect(said).toEqual({
      kind: 'iocb',
      layout,
      endian: 'little',
      aioscope: version,
      source: 'x',
    });
    expect(created_by).toBe(`aioscope ${version}`);
    const cells = Object.fromEntries(await read(bytes));
    expect(cells).toMatchObject({
      aio_lio_opcode_name: Array(2).fill('IOCB_CMD_PREAD'),
      comm: ['é\xff', 'abcd'],
      a: [-128, 0],
      b: [0, 255],
    });
    expect(cells).toMatchObject({
      aio_fildes: [-1, 3],
      aio_offset: [-(2n ** 63n), 2n ** 63n - 1n],
    });
  });

  test('names are null where there is none', async () => {
    const bytes = await exported(
      made([{ res: -5n }, { res: 1n }, { res: -4095n }], { kind: 'io_event' }),
      { names: true },
    );
    expect((await read(bytes)).map(([name]) => name)).toEqual([
      'data',
      'obj',
      'res',
      'res_name',
      'res2',
    ]);
    const [, , , [, names]] = await read(bytes);
    expect(names.map((name) => name ?? null)).toEqual(['EIO', null, null]);
  });

  test('a ring has slots and states', async () => {
    const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
    const batch = decode(image, { kind: 'aio_ring' });
    const cells = Object.fromEntries(
      await read(await exported(open(image, { kind: 'aio_ring' }), { columns: undefined })),
    );
    expect(cells['slot']).toEqual(Array.from({ length: batch.length }, (_, i) => batch.slotOf(i)));
    expect(cells['state']).toEqual(
      Array.from({ length: batch.length }, (_, i) => batch.stateOf(i)),
    );
  });

  test('codecs: the same rows; zstd with what compresses it, and a reason without', async () => {
    const bytes = randomBytes(3000 * 32);
    const batches = () => open(bytes, { kind: 'io_event' });
    const expected = naiveCells(bytes, 'io_event', 'record');
    for (const codec of ['snappy', 'none'] as const) {
      const file = await exported(batches(), { codec });
      expect(parquetMetadata(bufferOf(file)).row_groups[0].columns[0].meta_data?.codec).toBe(
        codec === 'none' ? 'UNCOMPRESSED' : 'SNAPPY',
      );
      expectCells(await read(file), expected);
    }
    expect(() => parquetFile(batches(), { codec: 'zstd' })).toThrow(
      'codec zstd needs a compressor; pass a function as zstd',
    );
    const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Record<
      string,
      ((bytes: Uint8Array) => Uint8Array) | undefined
    >;
    const zstd = zstdCompressSync ?? ((input: Uint8Array) => input);
    const file = await exported(batches(), { codec: 'zstd', zstd });
    const compressors = { ZSTD: zstdDecompressSync ?? ((input: Uint8Array) => input) };
    const rows = await parquetReadObjects({ file: bufferOf(file), compressors });
    expect(rows.map(({ obj }) => obj)).toEqual(expected[1][1]);
  });
});
