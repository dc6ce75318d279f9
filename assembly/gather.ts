// Copies one field of strided records into one column: for envelope fields, which the fused kernels
// do not decode.

@inline
function gather<T>(source: usize, stride: usize, count: u32, target: usize): void {
  const end = target + <usize>count * sizeof<T>();
  while (target < end) {
    store<T>(target, load<T>(source));
    source += stride;
    target += sizeof<T>();
  }
}

/** Copies a 1-byte field of `count` records, `stride` bytes apart; the first is at `source`. */
export function gather_8(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u8>(source, stride, count, target);
}

/** Copies a 2-byte field. */
export function gather_16(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u16>(source, stride, count, target);
}

/** Copies a 4-byte field. */
export function gather_32(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u32>(source, stride, count, target);
}

/** Copies an 8-byte field. */
export function gather_64(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u64>(source, stride, count, target);
}

/** Copies a char array of `width` bytes. */
export function gather_bytes(
  source: usize, stride: usize, count: u32, target: usize, width: usize
): void {
  const end = target + <usize>count * width;
  while (target < end) {
    memory.copy(target, source, width);
    source += stride;
    target += width;
  }
}
