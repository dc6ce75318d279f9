// Does match list exactly the requests that have no completion, with their age, class and names?
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { afterAll, describe, expect, test } from 'vitest';
import {
  encode,
  type MatchJson,
  type MatchOptions,
  match,
  openPairs,
  openRequests,
  type RecordBatch,
} from '../src/node.ts';
import { arrowStream } from '../src/sinks/arrow.ts';
import { fixture, printed } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { random } from './support/random.ts';
import { joined } from './support/readers.ts';

type Sides = readonly [string | Uint8Array, string | Uint8Array];
type Request = NonNullable<MatchJson['open']['requests']>[number];

const HUNG = ['sub.iocb88.gz', 'com.ioev56.gz'].map((name) =>
  fixture(`../hung-requests/${name}`),
) as unknown as Sides;
const ENGINES = ['js', 'wasm-simd'] as const;
const traced = { layout: 'traced', endian: 'little' } as const;

/** The open part of a match, equal with both engines. */
async function openOf(sides: Sides, options: MatchOptions) {
  const each = await Promise.all(
    ENGINES.map(async (engine) => (await match(...sides, { ...options, engine })).toJSON()),
  );
  const [{ engine: _, ...first }, { engine: __, ...second }] = each;
  expect(second).toEqual(first);
  return { ...first.open, requests: first.open.requests as Request[], match: first };
}

/** The indexes of the submissions that are in no pair. */
async function unpaired(sides: Sides, submissions: number): Promise<number[]> {
  const paired = new Set<number>();
  for await (const batch of await openPairs(...sides, {}))
    for (const index of batch.columns.submissionIndex) paired.add(Number(index));
  return Array.from({ length: submissions }, (_, i) => i).filter((i) => !paired.has(i));
}

describe('80 and 56 requests that hang on two descriptors', () => {
  test('are listed, oldest first', async () => {
    const { count, byFd, requests, selected, match: json } = await openOf(HUNG, { open: 1000 });
    expect([count, json.unmatched.neverCompleted, selected]).toEqual([136, 136, undefined]);
    expect(byFd.map((group) => [group.fd, group.count])).toEqual([
      [9, 80],
      [12, 56],
    ]);
    expect(requests.map(({ submissionIndex }) => submissionIndex)).toEqual(
      await unpaired(HUNG, 5556),
    );
    const end = BigInt(json.time?.to ?? 0);
    for (const { ageNs, submission } of requests)
      expect(BigInt(ageNs ?? 0)).toBe(end - BigInt(submission['ts'] ?? 0));
    expect(new Set(requests.map((each) => each.class))).toEqual(new Set(['neverCompleted']));
    const { requests: three } = await openOf(HUNG, { open: 3 });
    expect(three).toEqual(requests.slice(0, 3));
  });

  test('are selected by age and by columns of submissions', async () => {
    const all = (await openOf(HUNG, { open: 1000 })).requests;
    const limit = all[100].ageNs;
    const older = await openOf(HUNG, { open: 1000, where: [`age>=${limit}`, 'fd=12'] });
    const wanted = all.filter((each) => each.fd === 12 && Number(each.ageNs) >= Number(limit));
    expect(wanted.length).toBeGreaterThan(0);
    expect(older.requests).toEqual(wanted);
    expect(older.selected).toEqual({ where: [`age>=${limit}`, 'fd=12'], requests: wanted.length });
    // Conditions on age select no pairs; others select both.
    expect([older.match.matched, older.match.selected]).toEqual([5420, undefined]);
    const both = await openOf(HUNG, { open: 10, where: 'fd=9' });
    expect([both.match.selected?.pairs, both.selected?.requests]).toEqual([5120, 80]);
    expect(both.requests).toHaveLength(10);
    expect((await openOf(HUNG, { open: 9, where: 'age<1s' })).requests).toEqual([]);
    expect((await openOf(HUNG, { open: 1000, where: 'age>=29.9s' })).requests).toEqual(
      all.filter(({ ageNs }) => Number(ageNs) >= 29.9e9),
    );
  });

  test('as a stream of batches that sinks take', async () => {
    const { requests } = await openOf(HUNG, { open: 1000 });
    const rows: Record<string, unknown>[] = [];
    await using stream = await openRequests(...HUNG, { where: 'age>1s' });
    const kept: RecordBatch[] = [];
    for await (const batch of stream) {
      kept.push(batch.copy());
      for (let i = 0; i < batch.length; i++) {
        expect(batch.offsetOf(i)).toBe(88 * Number(batch.columns.submissionIndex[i]));
        rows.push({ ...batch.at(i) });
      }
    }
    expect(rows.map(({ submissionIndex, ageNs }) => [Number(submissionIndex), `${ageNs}`])).toEqual(
      requests.map(({ submissionIndex, ageNs }) => [submissionIndex, ageNs]),
    );
    expect([...kept[0]]).toEqual(rows);
    expect(stream.quality.submissions.records).toBe(5556);
    const two = await openRequests(...HUNG, { open: 2 });
    const parts = await joined(arrowStream(two));
    const table = tableFromIPC(parts, { useBigInt: true });
    expect([...table.getChild('submissionIndex')].map(Number)).toEqual(
      requests.slice(0, 2).map(({ submissionIndex }) => submissionIndex),
    );
    expect(table.schema.metadata?.get('kind')).toBe('open');
    expect(() => two[Symbol.asyncIterator]()).toThrow(/have been read/);
  });
});

test.each([
  ['case_poll', 46, 'IOCB_CMD_POLL'],
  ['case_sync', 7, 'IOCB_CMD_FSYNC'],
])('%s ends with one request in flight', async (name, fd, opcode) => {
  const sides = [fixture(`${name}.iocb88`), fixture(`${name}.ioev56`)] as const;
  const { requests } = await openOf(sides, { open: 5 });
  expect(requests).toMatchObject([{ fd, name: opcode, class: 'openAtEnd' }]);
  const { records = 0 } = (await match(...sides)).inputs[0];
  expect(await unpaired(sides, records)).toContain(requests[0].submissionIndex);
});

test.each([1, 2, 3])('random requests, each at an address of its own (%i)', async (seed) => {
  const next = random(seed);
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    ...{
      ts: BigInt(10_000 + 100 * i + next.below(50)),
      addr: 64n * BigInt(i + 1),
      pid: 7 + next.below(2),
    },
    ...{
      aio_fildes: 3 + next.below(4),
      aio_lio_opcode: [0, 1, 5][next.below(3)],
      aio_nbytes: 0n,
    },
    latency: next.below(10) < 3 ? undefined : BigInt(100 + next.below(40_000)),
  }));
  const done = rows
    .flatMap(({ ts, addr: obj, pid, latency }) =>
      latency === undefined ? [] : { ts: ts + latency, obj, pid, res: 0n },
    )
    .sort((a, b) => Number(a.ts - b.ts));
  const bytes = [
    encode(
      rows.map(({ latency: _, ...row }) => row),
      { kind: 'iocb', layout: 'traced' },
    ),
    encode(done, { kind: 'io_event', layout: 'traced' }),
  ] as const;
  const end = [rows.at(-1)?.ts ?? 0n, done.at(-1)?.ts ?? 0n].reduce((a, b) => (a > b ? a : b));
  const longest = rows.reduce((most, { latency = 0n }) => (latency > most ? latency : most), 0n);
  const left = rows.flatMap(({ ts, latency, ...row }, i) =>
    latency !== undefined
      ? []
      : {
          ...{ submissionIndex: i, ageNs: end - ts, pid: row.pid, fd: row.aio_fildes },
          class: end - ts > longest && row.aio_lio_opcode !== 5 ? 'neverCompleted' : 'openAtEnd',
        },
  );
  const texts = (some: typeof left) => some.map((each) => ({ ...each, ageNs: `${each.ageNs}` }));
  const formats = { submissions: traced, completions: traced };
  const all = await openOf(bytes, { ...formats, open: 131_072 });
  expect(all.requests).toMatchObject(texts(left));
  expect(all.requests).toHaveLength(left.length);
  const where = 'age>150us and (fd=4 or pid=8)';
  const some = await openOf(bytes, { ...formats, open: 50, where });
  const wanted = left.filter(({ ageNs, fd, pid }) => ageNs > 150_000n && (fd === 4 || pid === 8));
  expect(some.selected?.requests).toBe(wanted.length);
  expect(some.requests).toMatchObject(texts(wanted.slice(0, 50)));
  // By counting there are no ages, and nothing can be called late.
  const counted = await openOf(bytes, { ...formats, open: 131_072, order: 'counting' });
  expect(counted.requests).toMatchObject(
    left.map(({ submissionIndex }) => ({ submissionIndex, ageNs: null, class: 'openAtEnd' })),
  );
});

test('conditions on completions, and on age without the option, are errors', async () => {
  for (const where of ['latency>1ms', 'res<0 and fd=9', 'age>1s and completionIndex=1'])
    await expect(match(...HUNG, { open: 1, where })).rejects.toThrow(
      /is of completions, and open lists requests that have none/,
    );
  await expect(match(...HUNG, { where: 'age>1s' })).rejects.toThrow(
    /age is of requests without a completion, which match selects with open/,
  );
  await expect(match(...HUNG, { open: 1, where: 'nothing=1' })).rejects.toThrow(
    /'nothing' does not/,
  );
  for (const open of [-1, 1.5, 131_073])
    await expect(match(...HUNG, { open })).rejects.toThrow(/a whole number from 0 to 131072/);
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-open-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('lists all, and has a row of every descriptor', async () => {
    const text = (await ran(['match', '--open', ...(HUNG as readonly string[])])).stdout;
    const [tables, list] = text.split('without a completion\n');
    expect(list.match(/^ +[\d.]+ s /gm)).toHaveLength(136);
    expect(tables).toMatch(/^ +1200 +12 +0 .* 56$/m);
    expect(tables).toMatch(/^ +1200 +9 +5,120 .* 80$/m);
    const plain = (await ran(['match', ...(HUNG as readonly string[])])).stdout;
    expect(plain).toContain(tables.trimEnd());
    const ten = await ran(['match', ...(HUNG as readonly string[]), '--open', '10', '--json']);
    expect(JSON.parse(ten.stdout).open.requests).toHaveLength(10);
    const some = ['match', '--open=2', '--where', 'age>1s and fd=12', ...HUNG] as string[];
    expect((await ran(some)).stdout).toContain(
      'the oldest 2 of 56 requests where age>1s and fd=12, of 136 without a completion',
    );
    expect(await ran(['match', '--pairs', '--open', ...(HUNG as readonly string[])])).toMatchObject(
      {
        status: 2,
      },
    );
  });

  test('names files and processes of a trace', async () => {
    const log = join(folder, 'hung.strace');
    const line = (i: number, path: string) =>
      `7 2.00${i}000 io_submit(0x7f00, 1, [{aio_data=${i}, aio_lio_opcode=IOCB_CMD_PREAD, ` +
      `aio_fildes=3<${path}>, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1 <0.000002>`;
    writeFileSync(
      log,
      [
        '7 1.000000 execve("/bin/fio", ["x"], 0x7ff /* 3 vars */) = 0',
        line(1, '/a'),
        '7 2.001500 io_getevents(0x7f00, 1, 1, [{data=1, obj=0x1, res=512, res2=0}], NULL) = 1 <0.000003>',
        line(2, '/a'),
        line(3, '/b'),
        '',
      ].join('\n'),
    );
    const trace = join(folder, 'hung.trace');
    printed(['import', log, '-o', trace]);
    const { open } = (await match(trace, { open: 10 })).toJSON();
    expect(open.requests).toMatchObject([
      { path: '/a', comm: 'fio', pid: 7, fd: 3 },
      { path: '/b', comm: 'fio', pid: 7, fd: 3 },
    ]);
    const named = (await match(trace, { open: 10, where: 'age>=0 and path=/b' })).toJSON();
    expect(named.open.requests).toEqual(open.requests?.slice(1));
    const { stdout } = await ran(['match', trace, '--open']);
    expect(stdout).toMatch(/age +pid +process +submission .* file\n.* fio .* \/a\n.* fio .* \/b\n/);
  });
});
