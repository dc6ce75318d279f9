// Is a source that is read again the same, and are the offsets of its faults those of what it was cut from?
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type ByteSource,
  encode,
  inspect,
  type Opened,
  open,
  openSource,
  type Source,
  summarize,
} from '../src/node.ts';
import { blobSource } from '../src/stream/blob-source.ts';
import { randomBytes } from './support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-reopen-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kind = 'io_event';
const bytes = encode(
  Array.from({ length: 100 }, (_, i) => ({ data: i, obj: 2 ** 46 + 64 * i, res: i })),
  { kind },
);
function file(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The records of a source, and what its reading threw. */
async function read(source: Source | Opened): Promise<{ records: number; error: unknown }> {
  let records = 0;
  try {
    const reader = open(source as Source, { kind });
    for await (const batch of reader) records += batch.length;
    return { records, error: undefined };
  } catch (error) {
    return { records, error };
  }
}

describe('a file that is opened again', () => {
  const passes = async (path: string, change: () => void) => {
    const opened = await openSource(path, { kind });
    expect(await read(opened)).toEqual({ records: 100, error: undefined });
    change();
    return read(opened.reopen() as Opened);
  };

  test('is the same file', async () => {
    const path = file('same.ioev', bytes);
    expect(await passes(path, () => {})).toEqual({ records: 100, error: undefined });
    expect(await passes(file('same.ioev.gz', gzipSync(bytes)), () => {})).toMatchObject({
      records: 100,
    });
  });

  test.each([
    ['replaced by another file of equal size', 'it was replaced by another file'],
    ['written to', 'it was written to since it was first opened'],
    ['longer', 'it has 3232 bytes, and had 3200'],
    ['shorter', 'it has 32 bytes, and had 3200'],
  ])('%s fails before its first record', async (how, message) => {
    const path = file('changed.ioev', bytes);
    const { records, error } = await passes(path, () => {
      if (how.startsWith('replaced')) renameSync(file('other.ioev', bytes), path);
      else if (how === 'written to') utimesSync(path, new Date(), new Date(Date.now() + 1000));
      else if (how === 'longer') appendFileSync(path, bytes.subarray(0, 32));
      else writeFileSync(path, bytes.subarray(0, 32));
    });
    expect(records).toBe(0);
    expect(error).toMatchObject({ code: 'AIOSCOPE_CHANGED', byteOffset: 0 });
    expect((error as Error).message).toContain(`${path}: ${message}`);
  });

  test('compressed and replaced fails too', async () => {
    const path = file('changed.gz', gzipSync(bytes));
    const { records, error } = await passes(path, () => {
      renameSync(file('other.gz', gzipSync(bytes.subarray(32))), path);
    });
    expect({ records, error }).toMatchObject({ records: 0, error: { code: 'AIOSCOPE_CHANGED' } });
  });
});

test('corrupt gzip in a Blob yields the records that a path does', async () => {
  const packed = gzipSync(randomBytes(32 * 40_000));
  packed[packed.byteLength >> 1] ^= 0xff;
  packed.fill(0xff, (packed.byteLength >> 1) + 10, (packed.byteLength >> 1) + 600);
  const path = await read(file('corrupt.gz', packed));
  const blob = await read(new Blob([packed]));
  expect(path.error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
  expect(path.records).toBeGreaterThan(10_000);
  expect(blob.records).toBe(path.records);
  expect((blob.error as Error).message.replace('blob', '')).toBe(
    (path.error as Error).message.replace(join(folder, 'corrupt.gz'), ''),
  );
});

describe('a part of a larger source names offsets of the whole', () => {
  const part = (content: Uint8Array, over: Partial<ByteSource> = {}): ByteSource => {
    const blob = new Blob([new Uint8Array(content)]);
    return Object.assign(blobSource(blob, 'part', 1000), over);
  };

  test('of its torn bytes', async () => {
    const reader = open(part(bytes.subarray(0, 70)), { kind });
    for await (const _ of reader);
    expect(reader.quality).toMatchObject({ tornBytes: 6, tornOffset: 1064 });
  });

  test('of a ring', async () => {
    const ring = encode([{ obj: 1n }], { kind: 'aio_ring' });
    const reader = open(part(Buffer.concat([ring, Buffer.alloc(5)])), { kind: 'aio_ring' });
    for await (const _ of reader);
    expect(reader.quality).toMatchObject({ tornBytes: 5, tornOffset: 1000 + ring.byteLength });
    await expect(summarize(part(bytes), { kind: 'aio_ring' })).rejects.toMatchObject({
      code: 'AIOSCOPE_RING',
      byteOffset: 1016,
    });
    const fails = () => Promise.reject(new Error('gone'));
    await expect(
      summarize(part(ring, { read: fails }), { kind: 'aio_ring' }),
    ).rejects.toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: 1000 });
  });

  test('of compressed data, and those of its records are counted from 0', async () => {
    const packed = gzipSync(bytes);
    const opened = await openSource(part(packed), { kind });
    expect(opened.offset).toBe(0);
    await opened.close();
    const cut = packed.byteLength - 1;
    await expect(summarize(part(packed.subarray(0, cut)), { kind })).rejects.toThrow(
      `part: gzip data ends too early, at compressed byte ${1000 + cut}, after 3200 bytes`,
    );
  });

  test('of a fault that inspect meets', async () => {
    let position = 0;
    const source = {
      name: 'part',
      byteLength: undefined,
      byteOffset: 1000,
      read(target: Uint8Array) {
        if (position === bytes.byteLength) throw new Error('gone');
        const chunk = bytes.subarray(position, position + target.byteLength);
        target.set(chunk);
        position += chunk.byteLength;
        return chunk.byteLength;
      },
      close() {},
    };
    const failure = { code: 'AIOSCOPE_READ', byteOffset: 4200 };
    await expect(inspect(source)).rejects.toMatchObject(failure);
  });
});

test('a file of sysfs, whose size is a page, ends where its bytes do', async () => {
  const path = '/sys/kernel/profiling';
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch {
    return;
  }
  const reader = open(path, { kind });
  for await (const _ of reader);
  expect(reader.quality).toMatchObject({ bytes: content.byteLength, records: 0 });
  expect(await inspect(path)).toMatchObject({ bytes: content.byteLength });
});
