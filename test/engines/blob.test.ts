// Is a Blob or File read like its bytes, slice by slice, and does each of its faults have a code?
import { describe, expect, test } from 'vitest';
import { open, type Progress, summarize } from '../../src/index.ts';
import { differsAt, outcomeOf, randomBytes, resOf, soon } from '../support/events.ts';

const kind = 'io_event';
const MIB = 2 ** 20;

/** A blob whose stream cannot read into a buffer, as in browsers that have no byte streams. */
class SlicedBlob extends Blob {
  slices = 0;
  override stream(): ReturnType<Blob['stream']> {
    return new ReadableStream() as ReturnType<Blob['stream']>;
  }
  override slice(...range: [number?, number?]): Blob {
    this.slices += 1;
    return super.slice(...range);
  }
}

/** A blob whose size is `lost` bytes too large: a file truncated after it was selected. */
const cut = (Base: typeof Blob, bytes: Uint8Array<ArrayBuffer>, lost: number): Blob =>
  Object.defineProperty(new Base([bytes]), 'size', { value: bytes.byteLength + lost });

/** A blob whose bytes from `at` on cannot be read. */
class FailingBlob extends SlicedBlob {
  at = 0;
  override slice(begin = 0, end = this.size): Blob {
    const part = super.slice(begin, Math.min(end, Math.max(begin, this.at)));
    if (begin >= this.at)
      part.arrayBuffer = () =>
        Promise.reject(new DOMException('the disk is gone', 'NotReadableError'));
    return part;
  }
}

const bytesOf = (byteLength: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(randomBytes(byteLength));

describe.each([
  ['read into one buffer', Blob],
  ['read by slices', SlicedBlob],
])('a Blob %s', (_, Base) => {
  // Around a record, the 1 MiB of reader and stream, and a slice of 8 MiB.
  test.each([
    0,
    1,
    31,
    32,
    33,
    1000,
    MIB - 1,
    MIB,
    MIB + 1,
    3 * MIB + 77,
    8 * MIB - 1,
    8 * MIB,
    8 * MIB + 33,
  ])('of %i bytes', async (size) => {
    const bytes = bytesOf(size);
    const reader = open(new Base([bytes]), { kind, batchSize: 1000 });
    const { res, error } = await outcomeOf(reader);
    expect(error).toBeUndefined();
    expect(differsAt(res, resOf(bytes))).toBe(-1);
    expect(reader.quality).toMatchObject({
      bytes: size,
      records: Math.floor(size / 32),
      tornBytes: size % 32,
    });
  });

  test('is summarized like its bytes, with progress of a known whole', async () => {
    const bytes = bytesOf(2 * MIB + 40);
    const seen: Progress[] = [];
    const { inputs, ...json } = (
      await summarize(new Base([bytes]), { kind, onProgress: (progress) => seen.push(progress) })
    ).toJSON();
    const expected = (await summarize(bytes, { kind })).toJSON();
    expect({ ...json, inputs }).toEqual({
      ...expected,
      inputs: [{ ...expected.inputs[0], file: 'blob' }],
    });
    expect(seen.at(-1)).toEqual({
      bytes: bytes.byteLength,
      records: 65537,
      totalBytes: bytes.byteLength,
    });
  });

  test('a part of a blob is a blob', async () => {
    const bytes = bytesOf(100_000);
    const { res } = await outcomeOf(open(new Base([bytes]).slice(32 * 10, 32 * 500), { kind }));
    expect(res).toEqual(resOf(bytes.subarray(32 * 10, 32 * 500)));
  });

  test('that was truncated delivers every whole record before, then the offset where it ended', async () => {
    const bytes = bytesOf(32 * 1000 + 7);
    const { res, error } = await outcomeOf(open(cut(Base, bytes, 64), { kind, batchSize: 100 }));
    expect(differsAt(res, resOf(bytes))).toBe(-1);
    const message =
      'blob: ended at byte 32007, expected 32071 bytes; every whole record before that was read';
    expect(error).toMatchObject({ code: 'AIOSCOPE_SHRANK', byteOffset: 32007, message });
  });

  test('stops at an abort, before it and between batches', async () => {
    const blob = new Base([bytesOf(4 * MIB)]);
    const reason = new Error('enough');
    await expect(summarize(blob, { kind, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const reader = open(blob, { kind, signal: controller.signal })[Symbol.asyncIterator]();
    expect((await reader.next()).value?.length).toBe(8192);
    controller.abort(reason);
    await expect(
      soon(
        (async () => {
          for await (const _ of reader);
        })(),
      ),
    ).rejects.toBe(reason);
  });
});

test('a File goes by its name', async () => {
  const file = new Blob([bytesOf(64)]);
  const { inputs } = (
    await summarize(Object.assign(file, { name: 'dump.ioev' }), { kind })
  ).toJSON();
  expect(inputs[0].file).toBe('dump.ioev');
  expect(open(Object.assign(new Blob([]), { name: '' }), { kind }).sourceName).toBe('blob');
});

test('a slice that cannot be read is an error with its place, after every record before it', async () => {
  const bytes = bytesOf(9 * MIB);
  const blob = Object.assign(new FailingBlob([bytes]), { at: 8 * MIB });
  const { res, error } = await outcomeOf(open(blob, { kind }));
  expect(differsAt(res, resOf(bytes.subarray(0, 8 * MIB)))).toBe(-1);
  const message = `blob: reading failed at byte ${8 * MIB}: the disk is gone; every whole record before it was read`;
  expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: 8 * MIB, message });
});

/** A blob whose byte stream hands out 64 KiB at a time, and fails at `at`. */
class FailingStream extends Blob {
  at = 0;
  override slice(begin = 0): Blob {
    return Object.assign(new FailingStream([super.slice(begin)]), { at: this.at - begin });
  }
  override stream(): ReturnType<Blob['stream']> {
    let done = 0;
    const pull = async (controller: ReadableByteStreamController) => {
      const end = Math.min(done + 2 ** 16, this.at);
      if (done === end) return controller.error(new DOMException('it is gone', 'NotReadableError'));
      controller.enqueue(new Uint8Array(await super.slice(done, end).arrayBuffer()));
      done = end;
    };
    return new ReadableStream({ type: 'bytes', pull }) as ReturnType<Blob['stream']>;
  }
}

// A read that waits for more than the stream has discards what it has. Short blobs have no stream.
test.each([0, 64, 640 * 1024, MIB + 96 * 1024 + 7])(
  'every whole record before byte %i is read, where a stream fails',
  async (at) => {
    const bytes = bytesOf(9 * MIB);
    const blob = Object.assign(new FailingStream([bytes]), { at });
    const { res, error } = await outcomeOf(open(blob, { kind }));
    const whole = at - (at % 32);
    expect(differsAt(res, resOf(bytes.subarray(0, whole)))).toBe(-1);
    expect(res.length).toBe(whole / 32);
    expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: at });
  },
);

test('a slice is read once', async () => {
  const blob = new SlicedBlob([bytesOf(17 * MIB)]);
  await summarize(blob, { kind });
  expect(blob.slices).toBe(3);
});

test('a summary has the reason why auto did not choose the faster engine', async () => {
  for (const engine of ['wasm-simd', 'js'] as const) {
    expect(await summarize(new Blob([]), { kind, engine })).toMatchObject({
      engine,
      engineReason: null,
    });
  }
});
