import { loaded } from './fault.ts';
import type { Host } from './host.ts';
import { type Compression, compressionOf, MAGIC_BYTES } from './magic.ts';
import type { ByteOptions, ReadOptions } from './options.ts';
import { type Peek, peek } from './peek.ts';
import type { ByteSource } from './source.ts';

/** The first bytes of a source, decompressed. */
export interface Unpacked {
  readonly head: Peek;
  readonly compression: Compression | null;
  /** Decompresses the same source when it is read again. */
  readonly unpack: (raw: ByteSource) => ByteSource;
}

const none = Promise.resolve(undefined);

/** Peeks at a source and, if it is compressed, at what it decompresses to. */
export async function unpacked(
  bytes: ByteSource,
  sampleBytes: number,
  { compression: option, signal }: Pick<ByteOptions, 'compression'> & Pick<ReadOptions, 'signal'>,
  { inflaters, quickerDecoder }: Host,
): Promise<Unpacked> {
  // Four bytes are enough to know: a compressed pipe may deliver no more for a long time.
  const head = await peek(bytes, MAGIC_BYTES, signal);
  const compression = option === 'none' ? null : compressionOf(head.sample);
  let unpack = (raw: ByteSource): ByteSource => raw;
  if (compression !== null) {
    // Loaded on demand: most sources are not compressed.
    const { InflatedSource } = await loaded(bytes.name, import('./compression.ts'));
    const decode = (raw: ByteSource) => new InflatedSource(raw, compression, inflaters);
    const quicker = await loaded(bytes.name, quickerDecoder?.(compression) ?? none);
    unpack = quicker === undefined ? decode : (raw) => quicker(raw, decode);
  }
  const source = unpack(head.source);
  if (sampleBytes === 0) return { head: { ...head, source }, compression, unpack };
  return { head: await peek(source, sampleBytes, signal), compression, unpack };
}
