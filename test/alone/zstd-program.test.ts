// Does a zstd file give the same bytes and the same fault whether zstd(1) decompresses it or our own decoder?
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileSource } from '../../src/host/node/file-source.ts';
import { ZstdSource } from '../../src/host/node/zstd-source.ts';
import type { ByteSource } from '../../src/stream/source.ts';
import { randomBytes } from '../support/events.ts';
import { DAMAGED, damaged } from '../support/zstd-damage.ts';
import {
  both,
  content,
  decode,
  folder,
  outcomeOf,
  real,
  started,
  useScript,
  zstd,
} from '../support/zstd-program.ts';

const SKIPPED = [0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5];

describe('the real program', () => {
  beforeAll(() => useScript('real', `exec ${real} "$@"`));
  beforeEach(({ skip }) => skip(real === '', 'zstd is not installed'));

  test.each([
    ['a frame', 1, () => zstd(content)],
    ['a frame without a checksum', 1, () => zstd(content, '--no-check')],
    ['a frame without its size', 1, () => zstd(content, '-')],
    ['a frame that nothing verifies', 0, () => zstd(content, '--no-check', '-')],
    ['an empty frame', 1, () => zstd(new Uint8Array(0))],
    [
      'several frames, and bytes to skip',
      3,
      () =>
        Buffer.from([
          ...SKIPPED,
          ...zstd(content),
          ...SKIPPED,
          ...zstd(content, '-', '-19'),
          ...zstd(content.subarray(0, 7), '--no-check', '-'),
          ...zstd(content.subarray(9)),
          ...SKIPPED,
        ]),
    ],
  ])('%s', async (_, starts, packed) => {
    const [own, program] = await both(packed());
    expect(program).toEqual(own);
    expect([own.error, started()]).toEqual([undefined, starts]);
  });

  test.each(['', '--no-check', '-'])('a damaged file, compressed with "%s"', async (option) => {
    const frame = zstd(content, ...(option === '' ? [] : [option]));
    const packed = Buffer.from([...frame, ...frame]);
    let programs = 0;
    for (let i = 0; i < 45; i++) {
      const bytes = Buffer.from(packed);
      bytes[i < 16 ? i : (i * 7919 * 131) % packed.byteLength] ^= 1 << (i % 8);
      const [own, program] = await both(bytes, i % 3 === 0 ? 50_000 : 0);
      expect(program, `byte ${i}`).toEqual(own);
      programs += started();
    }
    expect(programs).toBeGreaterThan(20);
  });

  test('every length of content that a frame declares wrongly', async () => {
    const frame = zstd(content, '--no-check');
    for (const wrong of [0, 1, 65_536, 131_072, 131_073, content.byteLength - 1, 2 ** 30]) {
      const bytes = Buffer.from(frame);
      // A single-segment frame: its size has four bytes after the descriptor.
      expect(bytes.readUInt32LE(5)).toBe(content.byteLength);
      bytes.writeUInt32LE(wrong, 5);
      const [own, program] = await both(Buffer.concat([bytes, frame]));
      expect(program, `${wrong} bytes`).toEqual(own);
      expect(own.error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
    }
  });

  test('a file that is cut, or followed by other bytes', async () => {
    const frame = Buffer.from(zstd(content));
    for (const bytes of [frame.subarray(0, -1), frame.subarray(0, -4), frame.subarray(0, 99_999)])
      for (const after of ['', 'x', 'more bytes']) {
        const [own, program] = await both(Buffer.concat([bytes, Buffer.from(after)]));
        expect(program).toEqual(own);
        expect(own.error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
      }
    for (const after of ['x', 'more bytes']) {
      const [own, program] = await both(Buffer.concat([frame, Buffer.from(after)]));
      expect(program).toEqual(own);
      expect(own).toMatchObject({ bytes: content.byteLength, error: { byteOffset: own.bytes } });
    }
  });

  test('every damaged stream that the reference decoder was asked about', async () => {
    for (let i = 0; i < DAMAGED; i++) {
      const [own, program] = await both(damaged(i).bytes);
      expect(program, `stream ${i}`).toEqual(own);
    }
    expect(started()).toBeGreaterThan(100);
  }, 120_000);

  test('a file that is truncated while it is read', async () => {
    const path = join(folder, 'truncated');
    const faults: unknown[] = [];
    for (const make of [decode, (raw: ByteSource) => new ZstdSource(raw, decode, SMALL)]) {
      writeFileSync(path, Buffer.concat([zstd(content), zstd(randomBytes(2 ** 22))]));
      const raw = fileSource(path);
      await raw.read(new Uint8Array(0));
      const source = make(raw);
      expect(await source.read(new Uint8Array(10))).toBeGreaterThan(0);
      truncateSync(path, 2 ** 20);
      faults.push((await outcomeOf(source)).error);
    }
    expect(faults[1]).toEqual(faults[0]);
    expect(faults[0]).toMatchObject({ code: 'AIOSCOPE_SHRANK' });
    expect(started()).toBeGreaterThan(0);
  });
});

const SMALL = { headBytes: 0, largeBytes: 1 };

describe('never leaves the program behind', () => {
  beforeAll(() => useScript('behind', `exec ${real} "$@"`));
  beforeEach(({ skip }) => skip(real === '', 'zstd is not installed'));

  test.each(['while it writes', 'while it is waited for'])('closed %s', async (when) => {
    const path = join(folder, 'closed');
    writeFileSync(path, zstd(randomBytes(2 ** 24)));
    const raw = fileSource(path);
    await raw.read(new Uint8Array(0));
    const source = new ZstdSource(raw, decode, SMALL);
    await source.read(new Uint8Array(1000));
    if (when === 'while it is waited for') source.read(new Uint8Array(2 ** 16)).catch(() => {});
    await source.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(started()).toBe(1);
  });
});
