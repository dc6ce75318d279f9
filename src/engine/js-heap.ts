/** Returns an arena's memory as arrays of every width, all from address 0. */
export const heapOf = (buffer: ArrayBuffer) => ({
  u8: new Uint8Array(buffer),
  u16: new Uint16Array(buffer),
  u32: new Uint32Array(buffer),
  i32: new Int32Array(buffer),
  u64: new BigUint64Array(buffer),
  i64: new BigInt64Array(buffer),
  view: new DataView(buffer),
});

/** Memory of the js engine. */
export type Heap = ReturnType<typeof heapOf>;
