import { oneOf } from '../../../layout/schema.ts';
import { COMPRESSIONS, type CompressionOption, decompressed } from '../../../stream/compression.ts';
import { type ByteSource, type Source, toByteSource } from '../../../stream/source.ts';
import { fileSource } from '../file-source.ts';
import { NODE_INFLATERS } from '../inflate.ts';

/** What can be read under Node: besides bytes and streams a path or a `file:` URL; `-` is standard input. */
export type NodeSource = Source | ByteSource | string | URL;

/** What can be asked of paths besides. */
export interface FollowOption {
  /** At the end of a file wait for it to grow, until this signal fires; batches come as soon as there are records. */
  readonly follow?: AbortSignal | undefined;
}

/** The bytes of a source, through its compression unless the options say otherwise. */
export function resolve<
  O extends FollowOption & { readonly compression?: CompressionOption | undefined },
>(source: NodeSource, options: O): [ByteSource, O] {
  const bytes =
    typeof source === 'string' || source instanceof URL
      ? fileSource(source, options?.follow)
      : toByteSource(source);
  if (oneOf('compression', options?.compression ?? 'auto', COMPRESSIONS) !== 'auto')
    return [bytes, options];
  return [decompressed(bytes, NODE_INFLATERS), { ...options, compression: 'none' }];
}
