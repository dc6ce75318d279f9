// Does the import of the output of our bpftrace script give the records that it was printed from?
import { expect, test } from 'vitest';
import { iocb as iocbLayout } from '../src/abi/index.ts';
import { type AioCall, aioCalls, compareWithRun, importedLines } from './support/aio-run.ts';
import { imported, text } from './support/importing.ts';

const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16);

/** The eight words of an iocb, which the script reads from memory. */
function wordsOf(iocb: Record<string, bigint>): string[] {
  const words = new BigUint64Array(8);
  const view = new DataView(words.buffer);
  for (const { name, offset, type } of iocbLayout.fields) {
    if (type === 'u64' || type === 'i64') view.setBigInt64(offset, iocb[name], true);
    else if (type === 'u32') view.setUint32(offset, Number(BigInt.asUintN(32, iocb[name])), true);
    else view.setUint16(offset, Number(BigInt.asUintN(16, iocb[name])), true);
  }
  return [...words].map(hex);
}

function linesOf({ seq, call, pid, tid, ctx, nr, ret, iocbs, events }: AioCall): string[] {
  const head = (kind: string, part: number) => `${kind} ${seq * 1000 + part} ${pid} ${tid}`;
  if (call === 'io_submit')
    return [
      `${head('C', 0)} ${hex(ctx)} ${nr}`,
      ...iocbs.map((iocb, i) => `${head('S', i + 1)} ${hex(iocb.addr)} ${wordsOf(iocb).join(' ')}`),
      `${head('R', 900)} ${ret}`,
    ];
  return events.map(
    ({ data, obj, res, res2 }, i) =>
      `${head('E', 900 + i)} ${[ctx, data, obj, res, res2].map(hex).join(' ')}`,
  );
}

const lines = aioCalls().flatMap(linesOf);
const count = (kind: string): number => lines.filter((line) => line.startsWith(kind)).length;
const counts = ['C', 'S', 'R', 'E'].map((kind) => `@${kind.toLowerCase()}: ${count(kind)}`);
const printed = ['Attaching 8 probes...', 'aioscope-bt 1', ...lines, '', ...counts];

test('every record is equal, and the times are those of the lines', async () => {
  const log = await importedLines(printed);
  const { complete, losses, clock, dropped } = log.manifest;
  // The calls that reap are not printed.
  const records = ['io_submit', 'io_getevents', 'io_pgetevents'] as const;
  const shown = { calls: ['io_submit'] as const, records, hidesFaults: true };
  expect(compareWithRun(log, shown)).toBeGreaterThan(4000);
  expect(log.submissions.readBigUInt64LE(0) % 1000n).toBe(1n);
  expect([complete, clock.id]).toEqual([false, 'boottime']);
  // One call ended at a pointer that could not be read: the run has no iocb of it.
  expect(dropped).toEqual({
    'refused submissions that are not printed': 1,
    'submissions in contexts that did not exist, which the kernel did not look at': 1,
  });
  expect(losses).toContainEqual({
    of: 'submissions',
    hits: count('S'),
    recorded: count('S'),
    lost: 0,
  });
});

test('lost lines are known by the counts at the end', async () => {
  const without = printed.filter((line) => !line.startsWith('E 7'));
  const { manifest } = await importedLines(without);
  const lost = printed.length - without.length;
  expect(lost).toBeGreaterThan(0);
  expect(manifest.complete).toBe(false);
  expect(manifest.losses.map(({ lost: each }) => each)).toEqual([0, 0, 0, lost]);
});

test('iocbs beyond those that the script reads are counted', async () => {
  const { manifest, submissions } = await imported(
    text([
      'aioscope-bt 1',
      'C 100 7 8 7f00 3',
      'S 101 7 8 10 1 2 3 4 5 6 7 8',
      'R 110 7 8 3',
      ...['@c: 1', '@s: 1', '@r: 1', '@e: 0'],
    ]),
  );
  expect(submissions.byteLength).toBe(88);
  expect(manifest.dropped).toEqual({ 'accepted submissions that are not printed': 2 });
  expect(manifest.complete).toBe(false);
});

test('broken lines and another version are counted, and what is cut off is unknown', async () => {
  const { manifest, unparsed, submissions } = await imported(
    text([
      'aioscope-bt 1',
      'C 100 7 8 7f00 x',
      'S 100 7 8 10 1 2 3 4 5 6 7 8',
      'C 100 7 8 7f00 1',
      'S 101 7 8 10 1 2 3 4 5 6 7',
      'E 101 7 8 10 1 2 3 4 5',
      'R 101 7 9 1',
      'R 101 7 8 zz',
      'aioscope-bt 2',
      'S 101 7 8 10 1 2 3 4 5 6 7 8',
    ]),
  );
  expect(submissions.byteLength).toBe(0);
  expect(unparsed).toEqual([2, 5, 6, 8, 9]);
  expect(manifest.complete).toBe('unknown');
  expect(manifest.dropped).toEqual({
    'lines that could not be parsed': 5,
    'submissions whose call is not in the log': 1,
    'calls whose beginning is not in the log': 1,
    'calls that did not return': 1,
    'submissions of calls that did not return': 1,
  });
});

test('calls that reap, names, and what they lack', async () => {
  const counts = ['@c: 0', '@s: 0', '@r: 0', '@e: 2', '@g: 3', '@x: 2'];
  const { manifest, calls, completions } = await imported(
    text([
      'aioscope-bt 1',
      'T 0 90',
      'P 99 7 8 a name: x',
      'G 100 7 8 7f00 4',
      'E 110 7 8 7f00 1 2 3 4',
      'E 111 7 8 7f00 1 0 0 0',
      'X 112 7 8 3',
      'H 120 7 8 7f00 4',
      'X 122 7 8 -4',
      'X 123 7 9 0',
      'G 130 7 8 7f00 4',
      ...counts,
    ]),
  );
  expect(completions.byteLength).toBe(56);
  expect(calls.byteLength).toBe(96);
  expect([calls.readBigUInt64LE(0), calls.readBigUInt64LE(8)]).toEqual([100n, 112n]);
  expect([calls.readUInt16LE(32), calls.readUInt16LE(48 + 32)]).toEqual([2, 5]);
  expect([calls.readBigInt64LE(40), calls.readBigInt64LE(88)]).toEqual([3n, -4n]);
  expect(manifest.processes).toEqual([{ pid: 7, comm: 'a name: x', from: '99' }]);
  expect(manifest.complete).toBe(false);
  expect(manifest.dropped).toEqual({
    'completions that bpftrace could not read': 1,
    'completions that are not printed': 1,
    'calls whose beginning is not in the log': 1,
    'calls that did not return': 1,
  });
});

test('a refused submission beyond those that the script reads makes the log incomplete', async () => {
  const { manifest } = await imported(
    text([
      'aioscope-bt 1',
      'C 100 7 8 7f00 3',
      'S 101 7 8 10 1 2 3 4 5 6 7 8',
      'R 110 7 8 1',
      ...['@c: 1', '@s: 1', '@r: 1', '@e: 0'],
    ]),
  );
  expect(manifest.complete).toBe(false);
  expect(manifest.dropped).toEqual({ 'refused submissions that are not printed': 1 });
});

test('processes that were not followed make the log incomplete', async () => {
  const counts = ['@c: 0', '@s: 0', '@r: 0', '@e: 0'];
  const log = (followed: string) => imported(text(['aioscope-bt 1', ...counts, followed]));
  expect((await log('@f: 0')).manifest).toMatchObject({ complete: true, dropped: {} });
  expect((await log('@f: 2')).manifest).toMatchObject({
    complete: false,
    dropped: { 'processes that were not followed: there were too many': 2 },
  });
});
