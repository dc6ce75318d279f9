// Does `export --format parquet` have DuckDB write what it can, and leave nothing half-written behind?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { aioscope as command, environment, fixture, main } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';
import { randomBytes } from './support/events.ts';
import { beside, folder, inside } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const given = ['--kind', 'io_event', '--layout', 'record', '--endian', 'little'];
const large = join(folder, 'large.ioev');
writeFileSync(large, randomBytes(2 ** 24));

describe('export --format parquet has DuckDB write', () => {
  const env = { ...WITH_DUCKDB, TMPDIR: folder };
  const exported = (files: readonly string[], output: string) =>
    command(['export', '--format', 'parquet', '--names', ...given, '-o', output, ...files], {
      env,
    });

  test('what it can, and the rest is written as ever', async () => {
    const torn = join(folder, 'torn.ioev');
    writeFileSync(torn, readFileSync(EVENTS).subarray(0, 325));
    const zipped = join(folder, 'zipped.gz');
    writeFileSync(zipped, gzipSync(readFileSync(EVENTS)));
    for (const [files, writer, rows, told] of [
      [
        [torn],
        'DuckDB',
        10,
        `aioscope: warning: ${torn}: ignored a partial record of 5 bytes at byte 320\n`,
      ],
      [[EVENTS, EVENTS], 'DuckDB', 660, ''],
      [[zipped], 'aioscope', 330, ''],
    ] as const) {
      const output = inside();
      expect(exported(files, output)).toMatchObject({ status: 0, stderr: told });
      const { buffer } = Uint8Array.from(readFileSync(output));
      const found = parquetMetadata(buffer);
      expect([found.created_by?.split(' ')[0], Number(found.num_rows), beside(output)]).toEqual([
        writer,
        rows,
        ['out'],
      ]);
      expect(found.key_value_metadata).toContainEqual({ key: 'source', value: files.join(', ') });
    }
  });

  test('and nothing is left where the disk is full, or it is interrupted', async () => {
    const output = inside();
    const words = [
      process.execPath,
      main,
      'export',
      '--format',
      'parquet',
      '--codec',
      'none',
      ...given,
      '-o',
      output,
      large,
    ];
    const limited = spawnSync('sh', ['-c', 'ulimit -f 2000; exec "$@"', 'sh', ...words], {
      encoding: 'utf8',
      env: environment(env),
    });
    const message = `aioscope: error: ${output}: cannot be written: the file exceeds the size limit; nothing was kept\n`;
    expect([limited.status, limited.stderr, beside(output)]).toEqual([1, message, []]);
    const huge = join(folder, 'huge.ioev');
    writeFileSync(huge, '');
    truncateSync(huge, 2 ** 34);
    const child = spawn(process.execPath, [...words.slice(1, -1), huge], {
      stdio: 'ignore',
      env: environment(env),
    });
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect([status, beside(output)]).toEqual([130, []]);
  });
});
