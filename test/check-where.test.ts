// Does a check with conditions check exactly the selected records, and say of how many?
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IOCB_CMD_PWRITE } from '../src/abi/index.ts';
import { type CheckJson, type CheckOptions, check, decode, encode, report } from '../src/node.ts';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { folder } from './support/exporting.ts';

const RWF = fixture('case_rwf.iocb88');
const RING = fixture('fio_ring_threads.wrap.ring');
const kind = 'iocb';
const layout = 'traced';
const bytes = readFileSync(RWF);
const all = [...decode(bytes, { kind, layout })];
const { firstRefusal } = decode(bytes, { kind, layout, check: 'linux' }).columns;
const middle = all[213].ts;

/** The counts of a check, without where the first records are. */
const counts = ({ iocb }: CheckJson) =>
  JSON.parse(JSON.stringify(iocb, (key, value) => (key === 'first' ? undefined : value)));

type IsSelected = (record: (typeof all)[number], index: number) => boolean;
const CASES: [name: string, options: CheckOptions, isSelected: IsSelected][] = [
  [
    'an opcode',
    { where: 'aio_lio_opcode=PWRITE' },
    ({ aio_lio_opcode: opcode }) => opcode === IOCB_CMD_PWRITE,
  ],
  ['a column of the check', { where: 'firstRefusal!=0' }, (_, i) => firstRefusal[i] !== 0],
  ['a time', { from: middle }, ({ ts }) => ts >= middle],
  ['a time since the first record', { to: `+${middle - all[0].ts}` }, ({ ts }) => ts < middle],
];

test.each(CASES)('by %s', async (_, options, isSelected) => {
  const selected = all.filter(isSelected);
  expect(selected.length).toBeGreaterThan(50);
  expect(selected.length).toBeLessThan(all.length);
  for (const engine of ['wasm-simd', 'js'] as const) {
    const found = (await check(bytes, { kind, layout, engine, ...options })).toJSON();
    const expected = await check(encode(selected, { kind, layout }), { kind, layout, engine });
    expect(counts(found)).toEqual(counts(expected.toJSON()));
    expect(found.inputs[0]).toMatchObject({ records: all.length, selected: selected.length });
    // The place of a record is that in its file.
    for (const { first } of found.iocb?.reasons ?? []) {
      expect(isSelected(all[first.index], first.index)).toBe(true);
      expect(firstRefusal[first.index]).not.toBe(0);
    }
  }
});

test('the command says of how many records its counts are', async () => {
  const { status, stdout } = await ran(['check', '--where', 'aio_lio_opcode=PWRITE', RWF]);
  expect(status).toBe(3);
  expect(stdout).toContain('  193 of 426 records  ');
  expect(stdout).toMatch(
    /^Linux 6\.18 would refuse \d+ of 193 selected submissions, by the first /m,
  );
  expect(await printedHere(['check', '--where', 'firstRefusal=0', RWF])).toContain(
    'Linux 6.18 would accept all 342 selected submissions, as far as the records show\n',
  );
  expect(await printedHere(['check', '--where', 'aio_fildes=4096', RWF])).toContain(
    'no selected submissions\n',
  );
});

test('times with + count from the first record of all files', async () => {
  const later = join(folder, 'later.iocb88');
  const records = all.map((record) => ({ ...record, ts: record.ts + 10n ** 12n }));
  writeFileSync(later, encode(records, { kind, layout }));
  const given = ['--layout', layout, '--json', '--from', '+1000s', '--where', 'firstRefusal=0'];
  const { inputs } = JSON.parse(await printedHere(['check', ...given, RWF, later])) as CheckJson;
  expect(inputs.map(({ selected }) => selected)).toEqual([0, 342]);
});

test('of a ring conditions select events, and its header is checked all the same', async () => {
  const text = await printedHere(['check', '--where', 'data=4096', RING]);
  expect(text).toContain('  0 of 255 records  ');
  expect(text).toContain('no selected completions\n');
  expect(text).toMatch(/live +stale +header\n.* 21 +234 +valid\n/);
  expect(await ran(['check', '--from', '0', RING])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("layout 'record' has no ts"),
  });
});

test('without conditions a check says that stale events of a ring are checked too', async () => {
  const text = await printedHere(['check', RING]);
  expect(text).toContain('Live events and stale ones (reaped, not yet overwritten) are checked');
  expect(text).toContain('all 255 completions are plausible\n');
  expect(JSON.parse(await printedHere(['check', '--json', RING])).rings).toEqual([
    { file: RING, live: 21, stale: 234, rules: [] },
  ]);
});

test('a report of selected events counts those of a ring that are live', async () => {
  for (const [where, selected] of [
    ['res>0', 21],
    ['res<0', 0],
  ] as const) {
    const { inputs, completions } = (await report(RING, { where })).toJSON();
    expect(inputs[0]).toMatchObject({ records: 21, selected });
    expect(completions?.records).toBe(selected);
  }
});
