// Does a damaged zstd stream without a checksum ever pass for the original, or for records it does not hold?
import { describe, expect, test } from 'vitest';
import { InflatedSource } from '../src/stream/compression.ts';
import { WEB_INFLATERS } from '../src/stream/host.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import { ACCEPTED, DAMAGED, damaged, digestOf, STREAMS } from './support/zstd-damage.ts';

interface Outcome {
  readonly content: Uint8Array;
  /** The message of the error after it; undefined if there was none. */
  readonly error: string | undefined;
}

async function inflated(packed: Uint8Array): Promise<Outcome> {
  const source = new InflatedSource(memorySource(packed), 'zstd', WEB_INFLATERS);
  const parts: Uint8Array[] = [];
  let error: string | undefined;
  try {
    for (;;) {
      const target = new Uint8Array(65536);
      const read = await source.read(target);
      if (read === 0) break;
      parts.push(target.subarray(0, read));
    }
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
    error = (thrown as Error).message;
  }
  return { content: new Uint8Array(Buffer.concat(parts)), error };
}

test('what the reference decoder refuses is refused; what it accepts decodes to the same', async () => {
  const originals = new Map<Uint8Array, string>();
  for (const stream of STREAMS) {
    const { content, error } = await inflated(stream);
    expect(error).toBeUndefined();
    originals.set(stream, digestOf(content));
  }
  const wrong: string[] = [];
  let refused = 0;
  for (let i = 0; i < DAMAGED; i++) {
    const { original, bytes } = damaged(i);
    const { content, error } = await inflated(bytes);
    if (error !== undefined) refused += 1;
    else if (ACCEPTED.get(i) !== digestOf(content) && originals.get(original) !== digestOf(content))
      wrong.push(`${i}: ${content.byteLength} bytes, zstd: ${ACCEPTED.get(i)}`);
  }
  expect(wrong).toEqual([]);
  expect({ refused, accepted: ACCEPTED.size }).toEqual({ refused: 1254, accepted: 277 });
}, 60_000);

/** A frame: its descriptor, the rest of its header, blocks (header and content), and the rest. */
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const block = (type: number, size: number, content: readonly number[], isLast = 1) => {
  const header = (size << 3) | (type << 1) | isLast;
  return [header & 255, (header >>> 8) & 255, header >>> 16, ...content];
};
const raw = (...content: number[]) => block(0, content.length, content);

describe('each rule of the structure', () => {
  test.each([
    ['content shorter than its size', [0x20, 5, ...raw(1, 2, 3)], '3 bytes in a frame, expected 5'],
    ['content longer than its size', [0x20, 2, ...raw(1, 2)], undefined],
    [
      'a second block beyond the size',
      [0x20, 2, ...block(0, 2, [1, 2], 0), ...raw(3)],
      '3 bytes in a frame, expected 2',
    ],
    ['a size of two bytes, which begins at 256', [0x60, 0, 0, ...block(1, 256, [7])], undefined],
    ['a reserved bit', [0x28, 1, ...raw(1)], 'a reserved bit of the frame header is set'],
    ['a reserved block', [0x20, 1, ...block(3, 1, [1])], 'a block has the reserved type'],
    [
      'a block larger than the window',
      [0x20, 1, ...raw(1, 2)],
      'a block of 2 bytes, expected at most 1',
    ],
    [
      'a dictionary',
      [0x21, 9, 1, ...raw(1)],
      'it needs dictionary 9, and dictionaries cannot be given',
    ],
    ['dictionary 0, which means no dictionary', [0x21, 0, 1, ...raw(1)], undefined],
    ['no last block', [0x20, 1, ...block(0, 1, [1], 0)], 'unexpected end of file'],
    [
      'bytes after the frame',
      [0x20, 1, ...raw(1), 1, 2, 3, 4],
      'the bytes after a frame are not a frame',
    ],
    ['an empty compressed block', [0x20, 1, ...block(2, 0, [])], 'a compressed block is empty'],
    ['a window of 4 GiB', [0x00, 0xb0, ...raw(1)], 'a window of 4294967296 bytes is larger than'],
  ])('%s', async (_, frame, message) => {
    const { error } = await inflated(Uint8Array.from([...MAGIC, ...frame]));
    if (message === undefined) expect(error).toBeUndefined();
    else expect(error).toContain(message);
  });
});
