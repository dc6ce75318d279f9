/**
 * Returns `value` by way of the 16 bytes at `scratch`, which stay as they are. V8 makes a constant
 * vector anew in every iteration, in three instructions; what comes from memory it keeps.
 */
@inline
export function opaque(value: v128, scratch: usize): v128 {
  const kept = v128.load(scratch);
  v128.store(scratch, value);
  const same = v128.load(scratch);
  v128.store(scratch, kept);
  return same;
}
