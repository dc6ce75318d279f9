// Are totals, extremes and sums of what is loaded those of DuckDB and of summary, column by column?
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { encode, summarize } from '../src/node.ts';
import { aioscope, fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { rowsOf, useCluster, WITH_CLICKHOUSE } from './support/clickhouse.ts';
import { columnsIn } from './support/clickhouse-columns.ts';
import { namedTrace } from './support/named-trace.ts';

const cluster = useCluster();
const folder = mkdtempSync(join(tmpdir(), 'aioscope-clickhouse-equal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

const nodes = () => cluster().nodes.flatMap(({ url }) => ['--url', url]);
const ask = (sql: string) => rowsOf(cluster().nodes[0].url, sql);
let isApplied = false;

/** What a load has done in a table. */
interface Loaded {
  readonly table: string;
  readonly rows: number;
  readonly loaded: number;
  readonly skipped: number;
}

/** Loads files, into tables that exist from the first load on. */
async function load(...args: string[]): Promise<readonly Loaded[]> {
  if (!isApplied) await ran(['clickhouse', 'schema', '--apply', '--cluster', 'aio', ...nodes()]);
  isApplied = true;
  const { stdout, stderr, status } = await ran([
    ...['clickhouse', 'load', '--json', ...nodes()],
    ...args,
  ]);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout).tables;
}

/** Expects that a table has of a load what DuckDB has of the files. */
async function expectEqual(table: string, load: string, files: readonly string[], where?: string) {
  const { here, there } = await columnsIn(cluster().nodes[0].url, table, load, files, where);
  expect(there).toEqual(here);
  expect(here.length).toBeGreaterThan(4);
  const [[count, different]] = await ask(
    `SELECT count(), uniqExact(part, \`index\`) FROM aio.${table} WHERE load = '${load}'`,
  );
  expect(different).toBe(count);
}

test('a capture with an envelope, in many chunks on both nodes', async () => {
  const files = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
  const [iocb, event] = await load('--load', 'sync', '--chunk-rows', '100', ...files);
  expect(iocb).toEqual({ table: 'iocb', rows: 486, loaded: 5, skipped: 0 });
  expect(event).toEqual({ table: 'io_event', rows: 480, loaded: 5, skipped: 0 });
  await expectEqual('iocb', 'sync', files);
  await expectEqual('io_event', 'sync', files);
  const shares = await Promise.all(
    cluster().nodes.map(({ url }) => rowsOf(url, 'SELECT count() FROM aio.iocb_local')),
  );
  expect(shares).toEqual([[['286']], [['200']]]);
});

test('a bare capture with a condition: the rows that summary counts', async () => {
  const file = fixture('fio_nowait.ioev');
  const args = ['--load', 'failed', '--chunk-rows', '1000', '--where', 'res<0', file];
  expect((await load(...args))[0]).toMatchObject({ rows: 2557, loaded: 5 });
  await expectEqual('io_event', 'failed', [file], 'res < 0');
  const summary = await summarize(file, { where: 'res<0' });
  const { columns } = summary.toJSON().io_event ?? {};
  for (const name of ['data', 'obj', 'res', 'res2']) {
    const sums = `toString(min(${name})), toString(max(${name})), sum(toDecimal128(${name}, 0))`;
    const [[min, max, sum]] = await ask(`SELECT ${sums} FROM aio.io_event WHERE load = 'failed'`);
    expect([name, { min, max, sum }]).toEqual([name, columns?.[name]]);
  }
});

test('a trace: submissions, completions, refused submissions, calls, and its pairs', async () => {
  const trace = fixture('../case_rwf.trace');
  const tables = await load('--load', 'rwf', '--chunk-rows', '100', trace);
  expect(tables.map(({ table, rows }) => [table, rows])).toEqual([
    ['iocb', 330],
    ['io_event', 330],
    ['refused', 96],
    ['calls', 757],
  ]);
  for (const { table } of tables) await expectEqual(table, 'rwf', [trace]);
  const calls = 'SELECT call_name, count() FROM aio.calls GROUP BY call_name ORDER BY call_name';
  expect(await ask(calls)).toEqual([
    ['io_getevents', '330'],
    ['io_setup', '1'],
    ['io_submit', '426'],
  ]);
  await load('--load', 'rwf', '--chunk-rows', '100', '--pairs', trace);
  await expectEqual('pairs', 'rwf', [trace]);
});

test('a trace that knows names: the paths and commands of each row', async () => {
  const { path } = namedTrace(folder);
  const tables = await load('--load', 'named', '--chunk-rows', '100', path);
  await load('--load', 'named', '--chunk-rows', '100', '--pairs', path);
  for (const table of [...tables.map((each) => each.table), 'pairs'])
    if (table !== 'calls') await expectEqual(table, 'named', [path]);
  const [[paths, commands]] = await ask(
    "SELECT uniqExact(path), uniqExact(comm) FROM aio.iocb WHERE load = 'named' AND path != ''",
  );
  expect([Number(paths) > 20, commands]).toEqual([true, '2']);
});

test('pairs of two files', async () => {
  const files = [fixture('sysbench_fileio.iocb88'), fixture('sysbench_fileio.ioev56')];
  const args = ['--load', 'paired', '--chunk-rows', '500', '--pairs', ...files];
  expect(await load(...args)).toEqual([{ table: 'pairs', rows: 3712, loaded: 8, skipped: 0 }]);
  await expectEqual('pairs', 'paired', files);
});

test('a ring image', async () => {
  const file = fixture('qemu_bench_read.wrap.ring');
  await load('--load', 'ring', file);
  await expectEqual('aio_ring', 'ring', [file]);
});

describe('values at the ends of their types', () => {
  const big = [2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n, 0n, 1n];
  const signed = [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n, -4096n];
  const submissions = big.map((value, i) => ({
    ...{ ts: BigInt(i), addr: value, aio_data: value, aio_buf: value, aio_nbytes: value },
    ...{ aio_offset: signed[i], aio_fildes: i === 0 ? -1 : i, aio_reqprio: -i },
    ...{ aio_key: 2 ** 32 - 1, aio_rw_flags: 2 ** 31, aio_lio_opcode: 65535, aio_flags: 3 },
  }));
  const completions = big.map((value, i) => ({
    ...{ ts: value, data: value, obj: value, res: signed[i], res2: signed[4 - i] },
  }));
  const layout = 'ts:u64,addr:u64,record';
  test.each(['little', 'big'] as const)('%s-endian', async (endian) => {
    const formats = [
      ['iocb', { kind: 'iocb', layout, endian }, submissions],
      ['io_event', { kind: 'io_event', layout: 'ts:u64,record', endian }, completions],
    ] as const;
    for (const [table, format, records] of formats) {
      const file = written(`${endian}.${table}`, encode(records, format));
      const name = `ends-${endian}`;
      const options = ['--kind', format.kind, '--layout', format.layout, '--endian', endian];
      await load('--load', `${name}-${table}`, '--chunk-rows', '2', ...options, file);
      const { columns } = (await summarize(file, format)).toJSON()[table] ?? {};
      const wide = Object.keys(columns ?? {}).filter((each) => !/fildes|resfd/.test(each));
      expect(wide.length).toBeGreaterThan(4);
      for (const column of wide) {
        const sums = `min(${column}), max(${column}), sum(toDecimal128(${column}, 0))`;
        const [[min, max, sum]] = await ask(
          `SELECT ${sums} FROM aio.${table} WHERE load = '${name}-${table}'`,
        );
        expect([column, { min, max, sum }]).toEqual([column, columns?.[column]]);
      }
    }
    const rows = await ask(
      'SELECT aio_fildes, aio_offset, aio_data FROM aio.iocb ' +
        `WHERE load = 'ends-${endian}-iocb' ORDER BY \`index\``,
    );
    expect(rows).toEqual(
      submissions.map((each) => [each.aio_fildes, each.aio_offset, each.aio_data].map(String)),
    );
  });
});

describe('other sources', () => {
  const plain = fixture('case_sync.ioev56');
  const bytes = readFileSync(plain);
  test('gzip and zstd', async () => {
    const files = [
      [written('sync.ioev56.gz', gzipSync(bytes)), plain, 480],
      [fixture('../case_rwf.ioev.zst'), fixture('case_rwf.ioev'), 330],
    ] as const;
    for (const [i, [file, same, rows]] of files.entries()) {
      const args = ['--load', `compressed-${i}`, '--chunk-rows', '100', file];
      const chunks = Math.ceil(rows / 100);
      expect((await load(...args))[0]).toMatchObject({ rows, loaded: chunks });
      await expectEqual('io_event', `compressed-${i}`, [same]);
      // The last chunk is not full: it may be of a source that ended early, and is sent again.
      expect((await load(...args))[0]).toMatchObject({ rows, loaded: 1, skipped: chunks - 1 });
      await expectEqual('io_event', `compressed-${i}`, [same]);
    }
  });

  test('a pipe, which has to have a name', async () => {
    const args = ['clickhouse', 'load', '--json', ...nodes(), '--chunk-rows', '100', '-'];
    const run = (...more: string[]) =>
      aioscope([...args, ...more], { input: bytes, env: WITH_CLICKHOUSE });
    expect(run().stderr).toContain('--load is missing; standard input needs a name');
    const { stdout, stderr } = run('--load', 'piped');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).tables[0]).toMatchObject({ rows: 480, loaded: 5 });
    await expectEqual('io_event', 'piped', [plain]);
    const again = JSON.parse(run('--load', 'piped').stdout).tables[0];
    expect(again).toMatchObject({ rows: 480, loaded: 1, skipped: 4 });
    await expectEqual('io_event', 'piped', [plain]);
  });
});

test('two million records: many chunks on both nodes; loading again changes nothing', {
  timeout: 600_000,
}, async () => {
  const trace = join(folder, 'generated');
  mkdirSync(trace);
  const files = [join(trace, 'made.iocb88'), join(trace, 'made.ioev56')];
  for (const [i, kind] of ['iocb', 'io_event'].entries())
    await ran([
      'generate',
      '--kind',
      kind,
      '--layout',
      'traced',
      '--records',
      '1M',
      '-o',
      files[i],
    ]);
  const args = ['--load', 'made', '--chunk-rows', '60000', ...files];
  expect(await load(...args)).toEqual([
    { table: 'iocb', rows: 1e6, loaded: 17, skipped: 0 },
    { table: 'io_event', rows: 1e6, loaded: 17, skipped: 0 },
  ]);
  const partitions = () =>
    Promise.all(
      cluster().nodes.map(({ url }) =>
        rowsOf(
          url,
          "SELECT table, partition, sum(rows) FROM system.parts WHERE database = 'aio' " +
            "AND active AND table LIKE '%_local' GROUP BY table, partition ORDER BY 1, 2",
        ),
      ),
    );
  const before = await partitions();
  const chunksOn = before.map((own) => own.filter(([, partition]) => partition.includes('made')));
  expect(chunksOn.map(({ length }) => length)).toEqual([18, 16]);
  for (const table of ['iocb', 'io_event']) await expectEqual(table, 'made', files);
  expect(await load(...args)).toEqual([
    { table: 'iocb', rows: 1e6, loaded: 0, skipped: 17 },
    { table: 'io_event', rows: 1e6, loaded: 0, skipped: 17 },
  ]);
  expect(await partitions()).toEqual(before);
});
