// Are rings found anywhere in a memory image, and is nothing else taken for one?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AIORingSize, aioRing } from '../src/abi/index.ts';
import {
  type AIORing,
  type ByteSource,
  decode,
  encode,
  type FoundRing,
  findRings,
  type Source,
} from '../src/node.ts';
import { bytesOf, chunked, type RingTruth, rings, truthOf } from './support/captures.ts';
import { printed } from './support/cli.ts';
import { random } from './support/random.ts';

async function found(source: Source): Promise<{ rings: FoundRing[]; searched: number }> {
  const search = findRings(source);
  const rings: FoundRing[] = [];
  for (let step = await search.next(); ; step = await search.next()) {
    if (step.done) return { rings, searched: step.value };
    rings.push(step.value);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

const noise = (bytes: number, seed: number): Uint8Array => random(seed).bytes(bytes);
const magic = (count: number): Uint8Array =>
  Uint8Array.from({ length: 4 * count }, (_, i) => [0xa1, 0x10, 0x0a, 0xa1][i % 4]);

test.each(rings)('$label between noise and stray magics', async ({ path, truthPath }) => {
  const ring = bytesOf(path);
  const { header, unreaped, wraps, stale_slots, never_used_slots } = truthOf<RingTruth>(truthPath);
  const before = joined(noise(4096 * 3, 1), magic(100));
  const image = joined(before, ring, magic(3), ring, noise(1000, 2));
  const expected = {
    endian: 'little',
    bytes: ring.byteLength,
    header,
    live: unreaped,
    wraps,
    stale: stale_slots,
    neverWritten: never_used_slots,
  };
  const offsets = [before.byteLength, before.byteLength + ring.byteLength + 12];
  for (const source of [image, chunked(image)]) {
    expect(await found(source)).toEqual({
      rings: offsets.map((offset) => ({ offset, ...expected })),
      searched: image.byteLength,
    });
  }
});

// The search reads 4 MiB at a time: a ring may be on either side of a boundary, or across it.
test.each([
  2 ** 22 - 8192,
  2 ** 22 - 4096,
  2 ** 22 - 32,
  2 ** 22 - 16,
  2 ** 22 - 4,
  2 ** 22,
  2 ** 23 - 20,
  2 ** 23 + 4,
])('a ring at byte %i', async (offset) => {
  const ring = encode([{ data: 1n, obj: 2n }], { kind: 'aio_ring', ring: { id: 9 } });
  const image = joined(new Uint8Array(offset), ring, new Uint8Array(5000));
  const { rings: all } = await found(image);
  expect(all.map((each) => [each.offset, each.header.id, each.live])).toEqual([[offset, 9, 1]]);
});

test('a ring of the other byte order, and one that the end cuts off', async () => {
  const events = Array.from({ length: 200 }, (_, i) => ({ data: BigInt(i), obj: 8n }));
  const big = encode(events, { kind: 'aio_ring', endian: 'big' });
  const cut = encode(events, { kind: 'aio_ring' }).subarray(0, 32 + 32 * 150 + 7);
  const { rings: all } = await found(joined(big, cut));
  expect(all.map(({ endian, live, missing }) => [endian, live, missing])).toEqual([
    ['big', 200, undefined],
    ['little', 200, 255 - 150],
  ]);
});

describe('headers that no kernel writes are passed over', () => {
  const offsetOf = (name: keyof AIORing): number =>
    aioRing.fields.find((field) => field.name === name)?.offset ?? 0;
  test.each([
    ['nr', 128],
    ['nr', 0],
    ['tail', 127],
    ['compat_features', 0],
    ['incompat_features', 1],
    ['header_length', 64],
  ] as const)('%s %i', async (name, value) => {
    const ring = encode([{ obj: 1n }], { kind: 'aio_ring' });
    expect((await found(ring)).rings.length).toBe(1);
    new DataView(ring.buffer).setUint32(offsetOf(name), value, true);
    expect((await found(ring)).rings).toEqual([]);
  });
});

test('what is found decodes to the same events', async () => {
  const parts = fc.array(fc.record({ gap: fc.nat(3000), events: fc.nat(300), head: fc.nat(126) }), {
    minLength: 1,
    maxLength: 5,
  });
  const check = fc.asyncProperty(parts, async (layout) => {
    const made = layout.map(({ gap, events, head }, i) => {
      const ring = encode(
        Array.from({ length: events }, (_, n) => ({ data: BigInt(n), obj: BigInt(i + 1) })),
        { kind: 'aio_ring', ring: { head } },
      );
      return { gap: noise(4 * gap, i), ring };
    });
    const image = joined(...made.flatMap(({ gap, ring }) => [gap, ring]));
    const { rings: all } = await found(image);
    expect(all.length).toBe(made.length);
    for (const [i, { offset, bytes }] of all.entries()) {
      expect([...decode(image.subarray(offset, offset + bytes), { kind: 'aio_ring' })]).toEqual([
        ...decode(made[i].ring, { kind: 'aio_ring' }),
      ]);
    }
  });
  await fc.assert(check, { seed: 5, numRuns: 60 });
});

describe('an image of 2.3 GiB', () => {
  const GIB = 2 ** 30;
  const ring = encode([{ data: 1n, obj: 2n }], { kind: 'aio_ring', ring: { id: 9 } });
  const size = 4 * Math.floor(0.575 * GIB);

  /** Zeros with rings in them, and the largest memory that they were read into. */
  function image(offsets: readonly number[], failsAt = Number.POSITIVE_INFINITY) {
    const state = { largest: 0 };
    let position = 0;
    const source: ByteSource = {
      name: 'image',
      byteLength: size,
      read(target) {
        if (position >= failsAt) throw new Error('disk on fire');
        state.largest = Math.max(state.largest, target.buffer.byteLength);
        // A search that keeps everything takes minutes.
        if (state.largest > 2 ** 25) throw new RangeError('the window grows');
        const read = Math.min(target.byteLength, size - position, failsAt - position);
        target.fill(0);
        for (const offset of offsets) {
          const from = Math.max(0, position - offset);
          const part = ring.subarray(from, Math.max(from, position + read - offset));
          if (part.byteLength > 0) target.set(part, offset + from - position);
        }
        position += read;
        return read;
      },
      close() {},
    };
    return { state, source };
  }

  test('is searched in one window, and its rings are found', async () => {
    const offsets = [4096, 2 * GIB - 4096, 2 * GIB + 12, size - ring.byteLength];
    const { state, source } = image(offsets);
    const { rings: all, searched } = await found(source);
    expect(all.map(({ offset }) => offset)).toEqual(offsets);
    expect({ searched, isSmall: state.largest <= 2 ** 24 }).toEqual({
      searched: size,
      isSmall: true,
    });
  });

  test('that fails has a coded error with its place', async () => {
    const { source } = image([], GIB / 8);
    await expect(found(source)).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      byteOffset: GIB / 8,
      message: expect.stringContaining(`image: reading failed at byte ${GIB / 8}: disk on fire`),
    });
  });
});

test('nothing is found in noise, text or a header alone', async () => {
  expect((await found(noise(2 ** 20, 3))).rings).toEqual([]);
  expect((await found(new Uint8Array(AIORingSize - 1))).rings).toEqual([]);
  expect(await found(new Uint8Array(0))).toEqual({ rings: [], searched: 0 });
});

test('the command lists each ring with its offset, and as JSON', async () => {
  const [{ path }] = rings.filter((each) => each.path.endsWith('wrap.ring'));
  expect(JSON.parse(printed(['rings', '--json', path])).rings).toEqual([
    { file: path, ...(await found(bytesOf(path))).rings[0] },
  ]);
  const text = printed(['rings', path]);
  expect(text).toContain('1 ring in');
  expect(text).toContain('tail -c +1 ');
});
