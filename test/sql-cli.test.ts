// Does `aioscope sql` print what DuckDB answers, say what is wrong, and leave nothing half-written behind?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { aioscope as command, environment, fixture, main, type Stdios } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';
import { randomBytes } from './support/events.ts';
import { beside, folder, inside } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const ERRORS =
  'select errno_name, count(*) n, 0.5 x, sum(res) s from io_event where res < 0 group by all order by all';
const sql = (args: readonly string[], { env, ...stdios }: Stdios = {}) =>
  command(['sql', ...args], { ...stdios, env: { ...WITH_DUCKDB, TMPDIR: folder, ...env } });
const sqlHere = (args: readonly string[]) => ran(['sql', ...args]);
const answered = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await sqlHere(args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
};
const rowsOf = (table: Buffer) => tableFromIPC(table, { useBigInt: true }).toArray();
const given = ['--kind', 'io_event', '--layout', 'record', '--endian', 'little'];
const large = join(folder, 'large.ioev');
writeFileSync(large, randomBytes(2 ** 24));

describe('every format', () => {
  const rows = [
    { errno_name: 'EAGAIN', n: 9n },
    { errno_name: 'EOPNOTSUPP', n: 16n },
  ];

  test('table and csv', async () => {
    expect(await answered(ERRORS, EVENTS)).toBe(
      'errno_name   n    x      s\nEAGAIN       9  0.5    -99\nEOPNOTSUPP  16  0.5  -1520\n',
    );
    expect(await answered('--format', 'csv', ERRORS, EVENTS)).toBe(
      'errno_name,n,x,s\nEAGAIN,9,0.5,-99\nEOPNOTSUPP,16,0.5,-1520\n',
    );
    const odd = `select 1 a, 2 a, null b, '"x",' || chr(10) || 'z' c, [1, 2] l, true t, repeat('y', 100) y from io_event limit 1`;
    expect(await answered('--format', 'csv', odd, EVENTS)).toBe(
      `a,a:1,b,c,l,t,y\n1,2,,"""x"",\nz","[1,2]",true,${'y'.repeat(100)}\n`,
    );
    expect(await answered(odd, EVENTS)).toBe(
      `a  a:1  b  c       l      t     y\n1    2  –  "x", z  [1,2]  true  ${'y'.repeat(59)}…\n`,
    );
    expect(await answered('--format', 'csv', 'from io_event where false', EVENTS)).toMatch(
      /^data,.*\n$/,
    );
  });

  test('arrow and parquet, to a file and to standard output', async () => {
    for (const format of ['arrow', 'parquet']) {
      const [output, piped] = [inside(), inside()];
      expect(await answered('--format', format, '-o', output, ERRORS, EVENTS)).toBe('');
      const stdout = openSync(piped, 'w');
      expect(sql(['--format', format, ERRORS, EVENTS], { stdout })).toMatchObject({
        status: 0,
        stderr: '',
      });
      closeSync(stdout);
      for (const path of [output, piped]) {
        expect(beside(path)).toEqual(['out']);
        const { buffer } = Uint8Array.from(readFileSync(path));
        const found =
          format === 'arrow'
            ? rowsOf(Buffer.from(buffer))
            : await parquetReadObjects({ file: buffer });
        expect(found.map(({ errno_name, n }) => ({ errno_name, n }))).toEqual(rows);
      }
    }
  });

  test('standard input, compressed files, several of them and several statements', async () => {
    const count = 'select count(*) n from io_event';
    expect(sql(['--format', 'csv', count, '-'], { input: readFileSync(EVENTS) })).toMatchObject({
      status: 0,
      stdout: 'n\n330\n',
      stderr: '',
    });
    expect(await answered('--format', 'csv', `set threads = 1; ${count}`, EVENTS, EVENTS)).toBe(
      'n\n660\n',
    );
    const pairs = await answered(
      '--ndjson',
      'select count(*)::int n from pairs',
      fixture('sysbench_fileio.iocb88.gz'),
      fixture('sysbench_fileio.ioev56.gz'),
    );
    expect(JSON.parse(pairs).n).toBeGreaterThan(1000);
    expect(
      await answered(
        '--format',
        'csv',
        'select compression, records from files',
        fixture('sysbench_fileio.ioev56.gz'),
      ),
    ).toBe('compression,records\ngzip,\n');
  });

  test('torn bytes are told after the rows', () => {
    const torn = join(folder, 'torn.ioev');
    writeFileSync(torn, readFileSync(EVENTS).subarray(0, 325));
    expect(
      sql([...given, '--format', 'csv', 'select count(*) n from io_event', torn]),
    ).toMatchObject({
      ...{
        status: 0,
        stdout: 'n\n10\n',
        stderr: `aioscope: warning: ${torn}: ignored a partial record of 5 bytes at byte 320\n`,
      },
    });
  });
});

describe('2, where the command line is wrong, and nothing is written', () => {
  test.each([
    [
      ['selct 1', EVENTS],
      'aioscope: error: Parser Error: syntax error at or near "selct"\n\nLINE 1: selct 1\n        ^\n',
    ],
    [
      ['select zip from io_event', EVENTS],
      'Binder Error: Referenced column "zip" not found in FROM clause!',
    ],
    [['from iocb', EVENTS], 'Tables: io_event, files.\n'],
    [
      ['from pairs', EVENTS],
      'there is no table pairs: it takes files of submissions and of completions, not 0 and 1',
    ],
    [
      ['set threads = 1; from pairs', EVENTS],
      /Table with name pairs does not exist![\s\S]*there is no table pairs: .*\nTables: io_event, files.\n/,
    ],
    [
      ['select nothing(1)', EVENTS],
      'Catalog Error: Scalar Function with name nothing does not exist!',
    ],
    [[' ', EVENTS], "the query is empty; try 'select count(*) from io_event'"],
    [
      ['--json', '--format', 'csv', 'select 1', EVENTS],
      'the output format cannot be both csv and json; choose one',
    ],
    [['--int64', 'string', 'select 1', EVENTS], '--int64 applies to json and ndjson, not to table'],
    [
      ['--to', '+2s', 'select 1', EVENTS],
      "--to is a time in other commands, and sql selects records in the query, as in 'where ts < 1'",
    ],
  ])('%j', async (args, message) => {
    const output = inside();
    const { status, stdout, stderr } = await sqlHere([...args, '-o', output]);
    expect({ status, stdout, left: beside(output) }).toEqual({ status: 2, stdout: '', left: [] });
    if (typeof message === 'string') expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
  });

  test('a file that exists is left alone, unless --force; a terminal gets no binary', () => {
    const output = inside();
    writeFileSync(output, 'precious');
    const args = ['--format', 'parquet', '-o', output, ERRORS, EVENTS];
    expect(sql(args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('use --force to overwrite it'),
    });
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect(sql([...args, '--force'])).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(output, 'latin1')).toMatch(/^PAR1/);
    const preload = `data:text/javascript,${encodeURIComponent('process.stdout.isTTY = true')}`;
    expect(
      sql(['--format', 'arrow', ERRORS, EVENTS], { env: { NODE_OPTIONS: `--import=${preload}` } }),
    ).toMatchObject({
      ...{
        status: 2,
        stderr:
          'aioscope: error: arrow is binary and standard output is a terminal; write to a file with -o, or to a pipe\n',
      },
    });
  });
});

describe('1, a reason, and nothing left behind', () => {
  test('where DuckDB is not installed', () => {
    expect(command(['sql', 'select 1', EVENTS], { env: { NODE_PATH: '' } })).toMatchObject({
      status: 1,
      stderr:
        'aioscope: error: SQL needs DuckDB, which is not installed; install it beside aioscope: npm install @duckdb/node-api@1.5.6-r.1 (with -g if aioscope is global; in a clone with --no-save -D)\n',
    });
  });

  test('for a missing file, for pairs that cannot be made, and for an invalid value', async () => {
    const output = inside();
    const bare = [fixture('case_rwf.iocb'), EVENTS];
    for (const [query, files, message] of [
      ['select 1', ['missing'], 'missing: cannot be opened: no such file'],
      ['from pairs', bare, 'unmatchable: '],
      ['select res::utinyint from io_event', [EVENTS], 'Conversion Error: '],
    ] as const) {
      const { status, stderr } = await sqlHere([query, ...files, '-o', output]);
      expect([status, beside(output)]).toEqual([1, []]);
      expect(stderr).toContain(message);
    }
  });

  test.each([['csv'], ['parquet']])(
    'where the disk is full half-way, or the pipe ends early: %s',
    (format) => {
      const output = inside();
      const env = environment({ ...WITH_DUCKDB, TMPDIR: folder });
      const words = [
        process.execPath,
        main,
        'sql',
        '--format',
        format,
        ...given,
        'from io_event',
        large,
      ];
      const limited = spawnSync(
        'sh',
        ['-c', 'ulimit -f 2000; exec "$@"', 'sh', ...words, '-o', output],
        { encoding: 'utf8', env },
      );
      expect([limited.status, beside(output)]).toEqual([1, []]);
      expect(limited.stderr).toContain(
        `aioscope: error: ${output}: cannot be written: the file exceeds the size limit; nothing was kept\n`,
      );
      const piped = spawnSync(
        'sh',
        ['-c', '{ "$@"; echo "$?" >&2; } | head -c 10 | wc -c', 'sh', ...words],
        { encoding: 'utf8', env },
      );
      expect(piped.stdout.trim()).toBe('10');
      const gone =
        'aioscope: error: standard output: the reader closed the pipe; the output is incomplete\n1\n';
      expect(piped.stderr).toBe(format === 'csv' ? '0\n' : gone);
    },
  );

  test.each([['parquet']])('where it is interrupted: %s', async (format) => {
    const output = inside();
    const query =
      'select sum(a.data * 0.5 + b.obj) s from io_event a, io_event b where a.res > b.res';
    const temporary = inside('tmp');
    mkdirSync(temporary);
    const child = spawn(
      process.execPath,
      [main, 'sql', '--format', format, ...given, query, large, '-o', output],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: environment({ ...WITH_DUCKDB, TMPDIR: temporary }),
      },
    );
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect([status, beside(output), readdirSync(temporary)]).toEqual([130, [], []]);
  });
});
