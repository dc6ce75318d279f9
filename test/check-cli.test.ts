// Does `aioscope check` report what is wrong with a dump, in text, in JSON and by its exit code?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { RING_RULES } from '../src/abi/index.ts';
import { type CheckJson, check, type EncodableRecord, encode } from '../src/node.ts';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const RWF = fixture('case_rwf.iocb');
const RING = fixture('qemu_bench_read.wrap.ring');

test('a dump with refused requests: the first screen', async () => {
  const { status, stdout, stderr } = await ran(['check', RWF]);
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  expect(stdout).toContain(
    'Linux 6.18 would refuse 84 of 426 submissions, by the first rule that applies\n',
  );
  expect(stdout).toMatch(
    /^ +72 +16\.9 % +60 +EOPNOTSUPP +rw-flags-unknown +aio_rw_flags has undefined bits$/m,
  );
  expect(stdout).toMatch(/^ +6\.9 +24 +5\.6 %$/m);
});

test('a good dump: exit 0', async () => {
  const { status, stdout } = await ran([
    'check',
    fixture('fio_nowait.iocb'),
    fixture('fio_nowait.ioev'),
  ]);
  expect(status).toBe(0);
  expect(stdout).toContain(
    'Linux 6.18 would accept all 4,096 submissions, as far as the records show\n',
  );
  expect(stdout).toContain('all 4,096 completions are plausible\n');
});

test('profiles differ', async () => {
  expect((await ran(['check', '--profile', 'gvisor', RWF])).status).toBe(0);
  const { status, stdout } = await ran(['check', '--profile', 'linux-legacy', RWF]);
  expect(status).toBe(3);
  expect(stdout).toMatch(/EINVAL +reserved1-not-zero/);
});

test('--json equals the result of the library, whatever the envelope and compression', async () => {
  const { status, stdout } = await ran(['check', '--json', RWF]);
  expect(status).toBe(3);
  expect(JSON.parse(stdout)).toEqual(
    JSON.parse(JSON.stringify(await check(RWF, { kind: 'iocb' }))),
  );
  const { iocb } = JSON.parse(stdout) as CheckJson;
  const compressed = file('rwf.iocb88.gz', gzipSync(readFileSync(fixture('case_rwf.iocb88'))));
  const other = JSON.parse((await ran(['check', '--json', compressed])).stdout) as CheckJson;
  const withoutFiles = (json: CheckJson['iocb']) =>
    JSON.stringify(json, (key, value) => (key === 'file' ? undefined : value));
  expect(withoutFiles(other.iocb)).toBe(withoutFiles(iocb));
});

test('first records of several files are named by file', async () => {
  const good = fixture('fio_nowait.iocb');
  const { status, stdout } = await ran(['check', good, RWF]);
  expect(status).toBe(3);
  expect(stdout).toContain(`${RWF}:60 `);
  const json = JSON.parse(
    (await ran(['check', '--json', RWF, RWF, '--kind', 'iocb'])).stdout,
  ) as CheckJson;
  expect(json.iocb?.classes.refused).toBe(168);
  expect(json.iocb?.reasons[0]).toMatchObject({ count: 144, first: { file: RWF, index: 60 } });
  expect(json.quality).toEqual({ records: 852, tornBytes: 0 });
});

test('impossible results: exit 3; suspicious ones: exit 0', async () => {
  const good = { obj: 4096n, res: 512n };
  const of = async (name: string, events: EncodableRecord[]) =>
    await ran(['check', '--kind', 'io_event', file(name, encode(events, { kind: 'io_event' }))]);
  const bad = await of('bad.ioev', [
    good,
    { ...good, res: -529n },
    { ...good, res: -5000n },
    { ...good, obj: 0n },
  ]);
  expect(bad.status).toBe(3);
  expect(bad.stdout).toContain('3 of 4 completions are impossible\n');
  expect(bad.stdout).toMatch(/^ +1 +25 % +1 +errno-internal /m);
  const odd = await of('odd.ioev', [good, { ...good, res2: 1n }]);
  expect(odd.status).toBe(0);
  expect(odd.stdout).toContain('suspicious: 1 of 2 completions\n');
});

describe('rings', () => {
  /** The ring with one word of its header changed. */
  function changed(name: string, word: number, value: number): string {
    const bytes = Uint8Array.from(readFileSync(RING));
    new DataView(bytes.buffer).setUint32(4 * word, value, true);
    return file(`${name}.ring`, bytes);
  }
  const nr = new DataView(Uint8Array.from(readFileSync(RING)).buffer).getUint32(4, true);
  const cases = [
    ['incompat-features', () => changed('incompat', 6, 1), 3],
    ['header-length', () => changed('header', 7, 64), 3],
    ['slots-missing', () => file('cut.ring', readFileSync(RING).subarray(0, 4096)), 3],
    ['tail-beyond-nr', () => changed('tail', 3, nr), 3],
    ['head-beyond-nr', () => changed('head', 2, nr + 1), 0],
    ['compat-features', () => changed('compat', 5, 2), 0],
    ['nr-not-whole-pages', () => changed('nr', 1, nr - 1), 0],
  ] as const;

  test.each(cases)('%s', async (rule, path, status) => {
    const found = await ran(['check', '--kind', 'aio_ring', '--json', path()]);
    const { rings } = JSON.parse(found.stdout) as CheckJson;
    expect(rings?.[0].rules.map((each) => each.rule)).toContain(rule);
    expect(found.status).toBe(status);
  });

  test('every rule about rings is tested', () => {
    expect(cases.map(([rule]) => rule).sort()).toEqual(RING_RULES.map(({ name }) => name).sort());
  });

  test('bytes that are not a ring are an error', async () => {
    expect(
      (await ran(['check', '--kind', 'aio_ring', file('zero.ring', new Uint8Array(4096))])).status,
    ).toBe(1);
  });
});

test('print names refusals and rules', async () => {
  const columns = 'aio_rw_flags,firstRefusal,anomalies,minKernel';
  const lines = (
    await printedHere([
      'print',
      '--check',
      'linux',
      '--columns',
      columns,
      '--skip',
      '41',
      '--limit',
      '2',
      RWF,
    ])
  ).split('\n');
  expect(lines[1]).toMatch(/RWF_NOAPPEND +– +– +6\.9$/);
  expect(lines[2]).toMatch(/RWF_ATOMIC +EOPNOTSUPP atomic-read +atomic-read +–$/);
  const json = await printedHere([
    'print',
    '--check',
    'linux',
    '--ndjson',
    '--columns',
    'firstRefusal',
    '--skip',
    '42',
    '--limit',
    '1',
    RWF,
  ]);
  expect(JSON.parse(json)).toEqual({ index: 42, offset: 2688, firstRefusal: 10 });
});

test('an unknown profile is an error of the command line', async () => {
  const { status, stderr } = await ran(['check', '--profile', 'bsd', RWF]);
  expect(status).toBe(2);
  expect(stderr).toContain('Allowed values: linux, linux-legacy, gvisor.');
});
