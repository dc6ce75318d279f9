// Do the options of formats mean one thing everywhere: --format, --json, --ndjson, --int64, --names, counts?
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../src/node.ts';
import { environment, fixture, main } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { beside, exported, folder, inside, resOf } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const REQUESTS = fixture('case_sync.iocb');
const SYNC = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
const all = [...decode(readFileSync(EVENTS), { kind: 'io_event' }).columns.res];

const lines = (text: string) => text.split('\n').slice(0, -1);
const parsed = (text: string) => lines(text).map((line) => JSON.parse(line));

describe('--to', () => {
  test('takes a format as before, with one notice', async () => {
    const args = ['export', '--to', 'csv', '--to', '5s', '--columns', 'ts', SYNC[1]];
    const { stdout, stderr, status } = await ran(args);
    expect([status, stderr]).toEqual([
      0,
      "aioscope: warning: '--to csv' is now '--format csv'; the old spelling will be removed\n",
    ]);
    expect(stdout).toBe(await printedHere(['export', '--format', 'csv', ...args.slice(3)]));
  });

  test.each([
    [['--format', 'csv', '--to', 'raw'], 'the output format cannot be both csv and raw'],
    [['--format', 'csv', '--ndjson'], 'the output format cannot be both csv and ndjson'],
    [['--format', 'csv', '--int64', 'string'], '--int64 applies to ndjson, not to csv'],
    [['--format', 'csv', '--to', 'noon'], 'expected a number of nanoseconds'],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await ran(['export', ...args, SYNC[1]]);
    expect([status, stderr.split('\n').at(-2)]).toEqual([2, expect.stringContaining(message)]);
  });
});

const isFile = (bytes: Buffer): boolean => bytes.subarray(0, 6).toString() === 'ARROW1';

describe('the extension', () => {
  test.each([
    ['x.arrow', true],
    ['x.feather', true],
    ['x.arrows', false],
  ])('of %s chooses between the formats of Arrow', async (name, file) => {
    for (const args of [[], ['--format', 'arrow']]) {
      const bytes = await exported([...args, EVENTS], name);
      expect([isFile(bytes), resOf(bytes)]).toEqual([file, all]);
    }
    expect(isFile(await exported(['--format', 'arrow-file', EVENTS], name))).toBe(true);
  });

  test('chooses the format where none is given, and does not where one is', async () => {
    expect((await exported([EVENTS], 'x.parquet')).toString('latin1')).toMatch(/^PAR1/);
    expect((await exported([EVENTS], 'x.csv')).toString()).toMatch(/^index,offset,/);
    expect((await exported(['--format', 'csv', EVENTS], 'x.parquet')).toString()).toMatch(
      /^index,/,
    );
    expect(await exported(['--format', 'raw', EVENTS], 'x.arrow')).toEqual(readFileSync(EVENTS));
  });

  test('a pipe gets the stream', () => {
    const args = [main, 'export', '--format', 'arrow', EVENTS];
    const { stdout } = spawnSync(process.execPath, args, { env: environment() });
    expect([isFile(stdout), resOf(stdout)]).toEqual([false, all]);
  });
});

describe('--names', () => {
  const checked = ['--check', 'linux', '--columns', 'aio_lio_opcode,firstRefusal,anomalies'];

  test('in CSV: a column after each that has names, empty where there is none', async () => {
    const text = (await exported(['--format', 'csv', '--names', ...checked, REQUESTS])).toString();
    const [head, ...rows] = lines(text);
    expect(head).toBe(
      'index,offset,aio_lio_opcode,aio_lio_opcode_name,firstRefusal,firstRefusal_name,anomalies,anomalies_name',
    );
    expect(rows[0]).toMatch(/^0,0,\d,IOCB_CMD_\w+,0,,/);
    expect(rows[480]).toMatch(/,IOCB_CMD_F\w*SYNC,\d+,fsync-fields,\d+,/);
  });

  test('in NDJSON: null where there is none', async () => {
    const rows = parsed(
      await printedHere(['export', '--ndjson', '--names', '--columns', 'res', EVENTS]),
    );
    expect(rows[0]).toEqual({ index: 0, offset: 0, res: Number(all[0]), res_name: null });
    const failed = rows.filter(({ res }) => res < 0);
    expect(failed.length).toBeGreaterThan(0);
    for (const { res_name } of failed) expect(res_name).toMatch(/^E[A-Z]+$/);
  });

  test('a column of that name in the layout is an error', async () => {
    const layout = ['--layout', 'res_name:u64,record', '--kind', 'io_event'];
    expect(await ran(['export', '--format', 'csv', '--names', ...layout, EVENTS])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "aioscope: error: column 'res_name' would occur twice in the table\n",
    });
  });
});

describe('--json of rows', () => {
  test('is one object: columns, the rows of --ndjson, and quality', async () => {
    const torn = join(folder, 'torn.ioev');
    writeFileSync(torn, readFileSync(EVENTS).subarray(0, 32 * 20 + 7));
    const given = ['--kind', 'io_event', '--layout', 'record', '--endian', 'little', torn];
    const { stdout } = await ran(['print', '--json', ...given]);
    const { columns, rows, quality, ...others } = JSON.parse(stdout);
    expect(others).toEqual({});
    expect(rows).toEqual(parsed((await ran(['print', '--ndjson', ...given])).stdout));
    expect(rows).toHaveLength(20);
    expect(columns.map(({ name }: { name: string }) => name)).toEqual(Object.keys(rows[0]));
    expect(columns).toContainEqual({ name: 'res', type: 'i64' });
    expect(quality).toEqual({ bytes: 647, records: 20, tornBytes: 7, tornOffset: 640 });
    expect((await ran(['print', '--format', 'json', ...given])).stdout).toBe(stdout);
  });

  test('of a ring, of texts, of nothing', async () => {
    const ring = JSON.parse(
      await printedHere(['print', '--json', fixture('fio_ring_threads.wrap.ring')]),
    );
    expect(ring.columns.slice(2, 4)).toEqual([
      { name: 'slot', type: 'u32' },
      { name: 'state', type: 'text' },
    ]);
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const none = await printedHere(['print', '--json', '--kind', 'io_event', empty]);
    expect(JSON.parse(none)).toMatchObject({ rows: [], quality: { records: 0 } });
    const layout = 'comm:char8,record';
    const path = join(folder, 'comm');
    writeFileSync(path, encode([{ comm: '},\n{"' }], { kind: 'io_event', layout }));
    const given = ['--kind', 'io_event', '--layout', layout, '--columns', 'comm', path];
    expect(JSON.parse(await printedHere(['print', '--json', ...given]))).toMatchObject({
      columns: [{}, {}, { name: 'comm', type: 'text' }],
      rows: [{ comm: '},\n{"' }],
    });
  });

  test('of pairs, with the quality of both sides', async () => {
    const { columns, rows, quality } = JSON.parse(
      await printedHere(['match', '--pairs', '--json', ...SYNC]),
    );
    expect(rows).toEqual(parsed(await printedHere(['match', '--pairs', '--ndjson', ...SYNC])));
    expect(columns.map(({ name }: { name: string }) => name)).toEqual(Object.keys(rows[0]));
    expect(quality).toMatchObject({ submissions: { records: 486 }, completions: {} });
  });

  test('is streamed: the first rows come before the source ends', async () => {
    const child = spawn(process.execPath, [main, 'print', '--json', '--kind', 'io_event', '-'], {
      env: environment(),
    });
    child.stdin.write(new Uint8Array(2 ** 22));
    const [first] = await once(child.stdout, 'data');
    expect(String(first)).toMatch(/^\{"columns":\[.*\],"rows":\[\n\{"index":0,/);
    child.stdin.end();
    let rest = '';
    for await (const chunk of child.stdout) rest += chunk;
    expect(rest).toMatch(/\],"quality":\{"bytes":4194304,.*\}\n$/);
  });
});

describe('--int64', () => {
  const path = join(folder, 'wide.ioev');
  const values = [2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 53n) + 1n, -(2n ** 63n)];
  writeFileSync(
    path,
    encode(
      values.map((res) => ({ res })),
      { kind: 'io_event' },
    ),
  );
  const given = ['--kind', 'io_event', '--layout', 'record', '--endian', 'little', path];
  const LAST = 9007199254740991;

  test.each([
    ['auto', `[${LAST},"9007199254740992","9223372036854775807",-${LAST},"-9223372036854775808"]`],
    ['string', JSON.stringify(values.map(String))],
    ['number', `[${values.join(',')}]`],
  ])('%s', async (form, expected) => {
    for (const command of [['print'], ['export']]) {
      const args = [...command, '--ndjson', '--columns', 'res', '--int64', form, ...given];
      const found = lines(await printedHere(args)).map((line) => /"res":([^}]*)\}/.exec(line)?.[1]);
      expect(`[${found.join(',')}]`).toBe(expected);
    }
  });

  test('is refused where it would be ignored', async () => {
    expect(await ran(['print', '--int64', 'string', ...given])).toMatchObject({
      status: 2,
      stderr: 'aioscope: error: --int64 applies to json and ndjson, not to table\n',
    });
    expect(await ran(['print', '--json', '--format', 'csv', ...given])).toMatchObject({
      status: 2,
      stderr: 'aioscope: error: the output format cannot be both csv and json; choose one\n',
    });
  });
});

describe('counts', () => {
  test.each([
    [['print', '--limit', '0.1k', '--ndjson', EVENTS], 100],
    [['print', '--skip', '0.3k', '--ndjson', EVENTS], 30],
    [['print', '--limit', '1e1', '--ndjson', EVENTS], 10],
    [['print', '--limit', '1M', '--ndjson', EVENTS], 330],
  ])('%j takes decimal units', async (args, rows) => {
    expect(lines(await printedHere(args))).toHaveLength(rows);
  });

  test('records of generate, and ranges of partitions', async () => {
    const made = inside('made.iocb');
    await printedHere(['generate', '--kind', 'iocb', '--records', '2k', '-o', made]);
    expect(readFileSync(made).byteLength).toBe(2000 * 64);
    const parts = inside('parts');
    const args = ['--format', 'parquet', '--partition-by', 'records:1k', '-o', parts, made];
    expect(await ran(['export', '--kind', 'iocb', ...args])).toMatchObject({ status: 0 });
    expect(readdirSync(parts)).toHaveLength(2);
  });
});

describe('a reader that has had enough', () => {
  const large = join(folder, 'large.ioev');
  writeFileSync(large, new Uint8Array(2 ** 23));
  const head = (format: string) => {
    const given = ['export', '--format', format, '--kind', 'io_event', large];
    const script = '{ "$@"; echo "$?" >&2; } | head -c 10 | wc -c';
    return spawnSync('sh', ['-c', script, 'sh', process.execPath, main, ...given], {
      encoding: 'utf8',
      env: environment(),
    });
  };

  test.each(['csv', 'ndjson'])('ends %s quietly', (format) => {
    const { stdout, stderr } = head(format);
    expect([stdout.trim(), stderr]).toEqual(['10', '0\n']);
  });

  test.each(['arrow', 'raw', 'parquet'])('is an error of %s', (format) => {
    expect(head(format).stderr).toBe(
      'aioscope: error: standard output: the reader closed the pipe; the output is incomplete\n1\n',
    );
  });

  test('of a FIFO, too', async () => {
    const output = inside('fifo');
    spawnSync('mkfifo', [output]);
    const reader = spawn('head', ['-c', '10', output], { stdio: 'ignore' });
    const given = ['export', '--format', 'csv', '--kind', 'io_event', '-o', output, large];
    const child = spawn(process.execPath, [main, ...given], { env: environment() });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += String(chunk);
    });
    const [[status]] = await Promise.all([once(child, 'close'), once(reader, 'exit')]);
    expect([status, errors]).toEqual([0, '']);
  });
});

describe('export --follow', () => {
  const events = (...data: number[]) =>
    encode(
      data.map((value) => ({ data: value })),
      { kind: 'io_event' },
    );

  test.each([
    ['csv', (bytes: Buffer) => lines(bytes.toString()).length - 1],
    ['x.parquet', (bytes: Buffer) => Number(bytes.toString('latin1').startsWith('PAR1')) * 3],
    ['x.arrow', (bytes: Buffer) => resOf(bytes).length],
  ])('is completed by Ctrl-C: %s', async (name, rowsOf) => {
    const file = inside('growing.ioev');
    writeFileSync(file, events(0, 1));
    const output = inside(name);
    const format = name.includes('.') ? [] : ['--format', name];
    const args = ['export', '--follow', '--kind', 'io_event', ...format, '-o', output, file];
    const child = spawn(process.execPath, [main, ...args], { env: environment() });
    while (beside(output).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    appendFileSync(file, events(2));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(beside(output)).toEqual([name]);
    expect(rowsOf(readFileSync(output))).toBe(3);
  });

  test('does not apply to pairs', async () => {
    const args = ['export', '--pairs', '--follow', '--format', 'csv', ...SYNC];
    expect(await ran(args)).toMatchObject({
      status: 2,
      stderr: 'aioscope: error: --follow applies to records; remove it or --pairs\n',
    });
  });
});

test.each(['print', 'export', 'inspect', 'rings', 'bench', 'generate'])(
  '%s has the options that select and read records, or its help says why not',
  async (command) => {
    const help = await printedHere([command, '--help']);
    for (const option of ['--where', '--from', '--to', '--follow', '--workers'])
      expect(help).toContain(option);
  },
);
