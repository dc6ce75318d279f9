/** What a source can be compressed with. */
export type Compression = 'gzip' | 'zstd';

const MAGIC: Readonly<Record<Compression, readonly number[]>> = {
  gzip: [0x1f, 0x8b, 0x08],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
};
/** Length of the longest magic. */
export const MAGIC_BYTES = 4;

/** Recognizes a compression by its magic; null if there is none. */
export function compressionOf(head: Uint8Array): Compression | null {
  const names = Object.keys(MAGIC) as Compression[];
  // A zstd file may begin with a skippable frame: 0x184d2a50 … 5f.
  const isSkippable =
    head[0] >>> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return isSkippable
    ? 'zstd'
    : (names.find((name) => MAGIC[name].every((byte, i) => head[i] === byte)) ?? null);
}
