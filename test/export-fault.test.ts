// Does `aioscope export` say what is wrong, and leave nothing half-written behind?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decode } from '../src/node.ts';
import { aioscope, environment, fixture, main } from './support/cli.ts';
import { beside, folder, inside, resOf } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const TRACED = fixture('case_rwf.ioev56');
const REQUESTS = fixture('case_sync.iocb');
const all = [...decode(readFileSync(EVENTS), { kind: 'io_event' }).columns.res];

describe('2, where the command line is wrong, and nothing is written', () => {
  test.each([
    [
      [EVENTS],
      'the output format is missing; add --format with one of arrow, arrow-file, parquet, csv, ndjson, raw, ' +
        'or name the output file by one of .arrow, .arrows, .csv, .feather, .ndjson, .parquet',
    ],
    [['--format', 'xlsx', EVENTS], 'Allowed values: arrow, arrow-file, parquet, csv, ndjson, raw.'],
    [
      ['--format', 'arrow', '--columns', 'zip', EVENTS],
      "column 'zip' does not exist; the columns are data, obj, res, res2",
    ],
    [['--format', 'csv', '--columns', 'zip', EVENTS], "column 'zip' does not exist"],
    [
      ['--format', 'ndjson', '--columns', 'res,res', EVENTS],
      "column 'res' occurs twice; name each column once",
    ],
    [
      ['--format', 'arrow', '--where', 'zip=1', EVENTS],
      "where 'zip=1': column 'zip' does not exist",
    ],
    [
      ['--format', 'arrow', '--to', '5', EVENTS],
      "to selects by time, but layout 'record' has no ts",
    ],
    [['--format', 'raw', '--columns', 'res', EVENTS], 'raw copies whole records; remove --columns'],
    [
      ['--format', 'csv', '--ts-type', 'u64', EVENTS],
      '--ts-type applies to arrow, arrow-file and parquet, not to csv',
    ],
    [
      ['--format', 'arrow', '--codec', 'none', EVENTS],
      '--codec and --partition-by apply to parquet, not to arrow',
    ],
    [
      ['--format', 'parquet', '--partition-by', 'records', EVENTS],
      'Ranges of records need a size, such as records:1M.',
    ],
    [
      ['--format', 'parquet', '--partition-by', 'zip', EVENTS],
      "cannot partition by 'zip'; the numeric columns are",
    ],
    [
      ['--format', 'arrow', '--kind', 'io_event', '--kind', 'iocb', EVENTS, REQUESTS],
      'export files that differ separately',
    ],
    [
      [
        '--format',
        'raw',
        '--layout',
        'record',
        '--layout',
        'traced',
        '--kind',
        'io_event',
        EVENTS,
        TRACED,
      ],
      'export files that differ separately',
    ],
  ])('%j', (args, message) => {
    const output = inside();
    const { status, stdout, stderr } = aioscope(['export', ...args, '-o', output]);
    expect({ status, stdout, left: beside(output) }).toEqual({ status: 2, stdout: '', left: [] });
    expect(stderr).toContain(message);
  });

  test('a file that exists is left alone, unless --force; a terminal gets no binary', () => {
    const output = inside();
    writeFileSync(output, 'precious');
    const args = ['export', '--format', 'arrow', '-o', output, EVENTS];
    expect(aioscope(args)).toMatchObject({
      status: 2,
      stderr: `aioscope: error: ${output} already exists; use --force to overwrite it, or choose another name\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect(aioscope([...args, '--force'])).toMatchObject({ status: 0, stderr: '' });
    expect(resOf(readFileSync(output))).toEqual(all);
    const preload = `data:text/javascript,${encodeURIComponent('process.stdout.isTTY = true')}`;
    const { status, stderr } = aioscope(['export', '--format', 'raw', EVENTS], {
      env: { NODE_OPTIONS: `--import=${preload}` },
    });
    expect([status, stderr]).toEqual([
      2,
      'aioscope: error: raw is binary and standard output is a terminal; write to a file with -o, or to a pipe\n',
    ]);
  });
});

describe('1, a reason, and nothing left behind', () => {
  const formats = [['arrow'], ['arrow-file'], ['parquet'], ['csv'], ['raw']];
  const large = join(folder, 'large.ioev');
  const noise = new Uint8Array(2 ** 23);
  for (let i = 0, state = 1; i < noise.byteLength; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    noise[i] = state >>> 16;
  }
  writeFileSync(large, noise);
  const given = ['--kind', 'io_event', '--layout', 'record', '--endian', 'little'];

  test.each(formats)('where the disk is full half-way: %s', (format) => {
    const output = inside();
    const command = [
      process.execPath,
      main,
      'export',
      '--format',
      format,
      ...given,
      '-o',
      output,
      large,
    ];
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 2000; exec "$@"', 'sh', ...command],
      {
        encoding: 'utf8',
        env: environment(),
      },
    );
    expect([status, stderr]).toEqual([
      1,
      `aioscope: error: ${output}: cannot be written: the file exceeds the size limit; nothing was kept\n`,
    ]);
    expect(beside(output)).toEqual([]);
  });

  test('where the device is full, or the pipe ends early', () => {
    expect(aioscope(['export', '--format', 'arrow', '-o', '/dev/full', EVENTS])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the disk is full'),
    });
    const stdout = openSync('/dev/full', 'w');
    expect(aioscope(['export', '--format', 'arrow', EVENTS], { stdout })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ENOSPC'),
    });
    closeSync(stdout);
    const script = '{ "$@"; echo "$?" >&2; } | head -c 10 | wc -c';
    const command = [process.execPath, main, 'export', '--format', 'arrow', ...given, large];
    const piped = spawnSync('sh', ['-c', script, 'sh', ...command], {
      encoding: 'utf8',
      env: environment(),
    });
    expect([piped.stdout.trim(), piped.stderr]).toEqual([
      '10',
      'aioscope: error: standard output: the reader closed the pipe; the output is incomplete\n1\n',
    ]);
  });

  test('where the reader of a FIFO goes', async () => {
    const output = inside('fifo');
    spawnSync('mkfifo', [output]);
    const reader = spawn('head', ['-c', '10', output], { stdio: 'ignore' });
    const child = spawn(
      process.execPath,
      [main, 'export', '--format', 'raw', ...given, '-o', output, large],
      { env: environment() },
    );
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    const [[status]] = await Promise.all([once(child, 'close'), once(reader, 'exit')]);
    expect([status, errors]).toEqual([
      1,
      `aioscope: error: ${output}: cannot be written: the reader closed the pipe; the output is incomplete\n`,
    ]);
  });

  test.each([
    ['arrow', []],
    ['parquet', ['--partition-by', 'records:1000']],
  ] as const)('where it is interrupted: %s %j', async (format, options) => {
    const output = inside();
    const child = spawn(
      process.execPath,
      [main, 'export', '--format', format, ...options, ...given, '-o', output, '-'],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: environment(),
      },
    );
    child.stdin.on('error', () => {}).write(noise);
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect([status, beside(output)]).toEqual([130, []]);
  });

  test('where a source is missing or corrupt', () => {
    const output = inside();
    const broken = join(folder, 'broken.gz');
    writeFileSync(
      broken,
      Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), noise.subarray(0, 100)]),
    );
    for (const file of [join(folder, 'missing'), broken]) {
      const { status, stderr } = aioscope([
        'export',
        '--format',
        'parquet',
        ...given,
        '-o',
        output,
        file,
      ]);
      expect([status, beside(output)]).toEqual([1, []]);
      expect(stderr).toContain(file);
    }
    expect(
      aioscope([
        'export',
        '--format',
        'arrow',
        '--kind',
        'io_event',
        '-o',
        output,
        EVENTS,
        'missing',
      ]),
    ).toMatchObject({ status: 1 });
    expect(beside(output)).toEqual([]);
  });
});

test('torn bytes are told, and the records before them written', () => {
  const torn = join(folder, 'torn.ioev');
  writeFileSync(torn, readFileSync(EVENTS).subarray(0, 32 * 10 + 5));
  const output = inside();
  const { status, stderr } = aioscope([
    'export',
    '--format',
    'arrow',
    '--kind',
    'io_event',
    '--layout',
    'record',
    '--endian',
    'little',
    '-o',
    output,
    torn,
  ]);
  expect([status, stderr]).toEqual([
    0,
    `aioscope: warning: ${torn}: ignored a partial record of 5 bytes at byte 320\n`,
  ]);
  expect(resOf(readFileSync(output))).toEqual(all.slice(0, 10));
});
