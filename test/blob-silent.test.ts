// Is a blob read to its end where the byte stream of a browser falls silent?
import { expect, onTestFinished, test, vi } from 'vitest';
import { blobSource } from '../src/stream/blob-source.ts';

const MIB = 2 ** 20;

/** A blob whose byte stream answers so many reads, and then none. */
function silentAfter(reads: number, bytes: Uint8Array<ArrayBuffer>): Blob {
  const blob = new Blob([bytes]);
  let at = 0;
  let left = reads;
  const stream = () =>
    new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const view = controller.byobRequest?.view;
        if (left === 0 || !(view instanceof Uint8Array)) return new Promise<void>(() => {});
        left -= 1;
        const length = Math.min(view.byteLength, bytes.byteLength - at);
        view.set(bytes.subarray(at, at + length));
        at += length;
        (controller.byobRequest as ReadableStreamBYOBRequest).respond(length);
        return undefined;
      },
    });
  return Object.assign(blob, { stream });
}

test.each([0, 1, 5])('after %i reads, the rest is read in slices', async (reads) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const bytes = Uint8Array.from({ length: 9 * MIB + 7 }, (_, i) => (i * 2654435761) >>> 24);
  const source = blobSource(silentAfter(reads, bytes));
  const found = new Uint8Array(bytes.length);
  for (let at = 0, read = 1; read > 0; at += read) {
    const reading = source.read(found.subarray(at, at + MIB));
    await vi.advanceTimersByTimeAsync(5000);
    read = await reading;
  }
  expect(Buffer.from(found).equals(Buffer.from(bytes))).toBe(true);
  await source.close();
});
