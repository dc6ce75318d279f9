import { EXACT_MAX, latencyBucket } from './latency.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import { isRead, isWrite, type Outcomes } from './outcome.ts';

/**
 * Counts a latency, given as the differences of its words, in the statistics of an opcode and a
 * descriptor, and returns it. Above 2^53 what it returns is rounded.
 */
export function countLatency(own: OpcodeStats, fd: OpcodeStats, high: number, low: number): number {
  const latency = high * 2 ** 32 + low;
  if (latency < EXACT_MAX && latency > -EXACT_MAX) {
    const bucket = latencyBucket(latency < 0 ? -latency : latency);
    own.latency.add(latency, bucket);
    fd.latency.add(latency, bucket);
  } else {
    const wide = (BigInt(high) << 32n) + BigInt(low);
    own.latency.addWide(wide);
    fd.latency.addWide(wide);
  }
  return latency;
}

/**
 * Counts the result in row `row` of `res`: an error, or the bytes that a read or write moved, and
 * whether it was short. `nbytes` may be clamped to 2^32 - 1.
 */
export function countResult(
  outcomes: Outcomes,
  own: OpcodeStats,
  fd: OpcodeStats,
  opcode: number,
  isNowait: boolean,
  nbytes: number,
  res: Uint32Array,
  row: number,
): void {
  const [low, high] = [res[2 * row], res[2 * row + 1]];
  if (high >= 2 ** 31) {
    outcomes.fail(opcode, isNowait, low, high);
    own.errors += 1;
    fd.errors += 1;
    return;
  }
  if (!isRead(opcode) && !isWrite(opcode)) return;
  const moved = high * 2 ** 32 + low;
  const isShort = outcomes.isShort(opcode, nbytes, moved);
  for (const group of [own, fd]) {
    if (moved < EXACT_MAX) group.bytes.add(moved);
    else group.bytes.addWide((BigInt(high) << 32n) + BigInt(low));
    if (isShort) group.short += 1;
  }
}
