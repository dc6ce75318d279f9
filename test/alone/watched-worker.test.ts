// Is a worker that falls silent started again for what it has not done, with the same results and progress that never falls?
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWatched } from '../../src/host/browser/watched-worker.ts';
import type { Reply, Share } from '../../src/host/workers/share.ts';

const SHARE = {
  cut: { byteLength: 80, begin: 0, ends: [10, 20, 30, 40, 50, 60, 70, 80], first: 1, step: 2 },
} as unknown as Share;
const SILENT_MS = 1000;

/** Workers that do as a test says: each gets its share and a function to reply. */
function watched() {
  const started: { share: Share; reply: (reply: Reply) => void; exit(reason: string): void }[] = [];
  const stopped: number[] = [];
  const replies: Reply[] = [];
  const exits: string[] = [];
  const stop = startWatched(
    (share, onReply, onExit) => {
      const number = started.push({ share, reply: onReply, exit: onExit });
      return () => stopped.push(number);
    },
    SHARE,
    (reply) => replies.push(reply),
    (reason) => exits.push(reason),
    SILENT_MS,
  );
  return { started, stopped, replies, exits, stop };
}

const progress = (bytes: number): Reply => ({
  type: 'progress',
  progress: { bytes, records: bytes / 2, totalBytes: 80 },
});
const found = (index: number): Reply => ({ type: 'found', index, states: [] });
const bytesIn = (replies: readonly Reply[]) =>
  replies.flatMap((reply) => (reply.type === 'progress' ? [reply.progress.bytes] : []));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a worker that reports in time is left alone', () => {
  const { started, exits, replies } = watched();
  const [{ reply }] = started;
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(SILENT_MS - 1);
    reply(progress(i));
  }
  reply({ type: 'done' });
  vi.advanceTimersByTime(10 * SILENT_MS);
  expect([started.length, exits, replies.at(-1)]).toEqual([1, [], { type: 'done' }]);
});

test('a silent worker is ended, and another begins with the range that was not finished', () => {
  const { started, stopped, replies, exits } = watched();
  started[0].reply(progress(10));
  started[0].reply(found(1));
  started[0].reply(progress(15));
  vi.advanceTimersByTime(SILENT_MS);
  expect([started.length, stopped]).toEqual([2, [1]]);
  expect(started[1].share.cut?.first).toBe(3);
  started[1].reply(progress(8));
  started[1].reply(found(3));
  started[1].reply({ type: 'done' });
  expect(bytesIn(replies)).toEqual([10, 15, 18]);
  expect(replies.filter(({ type }) => type === 'found')).toEqual([found(1), found(3)]);
  expect(exits).toEqual([]);
});

test('a worker that is silent again and again is given up, with the reason', () => {
  const { started, exits } = watched();
  for (let i = 0; i < 5; i++) vi.advanceTimersByTime(SILENT_MS);
  expect(started).toHaveLength(3);
  expect(exits).toEqual(['the worker was silent for 1 s']);
});

test('a worker that exits or is stopped is not started again', () => {
  const first = watched();
  first.started[0].exit('it died');
  vi.advanceTimersByTime(5 * SILENT_MS);
  expect([first.started.length, first.exits]).toEqual([1, ['it died']]);
  const second = watched();
  second.stop();
  vi.advanceTimersByTime(5 * SILENT_MS);
  expect([second.started.length, second.stopped]).toEqual([1, [1]]);
});
