// Ring images made by hand.
/** A ring image to make. */
export interface Image {
  nr: number;
  head: number;
  tail: number;
  headerLength?: number;
  endian?: 'little' | 'big';
  /** Bytes cut off at the end. */
  cut?: number;
  /** Bytes that follow the last slot. */
  extra?: number;
}

/** A handmade ring image: slot i holds data 100 + i, obj 2^63 + i, res -i. */
export function image({
  nr,
  head,
  tail,
  headerLength = 32,
  endian = 'little',
  cut = 0,
  extra = 0,
}: Image): Uint8Array {
  const bytes = new Uint8Array(headerLength + nr * 32 + extra).fill(0xee);
  const view = new DataView(bytes.buffer);
  const little = endian === 'little';
  const words = [7, nr, head, tail, 0xa10a10a1, 1, 0, headerLength];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, little);
  for (let slot = 0; slot < nr; slot++) {
    const at = headerLength + slot * 32;
    view.setBigUint64(at, 100n + BigInt(slot), little);
    view.setBigUint64(at + 8, 2n ** 63n + BigInt(slot), little);
    view.setBigInt64(at + 16, -BigInt(slot), little);
    view.setBigInt64(at + 24, 0n, little);
  }
  return bytes.subarray(0, bytes.byteLength - cut);
}

/** The event of a slot. */
export const eventOf = (slot: number) => ({
  data: 100n + BigInt(slot),
  obj: 2n ** 63n + BigInt(slot),
  res: -BigInt(slot),
  res2: 0n,
});
