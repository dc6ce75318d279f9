import { AIO_RING_MAGIC, type AIORing, AIORingSize, aioRing } from '../abi/record.ts';

/** The header that the kernel writes for a ring of `nr` slots. */
export const ringHeader = (nr: number, head: number, tail: number): AIORing => ({
  ...{ id: 0, nr, head, tail, magic: AIO_RING_MAGIC },
  ...{ compat_features: 1, incompat_features: 0, header_length: AIORingSize },
});

/** Writes a header at the beginning of a ring image. */
export function writeRingHeader(image: Uint8Array, header: AIORing, little: boolean): void {
  const view = new DataView(image.buffer, image.byteOffset);
  for (const field of aioRing.fields) view.setUint32(field.offset, header[field.name], little);
}
