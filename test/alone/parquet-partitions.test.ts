// Does every record come into the Parquet file of its value, and is memory bounded whatever the values?
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { type BatchStream, encode, open } from '../../src/node.ts';
import { type PartitionOptions, parquetFile, parquetPartitions } from '../../src/sinks/parquet.ts';
import { fixture } from '../support/cli.ts';
import { bufferOf, read } from '../support/parquet.ts';
import { expectCells, naiveCells } from '../support/tables.ts';

describe('partitions', () => {
  async function files(
    batches: BatchStream,
    options: PartitionOptions,
  ): Promise<Record<string, Uint8Array>> {
    const parts: Record<string, Uint8Array[]> = {};
    for await (const { path, bytes } of parquetPartitions(batches, options))
      (parts[path] ??= []).push(bytes);
    return Object.fromEntries(
      Object.entries(parts).map(([path, chunks]) => [path, Buffer.concat(chunks)]),
    );
  }

  test.each([
    ['case_sync.iocb', 'iocb', 'record', 'aio_lio_opcode', 100],
    ['case_rwf.iocb88', 'iocb', 'traced', 'pid', 65536],
    ['case_rwf.ioev', 'io_event', 'record', 'res', 7],
  ] as const)(
    '%s by a column: each record in the file of its value, in its order',
    async (name, kind, layout, by, rows) => {
      const bytes = readFileSync(fixture(name));
      const cells = naiveCells(bytes, kind, layout);
      const keys = cells.find(([column]) => column === by)?.[1] ?? [];
      const found = await files(open(bytes, { kind, layout, batchSize: 64 }), { by, rows });
      expect(Object.keys(found).sort()).toEqual(
        [...new Set(keys)].map((key) => `${by}=${key}/part-0.parquet`).sort(),
      );
      for (const key of new Set(keys)) {
        const wanted = cells
          .filter(([column]) => column !== by)
          .map(([column, values]) => [column, values.filter((_, i) => keys[i] === key)] as const);
        expectCells(await read(found[`${by}=${key}/part-0.parquet`]), wanted);
      }
    },
  );

  test('by ranges of records', async () => {
    const bytes = readFileSync(fixture('case_sync.iocb'));
    const found = await files(open(bytes, { kind: 'iocb', batchSize: 64 }), {
      by: 'records',
      size: 200,
    });
    expect(Object.keys(found)).toEqual(
      [0, 200, 400].map((first) => `records=${first}/part-0.parquet`),
    );
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
    const found = await files(open(new Uint8Array(words.buffer), { kind: 'io_event' }), {
      by: 'obj',
      columns: ['res'],
    });
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
    for await (const { path } of parquetPartitions(batches, {
      by: 'records',
      size: rows,
      rows,
      columns: ['res'],
    })) {
      paths.add(path);
      if (bytes.length < 1 || (bytes.length < 2 && paths.size === partitions))
        bytes.push(await held());
    }
    expect(bytes.length).toBe(2);
    // Rows of all partitions are 32 MB.
    expect(bytes[1] - bytes[0]).toBeLessThan(16e6);
  });

  test('an empty input has no partitions, and an unsuitable column is reported', async () => {
    const empty = () => open(new Uint8Array(0), { kind: 'io_event', layout: 'comm:char4,record' });
    expect(await files(empty(), { by: 'res' })).toEqual({});
    expect(() => parquetPartitions(empty(), { by: 'comm' })).toThrow(
      "cannot partition by 'comm'; the numeric columns are data, obj, res, res2",
    );
    expect(() => parquetPartitions(empty(), { by: 'records', size: 0 })).toThrow(
      'partitions by records need a size, the number of records per file, and it is 0',
    );
    for (const rows of [0, -1, 1.5, 2 ** 21, Number.NaN]) {
      const message = `rows is ${rows}; a row group must have a whole number from 1 to 1048576`;
      expect(() => parquetPartitions(empty(), { by: 'res', rows })).toThrow(message);
      expect(() => parquetFile(empty(), { rows })).toThrow(message);
    }
    const image = readFileSync(fixture('fio_ring_threads.wrap.ring'));
    expect(() => parquetPartitions(open(image, { kind: 'aio_ring' }), { by: 'res' })).toThrow(
      'a ring cannot be partitioned',
    );
    const many = encode(
      Array.from({ length: 4097 }, (_, i) => ({ obj: i })),
      { kind: 'io_event' },
    );
    await expect(files(open(many, { kind: 'io_event' }), { by: 'obj' })).rejects.toThrow(
      'obj has more than 4096 values; partition by something else',
    );
  });
});
