// Are ring images decoded, live events in ring order and stale ones by age, whatever the header?
import { describe, expect, test } from 'vitest';
import { decode, encode, open, summarize } from '../../src/index.ts';
import { eventOf, type Image, image } from '../support/ring-image.ts';

/** Each image: the slots of its live events in order, and its header. */
const CASES: Record<
  string,
  { image: Image; slots: number[]; live: number; wraps: boolean; torn: number }
> = {
  'in the middle': {
    image: { nr: 8, head: 2, tail: 5 },
    slots: [2, 3, 4],
    live: 3,
    wraps: false,
    torn: 0,
  },
  'across the wrap': {
    image: { nr: 8, head: 6, tail: 3 },
    slots: [6, 7, 0, 1, 2],
    live: 5,
    wraps: true,
    torn: 0,
  },
  'up to the last slot': {
    image: { nr: 8, head: 5, tail: 0 },
    slots: [5, 6, 7],
    live: 3,
    wraps: true,
    torn: 0,
  },
  'empty at 0': { image: { nr: 8, head: 0, tail: 0 }, slots: [], live: 0, wraps: false, torn: 0 },
  'empty elsewhere': {
    image: { nr: 8, head: 5, tail: 5 },
    slots: [],
    live: 0,
    wraps: false,
    torn: 0,
  },
  full: {
    image: { nr: 8, head: 3, tail: 2 },
    slots: [3, 4, 5, 6, 7, 0, 1],
    live: 7,
    wraps: true,
    torn: 0,
  },
  'full from 0': {
    image: { nr: 8, head: 0, tail: 7 },
    slots: [0, 1, 2, 3, 4, 5, 6],
    live: 7,
    wraps: false,
    torn: 0,
  },
  // The kernel takes head 382 of a ring of 127 slots as 1.
  'head beyond nr': {
    image: { nr: 127, head: 382, tail: 4 },
    slots: [1, 2, 3],
    live: 3,
    wraps: false,
    torn: 0,
  },
  'head and tail beyond nr': {
    image: { nr: 8, head: 14, tail: 2 ** 32 - 8 },
    slots: [6, 7],
    live: 2,
    wraps: true,
    torn: 0,
  },
  'one slot': { image: { nr: 1, head: 0, tail: 0 }, slots: [], live: 0, wraps: false, torn: 0 },
  'a longer header': {
    image: { nr: 8, head: 6, tail: 1, headerLength: 64 },
    slots: [6, 7, 0],
    live: 3,
    wraps: true,
    torn: 0,
  },
  'a header of odd length': {
    image: { nr: 8, head: 6, tail: 1, headerLength: 77 },
    slots: [6, 7, 0],
    live: 3,
    wraps: true,
    torn: 0,
  },
  'big-endian': {
    image: { nr: 8, head: 6, tail: 3, endian: 'big' },
    slots: [6, 7, 0, 1, 2],
    live: 5,
    wraps: true,
    torn: 0,
  },
  'bytes that follow': {
    image: { nr: 8, head: 6, tail: 3, extra: 77 },
    slots: [6, 7, 0, 1, 2],
    live: 5,
    wraps: true,
    torn: 77,
  },
  'cut in the last slot': {
    image: { nr: 8, head: 6, tail: 3, cut: 1 },
    slots: [6, 0, 1, 2],
    live: 5,
    wraps: true,
    torn: 31,
  },
  'cut before the head': {
    image: { nr: 8, head: 6, tail: 3, cut: 4 * 32 },
    slots: [0, 1, 2],
    live: 5,
    wraps: true,
    torn: 0,
  },
  'cut within the live events': {
    image: { nr: 8, head: 2, tail: 6, cut: 3 * 32 + 10 },
    slots: [2, 3],
    live: 4,
    wraps: false,
    torn: 22,
  },
  'cut before the live events': {
    image: { nr: 8, head: 4, tail: 6, cut: 5 * 32 },
    slots: [],
    live: 2,
    wraps: false,
    torn: 0,
  },
  'the header alone': {
    image: { nr: 8, head: 6, tail: 3, cut: 8 * 32 },
    slots: [],
    live: 5,
    wraps: true,
    torn: 0,
  },
};

/** The slots of whole events that are not live, oldest first. */
function staleOf({ nr, head, cut = 0 }: Image, live: number): number[] {
  const present = nr - Math.ceil(cut / 32);
  return Array.from({ length: nr - live }, (_, i) => ((head % nr) + live + i) % nr).filter(
    (slot) => slot < present,
  );
}

const OFFSETS = (given: Image, slots: number[]) =>
  slots.map((slot) => (given.headerLength ?? 32) + slot * 32);

describe.each(Object.entries(CASES))(
  'a ring %s',
  (_, { image: given, slots: liveSlots, live, wraps, torn }) => {
    const stale = staleOf(given, live);
    const slots = [...liveSlots, ...stale];
    const missing = given.nr - (given.nr - Math.ceil((given.cut ?? 0) / 32));
    const state = {
      live,
      wraps,
      stale: stale.length,
      neverWritten: 0,
      ...(missing > 0 && { missing }),
    };
    const bytes = image(given);
    const { nr, head, tail, headerLength = 32, endian = 'little' } = given;
    const header = {
      id: 7,
      nr,
      head,
      tail,
      magic: 0xa10a10a1,
      compat_features: 1,
      incompat_features: 0,
      header_length: headerLength,
    };
    const quality = {
      bytes: bytes.byteLength,
      records: slots.length,
      tornBytes: torn,
      tornOffset: torn > 0 ? bytes.byteLength - torn : null,
    };

    test.each(['wasm-simd', 'js'] as const)('is decoded by %s', (engine) => {
      const batch = decode(bytes, { kind: 'aio_ring', endian, engine });
      expect([...batch]).toEqual(slots.map(eventOf));
      expect(batch.ring).toEqual({ header, ...state });
      expect(slots.map((_, i) => batch.slotOf(i))).toEqual(slots);
      expect(slots.map((_, i) => batch.stateOf(i))).toEqual(
        slots.map((_, i) => (i < liveSlots.length ? 'live' : 'stale')),
      );
      expect(batch.quality).toEqual(quality);
      expect(slots.map((_, i) => batch.offsetOf(i))).toEqual(OFFSETS(given, slots));
    });

    test('is read from a stream in small pieces and batches', async () => {
      for (const size of [1, 33, 1000]) {
        const chunks = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const reader = open(chunks, { kind: 'aio_ring', endian, batchSize: 2 });
        const events = [];
        const offsets = [];
        for await (const batch of reader) {
          events.push(...batch);
          for (let i = 0; i < batch.length; i++) offsets.push(batch.offsetOf(i));
        }
        expect(events).toEqual(slots.map(eventOf));
        expect(offsets).toEqual(OFFSETS(given, slots));
        expect(reader.ring).toEqual({ header, ...state });
        expect(reader.quality).toEqual(quality);
      }
    });

    test('is summarized: its live events, all of them, and its header', async () => {
      const { io_event, io_event_all, rings, inputs } = (
        await summarize(bytes, { kind: 'aio_ring', endian, name: 'ring' })
      ).toJSON();
      const counted = (of: number[]) => ({
        records: of.length,
        columns: { data: { sum: String(of.reduce((sum, slot) => sum + 100 + slot, 0)) } },
      });
      expect(io_event).toMatchObject(counted(liveSlots));
      expect(io_event_all).toMatchObject(counted(slots));
      expect(rings).toEqual([{ file: 'ring', header, ...state }]);
      const { bytes: read, tornBytes } = quality;
      expect(inputs).toEqual([
        {
          file: 'ring',
          kind: 'aio_ring',
          endian,
          layout: 'record',
          bytes: read,
          records: liveSlots.length,
          tornBytes,
        },
      ]);
    });
  },
);

test('slots that were never written are counted, but not as events', () => {
  const bytes = image({ nr: 8, head: 2, tail: 4 });
  bytes.fill(0, 32 + 4 * 32);
  const batch = decode(bytes, { kind: 'aio_ring' });
  expect([...batch]).toEqual([2, 3, 0, 1].map(eventOf));
  expect(batch.ring).toMatchObject({ live: 2, stale: 2, neverWritten: 4 });
  expect(encode(batch, { kind: 'aio_ring', ring: batch.ring?.header })).toEqual(bytes);
});

const whole = { nr: 8, head: 6, tail: 3 };
const poked = (at: number, value: number): Uint8Array => {
  const bytes = image(whole);
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
};
test.each([
  [
    'little',
    0,
    new Uint8Array(0),
    'aio_ring: memory: 0 bytes are too few for a ring image: its header has 32',
  ],
  [
    'little',
    31,
    image(whole).subarray(0, 31),
    'aio_ring: memory: 31 bytes are too few for a ring image: its header has 32',
  ],
  [
    'little',
    0,
    new Uint8Array(4096),
    'aio_ring: memory: not a ring image: the header is all zeros, like the page that gVisor maps instead of a ring',
  ],
  [
    'big',
    16,
    image(whole),
    'aio_ring: memory: magic at byte 16 is 0xa1100aa1, expected 0xa10a10a1; it has the other byte order: give endian',
  ],
  [
    'little',
    16,
    poked(16, 5),
    'aio_ring: memory: magic at byte 16 is 0x00000005, expected 0xa10a10a1; not a ring image, or not its beginning',
  ],
  ['little', 4, poked(4, 0), 'aio_ring: memory: nr at byte 4 is 0, expected the number of slots'],
  [
    'little',
    4,
    poked(4, 2 ** 22 + 1),
    'aio_ring: memory: nr at byte 4 is 4194305, expected at most 4194304 slots',
  ],
  ['little', 28, poked(28, 31), 'aio_ring: memory: header_length at byte 28 is 31, expected 32'],
] as const)('refuses %# as %s-endian at byte %i', async (endian, byteOffset, bytes, message) => {
  const error = expect.objectContaining({ code: 'AIOSCOPE_RING', message, byteOffset });
  expect(() => decode(bytes, { kind: 'aio_ring', endian })).toThrow(error);
  await expect(
    open(bytes, { kind: 'aio_ring', endian })[Symbol.asyncIterator]().next(),
  ).rejects.toThrow(error);
});
