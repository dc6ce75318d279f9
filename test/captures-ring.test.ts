// Does every ring image give the header, the live events and their slots that its ground truth says?
import { describe, expect, test } from 'vitest';
import { decode, encode, type IOEvent, open, type RecordBatch, summarize } from '../src/node.ts';
import { bytesOf, chunked, type RingTruth, rings, truthOf } from './support/captures.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
const kind = 'aio_ring';

interface Live {
  readonly offset: number;
  readonly event: IOEvent;
}

const liveOf = (batch: RecordBatch<'io_event'>): Live[] => Array.from({ length: batch.length }, (_, i) => ({ offset: batch.offsetOf(i), event: batch.at(i) as IOEvent }));

/** The live events as the ground truth has them. */
const expected = ({ header, unreaped_events_in_order }: RingTruth): Live[] =>
  unreaped_events_in_order.map(({ slot, data, obj, res, res2 }) => ({
    offset: header.header_length + 32 * slot,
    event: { data: BigInt(data), obj: BigInt(obj), res: BigInt(res), res2: BigInt(res2) },
  }));

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
    expect(batch.ring).toEqual({ header: truth.header, live: truth.unreaped, wraps: truth.wraps });
    expect(liveOf(batch)).toEqual(expected(truth));
    expect(batch.quality).toEqual({ bytes: bytes.byteLength, records: truth.unreaped, tornBytes: 0, tornOffset: null });
  });

  // Batches of 7 records end on neither side of the wrap.
  test.each(rings)('$label in batches of 7, from its path and in pieces', async ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    for (const source of [chunked(bytesOf(path)), ...(path.endsWith('.gz') ? [] : [path])]) {
      const reader = open(source, { kind, engine, batchSize: 7 });
      const live: Live[] = [];
      for await (const batch of reader) live.push(...liveOf(batch));
      expect(live).toEqual(expected(truth));
      expect(reader.ring).toEqual({ header: truth.header, live: truth.unreaped, wraps: truth.wraps });
    }
  });

  test.each(rings)('$label summarized', async ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    const bytes = bytesOf(path);
    const { rings: found, io_event, inputs } = (await summarize(bytes, { kind, engine, name: 'ring' })).toJSON();
    expect(found).toEqual([{ file: 'ring', header: truth.header, live: truth.unreaped, wraps: truth.wraps }]);
    expect(inputs).toEqual([
      { file: 'ring', kind, endian: 'little', layout: 'record', bytes: bytes.byteLength, records: truth.unreaped, tornBytes: 0 },
    ]);
    const res = truth.unreaped_events_in_order.map((event) => BigInt(event.res));
    expect(io_event?.records).toBe(truth.unreaped);
    expect(io_event?.columns.res.sum).toBe(`${res.reduce((sum, value) => sum + value, 0n)}`);
    expect(io_event?.failed).toBe(res.filter((value) => value < 0n).length);
  });

  test.each(rings)('$label encoded again, in either byte order', ({ path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    for (const endian of ['little', 'big'] as const) {
      const image = encode(decode(bytesOf(path), { kind, engine }), { kind, endian, ring: truth.header });
      const batch = decode(image, { kind, engine, endian });
      expect(batch.ring).toEqual({ header: truth.header, live: truth.unreaped, wraps: truth.wraps });
      expect(liveOf(batch)).toEqual(expected(truth));
    }
  });
});
