// Are files that are not parts of one capture refused, with the reason, and never joined in a wrong order?
import { createReadStream, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AioscopeError, match, report, type Source } from '../src/node.ts';
import { fixture } from './support/cli.ts';
import { cut, partFile, rewritten, type STRIDES } from './support/parts.ts';
import { random } from './support/random.ts';

const SYNC = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')] as const;
const NOWAIT = [fixture('fio_nowait.iocb88'), fixture('fio_nowait.ioev56')] as const;
const bytes = (path: string) => readFileSync(path);
const halves = (path: string, kind: keyof typeof STRIDES) =>
  cut(bytes(path), kind, 2, random(5)).map((part) => partFile(part));

/** The same records, some ns later, of another process. */
function moved(from: Buffer, stride: number, ns: bigint, pid: number | undefined): Buffer {
  const to = Buffer.from(from);
  for (let at = 0; at < to.length; at += stride) {
    to.writeBigUInt64LE(to.readBigUInt64LE(at) + ns, at);
    if (pid !== undefined) to.writeUInt32LE(pid, at + 16);
  }
  return to;
}

/** The code and message of a match that is refused. */
const refusal = (files: readonly Source[]) =>
  match(files).then(
    () => 'matched',
    ({ code, message }: AioscopeError) => `${code}: ${message}`,
  );

describe('copies of records', () => {
  test.each([
    ['a whole file', (whole: Buffer) => whole],
    ['its beginning', (whole: Buffer) => whole.subarray(0, 88 * 100)],
    ['its end', (whole: Buffer) => whole.subarray(88 * 400)],
    ['its middle', (whole: Buffer) => whole.subarray(88 * 200, 88 * 300)],
    ['its last record', (whole: Buffer) => whole.subarray(-88)],
  ])('%s', async (_, of) => {
    const copy = partFile(of(bytes(SYNC[0])));
    const found = await refusal([copy, ...SYNC]);
    expect(found).toMatch(/^AIOSCOPE_UNMATCHABLE: .* too: copies would count twice; give each rec/);
    expect(found).toContain(copy);
    expect(found).toContain(SYNC[0]);
  });

  test('parts that overlap, and a copy that is compressed or in another byte order', async () => {
    const [, completions] = SYNC;
    const whole = bytes(SYNC[0]);
    const parts = [partFile(whole.subarray(0, 88 * 300)), partFile(whole.subarray(88 * 290))];
    expect(await refusal([...parts, completions])).toContain('copies would count twice');
    const packed = partFile(whole, 'copy.gz');
    expect(await refusal([packed, ...SYNC])).toContain('copies would count twice');
    const big = partFile(rewritten(whole, { kind: 'iocb', layout: 'traced', endian: 'big' }));
    expect(await refusal([completions, big, SYNC[0]])).toContain('copies would count twice');
  });
});

test('other records of the same time are refused, but for jitter', async () => {
  const [submissions, completions] = SYNC;
  const other = partFile(moved(bytes(submissions), 88, 5_000_001n, 77));
  expect(await refusal([submissions, other, completions])).toMatch(
    /begins 0\.\d+ s before .* ends, and has other records of other processes: parts of a capture follow one another/,
  );
  const [first, second] = cut(bytes(submissions), 'iocb', 2, random(9));
  // Parts that overlap by 0.4 ms, as threads that share a stream do.
  const early = partFile(moved(Buffer.from(second), 88, -400_000n, undefined));
  const { matched } = (await match([early, partFile(first), completions])).toJSON();
  expect(matched).toBeGreaterThan(470);
});

describe('files of several captures', () => {
  const FAR = 3_600_000_000_000n;
  const far = (path: string, stride: number, pid?: number) =>
    partFile(moved(bytes(path), stride, FAR, pid));

  test('whole captures are kept apart by their processes and times', async () => {
    const counts = await Promise.all([match(...SYNC), match(...NOWAIT)]);
    const both = await match([NOWAIT[1], SYNC[0], NOWAIT[0], SYNC[1]]);
    expect(both.toJSON().matched).toBe(
      counts.reduce((sum, each) => sum + each.toJSON().matched, 0),
    );
  });

  test('submissions of a time without completions', async () => {
    expect(await refusal([...SYNC, NOWAIT[0]])).toMatch(
      /^AIOSCOPE_UNMATCHABLE: .*fio_nowait\.iocb88 has submissions of a time without completions, \d+ s apart from all other files: it seems to be of another capture/,
    );
    expect(await refusal([...SYNC, NOWAIT[1]])).toContain('has completions of a time without sub');
  });

  test('captures far apart whose processes say nothing', async () => {
    const layout = 'ts:u64,addr:u64,record';
    const bare = (path: string, kind: 'iocb' | 'io_event') =>
      partFile(rewritten(bytes(path), { kind, layout }));
    const [submissions, completions] = [far(SYNC[0], 88), far(SYNC[1], 56)];
    const files = [
      ...[bare(SYNC[0], 'iocb'), bare(submissions, 'iocb')],
      ...[bare(SYNC[1], 'io_event'), bare(completions, 'io_event')],
    ];
    expect(await refusal(files)).toContain('have no processes in common');
  });

  test('a file of another process at other addresses', async () => {
    const [first, second] = halves(SYNC[0], 'iocb');
    const stray = Buffer.from(moved(bytes(second), 88, 0n, 4242));
    for (let at = 0; at < stray.length; at += 88)
      stray.writeBigUInt64LE(stray.readBigUInt64LE(at + 8) + (1n << 40n), at + 8);
    expect(await refusal([SYNC[1], first, partFile(stray)])).toMatch(
      /has submissions of processes and at addresses that no file of completions has \(pid 4242\)/,
    );
    // At addresses that are known, completions may have the process that was interrupted.
    const [early, late] = halves(SYNC[1], 'io_event');
    const interrupted = partFile(moved(bytes(late), 56, 0n, 4242));
    const found = (await match([early, interrupted, SYNC[0]])).toJSON();
    expect(found.matched).toBeGreaterThan(0);
  });
});

test('a stream among several of its kind is refused, and taken as the only one', async () => {
  const [first, second] = halves(SYNC[0], 'iocb');
  expect(await refusal([createReadStream(first), second, SYNC[1]])).toContain(
    'can be read only once, and files of one kind are looked at first to find their order',
  );
  const found = await match([createReadStream(SYNC[1]), second, first]);
  expect(found.toJSON().matched).toBe(480);
});

test('one kind alone, rings, and files without times beside others', async () => {
  expect(await refusal([SYNC[0], NOWAIT[0]])).toMatch(
    /^AIOSCOPE_OPTION: .* got 2 of submissions and none of completions$/,
  );
  expect(await refusal([...SYNC, fixture('fio_ring_threads.full.ring')])).toMatch(/has aio_ring/);
  const bare = fixture('case_sync.iocb');
  expect(await refusal([bare, ...SYNC])).toMatch(/case_sync\.iocb has no ts, and .*iocb88 has/);
  expect(await refusal([])).toContain('got none of submissions and none of completions');
});

test('a report describes what cannot be matched, and says why', async () => {
  const json = (await report([SYNC[0], SYNC[0], SYNC[1]])).toJSON();
  expect(json.inputs.map(({ records }) => records)).toEqual([486, 486, 480]);
  expect(json.matched).toBeUndefined();
  expect(json.matchFailed?.text).toContain('copies would count twice');
});
