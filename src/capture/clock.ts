/**
 * What has to be added to CLOCK_MONOTONIC to get CLOCK_REALTIME, in ns. The real time is only
 * known in ms, so this waits for one to begin.
 */
export function realtimeOffsetNs(): bigint {
  const before = Date.now();
  let now = before;
  let ns = process.hrtime.bigint();
  while (now === before) {
    now = Date.now();
    ns = process.hrtime.bigint();
  }
  return BigInt(now) * 1_000_000n - ns;
}
