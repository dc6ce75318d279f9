// Damaged zstd streams, and what the reference decoder makes of them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { random } from './random.ts';

const fixture = (name: string): URL => new URL(`../fixtures/damaged/${name}`, import.meta.url);

/**
 * Frames without a checksum: with the size of their content, without it (from a pipe), and several
 * frames with every type of block and bytes to skip.
 */
export const STREAMS: readonly Uint8Array[] = ['sized.zst', 'piped.zst', 'frames.zst'].map(
  (name) => new Uint8Array(readFileSync(fixture(name))),
);
export const DAMAGED = 1500;

/** The `i`th damaged stream, and the one that it was. */
export function damaged(i: number): { original: Uint8Array; bytes: Uint8Array } {
  const { below, word, pick } = random(i + 1);
  const original = STREAMS[i % STREAMS.length];
  const bytes = original.slice();
  const at = below(bytes.byteLength);
  const length = 1 + below(64);
  const end = Math.min(bytes.byteLength, at + length);
  const flip = () => {
    bytes[at] ^= 1 << below(8);
    return bytes;
  };
  const overwrite = () => {
    bytes[at] = word();
    return bytes;
  };
  const change = pick([
    flip,
    flip,
    overwrite,
    () => bytes.fill(0, at, end),
    () => bytes.slice(0, at),
    () => Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(end)]),
    () => Uint8Array.from([...bytes.subarray(0, end), ...bytes.subarray(at)]),
    () => bytes.copyWithin(at, below(bytes.byteLength), bytes.byteLength - length),
  ]);
  return { original, bytes: change() };
}

export const digestOf = (content: Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 12);

/**
 * The streams that zstd 1.5.4 decompresses without an error, and the digest of their content: such
 * damage is a valid stream of other bytes, which nothing but a checksum would show.
 */
export const ACCEPTED: ReadonlyMap<number, string> = new Map(
  readFileSync(fixture('accepted.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
    .map(([i, digest]) => [Number(i), digest]),
);
