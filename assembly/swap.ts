// Converts big-endian columns in place, with one shuffle per vector. The last vector may reach past
// the column's end, since the caller rounds columns up to 16 bytes.

/** Swaps the bytes of `count` 2-byte values at `column`. */
export function swap_16(column: usize, count: u32): void {
  const end = column + (<usize>count << 1);
  for (; column < end; column += 16) {
    const v = v128.load(column);
    v128.store(column,
      v128.shuffle<u8>(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  }
}

/** Swaps the bytes of `count` 4-byte values at `column`. */
export function swap_32(column: usize, count: u32): void {
  const end = column + (<usize>count << 2);
  for (; column < end; column += 16) {
    const v = v128.load(column);
    v128.store(column,
      v128.shuffle<u8>(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
}

/** Swaps the bytes of `count` 8-byte values at `column`. */
export function swap_64(column: usize, count: u32): void {
  const end = column + (<usize>count << 3);
  for (; column < end; column += 16) {
    const v = v128.load(column);
    v128.store(column,
      v128.shuffle<u8>(v, v, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
  }
}
