// Why has a submission no completion, and is it said only as far as the records show it?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encode, match, type UnmatchedJson } from '../src/node.ts';
import { findings } from '../src/words/match-findings.ts';
import { fixture } from './support/cli.ts';

const NONE: UnmatchedJson = {
  refusedByRules: 0,
  refusedWithCall: 0,
  refusedRetried: 0,
  refusedAbandoned: 0,
  completionLost: 0,
  refusedOrLost: 0,
  openAtEnd: 0,
  neverCompleted: 0,
};

interface Calls {
  readonly iocbs_accepted: number;
  readonly iocbs_rejected_in_file: number;
  readonly submit_calls_failed: Readonly<Record<string, number>>;
  readonly match_kth_accepted_only: { readonly matched: number };
}

describe.each(['js', 'wasm-simd'] as const)('%s', (engine) => {
  // What io_submit refused with EBADF looks as if it was accepted.
  test.each([
    ['case_rwf', 0],
    ['case_sync', 1],
    ['case_resfd', 0],
    ['case_poll', 0],
  ])('%s: as many were refused as its calls say', async (name, hidden) => {
    const calls = JSON.parse(readFileSync(fixture(`${name}.calls.json`), 'utf8')) as Calls;
    const files = ['iocb88', 'ioev56'].map((end) => fixture(`${name}.${end}`));
    const { unmatched, unmatchedSubmissions, open } = (
      await match(files[0], files[1], { engine })
    ).toJSON();
    const { refusedByRules, refusedWithCall, refusedRetried, refusedAbandoned, ...rest } =
      unmatched;
    const refused = refusedByRules + refusedWithCall + refusedRetried + refusedAbandoned;
    const { iocbs_accepted, iocbs_rejected_in_file, match_kth_accepted_only } = calls;
    expect(refused).toBe(iocbs_rejected_in_file - hidden);
    const left = iocbs_accepted - match_kth_accepted_only.matched;
    expect(rest).toEqual({
      ...{ completionLost: 0, refusedOrLost: 0, neverCompleted: 0 },
      openAtEnd: left + hidden,
    });
    expect(open.count).toBe(left + hidden);
    const sum = Object.values(unmatched).reduce((total, count) => total + count, 0);
    expect(sum).toBe(unmatchedSubmissions);
  });

  const LAYOUTS = {
    submissions: { layout: 'ts:u64,addr:u64,pid:u32,tid:u32,record', endian: 'little' },
    completions: { layout: 'ts:u64,pid:u32,record', endian: 'little' },
  } as const;
  const at = (ts: number, slot: number, more = {}) => ({
    ...{ ts: BigInt(ts), addr: BigInt(0x1000 + 64 * slot), pid: 7, tid: 7 },
    ...{ aio_fildes: 3, aio_nbytes: 4096n, aio_offset: BigInt(ts), aio_buf: 0n },
    ...more,
  });
  const done = (ts: number, slot: number) => ({
    ...{ ts: BigInt(ts), pid: 7, obj: BigInt(0x1000 + 64 * slot), res: 4096n },
  });
  const run = async (
    submissions: readonly ReturnType<typeof at>[],
    completions: readonly ReturnType<typeof done>[],
    options = {},
  ) => {
    const sides = [
      encode(submissions, { kind: 'iocb', layout: LAYOUTS.submissions.layout }),
      encode(completions, { kind: 'io_event', layout: LAYOUTS.completions.layout }),
    ] as const;
    return (await match(sides[0], sides[1], { ...LAYOUTS, ...options, engine })).toJSON();
  };

  test('what a thread submits within 20 µs of a refused one is of its call', async () => {
    const bad = at(1_000_000, 1, { aio_lio_opcode: 77 });
    const { unmatched } = await run(
      [
        at(1, 0),
        bad,
        at(1_005_000, 2),
        at(1_006_000, 3, { tid: 8 }),
        at(1_020_000, 4),
        at(1_020_001, 5),
      ],
      [done(2_000_000, 0)],
    );
    expect(unmatched).toEqual({
      ...NONE,
      ...{ refusedByRules: 1, refusedWithCall: 2, openAtEnd: 2 },
    });
  });

  test('one that is followed by another was refused; by the same request, retried', async () => {
    const { unmatched } = await run(
      [at(10, 0), at(20, 0, { aio_offset: 10n }), at(40, 1), at(60, 1), at(80, 2)],
      [done(30, 0), done(70, 1), done(90, 2)],
    );
    expect(unmatched).toEqual({ ...NONE, refusedRetried: 1, refusedAbandoned: 1 });
  });

  test('where it is known that none was refused, its completion was lost', async () => {
    const { unmatched, by } = await run([at(10, 0), at(20, 0)], [done(30, 0)], { refused: [] });
    expect(by.refusedKnown).toBe(true);
    expect(unmatched).toEqual({ ...NONE, completionLost: 1 });
  });

  test('one in flight for longer than any pair never completed, but for polls', async () => {
    const { unmatched, open } = await run(
      [
        at(10, 0),
        at(15, 3, { aio_lio_opcode: 5, aio_nbytes: 0n, aio_offset: 0n, aio_buf: 1n }),
        at(20, 1),
        at(990, 2),
      ],
      [done(30, 1), done(1000, 4)],
    );
    expect(unmatched).toEqual({ ...NONE, neverCompleted: 1, openAtEnd: 2 });
    expect(open).toEqual({
      count: 3,
      oldestNs: '990',
      // None is older than a second.
      hung: { count: 0, fromNs: '1000000000' },
      byFd: [
        { pid: 7, fd: 3, opcode: 0, name: 'IOCB_CMD_PREAD', count: 2, hung: 0, oldestNs: '990' },
        { pid: 7, fd: 3, opcode: 5, name: 'IOCB_CMD_POLL', count: 1, hung: 0, oldestNs: '985' },
      ],
    });
  });

  test('words say refused only of those that were', async () => {
    const json = await run([at(10, 0), at(20, 0)], [done(30, 0)], { refused: [] });
    expect(findings(json).map(({ text }) => text)).toContain(
      '1 submission whose completion was lost',
    );
  });
});
