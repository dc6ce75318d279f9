// Do raw pages get the processes, files and time of day that a recording noted beside them?
import { describe, expect, test } from 'vitest';
import { imported } from './support/importing.ts';
import { accepted, type Files, files, submissions } from './support/page-files.ts';
import { event, events, FORMATS, page } from './support/pages.ts';

const { task, rename } = events;
const THREAD = 0x10000;

/** Imports submissions of threads, 100 ns apart, beside other files. */
const of = (tids: readonly number[], others: Files, more: readonly Buffer[] = []) =>
  imported(
    files(
      [[page(1000n, [...more, ...tids.flatMap((tid) => accepted(99, tid, tid, tid))])]],
      others,
    ),
  );
const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
  );

describe('processes', () => {
  test('have the threads and names that were listed: nothing is presumed of them', async () => {
    const processes = '40 40 fio\n40 41 worker\n40 42 worker\n50 50 idle\n';
    const found = await of([42, 40], { processes });
    expect(submissions(found).map((row) => row.split(' ')[1])).toEqual(['40/42', '40/40']);
    const { manifest } = found;
    expect(manifest.processes).toEqual([{ pid: 40, comm: 'fio', from: null }]);
    expect(manifest.presumed).toEqual({});
    expect(manifest.dropped).toEqual({});
  });

  test('that are not listed are still presumed', async () => {
    const found = await of([7], { processes: '40 40 fio\n' });
    expect(submissions(found)).toEqual(['1099 7/7 7']);
    expect(Object.values(found.manifest.presumed)).toEqual([1]);
    expect(found.manifest.processes).toEqual([]);
  });

  test('change their names, and numbers get used again, after the list was made', async () => {
    const found = await of([40, 41], { processes: '40 40 sh\n41 41 old\n' }, [
      event(0, rename(40, 'sh', 'fio')),
      event(1, task(40, 41, 'fio', 0)),
    ]);
    expect(found.manifest.processes).toEqual([
      { pid: 40, comm: 'fio', from: '1000' },
      { pid: 41, comm: 'fio', from: '1001' },
    ]);
  });

  test('get threads that are made after the list', async () => {
    const found = await of([43], { processes: '40 40 fio\n' }, [
      event(0, task(40, 43, 'x', THREAD)),
    ]);
    expect(submissions(found).map((row) => row.split(' ')[1])).toEqual(['40/43']);
    expect(found.manifest.processes).toEqual([{ pid: 40, comm: 'fio', from: null }]);
  });

  test('have any names', async () => {
    const processes = bytes(
      ...['40 40 two words (x) 1 2 \n', '41 41 a\\nb\\\\n\\t\n', '42 42 \n', '43 43 \u00e4'],
      ...[0xff, '\n'],
    );
    const { manifest } = await of([40, 41, 42, 43], { processes });
    expect(manifest.processes.map(({ comm }) => comm)).toEqual([
      ...['two words (x) 1 2 ', 'a\nb\\n\\t', '', '\u00e4\ufffd'],
    ]);
    expect(manifest.dropped).toEqual({});
  });

  test('have no names where changes of names were not traced', async () => {
    const sources = files([[page(1000n, accepted(0, 41, 1))]], {
      processes: '40 40 fio\n40 41 worker\n',
    });
    const { manifest, ...found } = await imported(
      sources.filter((source) => (source as { name: string }).name !== 'rename.format'),
    );
    expect(Object.keys(FORMATS)).toContain('rename.format');
    expect(manifest.processes).toEqual([]);
    expect(submissions({ manifest, ...found })).toEqual(['1000 40/41 1']);
  });

  test('lines that are not understood are counted, and a last one that is cut', async () => {
    const lines = ['40 40 fio', '', 'x', '40', '40 41', '0 1 a', '-1 2 a', '99999999999 1 a'];
    const { manifest } = await of([40], { processes: `${lines.join('\n')}\n41 41 cut` });
    expect(manifest.processes).toEqual([{ pid: 40, comm: 'fio', from: null }]);
    expect(manifest.dropped).toEqual({
      "lines of 'processes' that are not TGID TID NAME": lines.length,
    });
  });
});

describe('descriptors', () => {
  test('are of the files that were noted, from when they changed', async () => {
    const descriptors = [
      ...['1000 40 3 /data/a', '1000 40 4 socket:[17]', '2000 40 3 /data/b', '2000 40 5 /late'],
      ...['3000 40 3 /data/a', '3000 41 3 /data/a'],
    ];
    const { manifest } = await of([40], { descriptors: `${descriptors.join('\n')}\n` });
    expect(manifest.descriptors).toEqual([
      { pid: 40, fd: 3, path: '/data/a', from: null },
      { pid: 40, fd: 3, path: '/data/b', from: '2000' },
      { pid: 40, fd: 3, path: '/data/a', from: '3000' },
      { pid: 40, fd: 4, path: 'socket:[17]', from: null },
      { pid: 40, fd: 5, path: '/late', from: null },
      { pid: 41, fd: 3, path: '/data/a', from: null },
    ]);
    expect(manifest.presumed).toMatchObject({
      'files of descriptors before they were first looked at: the same as then': 2,
    });
    expect(manifest.dropped).toEqual({});
  });

  test('are of files of any name, also deleted ones', async () => {
    const descriptors = bytes(
      ...['1 40 3 /a b (deleted)\n', '1 40 4 /x\\ny\\\\z\n', '1 40 5 /(deleted)\n', '1 40 6 /'],
      ...[0xff, '\n', '1 40 7  \n'],
    );
    const { manifest } = await of([40], { descriptors });
    expect(manifest.descriptors.map(({ path }) => path)).toEqual([
      ...['/a b', '/x\ny\\z', '/(deleted)', '/\ufffd', ' '],
    ]);
  });

  test('lines that are not understood are counted', async () => {
    const lines = ['', '1 40 3', '1 40 3 ', '1 0 3 /a', 'x 40 3 /a', '1 40 -1 /a', '1 40 3 /a'];
    const { manifest } = await of([40], { descriptors: `${lines.join('\n')}\n2 40 3 /cu` });
    expect(manifest.descriptors).toEqual([{ pid: 40, fd: 3, path: '/a', from: null }]);
    expect(manifest.dropped).toEqual({
      "lines of 'descriptors' that are not NS PID FD PATH": lines.length,
    });
  });
});

test('the time of day is that which was noted, if the clock is known', async () => {
  const trace_clock = 'local global [mono] boot\n';
  const started = '1790000000123456789\n';
  const clockOf = async (others: Files) => (await of([40], others)).manifest.clock;
  expect(await clockOf({ trace_clock, started })).toEqual({
    id: 'monotonic',
    realtimeOffsetNs: '1790000000123456789',
  });
  expect(await clockOf({ trace_clock })).toMatchObject({ realtimeOffsetNs: null });
  expect(await clockOf({ started })).toEqual({ id: 'unknown', realtimeOffsetNs: null });
  const { manifest } = await of([40], { trace_clock, started: 'soon\n' });
  expect(manifest.clock.realtimeOffsetNs).toBeNull();
  expect(Object.values(manifest.dropped)).toEqual([1]);
});

describe('hits that the kernel counts while probes are switched off', () => {
  const stats = [
    ...['entries: 0', 'overrun: 0', 'commit overrun: 0', 'dropped events: 0', 'read events: 4', ''],
  ].join('\n');
  const profileOf = (sub: number, ret: number, done: number, missed = 0): string =>
    `  sub ${sub} 0\n  ret ${ret} ${missed}\n  done ${done} 0\n`;
  const lossesOf = async (others: Files) => {
    const { manifest } = await of([40, 40], { 'cpu0.stats': stats, ...others });
    const losses = manifest.losses.filter(({ of: name }) => !name.startsWith('buffer'));
    const { complete, dropped } = manifest;
    return { lost: losses.map(({ lost }) => lost), complete, dropped };
  };

  test('are not losses, if no buffer has lost events', async () => {
    expect(await lossesOf({ profile: profileOf(2, 5, 1) })).toEqual({
      lost: [0, 0, 0],
      complete: true,
      dropped: {},
    });
  });

  test('are losses as far as the buffers have lost events, and those that were missed', async () => {
    expect(await lossesOf({ profile: profileOf(2, 5, 0, 7) })).toMatchObject({
      lost: [0, 7, 0],
      complete: false,
    });
    const lossy = { 'cpu0.stats': stats.replace('overrun: 0', 'overrun: 2') };
    expect(await lossesOf({ ...lossy, profile: profileOf(2, 5, 0) })).toMatchObject({
      lost: [0, 2, 0],
      complete: false,
    });
  });
});
