// Does a load end while its source is silent, and say which side failed?
import { expect, test, vi } from 'vitest';
import { ChunkedSlices } from '../src/clickhouse/chunked-slices.ts';
import { SilenceTimer, withSourceError } from '../src/clickhouse/silence.ts';

const never = new Promise<never>(() => {});
const slice = { chunk: 0, from: 0, to: 1, batch: Object(), indexOf: (i: number) => i };

/** One slice, and then silence. */
async function* stalled() {
  yield slice;
  await never;
}

test.each(['signal', 'fail'] as const)('%s ends a read that waits', async (way) => {
  const controller = new AbortController();
  const slices = new ChunkedSlices(stalled(), controller.signal);
  expect(await slices.next()).toBe(0);
  const reading = (async () => {
    for await (const _ of slices.current());
  })();
  const reason = new Error('stopped');
  if (way === 'signal') controller.abort(reason);
  else slices.fail(reason);
  await expect(reading).rejects.toBe(reason);
  await expect(slices.next()).rejects.toBe(reason);
  await slices.close();
});

test('a source that is closed between two reads', async () => {
  let isClosed = false;
  const slices = new ChunkedSlices(
    (async function* () {
      try {
        yield slice;
      } finally {
        isClosed = true;
      }
    })(),
  );
  await slices.next();
  await slices.close();
  expect(isClosed).toBe(true);
});

test('an error of the reader is not that of the source', async () => {
  const errors: unknown[] = [];
  const timer = new SilenceTimer(1000);
  const bytes = withSourceError(
    (async function* () {
      yield new Uint8Array(8);
      throw new Error('of the source');
    })(),
    timer,
    (error) => errors.push(error),
  );
  await bytes.next();
  await expect(bytes.throw(new Error('of the reader'))).rejects.toThrow('of the reader');
  expect(errors).toEqual([]);
  timer.close();
});

test('only the node has a time limit', async () => {
  vi.useFakeTimers();
  try {
    const timer = new SilenceTimer(1000);
    let give = (_: Uint8Array) => {};
    const bytes = withSourceError(
      (async function* () {
        yield await new Promise<Uint8Array>((resolve) => {
          give = resolve;
        });
      })(),
      timer,
      () => {},
    );
    const first = bytes.next();
    await vi.advanceTimersByTimeAsync(5000);
    expect([timer.signal.aborted, timer.pausedMs]).toEqual([false, 5000]);
    give(new Uint8Array(8));
    await first;
    await vi.advanceTimersByTimeAsync(999);
    expect([timer.signal.aborted, timer.pausedMs]).toEqual([false, 0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(timer.signal.aborted).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});
