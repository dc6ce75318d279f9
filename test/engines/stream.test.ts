// Are the batches the same however the stream is cut, and is every byte accounted for?

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ColumnArray,
  decode,
  type OpenOptions,
  open,
  type RecordReader,
  type Source,
} from '../../src/index.ts';
import { OWN_ENGINE } from '../support/engine.ts';
import { type EnvelopeName, expectColumns, KINDS, oracle, strideOf } from '../support/oracle.ts';
import { random } from '../support/random.ts';

const ENGINES = ['wasm-simd', 'js'] as const;

interface Whole {
  lengths: number[];
  columns: Record<string, ColumnArray>;
  reader: RecordReader;
}

const joined = (parts: ColumnArray[]): ColumnArray => {
  const all = parts.flatMap((part) => [...part] as (number | bigint)[]);
  const array = parts[0].constructor as unknown as {
    from(values: (number | bigint)[]): ColumnArray;
  };
  return array.from(all);
};

/** Reads a source to its end. Returns the lengths of its batches, and its columns joined. */
async function readAll(source: Source, options: OpenOptions): Promise<Whole> {
  const reader = open(source, options);
  const lengths: number[] = [];
  const parts: Record<string, ColumnArray[]> = {};
  for await (const batch of reader) {
    expect(batch.firstIndex).toBe(lengths.reduce((sum, length) => sum + length, 0));
    lengths.push(batch.length);
    for (const [name, array] of Object.entries(batch.columns))
      (parts[name] ??= []).push(array.slice());
  }
  return {
    lengths,
    columns: Object.fromEntries(
      Object.entries(parts).map(([name, arrays]) => [name, joined(arrays)]),
    ),
    reader,
  };
}

const lengthsOf = (records: number, batchSize: number): number[] =>
  Array.from({ length: Math.ceil(records / batchSize) }, (_, i) =>
    Math.min(batchSize, records - i * batchSize),
  );

/** Cuts bytes at the given places; equal places make empty chunks. */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const ends = [
    ...places.map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b),
    bytes.byteLength,
  ];
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** The kinds of source that deliver chunks. */
const SOURCES: Record<string, (chunks: Uint8Array[]) => Source> = {
  'an array of chunks': (chunks) => chunks,
  'an async iterable': async function* (chunks) {
    yield* chunks;
  },
  'a ReadableStream': (chunks) =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    }),
};
const FORMS = KINDS.flatMap((kind) =>
  (['record', 'traced', 'a:u8,b:u16,record,c:i32,d:char3,pad:5,e:i64'] as const).map(
    (layout) => [kind, layout] as const,
  ),
);
const RECORDS = 131;

describe.each(FORMS)('%s in %s', (kind, layout) => {
  const stride = strideOf(kind, layout);
  const bytes = random(11).bytes(RECORDS * stride + 5);
  const expected = oracle(bytes, kind, 'big', layout);
  const quality = {
    bytes: bytes.byteLength,
    records: RECORDS,
    tornBytes: 5,
    tornOffset: RECORDS * stride,
  };

  async function check(
    source: Source,
    batchSize: number,
    engine: (typeof ENGINES)[number],
  ): Promise<void> {
    const { lengths, columns, reader } = await readAll(source, {
      kind,
      layout,
      endian: 'big',
      batchSize,
      engine,
    });
    expect(lengths).toEqual(lengthsOf(RECORDS, batchSize));
    expectColumns(columns, expected);
    expect(reader.quality).toEqual(quality);
  }

  // 1, 2 and 3 leave a partial vector; 64 and 65 are around a cache line; 131 is all, 8192 more.
  test.each([OWN_ENGINE])('gives the same columns for every size of batch: %s', async (engine) => {
    for (const batchSize of [1, 2, 3, 64, 65, 130, 131, 132, 8192])
      await check(bytes, batchSize, engine);
  });

  test.each(Object.keys(SOURCES))(
    'gives the same batches for every cutting of %s',
    async (name) => {
      const cuts = fc.record({
        places: fc.array(fc.nat(), { maxLength: 30 }),
        twice: fc.boolean(),
        batchSize: fc.constantFrom(1, 2, 3, 64, 65, 8192),
        engine: fc.constantFrom(...ENGINES),
      });
      const property = fc.asyncProperty(cuts, ({ places, twice, batchSize, engine }) =>
        check(
          SOURCES[name](cut(bytes, twice ? [...places, ...places] : places)),
          batchSize,
          engine,
        ),
      );
      await fc.assert(property, { seed: 12, numRuns: 40 });
    },
  );

  test('takes a stream byte by byte', async () => {
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    for (const batchSize of [3, 8192])
      for (const engine of ENGINES) await check(single, batchSize, engine);
  });

  test('counts a torn tail of every length, with its offset', async () => {
    for (let torn = 0; torn < stride; torn++) {
      const part = bytes.subarray(0, 2 * stride + torn);
      const known = {
        bytes: part.byteLength,
        records: 2,
        tornBytes: torn,
        tornOffset: torn === 0 ? null : 2 * stride,
      };
      expect(decode(part, { kind, layout }).quality).toEqual(known);
      expect(
        (await readAll(cut(part, [torn, stride]), { kind, layout, batchSize: 1 })).reader.quality,
      ).toEqual(known);
    }
  });
});

test.each([
  ['nothing', []],
  ['no chunk but empty ones', [new Uint8Array(0), new Uint8Array(0)]],
])('%s gives no batch', async (_, chunks: Uint8Array[]) => {
  const { lengths, reader } = await readAll(chunks, { kind: 'iocb' });
  expect(lengths).toEqual([]);
  expect(reader.quality).toEqual({ bytes: 0, records: 0, tornBytes: 0, tornOffset: null });
});

test('a stream shorter than a record is torn from its beginning', async () => {
  const { lengths, reader } = await readAll(new Uint8Array(31), { kind: 'io_event' });
  expect(lengths).toEqual([]);
  expect(reader.quality).toEqual({ bytes: 31, records: 0, tornBytes: 31, tornOffset: 0 });
});

// More than the reader's memory of 1 MiB: bytes left over from one filling must not get lost.
test.each([OWN_ENGINE])('reads several fillings of its memory: %s', async (engine) => {
  const layout: EnvelopeName = 'a:u8,b:u16,record,c:i32,d:char3,pad:5,e:i64';
  const stride = strideOf('iocb', layout);
  const records = 40_000;
  const bytes = random(13).bytes(records * stride + 1);
  const chunks = cut(
    bytes,
    Array.from({ length: 100 }, (_, i) => i * 34_567),
  );
  const { lengths, columns, reader } = await readAll(chunks, {
    kind: 'iocb',
    layout,
    engine,
    batchSize: 1000,
  });
  expect(lengths).toEqual(lengthsOf(records, 1000));
  expectColumns(columns, oracle(bytes, 'iocb', 'little', layout));
  expect(reader.quality).toEqual({
    bytes: bytes.byteLength,
    records,
    tornBytes: 1,
    tornOffset: records * stride,
  });
});

test('owned batches stay what they were; others say that they are stale', async () => {
  const bytes = random(14).bytes(5 * 64);
  const collect = async (owned: boolean) => {
    const batches = [];
    for await (const batch of open(bytes, { kind: 'iocb', batchSize: 2, owned }))
      batches.push(batch);
    return batches;
  };
  const records = (await collect(true)).flatMap((batch) => [...batch]);
  expect(records).toEqual([...decode(bytes, { kind: 'iocb' })]);
  const stale = {
    code: 'AIOSCOPE_STALE',
    message: expect.stringMatching(/^this batch was valid until its reader's next step/),
  };
  for (const batch of await collect(false)) {
    for (const use of [
      () => batch.columns,
      () => batch.at(0),
      () => [...batch],
      () => batch.cursor(),
      () => batch.numbers('aio_key'),
    ]) {
      expect(use).toThrow(expect.objectContaining(stale));
    }
  }
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 20 + 1])('a batch size of %d is refused', (batchSize) => {
  const message = `batchSize is ${batchSize}; it must be a whole number from 1 to 1048576`;
  expect(() => open(new Uint8Array(0), { kind: 'iocb', batchSize })).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_OPTION', message }),
  );
});
