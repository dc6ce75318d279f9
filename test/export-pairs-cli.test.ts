// Does `aioscope export` write pairs and the columns of a check to those who ask, and say what makes no sense?
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { decode, open } from '../src/node.ts';
import { collect } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { beside, columnOf, exported, folder, inside } from './support/exporting.ts';

const SYNC = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
const BARE = fixture('case_sync.iocb');
/** Of the ground truth. */
const LATENCY_SUM = 138_733_010n;
const sum = (values: readonly unknown[]): bigint =>
  values.reduce((total: bigint, value) => total + BigInt(value as bigint), 0n);
const pairs = (...args: string[]) => ['--pairs', ...args, ...SYNC];

describe('pairs', () => {
  test('in every format', async () => {
    expect(sum(columnOf(await exported(pairs('--format', 'arrow')), 'latencyNs'))).toBe(
      LATENCY_SUM,
    );
    expect(
      sum(columnOf(await exported(pairs('--format', 'arrow-file', '--names')), 'latencyNs')),
    ).toBe(LATENCY_SUM);
    const { buffer } = Uint8Array.from(
      await exported(pairs('--format', 'parquet', '--codec', 'none')),
    );
    expect(
      sum((await parquetReadObjects({ file: buffer })).map(({ latencyNs }) => latencyNs)),
    ).toBe(LATENCY_SUM);
    const [head, ...rows] = (
      await exported(pairs('--format', 'csv', '--columns', 'submissionIndex,latencyNs'))
    )
      .toString()
      .trim()
      .split('\n');
    expect(head).toBe('index,offset,submissionIndex,latencyNs');
    expect(sum(rows.map((row) => row.split(',')[3]))).toBe(LATENCY_SUM);
    const lines = (await exported(pairs('--format', 'ndjson'))).toString().trim().split('\n');
    expect(sum(lines.map((line) => JSON.parse(line).latencyNs))).toBe(LATENCY_SUM);
  });

  test('are what match --pairs prints', async () => {
    const columns = (await printedHere(['match', '--pairs', '--format', 'csv', ...SYNC]))
      .split('\n')[0]
      .split(',')
      .slice(2);
    const args = ['--columns', columns.join(','), ...SYNC];
    expect(await printedHere(['export', '--pairs', '--format', 'csv', ...args])).toBe(
      await printedHere(['match', '--pairs', '--format', 'csv', ...SYNC]),
    );
  });

  test('found by other rules, of a stretch of time, and selected', async () => {
    const options = ['--order', 'counting', '--key', 'data'];
    const bare = [fixture('case_sync.iocb'), fixture('case_sync.ioev')];
    const { matched } = JSON.parse(await printedHere(['match', '--json', ...options, ...bare]));
    expect(
      columnOf(await exported(['--pairs', '--format', 'arrow', ...options, ...bare]), 'res'),
    ).toHaveLength(matched);
    const within = ['--from', '+10ms', '--to', '+20ms'];
    const stretch = JSON.parse(await printedHere(['match', '--json', ...within, ...SYNC]));
    const latencies = columnOf(
      await exported(pairs('--format', 'arrow', ...within)),
      'latencyNs',
    ) as bigint[];
    expect([latencies.length, `${sum(latencies)}`]).toEqual([
      stretch.matched,
      stretch.latencyNs.sum,
    ]);
    const slow = columnOf(
      await exported(pairs('--format', 'arrow', ...within, '--where', 'latencyNs>300000')),
      'latencyNs',
    );
    expect(slow).toEqual(latencies.filter((ns) => ns > 300_000n));
    expect(slow.length).toBeLessThan(latencies.length);
  });

  test('read on as many threads as are asked for', async () => {
    const all = await exported(pairs('--format', 'csv'));
    expect(await exported(pairs('--format', 'csv', '--workers', '1'))).toEqual(all);
    // A number that matching refuses: it is passed on.
    for (const format of ['csv', 'parquet'])
      expect(
        await ran(['export', ...pairs('--format', format, '--workers', '257', '-o', inside('w'))]),
      ).toMatchObject({ status: 2, stderr: expect.stringContaining('workers is 257') });
  });

  test('in a folder of partitions', async () => {
    const output = inside('parts');
    const args = [
      'export',
      ...pairs('--format', 'parquet', '--partition-by', 'aio_fildes', '-o', output),
    ];
    expect(await ran(args)).toMatchObject({ status: 0, stderr: '' });
    const { columns } = decode(readFileSync(BARE), { kind: 'iocb' });
    const matched = new Set(columnOf(await exported(pairs('--format', 'arrow')), 'aio_fildes'));
    expect(readdirSync(output).sort()).toEqual([...matched].map((fd) => `aio_fildes=${fd}`).sort());
    expect(matched.size).toBeLessThanOrEqual(new Set(columns.aio_fildes).size);
  });

  test('an empty result still has its columns', async () => {
    const none = pairs('--where', 'latencyNs<0');
    expect(
      tableFromIPC(await exported(['--format', 'arrow', ...none])).schema.fields.map(
        ({ name }) => name,
      ),
    ).toContain('latencyNs');
    expect((await exported(['--format', 'csv', ...none])).toString()).toMatch(
      /^index,offset,aio_data,.*,latencyNs,.*\n$/,
    );
    expect((await exported(['--format', 'ndjson', ...none])).byteLength).toBe(0);
    const { buffer } = Uint8Array.from(await exported(['--format', 'parquet', ...none]));
    expect(await parquetReadObjects({ file: buffer })).toEqual([]);
    const early = ['match', '--pairs', '--format', 'csv', '--to', '1', ...SYNC];
    expect(await printedHere(early)).toMatch(
      /^index,offset,submissionIndex,completionIndex,ts,latencyNs,.*\n$/,
    );
  });

  test('of a torn dump: that is told', async () => {
    const torn = join(folder, 'torn.iocb88');
    writeFileSync(torn, Buffer.concat([readFileSync(SYNC[0]), Buffer.alloc(7)]));
    const output = inside();
    const args = [
      '--pairs',
      '--format',
      'arrow',
      '--layout',
      'traced',
      '--endian',
      'little',
      '-o',
      output,
      torn,
      SYNC[1],
    ];
    expect(await ran(['export', ...args])).toMatchObject({
      status: 0,
      stderr: `aioscope: warning: ${torn}: ignored a partial record of 7 bytes at byte ${486 * 88}\n`,
    });
  });
});

describe('--check', () => {
  const refused = async () => {
    const batches = await collect(
      open(readFileSync(BARE), {
        kind: 'iocb',
        check: 'linux',
        where: 'firstRefusal!=0',
        owned: true,
      }),
    );
    return batches.flatMap((batch) => [...batch]);
  };

  test('adds its columns, with names', async () => {
    const bytes = await exported(['--format', 'arrow', '--check', 'linux', '--names', BARE]);
    const names = tableFromIPC(bytes).schema.fields.map(({ name }) => name);
    const added = ['anomalies', 'firstRefusal', 'minKernel'].flatMap((name) => [
      name,
      `${name}_name`,
    ]);
    expect(names.slice(-6)).toEqual(added);
    const { columns } = decode(readFileSync(BARE), { kind: 'iocb', check: 'linux' });
    expect(columnOf(bytes, 'anomalies')).toEqual([...columns['anomalies']]);
    const args = ['--check', 'linux-legacy', '--columns', 'aio_lio_opcode,firstRefusal', BARE];
    expect(await printedHere(['export', '--format', 'csv', ...args])).toBe(
      await printedHere(['print', '--format', 'csv', ...args]),
    );
  });

  test('selects, and so cuts a dump to what is refused', async () => {
    const wanted = await refused();
    expect(wanted.length).toBe(5);
    const cut = await exported([
      '--format',
      'raw',
      '--check',
      'linux',
      '--where',
      'firstRefusal!=0',
      BARE,
    ]);
    expect([...decode(cut, { kind: 'iocb', check: 'linux' })]).toEqual(wanted);
  });
});

test.each<[args: string[], message: string]>([
  [['--pairs', '--format', 'raw', ...SYNC], 'raw copies records, not pairs; choose another format'],
  [
    ['--pairs', '--format', 'csv', SYNC[0]],
    'or a trace; got 1 of submissions and none of completions',
  ],
  [
    ['--pairs', '--format', 'csv', '--check', 'linux', ...SYNC],
    '--check applies to records, not pairs; remove --check or --pairs',
  ],
  [
    ['--pairs', '--format', 'csv', '--where', 'zip=1', ...SYNC],
    "where 'zip=1': column 'zip' does not exist",
  ],
  [
    ['--pairs', '--format', 'parquet', '--columns', 'ts,ts', ...SYNC],
    "column 'ts' occurs twice; name each column once",
  ],
  [
    ['--pairs', '--format', 'csv', '--from', '+2s', '--to', '+1s', ...SYNC],
    '--from is +2s and --to is +1s: the range is empty',
  ],
  [
    ['--key', 'data', '--format', 'csv', BARE],
    '--order, --key and --refused apply to matching; add --pairs',
  ],
  [
    ['--check', 'linux', '--format', 'raw', BARE],
    'raw cannot add the columns of --check; select by them',
  ],
  [['--check', 'zip', '--format', 'csv', BARE], 'Allowed values: linux, linux-legacy, gvisor.'],
])('%j is told, and nothing is written', async (args, message) => {
  const output = inside();
  const { status, stdout, stderr } = await ran(['export', ...args, '-o', output]);
  expect([status, stdout, beside(output)]).toEqual([2, '', []]);
  expect(stderr).toContain(message);
});
