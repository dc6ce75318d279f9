// One field of strided records becomes one column. These serve what the fused kernels do not: envelope fields.

@inline
function gather<T>(source: usize, stride: usize, count: u32, target: usize): void {
  const end = target + <usize>count * sizeof<T>();
  while (target < end) {
    store<T>(target, load<T>(source));
    source += stride;
    target += sizeof<T>();
  }
}

/** Copy a 1-byte field of `count` records, each `stride` bytes after the one before, the first field at `source`. */
export function gather_8(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u8>(source, stride, count, target);
}

/** Copy a 2-byte field. */
export function gather_16(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u16>(source, stride, count, target);
}

/** Copy a 4-byte field. */
export function gather_32(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u32>(source, stride, count, target);
}

/** Copy an 8-byte field. */
export function gather_64(source: usize, stride: usize, count: u32, target: usize): void {
  gather<u64>(source, stride, count, target);
}

/** Copy a field of `width` bytes, a char array. */
export function gather_bytes(source: usize, stride: usize, count: u32, target: usize, width: usize): void {
  const end = target + <usize>count * width;
  while (target < end) {
    memory.copy(target, source, width);
    source += stride;
    target += width;
  }
}
