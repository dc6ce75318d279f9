// Does the import of a trace of LinuxKI give the records that it was printed from?
// Printed as print_sys_enter_rec and print_sys_exit_rec of its syscalls.c do.
import { describe, expect, test } from 'vitest';
import { type AioCall, aioCalls, compareWithRun, hex, importedLines } from './support/aio-run.ts';
import { imported, text } from './support/importing.ts';

const NUMBERS = {
  io_setup: 206,
  io_destroy: 207,
  io_getevents: 208,
  io_submit: 209,
  io_cancel: 210,
  io_pgetevents: 333,
} as const;
/** It keeps this many structs of a call. */
const KEPT = 32;

const bits = (value: bigint): string => hex(BigInt.asUintN(64, value));

function argsOf({ call, ctx, nr }: AioCall, s: string): string[] {
  if (call === 'io_setup') return [`nr_events=${nr}`, '*ctxp=0x7ffd0000'];
  if (call === 'io_submit') return [`ctx_id=${hex(ctx)}`, `nr=${nr}`, '**iocbpp=0x7ffd1000'];
  if (call === 'io_getevents')
    return [`ctx_id=${hex(ctx)}`, 'min_nr=1', `nr=${nr}`, '*events=0x7ffd2000', '*timeout=0x0'];
  return [`${s === ',' ? 'ctx' : 'ctx_id'}=${hex(ctx)}`];
}

interface Form {
  readonly name: string;
  /** Between fields. */
  readonly separator: string;
  readonly time: (seq: number, part: number) => string;
  readonly firstNs: bigint;
}

const micro = (seq: number, part: number): string =>
  String((seq * 10 + part) % 1_000_000).padStart(6, '0');
const FORMS: readonly Form[] = [
  {
    name: 'since the beginning',
    separator: ' ',
    time: (seq, part) => `0.${micro(seq, part)}`.padStart(12),
    firstNs: 10_000n,
  },
  {
    name: 'since 1970, in nine digits of microseconds',
    separator: ' ',
    time: (seq, part) => `1700000000.000${micro(seq, part)}`,
    firstNs: 1_700_000_000_000_010_000n,
  },
  {
    name: 'with dates, as CSV',
    separator: ',',
    time: (seq, part) => `Sat Nov 29 00:00:01.${micro(seq, part)}`,
    firstNs: 1_000_010_000n,
  },
];

function logOf(calls: readonly AioCall[], { separator: s, time }: Form): string[] {
  return calls.flatMap((each) => {
    const { seq, call, pid, tid, ret } = each;
    const head = (part: number) =>
      [time(seq, part), 'cpu=3', `pid=${tid}`, `tgid=${pid}`, call, `[${NUMBERS[call]}]`].join(s);
    const args = argsOf(each, s);
    const iocbs = each.iocbs
      .slice(0, KEPT)
      .map(
        (iocb, i) =>
          `IOCB[${i}]: iocbp=${hex(iocb.addr)} fd=${BigInt.asIntN(32, iocb.aio_fildes)} ` +
          `op=${iocb.aio_lio_opcode} bytes=${BigInt.asIntN(64, iocb.aio_nbytes)} ` +
          `offset=${bits(iocb.aio_offset)}`,
      );
    const events = each.events
      .slice(0, KEPT)
      .map(({ obj, res }, i) => `IOEV[${i}]: iocbp=${hex(obj)} res=${res}`);
    const result = ret < 0 ? `ret=${ret}/EINVAL` : `ret=${hex(BigInt(ret))}`;
    return [
      [head(0), 'entry', ...args, ...iocbs].join(s),
      [head(5), result, 'syscallbeg=    0.000005', ...args, ...events].join(s),
    ];
  });
}

// It knows io_pgetevents as a call without arguments, and prints no events of it.
const calls = aioCalls().filter(({ call }) => call !== 'io_pgetevents');

describe.each(FORMS)('times $name', (form) => {
  test('every printed field is equal', async () => {
    const log = await importedLines([
      'KI trace of a run',
      ...logOf(calls, form),
      `${form.time(1, 0)} cpu=0 pid=1 tgid=1 sched_switch prio=120`,
    ]);
    expect(log.completions.readBigUInt64LE(0) - log.submissions.readBigUInt64LE(0)).toBe(15_000n);
    expect(log.calls.readBigUInt64LE(0)).toBe(form.firstNs);
    expect(aioCalls().length - calls.length).toBe(1);
    const own = {
      shown: KEPT,
      events: KEPT,
      hidesFaults: true,
      calls: ['io_setup', 'io_destroy', 'io_submit', 'io_getevents', 'io_cancel'] as const,
    };
    expect(compareWithRun(log, own)).toBeGreaterThan(2000);
  });
});

test('a call whose entry was lost is counted, and its completions are kept', async () => {
  const log = await imported(
    text([
      '    1.000000 cpu=0 pid=7 tgid=6 io_submit [209] ret=0x1',
      '    2.000000 cpu=0 pid=7 tgid=6 io_getevents [208] ret=0x1 syscallbeg=    0.500000 ' +
        'A0=0x7f00 A1=1 A2=8 A3=0x1 A4=0x0 IOEV[0]: iocbp=0x10 res=-5',
    ]),
  );
  expect(log.manifest.dropped).toEqual({
    'calls whose beginning is not in the log': 2,
    'accepted submissions that are not printed': 1,
  });
  expect(log.completions.readBigInt64LE(24 + 16)).toBe(-5n);
  const [ts, end, ctx] = [0, 8, 16].map((at) => log.calls.readBigUInt64LE(48 + at));
  expect([ts, end, ctx, log.calls.readInt32LE(48 + 36)]).toEqual([
    1_500_000_000n,
    2_000_000_000n,
    0x7f00n,
    8,
  ]);
});
