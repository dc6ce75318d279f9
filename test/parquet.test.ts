// Do others read from our Parquet what the records hold, partitioned or not?
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import zlib from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { type BatchStream, decode, encode, type FormatOptions, open, resolveSchema, version } from '../src/node.ts';
import { type ParquetOptions, type PartitionOptions, parquetFile, parquetPartitions } from '../src/sinks/parquet.ts';
import { bytesOf, dumps, type Truth, truthOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';
import { ENVELOPES, type EnvelopeName, KINDS } from './support/oracle.ts';
import { type Cell, type Cells, expectCells, fieldsOf, naiveCells } from './support/tables.ts';

async function exported(batches: BatchStream, options: ParquetOptions = {}): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parquetFile(batches, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const namesOf = (bytes: Uint8Array): string[] =>
  parquetMetadata(bufferOf(bytes))
    .schema.slice(1)
    .map(({ name }) => name);
async function read(bytes: Uint8Array): Promise<Cells> {
  const rows = (await parquetReadObjects({ file: bufferOf(bytes) })) as Record<string, Cell>[];
  return namesOf(bytes).map((name) => [name, rows.map((row) => row[name])]);
}

test.each(dumps.filter(({ label }) => !label.startsWith('fio_medium')))('$label is its ground truth, field by field', async (dump) => {
  const { path, truthPath, kind, layout, section } = dump;
  const bytes = bytesOf(path);
  const cells = await read(await exported(open(bytes, { kind, layout })));
  const truth = truthOf<Truth>(truthPath);
  expect(cells[0][1].length).toBe(truth.records[section]);
  if (cells[0][1].length > 0) expect(truth[section].fields).toMatchObject(fieldsOf(cells, Object.keys(truth[section].fields)));
  expectCells(cells, naiveCells(bytes, kind as 'iocb', layout));
});

describe.each(KINDS)('%s of any bytes', (kind) => {
  test.each(Object.keys(ENVELOPES) as EnvelopeName[])('in %s, little- and big-endian, in row groups', async (layout) => {
    const { stride } = resolveSchema({ kind, layout });
    for (const endian of ['little', 'big'] as const) {
      for (const records of [0, 1, 999, 1000, 1001]) {
        const bytes = randomBytes(records * stride, records + 1);
        const made = await exported(open(bytes, { kind, layout, endian, batchSize: 300 }), { rows: 500 });
        expectCells(await read(made), naiveCells(bytes, kind, layout, endian));
        const groups = parquetMetadata(bufferOf(made)).row_groups.map(({ num_rows }) => Number(num_rows));
        expect(groups).toEqual(Array.from({ length: Math.ceil(records / 500) }, (_, i) => Math.min(500, records - 500 * i)));
      }
    }
  });
});

describe('columns', () => {
  const made = (records: Parameters<typeof encode>[0], format: FormatOptions) => open(encode(records, format), format);

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
    const bytes = await exported(made(records, { kind: 'iocb', layout }), { tsType: 'timestamp', names: true, metadata: { source: 'x' } });
    const { schema, row_groups, key_value_metadata, created_by } = parquetMetadata(bufferOf(bytes));
    expect(schema.slice(1).map(({ name, converted_type, logical_type }) => [name, converted_type ?? logical_type?.type])).toEqual([
      ['aio_data', 'UINT_64'],
      ['aio_key', 'UINT_32'],
      ['aio_rw_flags', 'UINT_32'],
      ['aio_lio_opcode', 'UINT_16'],
      ['aio_lio_opcode_name', 'UTF8'],
      ['aio_reqprio', 'INT_16'],
      ['aio_fildes', 'UINT_32'],
      ...['aio_buf', 'aio_nbytes'].map((name) => [name, 'UINT_64']),
      ['aio_offset', 'INT_64'],
      ['aio_reserved2', 'UINT_64'],
      ...['aio_flags', 'aio_resfd'].map((name) => [name, 'UINT_32']),
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
    expect(statistics).toMatchObject({ aio_data: [1n, 2n ** 64n - 1n], aio_fildes: [3, 2 ** 32 - 1], a: [-128, 0], b: [0, 255] });
    expect(statistics).toMatchObject({ aio_offset: [-(2n ** 63n), 2n ** 63n - 1n], aio_flags: [0, 2 ** 31] });
    const said = Object.fromEntries((key_value_metadata ?? []).map(({ key, value }) => [key, value]));
    expect(said).toEqual({ kind: 'iocb', layout, endian: 'little', aioscope: version, source: 'x' });
    expect(created_by).toBe(`aioscope ${version}`);
    const cells = Object.fromEntries(await read(bytes));
    expect(cells).toMatchObject({
      aio_lio_opcode_name: Array(2).fill('IOCB_CMD_PREAD'),
      comm: ['é\xff', 'abcd'],
      a: [-128, 0],
      b: [0, 255],
    });
    expect(cells).toMatchObject({ aio_fildes: [2 ** 32 - 1, 3], aio_offset: [-(2n ** 63n), 2n ** 63n - 1n] });
  });

  test('names are null where there is none', async () => {
    const bytes = await exported(made([{ res: -5n }, { res: 1n }, { res: -4095n }], { kind: 'io_event' }), { names: true });
    expect((await read(bytes)).map(([name]) => name)).toEqual(['data', 'obj', 'res', 'res_name', 'res2']);
    const [, , , [, names]] = await read(bytes);
    expect(names.map((name) => name ?? null)).toEqual(['EIO', null, null]);
  });

  test('a ring has slots and states', async () => {
    const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
    const batch = decode(image, { kind: 'aio_ring' });
    const cells = Object.fromEntries(await read(await exported(open(image, { kind: 'aio_ring' }), { columns: undefined })));
    expect(cells['slot']).toEqual(Array.from({ length: batch.length }, (_, i) => batch.slotOf(i)));
    expect(cells['state']).toEqual(Array.from({ length: batch.length }, (_, i) => batch.stateOf(i)));
  });

  test('codecs: the same rows; zstd with what compresses it, and a reason without', async () => {
    const bytes = randomBytes(3000 * 32);
    const batches = () => open(bytes, { kind: 'io_event' });
    const expected = naiveCells(bytes, 'io_event', 'record');
    for (const codec of ['snappy', 'none'] as const) {
      const file = await exported(batches(), { codec });
      expect(parquetMetadata(bufferOf(file)).row_groups[0].columns[0].meta_data?.codec).toBe(codec === 'none' ? 'UNCOMPRESSED' : 'SNAPPY');
      expectCells(await read(file), expected);
    }
    expect(() => parquetFile(batches(), { codec: 'zstd' })).toThrow(
      'codec is zstd, and nothing compresses to it here; give zstd a function',
    );
    const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Record<string, ((bytes: Uint8Array) => Uint8Array) | undefined>;
    const zstd = zstdCompressSync ?? ((input: Uint8Array) => input);
    const file = await exported(batches(), { codec: 'zstd', zstd });
    const compressors = { ZSTD: zstdDecompressSync ?? ((input: Uint8Array) => input) };
    const rows = await parquetReadObjects({ file: bufferOf(file), compressors });
    expect(rows.map(({ obj }) => obj)).toEqual(expected[1][1]);
  });
});

describe('partitions', () => {
  async function files(batches: BatchStream, options: PartitionOptions): Promise<Record<string, Uint8Array>> {
    const parts: Record<string, Uint8Array[]> = {};
    for await (const { path, bytes } of parquetPartitions(batches, options)) (parts[path] ??= []).push(bytes);
    return Object.fromEntries(Object.entries(parts).map(([path, chunks]) => [path, Buffer.concat(chunks)]));
  }

  test.each([
    ['case_sync.iocb', 'iocb', 'record', 'aio_lio_opcode', 100],
    ['case_rwf.iocb88', 'iocb', 'traced', 'pid', 65536],
    ['case_rwf.ioev', 'io_event', 'record', 'res', 7],
  ] as const)('%s by a column: each record in the file of its value, in its order', async (name, kind, layout, by, rows) => {
    const bytes = readFileSync(fixture(name));
    const cells = naiveCells(bytes, kind, layout);
    const keys = cells.find(([column]) => column === by)?.[1] ?? [];
    const found = await files(open(bytes, { kind, layout, batchSize: 64 }), { by, rows });
    expect(Object.keys(found).sort()).toEqual([...new Set(keys)].map((key) => `${by}=${key}/part-0.parquet`).sort());
    for (const key of new Set(keys)) {
      const wanted = cells
        .filter(([column]) => column !== by)
        .map(([column, values]) => [column, values.filter((_, i) => keys[i] === key)] as const);
      expectCells(await read(found[`${by}=${key}/part-0.parquet`]), wanted);
    }
  });

  test('by ranges of records', async () => {
    const bytes = readFileSync(fixture('case_sync.iocb'));
    const found = await files(open(bytes, { kind: 'iocb', batchSize: 64 }), { by: 'records', size: 200 });
    expect(Object.keys(found)).toEqual([0, 200, 400].map((first) => `records=${first}/part-0.parquet`));
    const cells = naiveCells(bytes, 'iocb', 'record');
    for (const first of [0, 200, 400])
      expectCells(
        await read(found[`records=${first}/part-0.parquet`]),
        cells.map(([name, values]) => [name, values.slice(first, first + 200)]),
      );
  });

  test('of which many wait: the largest is written before its row group is full, and nothing is lost', async () => {
    const records = 1_200_000;
    const words = new Uint32Array(records * 8);
    for (let i = 0; i < records; i++) {
      words[8 * i + 2] = i % 64;
      words[8 * i + 4] = i;
    }
    const found = await files(open(new Uint8Array(words.buffer), { kind: 'io_event' }), { by: 'obj', columns: ['res'] });
    const metadata = Object.values(found).map((bytes) => parquetMetadata(bufferOf(bytes)));
    expect(metadata.length).toBe(64);
    expect(metadata.map(({ num_rows }) => Number(num_rows))).toEqual(Array(64).fill(records / 64));
    expect(metadata.some(({ row_groups }) => row_groups.length > 1)).toBe(true);
    const [[, res]] = await read(found['obj=63/part-0.parquet']);
    expect(res).toEqual(Array.from({ length: records / 64 }, (_, i) => BigInt(64 * i + 63)));
  });

  test('whose rows are all written keep no room for more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const [rows, partitions] = [4096, 200];
    // What earlier tests left is freed in steps of the event loop.
    const held = async () => {
      for (let i = 0; i < 3; i++)
        await new Promise((resolve) => {
          collect();
          setTimeout(resolve);
        });
      return process.memoryUsage().arrayBuffers;
    };
    const batches = open(new Uint8Array(rows * partitions * 32), { kind: 'io_event' });
    const paths = new Set<string>();
    const bytes: number[] = [];
    for await (const { path } of parquetPartitions(batches, { by: 'records', size: rows, rows, columns: ['res'] })) {
      paths.add(path);
      if (bytes.length < 1 || (bytes.length < 2 && paths.size === partitions)) bytes.push(await held());
    }
    expect(bytes.length).toBe(2);
    // Rows of all partitions are 32 MB.
    expect(bytes[1] - bytes[0]).toBeLessThan(16e6);
  });

  test('of nothing are none, and what cannot be parted by is told', async () => {
    const empty = () => open(new Uint8Array(0), { kind: 'io_event', layout: 'comm:char4,record' });
    expect(await files(empty(), { by: 'res' })).toEqual({});
    expect(() => parquetPartitions(empty(), { by: 'comm' })).toThrow(
      "partitions are by a column of numbers, and 'comm' is none; they are data, obj, res, res2",
    );
    expect(() => parquetPartitions(empty(), { by: 'records', size: 0 })).toThrow(
      'partitions of records need a size, how many a file, and it is 0',
    );
    for (const rows of [0, -1, 1.5, 2 ** 21, Number.NaN]) {
      const message = `rows is ${rows}; a row group has a whole number from 1 to 1048576`;
      expect(() => parquetPartitions(empty(), { by: 'res', rows })).toThrow(message);
      expect(() => parquetFile(empty(), { rows })).toThrow(message);
    }
    const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
    expect(() => parquetPartitions(open(image, { kind: 'aio_ring' }), { by: 'res' })).toThrow('a ring is small, and is not partitioned');
    const many = encode(
      Array.from({ length: 4097 }, (_, i) => ({ obj: i })),
      { kind: 'io_event' },
    );
    await expect(files(open(many, { kind: 'io_event' }), { by: 'obj' })).rejects.toThrow(
      'there are more than 4096 values of obj; partition by something else',
    );
  });
});
