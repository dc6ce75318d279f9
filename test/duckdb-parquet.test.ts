// Does the Parquet that DuckDB writes hold what ours holds, and does it leave to ours what it cannot write?
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { exportParquet } from '../src/duckdb/index.ts';
import { type EncodableRecord, encode, open } from '../src/node.ts';
import { parquetFile } from '../src/sinks/parquet.ts';
import { file, folder } from './support/asking.ts';
import { fixture } from './support/cli.ts';

describe('Parquet of records by DuckDB', () => {
  const layout = 'ts:u64,pid:u32,comm:char16,record';
  const events: EncodableRecord[] = Array.from({ length: 5000 }, (_, i) => ({
    ...{
      ts: 10n ** 18n + BigInt(i),
      pid: 2 ** 32 - 1 - i,
      comm: `é${i % 3}`,
      data: 2n ** 64n - 1n - BigInt(i),
      obj: 2n ** 63n + BigInt(i),
    },
    ...{ res: [-11n, 4096n, -(2n ** 63n), -524n, 0n][i % 5], res2: 2n ** 63n - 1n },
  }));
  const read = async (bytes: Uint8Array) => {
    const { buffer } = Uint8Array.from(bytes);
    const { key_value_metadata: about, schema } = parquetMetadata(buffer);
    const types = schema
      .slice(1)
      .map(({ name, type, converted_type: converted, logical_type: logical }) => [
        name,
        type,
        converted,
        logical?.type,
      ]);
    return { rows: await parquetReadObjects({ file: buffer }), about, types };
  };

  test.each([
    ['little', {}, {}],
    ['big', {}, { names: true, tsType: 'timestamp', metadata: { source: "it's" } }],
    ['little', { where: 'res<0' }, { columns: ['res', 'ts', 'comm'], names: true }],
    ['big', { where: 'res=4096', from: '+100ns', to: '+4us' }, {}],
    ['little', { from: '+1us', to: '+3us', since: 10n ** 18n - 500n }, {}],
  ] as const)('holds what ours holds, %s-endian, %o, %o', async (endian, selecting, writing) => {
    const format = { kind: 'io_event', layout, endian } as const;
    const source = file(encode(events, format));
    const path = join(folder, 'export.parquet');
    const options = { ...selecting, ...writing };
    expect(await exportParquet([{ source, ...format }], path, options)).toBe(true);
    const chunks: Uint8Array[] = [];
    for await (const chunk of parquetFile(open(source, { ...format, ...selecting }), writing))
      chunks.push(chunk);
    const [found, expected] = [await read(readFileSync(path)), await read(Buffer.concat(chunks))];
    expect(expected.rows.length).toBeGreaterThan(100);
    expect(found.rows).toEqual(expected.rows);
    expect(new Map(found.about?.map(({ key, value }) => [key, value]))).toEqual(
      new Map(expected.about?.map(({ key, value }) => [key, value])),
    );
    const plain = ({ types }: typeof found) => types.map(([name, type]) => [name, type]);
    expect(plain(found)).toEqual(plain(expected));
    const unsigned = ({ types }: typeof found) =>
      types.flatMap(([name, , converted]) => (`${converted}`.startsWith('UINT') ? [name] : []));
    expect(unsigned(found)).toEqual(unsigned(expected));
  });

  test('leaves to others what cannot be read in place or is not one table, and is told what is wrong as ever', async () => {
    const path = join(folder, 'none.parquet');
    const bytes = encode([{ ts: 2n ** 63n }], { kind: 'io_event', layout });
    const source = file(bytes);
    const format = { kind: 'io_event', layout } as const;
    expect(await exportParquet([{ source: file(gzipSync(bytes), '.gz'), ...format }], path)).toBe(
      false,
    );
    expect(await exportParquet([fixture('fio_ring_threads.wrap.ring')], path)).toBe(false);
    expect(await exportParquet([{ source, ...format }, fixture('case_rwf.iocb')], path)).toBe(
      false,
    );
    await expect(
      exportParquet([{ source, ...format }], path, { columns: ['zip'] }),
    ).rejects.toMatchObject({ code: 'AIOSCOPE_COLUMN' });
    const range = exportParquet([{ source, ...format }], path, { tsType: 'timestamp' });
    await expect(range).rejects.toMatchObject({
      code: 'AIOSCOPE_RANGE',
      message: expect.stringContaining('ts of record 0 is 9223372036854775808'),
    });
  });
});

test('an export that cannot begin closes the files that it opened', async () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let i = 0; i < 20; i++) {
    const options = { kind: 'io_event', columns: ['nothing'] } as const;
    await expect(
      exportParquet([fixture('case_rwf.ioev')], join(folder, 'none.parquet'), options),
    ).rejects.toMatchObject({
      code: 'AIOSCOPE_COLUMN',
    });
  }
  expect(open()).toBeLessThan(before + 20);
});
