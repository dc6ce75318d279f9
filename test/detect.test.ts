// Is every capture recognized for what it is, and nothing else for anything?
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { PRESETS } from '../src/internal.ts';
import {
  AioscopeError,
  decode,
  type EncodableRecord,
  encode,
  type Inspection,
  type InspectOptions,
  inspect,
  type Source,
  type SummarizeOptions,
  type SummaryJson,
  summarize,
} from '../src/node.ts';
import { bytesOf, chunked, dumps, type RingTruth, rings, truthOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { pieces, randomBytes } from './support/events.ts';

const EVENTS = fixture('case_rwf.ioev');
const RING = fixture('fio_ring_threads.wrap.ring');
const LAYOUTS = { record: 'record', traced: PRESETS.traced } as const;
const strideOf = (kind: string, layout: string): number =>
  (kind === 'iocb' ? 64 : 32) + (layout === 'record' ? 0 : 24);
/** Bytes of a capture that are turned round: objects are slow, and detection looks at the beginning. */
const BYTES_MAX = 400_000;

/** The other byte order's magic and header words; slots are words of 8 bytes. */
function swappedRing(ring: Uint8Array): Uint8Array {
  const big = Buffer.from(ring);
  big.subarray(0, 32).swap32();
  big.subarray(32).swap64();
  return big;
}

interface Expected {
  readonly kind: string;
  readonly endian: string;
  readonly layout: string;
  readonly bytes: number;
  readonly records: number;
  readonly tornBytes: number;
}

function expectRecognized({ confidence, ...found }: Inspection, expected: Expected): void {
  expect(found).toMatchObject(expected);
  expect(confidence).toBeGreaterThanOrEqual(0.9);
  expect(confidence).toBeLessThanOrEqual(1);
  expect(found.evidence.length).toBeGreaterThan(0);
  for (const { confidence: other } of found.alternatives) expect(other).toBeLessThan(confidence);
}

describe.each(dumps)('$label', ({ path, kind, layout }) => {
  const stride = strideOf(kind, layout);
  const whole = bytesOf(path);
  const size = (bytes: number) => ({
    bytes,
    records: Math.floor(bytes / stride),
    tornBytes: bytes % stride,
  });
  const little = { kind, endian: 'little', layout: LAYOUTS[layout] };

  test('as it lies', async () => {
    const found = await inspect(path);
    expectRecognized(found, { ...little, ...size(whole.byteLength) });
    expect(found).toMatchObject({ file: path, compression: path.endsWith('.gz') ? 'gzip' : null });
  });

  test('in gzip', async () => {
    const part = whole.subarray(0, 100 * stride);
    const found = await inspect(gzipSync(part));
    expectRecognized(found, { ...little, ...size(part.byteLength) });
    expect(found.compression).toBe('gzip');
  });

  test('in the other byte order', async () => {
    const part = whole.subarray(0, Math.floor(BYTES_MAX / stride) * stride);
    const big = encode(decode(part, { kind, layout }) as Iterable<EncodableRecord>, {
      kind,
      layout,
      endian: 'big',
    });
    expectRecognized(await inspect(big), { ...little, endian: 'big', ...size(part.byteLength) });
  });

  test.each([1, 7, 31, stride - 1])('with a torn tail of %i bytes', async (torn) => {
    for (const records of [3, 8, 100]) {
      const bytes = records * stride + torn;
      expectRecognized(await inspect(whole.subarray(0, bytes)), { ...little, ...size(bytes) });
    }
  });
});

describe.each(rings)('$label', ({ path, truthPath }) => {
  const ring = bytesOf(path);
  const records = truthOf<RingTruth>(truthPath).unreaped;
  const expected = {
    kind: 'aio_ring',
    endian: 'little',
    layout: 'record',
    bytes: ring.byteLength,
    records,
    tornBytes: 0,
  };

  test('as it lies, in gzip, and in the other byte order', async () => {
    expectRecognized(await inspect(path), expected);
    expectRecognized(await inspect(gzipSync(ring)), expected);
    expectRecognized(await inspect(swappedRing(ring)), { ...expected, endian: 'big' });
  });

  test.each([32, 33, 63, 64, 4095, 4096, ring.byteLength - 1])('cut at byte %i', async (bytes) => {
    const { kind, confidence, tornBytes } = await inspect(ring.subarray(0, bytes));
    expect({ kind, sure: confidence >= 0.9, tornBytes }).toEqual({
      kind: 'aio_ring',
      sure: true,
      tornBytes: bytes % 32,
    });
  });
});

describe('nothing is recognized in', () => {
  const text = new TextEncoder();
  const zeros = 'every byte is 0, as in the page that gVisor maps instead of a ring';
  const nearest =
    /^(the closest match is \S+, (little|big)-endian, \S+ \(score \d+ %\)|it does not look like records of native AIO)$/;
  const single = (file: string, bytes: number) => readFileSync(fixture(file)).subarray(0, bytes);
  const few = 'detection needs at least two records';

  test.each<readonly [string, Uint8Array, string | RegExp]>([
    ['no byte', new Uint8Array(0), 'the source is empty'],
    ['one byte', new Uint8Array([1]), few],
    ...[1, 32, 4096, 2 ** 21].map(
      (bytes) => [`${bytes} zeros`, new Uint8Array(bytes), zeros] as const,
    ),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map(
      (seed) => [`random bytes ${seed}`, randomBytes(100_000 + seed, seed), nearest] as const,
    ),
    ...[64, 96, 176, 1000].map(
      (bytes) => [`${bytes} random bytes`, randomBytes(bytes, 99), nearest] as const,
    ),
    ['a text', readFileSync('README.md'), nearest],
    ['JSON', readFileSync('package-lock.json'), nearest],
    ['one word over and over', text.encode('zip '.repeat(9999)), nearest],
    ['bytes of one value', new Uint8Array(10_000).fill(0xff), nearest],
    ['an ELF file', readFileSync(process.execPath).subarray(0, 3_000_000), nearest],
    ['WebAssembly', readFileSync('dist/kernel.wasm'), nearest],
    ['a gzip of text', gzipSync(readFileSync('README.md')), nearest],
    ['one io_event', single('case_rwf.ioev', 32), few],
    ['one io_event and a torn one', single('case_rwf.ioev', 63), few],
    ['one iocb', single('case_rwf.iocb', 64), /^/],
    ['one io_event in an envelope', single('case_rwf.ioev56', 56), /^/],
    ['one iocb in an envelope', single('case_rwf.iocb88', 88), /^/],
  ])('%s', async (_, bytes, why) => {
    const found = await inspect(bytes);
    const { kind, endian, layout, records, tornBytes, confidence, alternatives } = found;
    expect([kind, endian, layout, records, tornBytes, confidence, alternatives]).toEqual([
      null,
      null,
      null,
      null,
      null,
      0,
      [],
    ]);
    expect(found.evidence[0]).toMatch(why);
    expect(found.evidence[1]).toMatch(
      /^tried io_event, iocb and aio_ring, both byte orders, layout bare, traced, .*$/,
    );
    const failure = summarize(bytes).then(
      () => undefined,
      (error) => error,
    );
    expect(await failure).toBeInstanceOf(AioscopeError);
    expect(await failure).toMatchObject({
      code: 'AIOSCOPE_UNKNOWN',
      message: expect.stringContaining('; tried io_event, iocb and aio_ring, '),
    });
  });
});

describe('what is given is obeyed', () => {
  const bare = { kind: 'io_event', endian: 'little', layout: 'record' } as const;
  const nothing = { kind: null, endian: null, layout: null };

  test.each<readonly [string, string, InspectOptions, object]>([
    ['the right kind', EVENTS, { kind: 'io_event' }, bare],
    ['the right endian', EVENTS, { endian: 'little' }, bare],
    ['the right layout', EVENTS, { layout: 'bare' }, bare],
    ['everything', EVENTS, bare, bare],
    ['a wrong kind', EVENTS, { kind: 'iocb' }, nothing],
    ['a wrong kind, the ring', EVENTS, { kind: 'aio_ring' }, nothing],
    ['a wrong endian', EVENTS, { endian: 'big' }, nothing],
    ['a wrong layout', EVENTS, { layout: 'ebpf' }, nothing],
    ['io_event of a ring: the header is one of them', RING, { kind: 'io_event' }, bare],
    ['a wrong endian of a ring', RING, { endian: 'big' }, nothing],
    [
      'a layout that is no preset',
      fixture('case_vec.iocb88'),
      { layout: 'a:u64,b:u64,c:u64,record' },
      { kind: 'iocb', endian: 'little' },
    ],
  ])('%s', async (_, path, given, expected) => {
    expect(await inspect(path, given)).toMatchObject(expected);
  });

  test('summarize with a kind takes it whatever the bytes', async () => {
    const { inputs } = (
      await summarize(EVENTS, { kind: 'iocb', layout: 'ts', endian: 'big' })
    ).toJSON();
    expect(inputs).toMatchObject([
      {
        kind: 'iocb',
        layout: PRESETS.ts,
        endian: 'big',
        bytes: 10560,
        records: 146,
        tornBytes: 48,
      },
    ]);
  });

  test('an invalid layout is an error', async () => {
    await expect(inspect(EVENTS, { layout: 'nope' })).rejects.toMatchObject({
      code: 'AIOSCOPE_PRESET',
    });
  });
});

describe('summarize without a kind is summarize with it', () => {
  test.each([
    ...dumps,
    ...rings.map(({ label, path }) => ({
      label,
      path,
      kind: 'aio_ring' as const,
      layout: 'record' as const,
    })),
  ])('$label', async ({ path, kind, layout }) => {
    const json = async (options: SummarizeOptions): Promise<SummaryJson> =>
      (await summarize(path, options)).toJSON();
    expect(await json({})).toEqual(await json({ kind, layout, endian: 'little' }));
  });
});

describe('from any source', () => {
  const bytes = readFileSync(EVENTS);
  test.each<readonly [string, () => Source]>([
    ['a URL', () => new URL('fixtures/captures/case_rwf.ioev', import.meta.url)],
    ['bytes', () => bytes],
    ['a web stream', () => new Blob([bytes]).stream() as ReadableStream<Uint8Array>],
    [
      'a Node stream',
      () => Readable.from([bytes.subarray(0, 1), bytes.subarray(1, 99), bytes.subarray(99)]),
    ],
    ['odd chunks', () => chunked(bytes)],
    ['single bytes', () => pieces(bytes, 1)],
  ])('%s', async (_, source) => {
    const { evidence, alternatives } = await inspect(EVENTS);
    const found = await inspect(source());
    expectRecognized(found, {
      kind: 'io_event',
      endian: 'little',
      layout: 'record',
      bytes: 10560,
      records: 330,
      tornBytes: 0,
    });
    expect({ evidence: found.evidence, alternatives: found.alternatives }).toEqual({
      evidence,
      alternatives,
    });
    expect((await summarize(source())).toJSON().io_event).toEqual(
      (await summarize(EVENTS, { kind: 'io_event' })).toJSON().io_event,
    );
  });

  test('of more than the sample, in chunks: every byte is read', async () => {
    const long = Buffer.concat(Array.from({ length: 300 }, () => bytes));
    const { records, tornBytes } = await inspect(chunked(long.subarray(0, -5)));
    expect({ records, tornBytes }).toEqual({ records: 330 * 300 - 1, tornBytes: 27 });
    expect((await summarize(chunked(long))).toJSON().io_event?.records).toBe(330 * 300);
  });
});
