// Do all kinds of source deliver the same records?
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  decode,
  open,
  type Progress,
  type RecordBatch,
  type Source,
  summarize,
} from '../../src/node.ts';
import { differsAt, outcomeOf, pieces, randomBytes, resOf } from '../support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kind = 'io_event';
/** More than one read of 1 MiB, a partial last batch, and 5 torn bytes. */
const bytes = randomBytes(32 * 40_001 + 5);
const res = resOf(bytes);
const path = join(folder, 'dump.ioev');
writeFileSync(path, bytes);
const handle = await openFile(path);
afterAll(() => handle.close());

/** A copy at an odd offset of a larger buffer. */
function shifted(): Uint8Array {
  const buffer = new Uint8Array(bytes.byteLength + 64);
  buffer.set(bytes, 7);
  return buffer.subarray(7, 7 + bytes.byteLength);
}

function shared(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

const web = (size: number): ReadableStream<Uint8Array> => {
  const chunks = pieces(bytes, size);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
};

/** Chunks that are views other than Uint8Array. */
function* views(): Generator<Uint8Array> {
  const wrap = [
    (chunk: Uint8Array<ArrayBuffer>) =>
      new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength),
    (chunk: Uint8Array<ArrayBuffer>) => new Uint16Array(chunk.slice().buffer),
    (chunk: Uint8Array<ArrayBuffer>) => chunk.slice().buffer,
    (chunk: Uint8Array<ArrayBuffer>) => Buffer.from(chunk),
  ];
  for (let at = 0, turn = 0; at < bytes.byteLength; at += 1002, turn += 1) {
    const chunk = new Uint8Array(bytes.slice(at, at + 1002));
    const view = chunk.byteLength % 2 === 0 ? wrap[turn % wrap.length](chunk) : chunk;
    yield view as unknown as Uint8Array;
  }
}

/** Chunks that all reuse one buffer, as drivers do. */
async function* reused(): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(997);
  for await (const chunk of pieces(bytes, 997)) {
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.byteLength);
    buffer.fill(0xee);
  }
}

function fifo(): string {
  const name = join(folder, `fifo-${performance.now()}`);
  execFileSync('mkfifo', [name]);
  spawn('sh', ['-c', 'cat "$0" > "$1"', path, name]);
  return name;
}

const sources: readonly (readonly [string, () => Source])[] = [
  ['a path', () => path],
  ['a file URL', () => pathToFileURL(path)],
  ['a FIFO', fifo],
  ['a FileHandle', () => handle],
  ['a Response', () => new Response(Buffer.from(bytes))],
  ['a Response of a stream', () => new Response(web(65536))],
  ['a Uint8Array', () => bytes],
  ['a Uint8Array at an odd offset', shifted],
  ['an ArrayBuffer', () => bytes.slice().buffer],
  ['a SharedArrayBuffer', shared],
  ['a web stream', () => web(65536)],
  ['a web stream of odd chunks', () => web(331)],
  ['a Node file stream', () => createReadStream(path)],
  ['a Node stream of objects', () => Readable.from([bytes.subarray(0, 33), bytes.subarray(33)])],
  ['an async generator', () => pieces(bytes, 4095)],
  ['an async generator that reuses its buffer', reused],
  ['an array of chunks', () => [bytes.subarray(0, 0), bytes.subarray(0, 100), bytes.subarray(100)]],
  ['an iterable of other views', () => views()],
];

describe.each(sources)('%s', (name, source) => {
  test('in batches', async () => {
    const reader = open(source(), { kind, batchSize: 1000 });
    const found = await outcomeOf(reader);
    expect(found.error).toBeUndefined();
    expect(differsAt(found.res, res)).toBe(-1);
    expect(reader.quality).toEqual({
      bytes: bytes.byteLength,
      records: 40_001,
      tornBytes: 5,
      tornOffset: 32 * 40_001,
    });
  });

  test('summarized', async () => {
    const { io_event, inputs } = (await summarize(source(), { kind, name })).toJSON();
    expect(io_event).toEqual((await summarize(bytes, { kind })).toJSON().io_event);
    expect(inputs).toEqual([
      {
        file: name,
        kind,
        endian: 'little',
        layout: 'record',
        bytes: bytes.byteLength,
        records: 40_001,
        tornBytes: 5,
      },
    ]);
  });
});

test.each([1, 31, 32, 33, 63, 64, 65, 1000])(
  'batches of %i are full but the last',
  async (batchSize) => {
    const part = bytes.subarray(0, 32 * 2001);
    const lengths: number[] = [];
    for await (const batch of open(pieces(part, 77), { kind, batchSize }))
      lengths.push(batch.length);
    const rest = 2001 % batchSize;
    expect(lengths).toEqual([
      ...Array(Math.floor(2001 / batchSize)).fill(batchSize),
      ...(rest > 0 ? [rest] : []),
    ]);
  },
);

test.each([
  [
    'nothing',
    undefined,
    'the source is missing; it has to be a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, a Response, or an async iterable of byte chunks',
  ],
  [
    'a number',
    7,
    'the source is 7; it has to be a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, a Response, or an async iterable of byte chunks',
  ],
])('%s is no source', (_, source, message) => {
  expect(() => open(source as unknown as Source, { kind })).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_SOURCE', message }),
  );
});

describe('progress', () => {
  const cases = [
    ['a path', path, bytes.byteLength],
    ['memory', bytes, bytes.byteLength],
    ['a stream', undefined, undefined],
  ] as const;

  test.each(cases)('of %s never goes back and ends at the whole', async (_, source, totalBytes) => {
    const seen: Progress[] = [];
    await summarize(source ?? pieces(bytes, 10_007), {
      kind,
      onProgress: (progress) => seen.push({ ...progress }),
    });
    expect(seen.length).toBeGreaterThan(1);
    for (let i = 1; i < seen.length; i++) {
      expect(seen[i].bytes).toBeGreaterThanOrEqual(seen[i - 1].bytes);
      expect(seen[i].records).toBeGreaterThanOrEqual(seen[i - 1].records);
    }
    expect(seen.at(-1)).toEqual({ bytes: bytes.byteLength, records: 40_001, totalBytes });
  });
});

describe.each(['wasm-simd', 'js'] as const)('%s: readers side by side', (engine) => {
  test('do not disturb each other', async () => {
    const inputs = [1, 2, 3, 4, 5, 6].map((seed) => randomBytes(32 * 5000, seed));
    const readers = inputs.map((input) =>
      open(pieces(input, 5000), { kind, engine, batchSize: 64 })[Symbol.asyncIterator](),
    );
    const found: bigint[][] = inputs.map(() => []);
    for (let ended = 0; ended < readers.length; ) {
      const steps = await Promise.all(readers.map((reader) => reader.next()));
      decode(randomBytes(32 * 100, 99), { kind, engine });
      steps.forEach(({ value }, i) => {
        if (value !== undefined) found[i].push(...(value as RecordBatch<'io_event'>).columns.res);
      });
      ended = steps.filter(({ done }) => done).length;
    }
    expect(found).toEqual(inputs.map(resOf));
  });

  // Every WebAssembly memory reserves address space: one per call would exhaust it.
  test('2,000 decodes, one after the other, share one memory', () => {
    const memories = vi.spyOn(WebAssembly, 'Memory');
    const input = randomBytes(32 * 70);
    const found = Array.from(
      { length: 2000 },
      () => decode(input, { kind, engine }).columns.res[69],
    );
    const { length } = memories.mock.calls;
    memories.mockRestore();
    expect(length).toBeLessThanOrEqual(1);
    expect(new Set(found)).toEqual(new Set([resOf(input)[69]]));
  });

  test('2,000 decodes in layouts that take turns', () => {
    const layouts = [
      'record',
      'ts',
      'ts-addr',
      'traced',
      'ebpf',
      'ebpf-addr',
      'a:u8,record',
      'record,a:u16',
    ];
    const input = randomBytes(32 * 70);
    for (let i = 0; i < 2000; i++) {
      const batch = decode(input, { kind, engine, layout: layouts[i % layouts.length] });
      if (i % layouts.length === 0) expect(batch.columns.res[69]).toBe(resOf(input)[69]);
    }
  });

  test('500 readers at once', async () => {
    const input = randomBytes(32 * 10);
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, () =>
        outcomeOf(open(pieces(input, 33), { kind, engine, batchSize: 3 })),
      ),
    );
    for (const { res: found, error } of outcomes) {
      expect(error).toBeUndefined();
      expect(found).toEqual(resOf(input));
    }
  });
});
