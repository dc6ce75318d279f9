// Does a time mean the same to every command, and to every one of several files?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decode, encode, type MatchOptions, match } from '../src/node.ts';
import { environment, main } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-times-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MS = 1_000_000;
const layout = 'ts:u64,addr:u64,record';
const SIDES = {
  submissions: { layout, endian: 'little' },
  completions: { layout: 'ts', endian: 'little' },
} as const;
/** A request each millisecond from 1 s on, each done 0.1 ms later; before them a completion of a request that is not there. */
const START = 1000 * MS;
const numbers = Array.from({ length: 50 }, (_, i) => i);
const requests = encode(
  numbers.map((i) => ({ ts: START + i * MS, addr: 64 * i + 64, aio_data: i })),
  { kind: 'iocb', layout },
);
const results = encode(
  [
    { ts: START - 2 * MS, obj: 8, data: 77 },
    ...numbers.map((i) => ({ ts: START + i * MS + MS / 10, obj: 64 * i + 64, data: i })),
  ],
  { kind: 'io_event', layout: 'ts' },
);

describe('match', () => {
  const of = async (options: MatchOptions) =>
    (await match(requests, results, { ...SIDES, ...options })).toJSON();

  test('counts from the earlier of both first records', async () => {
    const absolute = await of({ from: START + 8 * MS, to: START + 18 * MS });
    expect(absolute.matched).toBe(10);
    for (const [from, to] of [
      ['+10ms', '+20ms'],
      ['+0.01s', '+20000us'],
      ['+10000000', `${START + 18 * MS}ns`],
      ['1.008s', BigInt(START + 18 * MS)],
    ])
      expect(await of({ from, to })).toEqual(absolute);
    const first = await of({ to: '+1ns' });
    expect([first.matched, first.unmatchedCompletions]).toEqual([0, 1]);
  });

  test('says where nothing lies between, as soon as that is known', async () => {
    await expect(of({ from: '+2s', to: '+1s' })).rejects.toThrow(
      'from is +2s and to is +1s: the range is empty; from must be earlier than to',
    );
    await expect(of({ from: '+20ms', to: START })).rejects.toThrow(
      `from is +20ms and to is ${START}: the range is empty`,
    );
    await expect(of({ from: 2 ** 53 })).rejects.toThrow('from is');
  });

  test('of two empty streams knows no first record', async () => {
    const empty = await match(new Uint8Array(0), new Uint8Array(0), {
      ...SIDES,
      from: '+1s',
      to: 5,
    });
    expect(empty.toJSON().matched).toBe(0);
  });
});

describe('several files', () => {
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const events = (first: number, count: number, name: string): string =>
    file(
      name,
      encode(
        Array.from({ length: count }, (_, i) => ({ ts: START + (first + i) * MS, obj: 8 })),
        { kind: 'io_event', layout: 'ts' },
      ),
    );
  // The second part is the earlier.
  const [late, early] = [events(30, 30, 'late'), events(0, 30, 'early')];
  const given = ['--kind', 'io_event', '--layout', 'ts', '--endian', 'little'];
  const stretch = ['--from', '+20ms', '--to', '+40ms'];

  test('count from the earliest first record of all, in summary, report and export', async () => {
    const summary = JSON.parse(
      await printedHere(['summary', '--json', ...given, ...stretch, late, early]),
    );
    expect(summary.inputs.map(({ selected }: { selected: number }) => selected)).toEqual([10, 10]);
    const report = JSON.parse(
      await printedHere(['report', '--json', ...given, ...stretch, late, early]),
    );
    expect(report.inputs.map(({ selected }: { selected: number }) => selected)).toEqual([10, 10]);
    const rows = (
      await printedHere([
        'export',
        '--format',
        'csv',
        '--columns',
        'ts',
        ...given,
        ...stretch,
        late,
        early,
      ])
    )
      .trim()
      .split('\n')
      .slice(1);
    expect(rows.map((row) => Number(row.split(',')[2]))).toEqual(
      [...numbers.slice(30, 40), ...numbers.slice(20, 30)].map((i) => START + i * MS),
    );
  });

  test('one file, and times as ts has them, are as ever; a file without a record says nothing', async () => {
    const empty = file('empty', new Uint8Array(0));
    const selected = async (...args: string[]) =>
      JSON.parse(await printedHere(['summary', '--json', ...given, ...args])).inputs.map(
        (input: { selected: number }) => input.selected,
      );
    expect(await selected(...stretch, late)).toEqual([10]);
    expect(await selected(...stretch, empty, late, early)).toEqual([0, 10, 10]);
    expect(await selected('--from', `${START + 40 * MS}`, late, early)).toEqual([20, 0]);
  });

  test('what cannot be read twice is told; one that has no time or is missing is told as without', async () => {
    const command = [process.execPath, main, 'summary', ...given, '--from', '+1ms', '-', early];
    const { status, stderr } = spawnSync(command[0], command.slice(1), {
      encoding: 'utf8',
      input: '',
      env: environment(),
    });
    expect([status, stderr]).toEqual([
      2,
      'aioscope: error: times with + count from the earliest first record of all files, and - cannot be read twice to find it; give absolute times\n',
    ]);
    const bare = file('bare', encode([{ obj: 8 }], { kind: 'io_event' }));
    const args = [
      'summary',
      '--kind',
      'io_event',
      '--endian',
      'little',
      '--layout',
      'record',
      '--from',
      '+1ms',
      bare,
      bare,
    ];
    expect(await ran(args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("layout 'record' has no ts"),
    });
    const missing = join(folder, 'missing');
    expect(await ran(['summary', ...given, '--from', '+1ms', early, missing])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(missing),
    });
  });

  test('to the library: since', () => {
    const bytes = encode([{ ts: 10 }, { ts: 20 }, { ts: 30 }], { kind: 'io_event', layout: 'ts' });
    const { columns } = decode(bytes, {
      kind: 'io_event',
      layout: 'ts',
      from: '+15',
      to: '+25',
      since: 5n,
    });
    expect([...columns['ts']]).toEqual([20n]);
    expect([
      ...decode(bytes, { kind: 'io_event', layout: 'ts', from: '25', since: 5n }).columns['ts'],
    ]).toEqual([30n]);
  });
});
