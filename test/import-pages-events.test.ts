// Does every event of a page become what the kernel meant, and damage an error after whole events?
import { describe, expect, test } from 'vitest';
import type { Source } from '../src/stream/source.ts';
import { type Imported, imported, importedUntil } from './support/importing.ts';
import {
  event,
  events,
  FORMATS,
  folderWith,
  format,
  HEADER_PAGE,
  named,
  PAGE_BYTES,
  page,
  payload,
  sourcesOf,
  special,
} from './support/pages.ts';
import { random } from './support/random.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** The files of pages per CPU, with all formats. */
const files = (pages: readonly (readonly Buffer[])[], others: Files = {}): Source[] =>
  sourcesOf(
    folderWith({
      header_page: HEADER_PAGE,
      ...FORMATS,
      ...Object.fromEntries(pages.map((all, cpu) => [`cpu${cpu}.raw`, Buffer.concat(all)])),
      ...others,
    }),
  );

const { sub, ret, done, task, rename, enter, exit } = events;

/** What tests look at: `ts pid/tid aio_data` of each record of a part. */
function shown(bytes: Buffer, stride: number, begin: number): string[] {
  return Array.from({ length: bytes.byteLength / stride }, (_, i) => {
    const row = bytes.subarray(i * stride);
    const ts = row.readBigUInt64LE(0);
    return `${ts} ${row.readUInt32LE(16)}/${row.readUInt32LE(20)} ${row.readBigUInt64LE(begin)}`;
  });
}
const submissions = (found: Imported): string[] => shown(found.submissions, 88, 24);
const completions = (found: Imported): string[] => shown(found.completions, 56, 32);

/** A submission that was accepted: two events, 1 ns apart. */
const accepted = (delta: number, tid: number, data: number, ctx = 1): Buffer[] => [
  event(delta, sub(tid, ctx, 0x1000 + data, data)),
  event(1, ret(tid, 0)),
];

describe('a page', () => {
  test('has times as deltas, longer deltas and full time stamps', async () => {
    const found = await imported(
      files([
        [
          page(1000n, [
            ...accepted(5, 7, 1),
            special(30, 3, 2),
            ...accepted(0, 7, 2),
            special(31, 9, 5),
            ...accepted(4, 7, 3),
          ]),
        ],
      ]),
    );
    const extended = 1000 + 5 + 1 + 3 + 2 * 2 ** 27;
    const stamped = 9 + 5 * 2 ** 27 + 4;
    expect(submissions(found)).toEqual(['1005 7/7 1', `${extended} 7/7 2`, `${stamped} 7/7 3`]);
  });

  test('keeps the highest bits of its time where a full time stamp lacks them', async () => {
    const begin = (3n << 59n) + 77n;
    const found = await imported(
      files([[page(begin, [special(31, 80, 0), ...accepted(1, 7, 1)])]]),
    );
    expect(submissions(found)).toEqual([`${begin + 4n} 7/7 1`]);
  });

  test('skips padding within it, and ends at padding without a time', async () => {
    const end = Buffer.alloc(4);
    end.writeUInt32LE(29, 0);
    const rest = Buffer.alloc(8, 0xff);
    const found = await imported(
      files([[page(10n, [special(29, 2, 12, 8), ...accepted(1, 7, 1), end, rest])]]),
    );
    expect(submissions(found)).toEqual(['13 7/7 1']);
  });

  test('has long events, whose length is in a word of its own', async () => {
    const found = await imported(
      files([[page(10n, [event(1, sub(7, 1, 2, 3), true), event(1, ret(7, 0), true)])]]),
    );
    expect(submissions(found)).toEqual(['11 7/7 3']);
  });

  test('is merged with those of other CPUs by time', async () => {
    const found = await imported(
      files([
        [page(100n, [...accepted(0, 7, 1), ...accepted(20, 7, 4)]), page(500n, accepted(0, 7, 5))],
        [page(105n, [...accepted(0, 8, 2), ...accepted(2, 8, 3)]), page(600n, accepted(0, 8, 6))],
        [],
      ]),
    );
    expect(submissions(found).map((row) => row.split(' ').at(-1))).toEqual([
      ...['1', '2', '3', '4', '5', '6'],
    ]);
  });

  test('of a 32-bit machine has its data at byte 12', async () => {
    const whole = page(10n, accepted(1, 7, 1));
    const bytes = Buffer.alloc(PAGE_BYTES);
    whole.copy(bytes, 0, 0, 12);
    whole.copy(bytes, 12, 16, 400);
    const header = HEADER_PAGE.replace('commit;\toffset:8;\tsize:8', 'commit;\toffset:8;\tsize:4');
    const found = await imported(
      files([[bytes]], {
        header_page: header.replace('data;\toffset:16;\tsize:4080', 'data;\toffset:12;\tsize:4084'),
      }),
    );
    expect(submissions(found)).toEqual(['11 7/7 1']);
  });
});

describe('a submission', () => {
  test('is accepted or refused by the return value of its thread', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            event(0, sub(7, 1, 0x1000, 1)),
            event(1, sub(8, 1, 0x2000, 2)),
            event(1, ret(7, -22)),
            event(1, ret(8, 0)),
          ]),
        ],
      ]),
    );
    expect(submissions(found)).toEqual(['11 7/8 2']);
    expect(shown(found.refused, 104, 40)).toEqual(['10 7/7 1']);
    expect(found.refused.readInt32LE(32)).toBe(-22);
    expect(found.refused.readBigUInt64LE(24)).toBe(1n);
  });

  test('without a return value is dropped, and a return value without it', async () => {
    const found = await imported(
      files([[page(10n, [event(0, ret(6, 0)), ...accepted(0, 6, 1), event(1, sub(7, 1, 2, 3))])]]),
    );
    expect(submissions(found)).toEqual(['10 6/6 1']);
    expect(found.manifest.dropped).toEqual({
      'return values whose submission is not in the trace': 1,
      'submissions whose return value is not in the trace': 1,
    });
  });

  test.each([
    ['on its CPU', 5, 0, true],
    ['on its CPU, of a page that does not say how many', null, 0, true],
    ['on another CPU', 0, 5, false],
  ])('is not paired across lost events %s', async (_, missed, missedElsewhere, isDropped) => {
    const found = await imported(
      files([
        [page(10n, [event(0, sub(7, 1, 2, 3))]), page(30n, [event(0, ret(7, 0))], missed)],
        [page(5n, accepted(0, 8, 1)), page(20n, accepted(0, 8, 2), missedElsewhere)],
      ]),
    );
    expect(submissions(found)).toHaveLength(isDropped ? 2 : 3);
    expect(Object.values(found.manifest.dropped)).toEqual(isDropped ? [1] : []);
    expect(found.manifest.complete).toBe(missed === null ? 'unknown' : false);
  });

  test('that goes on at another CPU is not paired across lost events of any', async () => {
    const pages = (missed: number) => [
      [page(10n, [event(0, sub(7, 1, 2, 3))])],
      [page(5n, accepted(0, 8, 1)), page(20n, [event(0, ret(7, 0))], missed)],
    ];
    expect(submissions(await imported(files(pages(0))))).toHaveLength(2);
    expect(submissions(await imported(files(pages(9))))).toHaveLength(1);
  });

  test('is not paired across pages of a buffer that dropped events, which pages do not say', async () => {
    const pages = [[page(10n, [event(0, sub(7, 1, 2, 3))]), page(30n, [event(0, ret(7, 0))])]];
    const stats = (dropped: number) =>
      `entries: 0\noverrun: 0\ncommit overrun: 0\ndropped events: ${dropped}\nread events: 2\n`;
    const whole = await imported(files(pages, { 'cpu0.stats': stats(0) }));
    expect(submissions(whole)).toHaveLength(1);
    const { manifest } = await imported(files(pages, { 'cpu0.stats': stats(4) }));
    expect(manifest.losses).toEqual([{ of: 'buffer of cpu0', hits: 6, recorded: 2, lost: 4 }]);
    expect(manifest.parts.submissions?.records).toBe(0);
    expect(Object.values(manifest.dropped)).toEqual([1]);
  });
});

describe('a process', () => {
  const THREAD = 0x10000;

  test('has the threads that it made', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            event(0, task(1, 40, 'fio', 0)),
            event(1, task(40, 41, 'fio', THREAD)),
            event(1, task(41, 42, 'worker', THREAD)),
            event(1, task(1, 50, 'idle', 0)),
            ...accepted(1, 42, 1),
            event(1, done(0, 1, 0x1001)),
          ]),
        ],
      ]),
    );
    expect(submissions(found)).toEqual(['14 40/42 1']);
    expect(completions(found)).toEqual(['16 40/0 4097']);
    // Nothing says whether it began another program.
    expect(found.manifest.processes).toEqual([]);
    expect(found.manifest.presumed).toEqual({});
  });

  test('that ran before the trace is that of threads with one context, and says so', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            ...accepted(0, 7, 1, 1),
            ...accepted(0, 8, 2, 1),
            ...accepted(0, 8, 3, 2),
            ...accepted(0, 9, 4, 2),
            ...accepted(0, 30, 5, 3),
            event(0, task(30, 31, 'x', THREAD)),
            ...accepted(0, 31, 6, 4),
          ]),
        ],
      ]),
    );
    expect(submissions(found).map((row) => row.split(' ')[1])).toEqual([
      ...['7/7', '7/8', '7/8', '7/9', '30/30', '30/31'],
    ]);
    expect(found.manifest.presumed).toEqual({
      'processes that ran before the trace: their pid is that of their first thread seen': 2,
      'threads that ran before the trace: their process is that of others with the same context': 2,
    });
  });

  test('that made the thread is its own, also if it is seen later', async () => {
    const found = await imported(
      files([[page(10n, [event(0, task(30, 31, 'x', THREAD)), ...accepted(0, 31, 1)])]]),
    );
    expect(submissions(found)).toEqual(['10 30/31 1']);
  });

  test('of completions in a context of nobody is 0, also where another had that memory', async () => {
    const other = payload(3, 0, [0, 0xffff_8880_0000_0001n, 99, 0, 0x1001, 0, 0]);
    const found = await imported(
      files([[page(10n, [event(0, done(0, 1, 5)), ...accepted(0, 7, 1), event(0, other)])]]),
    );
    expect(completions(found)).toEqual(['10 0/0 5', '11 0/0 4097']);
    expect(Object.values(found.manifest.dropped)).toEqual([2]);
  });

  test('of a number that is used again is the new one', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            event(0, task(1, 40, 'old', 0)),
            ...accepted(0, 40, 1),
            event(0, sub(40, 1, 2, 2)),
            event(0, task(1, 40, 'new', 0)),
            ...accepted(5, 40, 3),
          ]),
        ],
      ]),
    );
    expect(submissions(found)).toHaveLength(2);
    expect(Object.values(found.manifest.dropped)).toEqual([1]);
  });
});

describe('the name of a process', () => {
  const THREAD = 0x10000;
  /** The names of processes after one page of events, `pid name from`, and what is presumed. */
  const named = async (data: readonly Buffer[], others: Files = {}, missed = 0) => {
    const pages = [page(10n, [event(0, rename(1, 'sh', 'sh'))]), page(20n, data, missed)];
    const { processes, presumed } = (await imported(files([pages], others))).manifest;
    return [...processes.map(({ pid, comm, from }) => `${pid} ${comm} ${from}`), presumed];
  };

  test('is that of the program that it began, from then on', async () => {
    expect(
      await named([
        event(0, task(1, 40, 'strace', 0)),
        event(1, task(1, 41, 'strace', 0)),
        event(1, rename(40, 'strace', 'fio')),
        ...accepted(1, 40, 1),
        ...accepted(1, 41, 2, 2),
        event(1, rename(40, 'fio', 'fio-main')),
        event(1, done(0, 1, 0x1001)),
      ]),
    ).toEqual(['40 fio 22', '40 fio-main 27', '41 strace 21', {}]);
  });

  test('of one that ran before the trace is what it had until it changed', async () => {
    expect(
      await named([
        ...accepted(0, 7, 1),
        event(1, rename(7, 'mysqld', 'mariadbd')),
        ...accepted(1, 7, 2),
      ]),
    ).toEqual([
      '7 mysqld null',
      '7 mariadbd 22',
      { 'processes that ran before the trace: their pid is that of their first thread seen': 1 },
    ]);
    expect(
      await named([event(1, rename(7, 'sh', 'fio')), event(0, exit(7, 1)), ...accepted(1, 7, 2)]),
    ).toEqual(['7 fio 21', expect.anything()]);
  });

  test('is not that of its other threads', async () => {
    expect(
      await named([
        event(0, task(1, 40, 'fio', 0)),
        event(0, task(40, 41, 'fio', THREAD)),
        event(0, rename(41, 'fio', 'worker')),
        event(0, rename(41, 'worker', 'reader', 40)),
        ...accepted(1, 41, 1),
      ]),
    ).toEqual(['40 fio 20', {}]);
  });

  test('is presumed where the kernel does not say which thread was renamed', async () => {
    const without = format('task_rename', 7, { pad: 8, oldcomm: 16, newcomm: 16 });
    expect(
      await named(
        [
          event(0, task(1, 40, 'sh', 0)),
          event(1, rename(0, 'sh', 'fio', 40)),
          ...accepted(1, 40, 1),
          event(0, task(40, 41, 'fio', THREAD)),
          event(0, rename(0, 'fio', 'worker', 40)),
          ...accepted(1, 40, 2),
        ],
        { 'rename.format': without },
      ),
    ).toEqual([
      '40 fio 21',
      { 'names of processes: the kernel does not say whose thread was renamed': 2 },
    ]);
  });

  test('is presumed where lost events may have changed it', async () => {
    expect(await named([event(0, task(1, 40, 'fio', 0)), ...accepted(1, 40, 1)], {}, 5)).toEqual([
      '40 fio 20',
      { 'names of processes: lost events may have changed them': 1 },
    ]);
  });
});

test('a call has its beginning and arguments where they were traced', async () => {
  const { calls, manifest } = await imported(
    files([
      [
        page(10n, [
          event(0, enter(7, 0xabc, 3)),
          event(4, exit(7, 2)),
          event(1, exit(8, -11)),
          event(1, enter(9, 1, 1)),
        ]),
      ],
    ]),
  );
  const row = (i: number) => {
    const at = calls.subarray(i * 48);
    return [
      ...[0, 8, 16].map((offset) => Number(at.readBigUInt64LE(offset))),
      ...[at.readUInt32LE(28), at.readInt32LE(36), Number(at.readBigInt64LE(40))],
    ];
  };
  expect([row(0), row(1)]).toEqual([
    [10, 14, 0xabc, 7, 3, 2],
    [0, 15, 0, 8, 0, -11],
  ]);
  expect(calls.byteLength).toBe(96);
  expect(manifest.absent.some(({ kind }) => kind === 'call')).toBe(false);
  expect(manifest.dropped).toEqual({ 'calls whose end is not in the trace': 1 });
});

describe('the files beside pages', () => {
  const pages = [[page(10n, accepted(0, 7, 1))]];

  test('name the clock', async () => {
    const clock = async (text: string) =>
      (await imported(files(pages, { trace_clock: text }))).manifest.clock.id;
    expect(await clock('local global counter uptime perf [mono] mono_raw boot x86-tsc\n')).toBe(
      'monotonic',
    );
    expect(await clock('local global [boot] mono\n')).toBe('boottime');
    expect(await clock('[local] global mono\n')).toBe('unknown');
    await expect(clock('local [x86-tsc]\n')).rejects.toMatchObject({
      code: 'AIOSCOPE_SOURCE',
      message: expect.stringContaining('the clock x86-tsc, which are not in ns'),
    });
  });

  test('count misses of a probe as losses, in lines as kprobe_profile has them', async () => {
    const profile = '  sub      3     2\n  ret    1   0\n  done   0   0\n';
    const { manifest } = await imported(files(pages, { profile }));
    expect(manifest.losses).toEqual([
      { of: 'sub', hits: 5, recorded: 1, lost: 4 },
      { of: 'ret', hits: 1, recorded: 1, lost: 0 },
      { of: 'done', hits: 0, recorded: 0, lost: 0 },
    ]);
    expect(manifest.complete).toBe(false);
  });

  test('say nothing on submissions and completions that were not recorded', async () => {
    const none = Object.keys(FORMATS).filter((name) => /sub|ret|done/.test(name));
    const stats = 'entries: 2\noverrun: 0\ncommit overrun: 0\ndropped events: 0\nread events: 0\n';
    const calls = files([[page(10n, [event(0, enter(7, 1, 1)), event(1, exit(7, 1))])]], {
      'cpu0.stats': stats,
    }).filter((source) => !none.includes((source as { name: string }).name));
    const { manifest } = await imported(calls);
    expect(manifest.losses).toEqual([{ of: 'buffer of cpu0', hits: 2, recorded: 2, lost: 0 }]);
    expect(manifest.complete).toBe('unknown');
  });

  test('of another run than the pages say nothing on losses', async () => {
    const { manifest } = await imported(files(pages, { profile: 'sub 0 0; ret 1 0; done 0 0' }));
    expect(manifest.losses[0]).toEqual({ of: 'sub', hits: 0, recorded: 1, lost: null });
    expect(manifest.complete).toBe('unknown');
  });

  test('that are missing or invalid are an error that says what to do', async () => {
    const without = (...names: string[]) =>
      files(pages).filter((source) => !names.includes((source as { name: string }).name));
    const rejected = (sources: Source[], message: string) =>
      expect(imported(sources)).rejects.toMatchObject({
        code: 'AIOSCOPE_SOURCE',
        message: expect.stringContaining(message),
      });
    await rejected(without('header_page'), 'header_page is missing beside the raw pages: copy');
    await rejected(without(...Object.keys(FORMATS)), 'no format file of an event of native AIO');
    await rejected(files(pages, { header_page: 'hello' }), 'header_page: it does not say where');
    await rejected(
      files(pages, { 'sub.format': 'hello' }),
      'sub.format: not the format of an event',
    );
    await rejected(
      files(pages, { 'ret.format': format('ret', 2, { value: 4 }) }),
      "ret.format: the event has no field 'ret' of 4 bytes; it has",
    );
    await rejected(
      files(pages, { 'sub.format': format('sub', 1, { ctx: 8, uid: 8, obj: 8, w: 8 }) }),
      "sub.format: after the field 'obj' there must be the 8 words",
    );
    await rejected(
      files(pages, { 'done.format': format('done', 3, { ctx: 8, uid: 8 }) }),
      'done.format: there must be a field of 32 bytes',
    );
    await rejected(
      [...files(pages), named('other/cpu0.raw', new Uint8Array(0))],
      'cpu0.raw and other/cpu0.raw are of two traces',
    );
  });

  test('that lack the format of an event leave that event out, and it is counted', async () => {
    const { manifest } = await imported(files([[page(10n, [event(0, payload(77, 7, [1]))])]]));
    expect(Object.entries(manifest.dropped)).toEqual([
      ['events of kinds without a format file among the sources', 1],
    ]);
  });
});

describe('damage', () => {
  const whole = page(10n, [
    ...accepted(0, 7, 1),
    event(1, done(0, 1, 0x1001)),
    special(30, 1, 1),
    ...accepted(0, 7, 2),
    event(1, done(0, 1, 0x1002), true),
  ]);

  test('at every length of a page: the whole events before it, then an error', async () => {
    const before = page(1n, accepted(0, 6, 9));
    // Where submissions with their return values end, and where completions do.
    const paired = [16 + 108 + 28, 16 + 108 + 28 + 68 + 8 + 108 + 28];
    const completed = [paired[0] + 68, paired[1] + 72];
    const upTo = (ends: readonly number[], length: number): number =>
      ends.filter((end) => end <= length).length;
    for (let length = 1; length < PAGE_BYTES; length += length < 600 ? 1 : 97) {
      const { error, manifest } = await importedUntil(files([[before, whole.subarray(0, length)]]));
      expect(error).toMatchObject({
        code: 'AIOSCOPE_PAGE',
        byteOffset: PAGE_BYTES + length,
        message: expect.stringContaining(`cpu0.raw: ends at byte ${PAGE_BYTES + length}, within`),
      });
      const counts = [manifest.parts.submissions?.records, manifest.parts.completions?.records];
      expect(counts).toEqual([1 + upTo(paired, length), upTo(completed, length)]);
    }
  });

  test.each<[string, (bytes: Buffer) => void, number]>([
    ['more data than a page has', (bytes) => bytes.writeUInt32LE(4081, 8), 8],
    ['flags that do not exist', (bytes) => bytes.writeUInt32LE(7, 12), 8],
    ['a big-endian machine', (bytes) => bytes.fill(0, 8, 12).writeUInt32BE(400, 12), 0],
    ['an event longer than its page', (bytes) => bytes.writeUInt32LE(40, 8), 16],
    [
      'a length that is no multiple of 4',
      (bytes) => bytes.fill(0, 16, 20).writeUInt32LE(6, 20),
      16,
    ],
    ['an event too short for its kind', (bytes) => bytes.writeUInt32LE(20, 16), 16],
    ['an event without a kind', (bytes) => bytes.writeUInt32LE(1, 16), 16],
    ['a time of another century', (bytes) => bytes.writeUInt32LE(2 ** 31, 4), 0],
  ])('%s', async (_, damage, at) => {
    const bytes = Buffer.from(whole);
    damage(bytes);
    const { error, manifest } = await importedUntil(files([[whole, bytes]]));
    expect(error).toMatchObject({
      code: 'AIOSCOPE_PAGE',
      byteOffset: PAGE_BYTES + at,
      message: expect.stringContaining(`cpu0.raw: the page at byte ${PAGE_BYTES} is damaged`),
    });
    expect(manifest.parts.submissions?.records).toBe(2);
    expect(manifest.complete).toBe(false);
  });

  test('of random bytes ends, with a coded error unless they happen to be a page', async () => {
    const { bytes, below } = random(13);
    let failed = 0;
    for (let i = 0; i < 300; i++) {
      const junk = Buffer.from(bytes(PAGE_BYTES));
      if (i % 2 === 0) {
        // A valid header, so that the events are looked at.
        junk.writeBigUInt64LE(10n, 0);
        junk.writeUInt32LE(below(4081), 8);
        junk.writeUInt32LE(0, 12);
      }
      const { error, manifest } = await importedUntil(files([[whole, junk]]));
      expect(manifest.parts.submissions?.records).toBeGreaterThanOrEqual(2);
      if (error === undefined) continue;
      failed += 1;
      expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE' });
      expect((error as { byteOffset: number }).byteOffset).toBeGreaterThanOrEqual(PAGE_BYTES);
    }
    expect(failed).toBeGreaterThan(280);
  });

  test('of any bit is an error or other records, never anything else', async () => {
    for (let bit = 0; bit < 8 * 600; bit += 7) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      const { error } = await importedUntil(files([[bytes]]));
      if (error !== undefined) expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE' });
    }
  });

  test('of a source that fails comes after the events of whole pages', async () => {
    const source = named('cpu0.raw', whole);
    const failing = {
      ...source,
      async read(target: Uint8Array) {
        const read = await source.read(target);
        if (read === 0) throw new Error('EIO');
        return read;
      },
    };
    const { error, manifest } = await importedUntil([...files([]), failing]);
    expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: PAGE_BYTES });
    expect(manifest.parts.submissions?.records).toBe(2);
  });
});
