// Do several workers count what one counts, and is a failing worker an error, never a wrong total?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPart } from '../src/analysis/check/check-part.ts';
import { reportPart } from '../src/analysis/report/report-part.ts';
import { summaryPart } from '../src/analysis/summary/summary-part.ts';
import type { PartSpec, SurveyPart } from '../src/analysis/survey/part.ts';
import { surveyOpened } from '../src/analysis/survey/survey-opened.ts';
import { runOnWorkers, type StartWorker, type Workers } from '../src/host/workers/pool.ts';
import { faultOf, type Reply, type Share, type ShareOptions } from '../src/host/workers/share.ts';
import { sharesOf as wholeShares } from '../src/host/workers/shares.ts';
import { work } from '../src/host/workers/work.ts';
import { nanoseconds, resolveConditions } from '../src/layout/where.ts';
import {
  AioscopeError,
  encode,
  type FormatOptions,
  openSource,
  type Progress,
  type ReadOptions,
  resolveSchema,
  type Summary,
} from '../src/node.ts';
import { blobRange } from '../src/stream/blob-source.ts';
import { Opened } from '../src/stream/open-source.ts';
import { runs } from './support/runs.ts';

const here: Workers['here'] = (share, onReply, signal) =>
  work(share as Share<Blob>, blobRange, onReply, signal);

/** Workers on this thread, whose messages are cloned as between threads. */
const startWorker: StartWorker = (share, onReply) => {
  const controller = new AbortController();
  here(share, (reply) => onReply(structuredClone(reply)), controller.signal);
  return () => controller.abort();
};

interface Sharing {
  readonly workers: number;
  readonly rangeRecords: number;
  readonly claimed: boolean;
}

/** What workers count of any bytes. */
const PARTS = [summaryPart(), reportPart({ check: 'linux' }), checkPart({ profile: 'linux' })];
const SUMMARY = PARTS.slice(0, 1);

function sharesOf(
  bytes: Uint8Array,
  options: ShareOptions,
  { workers, rangeRecords, claimed }: Sharing,
  parts: readonly PartSpec[] = SUMMARY,
): Share[] {
  const { kind = 'iocb', layout, endian } = options;
  const { stride } = resolveSchema({ kind, layout, endian });
  const ranges = Math.ceil(bytes.byteLength / (rangeRecords * stride));
  const ends = Array.from({ length: ranges }, (_, i) =>
    Math.min(bytes.byteLength, (i + 1) * rangeRecords * stride),
  );
  const claims = claimed ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  return Array.from({ length: workers }, (_, first) => ({
    origin: new Blob([new Uint8Array(bytes)]),
    name: 'dump',
    cut: {
      byteLength: bytes.byteLength,
      begin: 0,
      ends,
      first,
      step: workers,
      claims,
    },
    kernel: undefined,
    parts: parts.map(({ name, options, check }) => ({ name, options, check })),
    options,
  }));
}

/** Runs shares and joins what their parts found. */
async function run(
  shares: readonly Share[],
  start: StartWorker = startWorker,
  options: Pick<ReadOptions, 'signal' | 'onProgress'> = {},
) {
  const results: unknown[] = [];
  const take = (states: readonly unknown[]) => {
    for (const [i, state] of states.entries()) {
      const part: SurveyPart<unknown> = PARTS[i];
      results[i] = part.join(results[i], state);
    }
  };
  const workersReason = await runOnWorkers(shares, { start, here }, { ...options, take });
  return { results, workersReason };
}

/** What one thread finds. */
const whole = (bytes: Uint8Array, format: FormatOptions) =>
  openSource(bytes, format).then((opened) => surveyOpened(opened, PARTS, { name: 'dump' }));

/** How a worker begins: as it should, or not at all. */
const BEGINNINGS: readonly StartWorker[] = [
  startWorker,
  () => {
    throw new Error('bad day');
  },
  (_, onReply) => {
    onReply({ type: 'unable', reason: 'bad day' });
    return () => {};
  },
  // An error, and then its exit.
  (_, _onReply, onExit) => {
    setTimeout(() => onExit('bad day'));
    setTimeout(() => onExit('it exited with 1'), 1);
    return () => {};
  },
  // One that works on, although it was given up. Whatever it claims, nobody else reads.
  (share, onReply, onExit) => {
    onExit('bad day');
    return share.cut?.claims === undefined ? startWorker(share, onReply, onExit) : () => {};
  },
];

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
    const shares = (options: object) =>
      wholeShares(new Opened(source, schema), { parts: SUMMARY, options, workers: 2 });
    for (const options of [{ from: time }, { to: time }]) expect(shares(options)).toEqual([]);
    expect(shares({ from: time.replace('+', '') })).toHaveLength(2);
    // With a beginning that is known, each worker gets the same times.
    const [{ options }] = shares({ from: time, since: 7n });
    expect(options.clauses).toEqual(
      resolveConditions({ from: nanoseconds('from', time).ns + 7n }, schema),
    );
  },
);

describe.each([
  { kind: 'io_event', layout: 'record', endian: 'little' },
  { kind: 'iocb', layout: 'record', endian: 'big' },
  { kind: 'iocb', layout: 'ts:u64,comm:char5,record', endian: 'little' },
] as const)('%o', (format) => {
  test('any bytes, shared out in any way, have one result', async () => {
    const check = fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      sharing,
      async (drawn, how) => {
        const { results, workersReason } = await run(
          sharesOf(drawn, { ...format, name: 'dump' }, how, PARTS),
        );
        expect(JSON.stringify(results)).toBe(JSON.stringify(await whole(drawn, format)));
        expect(workersReason).toBe(null);
      },
    );
    await fc.assert(check, { seed: 7, numRuns: runs(25) });
  });

  test('whichever of them cannot begin', async () => {
    const check = fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      sharing,
      fc.array(fc.constantFrom(...BEGINNINGS), { minLength: 5, maxLength: 5 }),
      async (drawn, how, beginnings) => {
        const shares = sharesOf(drawn, { ...format, name: 'dump' }, how, PARTS);
        const start: StartWorker = (share, ...rest) =>
          beginnings[share.cut?.first ?? 0](share, ...rest);
        const { results, workersReason } = await run(shares, start);
        expect(JSON.stringify(results)).toBe(JSON.stringify(await whole(drawn, format)));
        const allBegan = beginnings.slice(0, how.workers).every((begin) => begin === startWorker);
        // A worker may be given up only after all is read.
        expect(allBegan ? [null] : [null, 'bad day']).toContain(workersReason);
      },
    );
    await fc.assert(check, { seed: 7, numRuns: runs(25) });
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
  const onProgress = (progress: Progress) => told.push(progress);
  await run(shares, startWorker, { onProgress });
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
    await expect(run(shares, strange)).rejects.toEqual(fault);
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
    await expect(run(shares, strange)).rejects.toMatchObject({
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
    const { signal } = controller;
    await expect(run(shares, strange, { signal })).rejects.toBe(reason);
    expect(dismissed).toEqual([0, 1]);
  });

  test('a range that it took and did not report is an error, not a smaller result', async () => {
    const claimed = sharesOf(bytes, EVENTS, { workers: 2, rangeRecords: 250, claimed: true });
    const start: StartWorker = (share, onReply, onExit) => {
      if (share.cut?.first === 0) return startWorker(share, onReply, onExit);
      Atomics.add(share.cut?.claims ?? new Int32Array(1), 0, 1);
      onExit('its thread exited with 9');
      return () => {};
    };
    await expect(run(claimed, start)).rejects.toMatchObject({
      code: 'AIOSCOPE_WORKER',
      message: expect.stringContaining('dump: a range was not read: '),
    });
  });

  test('one that never begins is not waited for if the others have read all', async () => {
    const claimed = sharesOf(bytes, EVENTS, { workers: 2, rangeRecords: 250, claimed: true });
    const start: StartWorker = (share, ...rest) =>
      share.cut?.first === 0 ? startWorker(share, ...rest) : () => {};
    const { results, workersReason } = await run(claimed, start);
    expect((results[0] as Summary).toJSON().io_event?.records).toBe(1000);
    expect(workersReason).toBe(null);
  });
});
