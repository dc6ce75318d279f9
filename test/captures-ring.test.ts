// Does every ring image give the header, the live and stale events and their slots that its ground truth says?
import { describe, expect, test } from 'vitest';
import { decode, encode, type IOEvent, open, type RecordBatch, summarize } from '../src/node.ts';
import { bytesOf, chunked, type RingTruth, rings, truthOf } from './support/captures.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
const kind = 'aio_ring';

interface Found {
  readonly slot: number | undefined;
  readonly offset: number;
  readonly state: string | undefined;
  readonly event: IOEvent;
}

/** The events of a batch; of stale ones those that the ground truth lists, which is not all where there are many. */
const eventsOf = (
  batch: RecordBatch<'io_event'>,
  { stale_events_in_slot_order: listed }: RingTruth,
): Found[] =>
  Array.from({ length: batch.length }, (_, i) => ({
    slot: batch.slotOf(i),
    offset: batch.offsetOf(i),
    state: batch.stateOf(i),
    event: batch.at(i) as IOEvent,
  })).filter(({ state, slot }) => state === 'live' || listed.some((event) => event.slot === slot));

/** The events as the ground truth has them: the live ones in order, then the stale ones from the tail on. */
function expected({
  header,
  unreaped_events_in_order,
  stale_events_in_slot_order,
}: RingTruth): Found[] {
  const age = (slot: number) => (slot - header.tail + header.nr) % header.nr;
  const found = (events: typeof unreaped_events_in_order, state: string): Found[] =>
    events.map(({ slot, data, obj, res, res2 }) => ({
      slot,
      offset: header.header_length + 32 * slot,
      state,
      event: { data: BigInt(data), obj: BigInt(obj), res: BigInt(res), res2: BigInt(res2) },
    }));
  const stale = [...stale_events_in_slot_order].sort((a, b) => age(a.slot) - age(b.slot));
  return [...found(unreaped_events_in_order, 'live'), ...found(stale, 'stale')];
}

const stateOf = ({ header, unreaped, wraps, stale_slots, never_used_slots }: RingTruth) => ({
  header,
  live: unreaped,
  wraps,
  stale: stale_slots,
  neverWritten: never_used_slots,
});

test('there are rings, some whose live events wrap and some whose do not', () => {
  const truths = rings.map(({ truthPath }) => truthOf<RingTruth>(truthPath));
  expect(truths.some(({ wraps, unreaped }) => wraps && unreaped > 1)).toBe(true);
  expect(truths.some(({ wraps, unreaped }) => !wraps && unreaped > 1)).toBe(true);
});

describe.each(ENGINES)('%s', (engine) => {
  test.each(rings)('$label in memory', ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    const bytes = bytesOf(path);
    const batch = decode(bytes, { kind, engine });
    expect(batch.ring).toEqual(stateOf(truth));
    expect(eventsOf(batch, truth)).toEqual(expected(truth));
    expect(batch.quality).toEqual({
      bytes: bytes.byteLength,
      records: truth.unreaped + truth.stale_slots,
      tornBytes: 0,
      tornOffset: null,
    });
  });

  // Batches of 7 records end on neither side of the wrap.
  test.each(rings)(
    '$label in batches of 7, from its path and in pieces',
    async ({ path, truthPath }) => {
      const truth = truthOf<RingTruth>(truthPath);
      for (const source of [chunked(bytesOf(path)), ...(path.endsWith('.gz') ? [] : [path])]) {
        const reader = open(source, { kind, engine, batchSize: 7 });
        const live: Found[] = [];
        for await (const batch of reader) live.push(...eventsOf(batch, truth));
        expect(live).toEqual(expected(truth));
        expect(reader.ring).toEqual(stateOf(truth));
      }
    },
  );

  test.each(rings)('$label summarized', async ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    const bytes = bytesOf(path);
    const {
      rings: found,
      io_event,
      io_event_all,
      inputs,
    } = (await summarize(bytes, { kind, engine, name: 'ring' })).toJSON();
    expect(found).toEqual([{ file: 'ring', ...stateOf(truth) }]);
    expect(inputs).toEqual([
      {
        file: 'ring',
        kind,
        endian: 'little',
        layout: 'record',
        bytes: bytes.byteLength,
        records: truth.unreaped,
        tornBytes: 0,
      },
    ]);
    const res = truth.unreaped_events_in_order.map((event) => BigInt(event.res));
    expect(io_event?.records).toBe(truth.unreaped);
    expect(io_event_all?.records).toBe(truth.unreaped + truth.stale_slots);
    expect(io_event?.columns.res.sum).toBe(`${res.reduce((sum, value) => sum + value, 0n)}`);
    expect(io_event?.failed).toBe(res.filter((value) => value < 0n).length);
  });

  test.each(rings)('$label encoded again, in either byte order', ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    for (const endian of ['little', 'big'] as const) {
      const image = encode(decode(bytesOf(path), { kind, engine }), {
        kind,
        endian,
        ring: truth.header,
      });
      const batch = decode(image, { kind, engine, endian });
      expect(batch.ring).toEqual(stateOf(truth));
      expect(eventsOf(batch, truth)).toEqual(expected(truth));
    }
  });
});
