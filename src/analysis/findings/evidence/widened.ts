/** A longer array with the values of another in front. */
export function widened<T extends { set(values: T): void }>(wider: T, old: T): T {
  wider.set(old);
  return wider;
}
