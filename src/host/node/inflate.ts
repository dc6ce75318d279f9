import { once } from 'node:events';
import zlib from 'node:zlib';
import { fzstdInflater, type Inflater, type Inflaters } from '../../stream/compression.ts';

/** Large output chunks: 1 MiB measured 2 to 3 times as fast as the default 16 KiB. */
const CHUNK_BYTES = 2 ** 20;

/**
 * A zlib stream as an inflater: an input is done when the stream says so, and all that it makes has come by then. Where
 * zeros pad the compressed data, the stream ends at them without saying that their input is done: what follows is not its.
 */
function zlibInflater(stream: zlib.Gunzip): Inflater {
  let pieces: Uint8Array[] = [];
  let fault: Error | undefined;
  let ended = false;
  let settle = () => {};
  stream.on('data', (piece: Uint8Array) => pieces.push(piece));
  stream.on('error', (error) => {
    fault = error;
    settle();
  });
  stream.on('end', () => {
    ended = true;
    settle();
  });
  const taken = () => {
    const made = pieces;
    pieces = [];
    return made;
  };
  return {
    async push(input) {
      if (ended) return [];
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.write(input, () => resolve());
      });
      if (fault !== undefined) throw fault;
      return taken();
    },
    async end() {
      stream.end();
      if (!ended) await once(stream, 'end');
      return taken();
    },
  };
}

/** How Node decompresses: by zlib; zstd since 22.15, before that in JavaScript. */
export const NODE_INFLATERS: Inflaters = {
  gzip: async () => zlibInflater(zlib.createGunzip({ chunkSize: CHUNK_BYTES })),
  async zstd() {
    const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip };
    return createZstdDecompress === undefined ? fzstdInflater() : zlibInflater(createZstdDecompress({ chunkSize: CHUNK_BYTES }));
  },
};
