// Is a File summarized where there are no web workers, and by how many where there are many cores?
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openAsBlob,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { summarizeInWorker } from '../../src/browser.ts';
import { encode, summarize } from '../../src/node.ts';
import { workersOf } from '../../src/stream/options.ts';

const records = encode([{ data: 7n, res: -5n }], { kind: 'io_event' });
const OPTIONS = { kind: 'io_event', name: 'dump' } as const;

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([1, 1000])('the calling thread counts a short one, with %i cores', async (cores) => {
  vi.stubGlobal('navigator', { hardwareConcurrency: cores });
  const summary = (await summarize(records, OPTIONS)).toJSON();
  expect(await summarizeInWorker(new Blob([new Uint8Array(records)]), OPTIONS)).toEqual({
    summary,
    engineReason: null,
    workersReason: 'web workers are not available here',
  });
});

test('the calling thread counts the shares of all workers of a long one', async () => {
  const SIZE = 300 * 2 ** 20;
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-fallback-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'dump');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, SIZE);
  for (const at of [0, 2 ** 26 - 32, 2 ** 26, SIZE - 32]) writeSync(fd, records, 0, 32, at);
  closeSync(fd);
  vi.stubGlobal('navigator', { hardwareConcurrency: 1000 });
  const { summary, workersReason } = await summarizeInWorker(await openAsBlob(path), OPTIONS);
  expect(summary).toEqual((await summarize(path, { ...OPTIONS, workers: 1 })).toJSON());
  expect(workersReason).toBe('web workers are not available here');
});

test('by default there are as many workers as cores, but no more than may be asked for', () => {
  expect([0, 1, 8, 256, 257, 1000].map((cores) => workersOf(undefined, cores))).toEqual([
    1, 1, 8, 256, 256, 256,
  ]);
  expect(workersOf(3, 1000)).toBe(3);
  expect(() => workersOf(257, 1000)).toThrow('workers is 257');
});
