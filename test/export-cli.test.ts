// Does `aioscope export` write what the library makes, say what is wrong, and leave nothing half-written behind?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { EXPORTS } from '../src/cli/export.ts';
import { decode, type EncodableRecord, encode } from '../src/node.ts';
import { aioscope, environment, fixture, main, printed } from './support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const TRACED = fixture('case_rwf.ioev56');
const REQUESTS = fixture('case_sync.iocb');
let made = 0;
/** A folder of its own, so that what is left behind is seen. */
function inside(name = 'out'): string {
  made += 1;
  const own = join(folder, `${made}`);
  mkdirSync(own);
  return join(own, name);
}
const beside = (path: string): string[] => readdirSync(join(path, '..'));

/** Export, and read what was written. */
function exported(args: readonly string[], name?: string): Buffer {
  const output = inside(name);
  expect(aioscope(['export', ...args, '-o', output])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(beside(output)).toEqual([name ?? 'out']);
  return readFileSync(output);
}

const resOf = (bytes: Uint8Array): bigint[] => [...(tableFromIPC(bytes, { useBigInt: true }).getChild('res')?.toArray() ?? [])] as bigint[];
const all = [...decode(readFileSync(EVENTS), { kind: 'io_event' }).columns.res];

describe('every format', () => {
  test('arrow, of any number of files of one kind, with the names of the sources', () => {
    const bytes = exported(['--to', 'arrow', '--kind', 'io_event', EVENTS, EVENTS]);
    expect(resOf(bytes)).toEqual([...all, ...all]);
    expect(tableFromIPC(bytes).schema.metadata?.get('source')).toBe(`${EVENTS}, ${EVENTS}`);
    expect(resOf(exported(['--to', 'arrow-file', '--names', EVENTS]))).toEqual(all);
  });

  test('arrow with conditions, times and chosen columns', () => {
    const { columns } = decode(readFileSync(TRACED), { kind: 'io_event', layout: 'traced', where: 'res>0', to: '+2ms' });
    const args = ['--to', 'arrow', '--where', 'res>0', '--to', '+2ms', '--columns', 'ts,res', '--ts-type', 'timestamp', TRACED];
    const bytes = exported(args);
    expect(columns.res.length).toBeGreaterThan(0);
    expect(resOf(bytes)).toEqual([...columns.res]);
    expect(tableFromIPC(bytes).schema.fields.map(({ name }) => name)).toEqual(['ts', 'res']);
  });

  test('parquet, and a folder of partitions', async () => {
    const { buffer } = Uint8Array.from(exported(['--to', 'parquet', '--codec', 'none', EVENTS]));
    expect((await parquetReadObjects({ file: buffer })).map(({ res }) => res)).toEqual(all);
    const output = inside('parts');
    expect(aioscope(['export', '--to', 'parquet', '--partition-by', 'aio_lio_opcode', '-o', output, REQUESTS])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(beside(output)).toEqual(['parts']);
    expect(readdirSync(output, { recursive: true }).map(String).sort()).toEqual(
      [1, 2, 3].flatMap((opcode) => [`aio_lio_opcode=${opcode}`, `aio_lio_opcode=${opcode}/part-0.parquet`]),
    );
    const there = `aioscope: ${output} exists already, and a folder is not overwritten; give another name\n`;
    const again = ['export', '--to', 'parquet', '--partition-by', 'records:100', '-o', output, '--force', REQUESTS];
    expect(aioscope(again)).toMatchObject({ status: 2, stderr: there });
  });

  test.each(['csv', 'ndjson'])('%s is what print prints', (format) => {
    const args = ['--columns', 'obj,res', '--where', 'res!=0', EVENTS];
    expect(exported(['--to', format, ...args]).toString()).toBe(printed(['print', '--format', format, ...args]));
    expect(printed(['export', '--to', format, ...args])).toBe(printed(['print', '--format', format, ...args]));
  });

  test('raw cuts a dump: whole records, envelopes and padding as they lie', () => {
    const layout = 'pad:3,ts:u32,record,pad:2';
    const records = Array.from({ length: 5000 }, (_, i): EncodableRecord => ({ ts: i, res: i % 3 }));
    const bytes = encode(records, { kind: 'io_event', layout });
    for (let i = 0; i < 5000; i++) bytes[41 * i] = i;
    const source = join(folder, 'padded');
    writeFileSync(source, bytes);
    const given = ['--to', 'raw', '--kind', 'io_event', '--layout', layout, '--endian', 'little'];
    expect(exported([...given, source, source]).equals(Buffer.concat([bytes, bytes]))).toBe(true);
    const wanted = records.flatMap(({ res }, i) => (res === 1 ? [bytes.subarray(41 * i, 41 * i + 41)] : []));
    expect(exported([...given, '--where', 'res=1', source]).equals(Buffer.concat(wanted))).toBe(true);
    const ring = fixture('fio_ring_threads.wrap.ring');
    const events = decode(readFileSync(ring), { kind: 'aio_ring' });
    expect(decode(exported(['--to', 'raw', ring]), { kind: 'io_event' }).columns).toEqual(events.columns);
  });

  test.each(EXPORTS)('%s of no record', (format) => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const bytes = exported(['--to', format, '--kind', 'iocb', empty]);
    if (format === 'raw' || format === 'ndjson') expect(bytes.byteLength).toBe(0);
    else expect(bytes.byteLength).toBeGreaterThan(32);
  });

  test('standard output gets the same bytes, and standard input gives them', () => {
    for (const format of ['arrow', 'parquet', 'raw']) {
      const path = inside();
      const stdout = openSync(path, 'w');
      const args = ['export', '--to', format, '--kind', 'io_event', '-'];
      expect(aioscope(args, { stdout, input: readFileSync(EVENTS) })).toMatchObject({ status: 0, stderr: '' });
      closeSync(stdout);
      if (format === 'arrow') expect(resOf(readFileSync(path))).toEqual(all);
      else if (format === 'raw') expect(readFileSync(path).equals(readFileSync(EVENTS))).toBe(true);
      else expect(readFileSync(path, 'latin1')).toMatch(/^PAR1.*PAR1$/s);
    }
  });
});

describe('2, where the command line is wrong, and nothing is written', () => {
  test.each([
    [[EVENTS], '--to says what to export to, and is missing; it is one of arrow, arrow-file, parquet, csv, ndjson, raw'],
    [['--to', 'xlsx', EVENTS], 'It is one of arrow, arrow-file, parquet, csv, ndjson, raw.'],
    [['--to', 'arrow', '--columns', 'zip', EVENTS], "column 'zip' does not exist; the columns are data, obj, res, res2"],
    [['--to', 'csv', '--columns', 'zip', EVENTS], "column 'zip' does not exist"],
    [['--to', 'arrow', '--where', 'zip=1', EVENTS], "where 'zip=1': column 'zip' does not exist"],
    [['--to', 'arrow', '--to', '5', EVENTS], "to selects by time, and layout 'record' has no ts"],
    [['--to', 'raw', '--columns', 'res', EVENTS], '--to raw writes whole records as they lie in the file; leave --columns out'],
    [['--to', 'csv', '--names', EVENTS], '--names and --ts-type are for arrow, arrow-file and parquet, and not for csv; leave them out'],
    [['--to', 'arrow', '--codec', 'none', EVENTS], '--codec and --partition-by are for parquet, and not for arrow; leave them out'],
    [['--to', 'parquet', '--partition-by', 'records', EVENTS], 'Ranges of records have a size, such as records:1000000.'],
    [['--to', 'parquet', '--partition-by', 'zip', EVENTS], "partitions are by a column of numbers, and 'zip' is none"],
    [['--to', 'arrow', '--kind', 'io_event', '--kind', 'iocb', EVENTS, REQUESTS], 'export files that differ one by one'],
    [
      ['--to', 'raw', '--layout', 'record', '--layout', 'traced', '--kind', 'io_event', EVENTS, TRACED],
      'export files that differ one by one',
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
    const args = ['export', '--to', 'arrow', '-o', output, EVENTS];
    expect(aioscope(args)).toMatchObject({
      status: 2,
      stderr: `aioscope: ${output} exists already; give --force to overwrite it, or another name\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect(aioscope([...args, '--force'])).toMatchObject({ status: 0, stderr: '' });
    expect(resOf(readFileSync(output))).toEqual(all);
    const preload = `data:text/javascript,${encodeURIComponent('process.stdout.isTTY = true')}`;
    const { status, stderr } = aioscope(['export', '--to', 'raw', EVENTS], { env: { NODE_OPTIONS: `--import=${preload}` } });
    expect([status, stderr]).toEqual([
      2,
      'aioscope: raw is binary and standard output is a terminal; name a file with -o, or pipe it on\n',
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
    const command = [process.execPath, main, 'export', '--to', format, ...given, '-o', output, large];
    const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -f 2000; exec "$@"', 'sh', ...command], {
      encoding: 'utf8',
      env: environment(),
    });
    expect([status, stderr]).toEqual([
      1,
      `aioscope: ${output}: cannot be written: the file would be larger than is allowed; nothing was kept\n`,
    ]);
    expect(beside(output)).toEqual([]);
  });

  test('where the device is full, or the pipe ends early', () => {
    expect(aioscope(['export', '--to', 'arrow', '-o', '/dev/full', EVENTS])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the disk is full'),
    });
    const stdout = openSync('/dev/full', 'w');
    expect(aioscope(['export', '--to', 'arrow', EVENTS], { stdout })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ENOSPC'),
    });
    closeSync(stdout);
    const script = '{ "$@"; echo "$?" >&2; } | head -c 10 | wc -c';
    const command = [process.execPath, main, 'export', '--to', 'arrow', ...given, large];
    const piped = spawnSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8', env: environment() });
    expect([piped.stdout.trim(), piped.stderr]).toEqual([
      '10',
      'aioscope: standard output: whoever reads it has gone; what came before is not whole\n1\n',
    ]);
  });

  test('where the reader of a FIFO goes', async () => {
    const output = inside('fifo');
    spawnSync('mkfifo', [output]);
    const reader = spawn('head', ['-c', '10', output], { stdio: 'ignore' });
    const child = spawn(process.execPath, [main, 'export', '--to', 'raw', ...given, '-o', output, large], { env: environment() });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    const [[status]] = await Promise.all([once(child, 'close'), once(reader, 'exit')]);
    expect([status, errors]).toEqual([
      1,
      `aioscope: ${output}: cannot be written: whoever reads it has gone; what came before is not whole\n`,
    ]);
  });

  test.each([
    ['arrow', []],
    ['parquet', ['--partition-by', 'records:1000']],
  ] as const)('where it is interrupted: %s %j', async (format, options) => {
    const output = inside();
    const child = spawn(process.execPath, [main, 'export', '--to', format, ...options, ...given, '-o', output, '-'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: environment(),
    });
    child.stdin.on('error', () => {}).write(noise);
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect([status, beside(output)]).toEqual([130, []]);
  });

  test('where a source is missing or corrupt', () => {
    const output = inside();
    const broken = join(folder, 'broken.gz');
    writeFileSync(broken, Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), noise.subarray(0, 100)]));
    for (const file of [join(folder, 'missing'), broken]) {
      const { status, stderr } = aioscope(['export', '--to', 'parquet', ...given, '-o', output, file]);
      expect([status, beside(output)]).toEqual([1, []]);
      expect(stderr).toContain(file);
    }
    expect(aioscope(['export', '--to', 'arrow', '--kind', 'io_event', '-o', output, EVENTS, 'missing'])).toMatchObject({ status: 1 });
    expect(beside(output)).toEqual([]);
  });
});

test('torn bytes are told, and the records before them written', () => {
  const torn = join(folder, 'torn.ioev');
  writeFileSync(torn, readFileSync(EVENTS).subarray(0, 32 * 10 + 5));
  const output = inside();
  const { status, stderr } = aioscope([
    'export',
    '--to',
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
  expect([status, stderr]).toEqual([0, `aioscope: ${torn}: 5 bytes from byte 320 on are no whole record\n`]);
  expect(resOf(readFileSync(output))).toEqual(all.slice(0, 10));
});
