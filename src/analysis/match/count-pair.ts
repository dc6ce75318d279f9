import { EXACT_MAX, latencyBucket } from './latency.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import { isIo, type Outcomes } from './outcome.ts';
import type { PairGroups } from './pair-totals.ts';

/** Whether row `row` of `res` is an error. */
export const isFailure = (res: Uint32Array, row: number): boolean => res[2 * row + 1] >= 2 ** 31;

/**
 * Counts a latency, given as the differences of its words. Those of failed requests are not counted
 * by process.
 */
export function countLatency(
  { own, fd, process }: PairGroups,
  isFailed: boolean,
  high: number,
  low: number,
): void {
  const latency = high * 2 ** 32 + low;
  const ofProcess = isFailed ? null : process;
  if (latency < EXACT_MAX && latency > -EXACT_MAX) {
    const bucket = latencyBucket(latency < 0 ? -latency : latency);
    own.latency.add(latency, bucket);
    fd.latency.add(latency, bucket);
    if (ofProcess !== null) ofProcess.latency.add(latency, bucket);
  } else {
    const wide = (BigInt(high) << 32n) + BigInt(low);
    own.latency.addWide(wide);
    fd.latency.addWide(wide);
    ofProcess?.latency.addWide(wide);
  }
}

/** Counts the bytes that a read or write moved, as words. */
function countMove(group: OpcodeStats, high: number, low: number, isShort: boolean): void {
  const moved = high * 2 ** 32 + low;
  if (moved < EXACT_MAX) group.bytes.add(moved);
  else group.bytes.addWide((BigInt(high) << 32n) + BigInt(low));
  if (isShort) group.short += 1;
}

/**
 * Counts the result in row `row` of `res`: an error, or the bytes that a read or write moved, and
 * whether it was short. `nbytes` may be clamped to 2^32 - 1.
 */
export function countResult(
  outcomes: Outcomes,
  { own, fd, process }: PairGroups,
  opcode: number,
  isNowait: boolean,
  nbytes: number,
  res: Uint32Array,
  row: number,
): void {
  const [low, high] = [res[2 * row], res[2 * row + 1]];
  if (isFailure(res, row)) {
    outcomes.fail(opcode, isNowait, low, high);
    own.errors += 1;
    fd.errors += 1;
    if (process !== null) process.errors += 1;
    return;
  }
  if (!isIo(opcode)) return;
  const moved = high * 2 ** 32 + low;
  const isShort = outcomes.isShort(opcode, nbytes, moved);
  countMove(own, high, low, isShort);
  countMove(fd, high, low, isShort);
  if (process !== null) countMove(process, high, low, isShort);
}
