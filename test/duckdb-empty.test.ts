// Does an empty dump become an empty Parquet file in every compression, whatever Node can compress?
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { expect, test } from 'vitest';
import { folder } from './support/asking.ts';
import { aioscope, fixture } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const empty = join(folder, 'empty');
writeFileSync(empty, '');
const EVENTS = fixture('case_rwf.ioev');
const IOCBS = fixture('case_rwf.iocb');

test.each([
  ['zstd', [empty], 0],
  ['zstd', [empty, empty], 0],
  ['zstd', [empty, EVENTS], 330],
  ['zstd', [EVENTS, empty, EVENTS], 660],
  ['snappy', [empty], 0],
  ['none', [empty], 0],
])('%s, %j', (codec, files, rows) => {
  const output = join(folder, 'out.parquet');
  const options = ['--format', 'parquet', '--codec', codec, '--kind', 'io_event', '--force'];
  const found = aioscope(['export', ...options, '-o', output, ...files], { env: WITH_DUCKDB });
  expect([found.status, found.stderr]).toEqual([0, '']);
  const { buffer } = Uint8Array.from(readFileSync(output));
  const { num_rows, schema, row_groups } = parquetMetadata(buffer);
  expect(Number(num_rows)).toBe(rows);
  expect(schema.slice(1).map(({ name }) => name)).toEqual(['data', 'obj', 'res', 'res2']);
  const names = { zstd: 'ZSTD', snappy: 'SNAPPY', none: 'UNCOMPRESSED' };
  for (const { columns } of row_groups)
    for (const { meta_data } of columns)
      expect(meta_data?.codec).toBe(names[codec as keyof typeof names]);
});

test('an empty file of another kind is refused as ever', () => {
  const options = ['--format', 'parquet', '--kind', 'io_event', '--kind', 'iocb', '--force'];
  const output = ['-o', join(folder, 'mixed.parquet')];
  for (const files of [
    [empty, IOCBS],
    [EVENTS, empty],
  ]) {
    const found = aioscope(['export', ...options, ...output, ...files], { env: WITH_DUCKDB });
    expect([found.status, found.stderr]).toEqual([
      2,
      expect.stringContaining('export files that differ separately'),
    ]);
  }
});
