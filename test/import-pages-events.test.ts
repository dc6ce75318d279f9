// Does every event of a page become the submission, completion or call that the kernel meant?
import { describe, expect, test } from 'vitest';
import { imported } from './support/importing.ts';
import { accepted, files, shown, submissions } from './support/page-files.ts';
import { event, events, HEADER_PAGE, PAGE_BYTES, page, special } from './support/pages.ts';

const { sub, ret, enter, exit } = events;

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
