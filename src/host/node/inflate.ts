import zlib from 'node:zlib';
import { GZIP_INPUT_BYTES, type Inflater, type Inflaters } from '../../stream/compression.ts';
import { WEB_INFLATERS } from '../../stream/host.ts';

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

/**
 * The decompressors of Node: zlib, which has zstd since Node 22.15; before that our own decoder.
 */
export const NODE_INFLATERS: Inflaters = {
  gzip: async () => zlibInflater(zlib.createGunzip({ chunkSize: CHUNK_BYTES })),
  async zstd() {
    const { createZstdDecompress } = zlib as {
      createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip;
    };
    return createZstdDecompress === undefined
      ? WEB_INFLATERS.zstd()
      : zlibInflater(createZstdDecompress({ chunkSize: CHUNK_BYTES }));
  },
};
