// Does encode make the rings that decode reads, and refuse those that no kernel has?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from '../../src/index.ts';
import { eventOf } from '../support/ring-image.ts';

test('decode(encode(x)) is x, wherever the ring begins', () => {
  const ring = fc.record({
    nr: fc.integer({ min: 1, max: 300 }),
    head: fc.nat(1000),
    share: fc.nat(100),
    endian: fc.constantFrom('little', 'big'),
  });
  const check = fc.property(ring, ({ nr, head, share, endian }) => {
    const events = Array.from({ length: Math.floor(((nr - 1) * share) / 100) }, (_, i) =>
      eventOf(i),
    );
    const batch = decode(encode(events, { kind: 'aio_ring', endian, ring: { nr, head } }), {
      kind: 'aio_ring',
      endian,
    });
    expect([...batch]).toEqual(events);
    expect(batch.quality).toMatchObject({ bytes: 32 + nr * 32, tornBytes: 0 });
    expect(batch.ring).toMatchObject({ live: events.length, header: { nr, head } });
  });
  fc.assert(check, { seed: 15, numRuns: 300 });
});

test.each([
  [{ head: -1 }, 'ring.head is -1, expected a whole number from 0 to 4294967295'],
  [{ tail: 1.5 }, 'ring.tail is 1.5, expected a whole number from 0 to 4294967295'],
  [{ nr: 0 }, 'ring.nr is 0, expected a whole number from 1 to 4194304'],
  [{ header_length: 16 }, 'ring.header_length is 16, expected a whole number from 32 to 65536'],
  [{ id: 2 ** 32 }, 'ring.id is 4294967296, expected a whole number from 0 to 4294967295'],
])('a header that makes no sense is refused: %j', (ring, message) => {
  expect(() => encode([{}], { kind: 'aio_ring', ring })).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_RANGE', message }),
  );
});

test('a fresh ring fills whole pages', () => {
  const sizes = [0, 126, 127].map(
    (count) =>
      encode(
        Array.from({ length: count }, () => ({})),
        { kind: 'aio_ring' },
      ).byteLength,
  );
  expect(sizes).toEqual([4096, 4096, 8192]);
});

test('a ring takes one event fewer than it has slots', () => {
  const message =
    '4 live events and 4 in all do not fit a ring of 4 slots, which holds up to 3 live events and 4 in all; increase ring.nr';
  expect(() => encode([{}, {}, {}, {}], { kind: 'aio_ring', ring: { nr: 4 } })).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_RANGE', message }),
  );
  expect(
    decode(encode([{}, {}, {}], { kind: 'aio_ring', ring: { nr: 4 } }), { kind: 'aio_ring' })
      .length,
  ).toBe(3);
});
