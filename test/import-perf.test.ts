// Are the calls of perf script and perf trace those of the same run of test/fixtures/aio-run.c?
//   perf record -e 'syscalls:sys_*_io_*' ./aio-run FOLDER; perf script
//   perf record -e 'raw_syscalls:*' ./aio-run FOLDER; perf script --ns -F comm,pid,tid,cpu,time,event,trace
//   perf trace -e io_submit,… ./aio-run FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compareWithRun } from './support/aio-run.ts';
import { fixture } from './support/cli.ts';
import { imported, text } from './support/importing.ts';

const folder = join(fixture('..'), 'perf');

test.each(readdirSync(folder))('%s', async (name) => {
  const read = (file: string): Buffer =>
    file === 'calls.bin' ? gunzipSync(readFileSync(join(folder, name, `${file}.gz`))) : Buffer.of();
  const log = await imported(join(folder, name, 'log.gz'));
  expect(compareWithRun(log, { onlyCalls: true }, read)).toBeGreaterThan(1000);
  expect(log.manifest.dropped).toEqual({});
  expect(log.manifest.method).toBe('perf');
  expect(log.manifest.clock.id).toBe(name === 'trace' ? 'relative' : 'unknown');
  expect(log.manifest.absent.map(({ field }) => field)).toEqual(
    name === 'script-pids' ? [] : ['pid'],
  );
  expect(log.manifest.processes).toContainEqual(expect.objectContaining({ comm: 'aio-run' }));
});

test('times are those of the lines, and durations end calls', async () => {
  const script = await imported(
    text([
      '# os release : 6.1.0-42',
      'my prog (x)  7/8 [003] 12.000001: syscalls:sys_enter_io_submit: ctx_id: 0x7f00, nr: 0x00000002, iocbpp: 0x10',
      '            7f0011223344 io_submit+0x4 (/usr/lib/libaio.so)',
      '',
      'my prog (x)  7/8 [003] 12.000003: syscalls:sys_exit_io_submit: 0xfffffffffffffff5',
    ]),
  );
  expect(script.unparsed).toEqual([]);
  expect(script.manifest.kernel).toBe('6.1.0-42');
  const at = (offset: number) => script.calls.readBigUInt64LE(offset);
  expect([at(0), at(8), at(16)]).toEqual([12_000_001_000n, 12_000_003_000n, 0x7f00n]);
  expect([24, 28].map((offset) => script.calls.readUInt32LE(offset))).toEqual([7, 8]);
  expect([script.calls.readInt32LE(36), script.calls.readBigInt64LE(40)]).toEqual([2, -11n]);
  expect(script.manifest.processes).toEqual([{ pid: 8, comm: 'my prog (x)', from: null }]);

  const trace = await imported(
    text([
      '     0.054 ( 0.020 ms): io_submit(ctx_id: 32512, nr: 1, iocbpp: 0x10)     = 1',
      '     1.000 (         ): a/b/9 io_getevents(ctx_id: 32512, min_nr: 1, nr: 8, events: 0x10) ...',
      '     1.000 ( 2.500 ms): a/b/9  ... [continued]: io_getevents())             = -1 EINTR (Interrupted system call)',
      '         ? (         ): a/b/9  ... [continued]: io_getevents())             = 3',
    ]),
  );
  expect(trace.unparsed).toEqual([]);
  const calls = [0, 48, 96].map((begin) => [
    trace.calls.readBigUInt64LE(begin),
    trace.calls.readBigUInt64LE(begin + 8),
    trace.calls.readInt32LE(begin + 36),
    trace.calls.readBigInt64LE(begin + 40),
  ]);
  expect(calls).toContainEqual([1_000_000n, 3_500_000n, 8, -4n]);
  expect(calls).toContainEqual([54_000n, 74_000n, 1, 1n]);
  expect(calls).toContainEqual([0n, 0n, 0, 3n]);
  expect(trace.manifest.dropped).toEqual({ 'calls whose beginning is not in the log': 1 });
});

test('a call that has events of both kinds is one call', async () => {
  const log = await imported(
    text([
      'a  7 [003] 12.000001: raw_syscalls:sys_enter: NR 209 (7f00, 1, 10, 0, 0, 0)',
      'a  7 [003] 12.000001: syscalls:sys_enter_io_submit: ctx_id: 0x7f00, nr: 0x00000001',
      'a  7 [003] 12.000003: raw_syscalls:sys_exit: NR 209 = 1',
      'a  7 [003] 12.000003: syscalls:sys_exit_io_submit: 0x1',
    ]),
  );
  expect(log.calls.byteLength).toBe(48);
  expect(log.manifest.dropped).toEqual({});
});

test('on other machines raw calls have other numbers', async () => {
  const log = await imported(
    text([
      '# arch : aarch64',
      'a  7 [003] 12.000001: raw_syscalls:sys_enter: NR 2 (7f00, 1, 10, 0, 0, 0)',
      'a  7 [003] 12.000003: raw_syscalls:sys_exit: NR 2 = 1',
    ]),
  );
  expect(log.calls.readUInt16LE(32)).toBe(3);
});
