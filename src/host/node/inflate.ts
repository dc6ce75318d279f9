import zlib from 'node:zlib';
import { GZIP_INPUT_BYTES, type Inflater, type Inflaters } from '../../stream/compression.ts';
import { type Quicker, WEB_INFLATERS } from '../../stream/host.ts';
import type { Compression } from '../../stream/magic.ts';

/**
 * Bytes per output chunk: several times as fast as the default of 16 KiB. Larger ones are not
 * faster on records, and outlive collections of garbage: a log took 139 MB with 1 MiB.
 */
const CHUNK_BYTES = 2 ** 18;

/**
 * Makes an inflater of a zlib stream. The stream calls back once an input is consumed, after all
 * its output. If zeros pad the compressed data, the stream ends at them without calling back.
 */
function zlibInflater(stream: zlib.Gunzip): Inflater {
  let pieces: Uint8Array[] = [];
  let fault: Error | undefined;
  let hasEnded = false;
  let settle = () => {};
  stream.on('data', (piece: Uint8Array) => pieces.push(piece));
  stream.on('error', (error) => {
    fault = error;
    settle();
  });
  // The stream ends where a member is followed by padding, which gzip(1) ignores too.
  stream.on('end', () => {
    hasEnded = true;
    settle();
  });
  const rest = () => {
    const made = pieces;
    pieces = [];
    return made;
  };
  const settled = (begin: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      settle = resolve;
      if (hasEnded || fault !== undefined) resolve();
      else begin(resolve);
    });
  return {
    rest,
    inputBytes: GZIP_INPUT_BYTES,
    isExact: true,
    async push(input) {
      await settled((done) => stream.write(input, done));
      if (fault !== undefined) throw fault;
      return rest();
    },
    async end() {
      await settled(() => stream.end());
      if (fault !== undefined) throw fault;
      return rest();
    },
  };
}

/** What zlib has for zstd: since Node 22.15. */
const zlibZstd = () =>
  (zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip })
    .createZstdDecompress;

/** The decompressors of Node: zlib, and our own decoder of zstd where zlib has none. */
export const NODE_INFLATERS: Inflaters = {
  gzip: async () => zlibInflater(zlib.createGunzip({ chunkSize: CHUNK_BYTES })),
  async zstd() {
    const create = zlibZstd();
    return create === undefined
      ? WEB_INFLATERS.zstd()
      : zlibInflater(create({ chunkSize: CHUNK_BYTES }));
  },
};

/**
 * How to decompress long files faster than by `NODE_INFLATERS`; undefined if that is the fastest.
 * Bun and Deno are left out, where programs need a permission or zlib has zstd.
 */
export async function quickerDecoder(compression: Compression): Promise<Quicker | undefined> {
  const isNode = !('Bun' in globalThis || 'Deno' in globalThis) && process.platform !== 'win32';
  if (compression !== 'zstd' || !isNode || zlibZstd() !== undefined) return undefined;
  const { ZstdSource } = await import('./zstd-source.ts');
  return (raw, decode) => new ZstdSource(raw, decode);
}
