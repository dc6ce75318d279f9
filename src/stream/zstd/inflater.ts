import type { XXHashAPI } from 'xxhash-wasm';
import type { Inflater } from '../compression.ts';
import { FrameDecoder, type Hash } from './frame.ts';

/** Bytes to push at once at headers: a block of four bytes can decompress to 128 KiB. */
const INPUT_BYTES = 256;
/** Bytes to push at once at most. */
const INPUT_BYTES_MAX = 16384;

/** Compiled once; undefined where WebAssembly does not run: checksums are not verified there. */
let hasher: Promise<XXHashAPI | undefined> | undefined;

async function loadHasher(): Promise<XXHashAPI | undefined> {
  const { default: xxhash } = await import('xxhash-wasm');
  return xxhash().catch(() => undefined);
}

/** Makes hashes; undefined where WebAssembly does not run. */
export async function hashMaker(): Promise<(() => Hash) | undefined> {
  hasher ??= loadHasher();
  const hashes = await hasher;
  return hashes && (() => hashes.create64());
}

/** Decompresses zstd in JavaScript, for runtimes that cannot: loaded when it is needed. */
export async function zstdInflater(): Promise<Inflater> {
  const frames = new FrameDecoder(await hashMaker());
  let made: Uint8Array[] = [];
  return {
    rest: () => made,
    get inputBytes() {
      return Math.min(INPUT_BYTES_MAX, Math.max(INPUT_BYTES, frames.bytesLeft));
    },
    isExact: true,
    failedAt: () => frames.position - 1,
    async push(input) {
      made = [];
      frames.push(input, made);
      return made;
    },
    async end() {
      made = [];
      if (!frames.isBetweenFrames) throw new Error('unexpected end of file');
      return [];
    },
  };
}
