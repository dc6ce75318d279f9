import { EXACT_MAX } from './latency.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import type { Outcomes } from './outcome.ts';

/** Counts the bytes that a read or write moved, given as words, and whether it was short. */
export function countMove(
  outcomes: Outcomes,
  groups: readonly OpcodeStats[],
  opcode: number,
  nbytes: number,
  low: number,
  high: number,
): void {
  const moved = high * 2 ** 32 + low;
  const isShort = outcomes.isShort(opcode, nbytes, moved);
  for (const group of groups) {
    if (moved < EXACT_MAX) group.bytes.add(moved);
    else group.bytes.addWide((BigInt(high) << 32n) + BigInt(low));
    if (isShort) group.short += 1;
  }
}
