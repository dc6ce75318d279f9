// Do several workers count what one counts, and is a failing worker an error, never a wrong total?
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  runOnWorkers,
  type StartWorker,
  sharesOf as wholeShares,
} from '../src/host/workers/pool.ts';
import { type ByteRange, faultOf, type Reply, type Share } from '../src/host/workers/share.ts';
import { work } from '../src/host/workers/work.ts';
import {
  AioscopeError,
  encode,
  type Progress,
  resolveSchema,
  Summary,
  summarize,
} from '../src/node.ts';
import { blobSource } from '../src/stream/blob-source.ts';
import { Opened } from '../src/stream/open-source.ts';
import { aioscope, printed } from './support/cli.ts';

const open = (blob: Blob, name: string, { begin, end }: ByteRange) =>
  blobSource(blob.slice(begin, end), name, begin);

/** Workers on this thread, whose messages are cloned as between threads. */
const startWorker: StartWorker = (share, onReply) => {
  const controller = new AbortController();
  work(share as Share<Blob>, open, (reply) => onReply(structuredClone(reply)), controller.signal);
  return () => controller.abort();
};

interface Sharing {
  readonly workers: number;
  readonly rangeRecords: number;
  readonly claimed: boolean;
}

function sharesOf(
  bytes: Uint8Array,
  options: Share['options'],
  { workers, rangeRecords, claimed }: Sharing,
): Share[] {
  const { stride } = resolveSchema({ ...options, kind: options.kind ?? 'iocb' });
  const claims = claimed ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  return Array.from({ length: workers }, (_, first) => ({
    origin: new Blob([new Uint8Array(bytes)]),
    name: 'dump',
    cut: {
      byteLength: bytes.byteLength,
      rangeBytes: rangeRecords * stride,
      first,
      step: workers,
      claims,
    },
    options,
  }));
}

const sharing = fc.record({
  workers: fc.integer({ min: 1, max: 5 }),
  rangeRecords: fc.integer({ min: 1, max: 40 }),
  claimed: fc.boolean(),
});

test.each(['+5', ' +5', '\t+1.5us'])(
  'times since the first record, %j, have one beginning: nothing is shared out',
  (time) => {
    const schema = resolveSchema({ kind: 'io_event', layout: 'ts:u64,record' });
    const source = { name: 'dump', origin: 3, byteLength: 2 ** 30, read: () => 0, close: () => {} };
    for (const options of [{ from: time }, { to: time }])
      expect(wholeShares(new Opened(source, schema), options, 2)).toEqual([]);
    expect(
      wholeShares(new Opened(source, schema), { from: time.replace('+', '') }, 2),
    ).toHaveLength(2);
  },
);

describe.each([
  { kind: 'io_event', layout: 'record', endian: 'little' },
  { kind: 'iocb', layout: 'record', endian: 'big' },
  { kind: 'iocb', layout: 'ts:u64,comm:char5,record', endian: 'little' },
] as const)('%o', (format) => {
  test('any bytes, shared out in any way, have one summary', async () => {
    const check = fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      sharing,
      async (drawn, how) => {
        const whole = await summarize(drawn, { ...format, name: 'dump' });
        const states = await runOnWorkers(sharesOf(drawn, format, how), startWorker, {});
        const shared = Summary.ofRanges(states);
        expect(shared.toJSON()).toEqual(whole.toJSON());
      },
    );
    await fc.assert(check, { seed: 7, numRuns: 150 });
  });
});

const events = (count: number) =>
  encode(
    Array.from({ length: count }, (_, i) => ({ data: BigInt(i), res: 4096n })),
    { kind: 'io_event' },
  );
const EVENTS = { kind: 'io_event' } as const;

test('progress is that of all workers, and ends at the whole', async () => {
  const bytes = events(5000);
  const told: Progress[] = [];
  const shares = sharesOf(bytes, EVENTS, { workers: 3, rangeRecords: 100, claimed: false });
  await runOnWorkers(shares, startWorker, { onProgress: (progress) => told.push(progress) });
  expect(told.map((progress) => progress.bytes)).toEqual(
    told.map((progress) => progress.bytes).toSorted((a, b) => a - b),
  );
  expect(told.at(-1)).toEqual({
    bytes: bytes.byteLength,
    records: 5000,
    totalBytes: bytes.byteLength,
  });
});

describe('when one worker fails', () => {
  const bytes = events(1000);
  const shares = sharesOf(bytes, EVENTS, { workers: 2, rangeRecords: 250, claimed: false });

  /** The second worker sends this reply and no other; the shares it gets are counted. */
  const faulty = (act: (hear: (reply: Reply) => void, lost: (reason: string) => void) => void) => {
    const dismissed: number[] = [];
    const strange: StartWorker = (share, onReply, onExit) => {
      if (share.cut?.first === 1) act(onReply, onExit);
      const dismiss = share.cut?.first === 1 ? () => {} : startWorker(share, onReply, onExit);
      return () => {
        dismissed.push(share.cut?.first ?? -1);
        return dismiss();
      };
    };
    return { strange, dismissed };
  };

  test('its error is that of the whole, and every worker is ended', async () => {
    const fault = new AioscopeError('AIOSCOPE_READ', 'dump: reading failed at byte 8000', {
      byteOffset: 8000,
    });
    const { strange, dismissed } = faulty((hear) =>
      hear({ type: 'failed', fault: faultOf(fault) }),
    );
    await expect(runOnWorkers(shares, strange, {})).rejects.toEqual(fault);
    expect(dismissed).toContain(0);
  });

  test('a death names the range', async () => {
    const { strange } = faulty((hear, lost) => {
      hear({
        type: 'range',
        range: { begin: 8000, end: 16_000, isLast: false, sourceBytes: 32_000 },
      });
      lost('its thread exited with 9');
    });
    await expect(runOnWorkers(shares, strange, {})).rejects.toMatchObject({
      code: 'AIOSCOPE_WORKER',
      byteOffset: 8000,
      message:
        'dump: the worker that read bytes 8000 to 16000 ended too early: its thread exited with 9; the file has no result: read it again, or with 1 worker, which is the calling thread',
    });
  });

  test('an abort is heard while a worker is silent', async () => {
    const { strange, dismissed } = faulty(() => {});
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    await expect(runOnWorkers(shares, strange, { signal: controller.signal })).rejects.toBe(reason);
    expect(dismissed).toEqual([0, 1]);
  });
});

describe('threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-workers-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const SIZE = 300 * 2 ** 20 + 13;
  const file = join(folder, 'dump');
  const fd = openSync(file, 'w');
  ftruncateSync(fd, SIZE);
  // Records at the ends of the file and around its range boundaries.
  for (const at of [0, 2 ** 26 - 32, 2 ** 26, 2 ** 27 + 32, 300 * 2 ** 20 - 32])
    writeSync(fd, events(1).fill(at % 251), 0, 32, at);
  closeSync(fd);
  const args = ['summary', '--json', '--kind', 'io_event', file];

  test('of any number give the summary of one', () => {
    const one = printed([...args, '--workers', '1']);
    expect(JSON.parse(one).inputs).toMatchObject([
      { bytes: SIZE, records: (SIZE - 13) / 32, tornBytes: 13 },
    ]);
    for (const workers of ['2', '3', '7'])
      expect(printed([...args, '--workers', workers])).toBe(one);
    expect(printed(args)).toBe(one);
  });

  /** A module that runs in every thread before anything else. */
  const preload = (code: string) => ({
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}`,
  });
  const IN_THREADS = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; import { isMainThread } from 'node:worker_threads';`;

  test.each([
    [
      'at once',
      'if (!isMainThread) process.exit(9);',
      /dump: a worker ended before it had read anything: its thread exited with 9; /,
    ],
    [
      'at work',
      `const { readSync } = fs; const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        fs.readSync = (...all) => (isMainThread ? (pause(), readSync(...all)) : process.exit(9)); syncBuiltinESMExports();`,
      /dump: the worker that read bytes \d+ to \d+ ended too early: its thread exited with 9; /,
    ],
    [
      'of an error',
      "if (!isMainThread) throw new Error('bad day');",
      /dump: a worker ended before it had read anything: bad day; /,
    ],
  ])('that die %s are an error, and no summary', (_, code, message) => {
    const { status, stdout, stderr } = aioscope([...args, '--workers', '2'], {
      env: preload(IN_THREADS + code),
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test.each(['0', '1.5', '257', 'all'])('cannot be %s', (workers) => {
    expect(aioscope([...args, '--workers', workers])).toMatchObject({ status: 2, stdout: '' });
  });

  test('see that a file is cut while they read it', () => {
    const shrinking = `${IN_THREADS} const { readSync } = fs; let cut = false;
      fs.readSync = (...all) => { if (!cut && all[4] > 0) { cut = true; fs.truncateSync(process.env.VICTIM, 1000); } return readSync(...all); };
      syncBuiltinESMExports();`;
    const victim = join(folder, 'victim');
    closeSync(openSync(victim, 'w'));
    truncateSync(victim, SIZE);
    const env = { VICTIM: victim, ...preload(shrinking) };
    const { status, stdout, stderr } = aioscope(
      ['summary', '--json', '--kind', 'io_event', '--workers', '2', victim],
      { env },
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(
      `${victim}: ended at byte 1000, expected ${SIZE} bytes as when it was opened: `,
    );
  });
});
