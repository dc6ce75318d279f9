// Helpers of the naive reports: every record is a plain object, every number a bigint.
import type { Plain } from './summary.ts';

export const LENGTH_MAX = 0x7ffff000n;
const PLACE_MAX = 2n ** 53n - 2n ** 32n;

const KINDS: Record<string, number> = { 0: 0, 1: 1, 7: 2, 8: 3 };
export const abs = (value: bigint): bigint => (value < 0n ? -value : value);
export const ascending = (a: bigint, b: bigint): number => Number(a > b) - Number(a < b);
export function max([most, ...others]: readonly bigint[]): bigint {
  let found = most;
  for (const value of others) if (value > found) found = value;
  return found;
}
export const min = (values: readonly bigint[]): bigint => -max(values.map((value) => -value));
export const sum = (values: bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
export const kindOf = ({ aio_lio_opcode }: Plain): number => KINDS[`${aio_lio_opcode}`] ?? 4;
export const lengthOf = (record: Plain): bigint => {
  if (kindOf(record) > 1) return 0n;
  return record.aio_nbytes > LENGTH_MAX ? LENGTH_MAX : record.aio_nbytes;
};
/** A write that ignores its offset: RWF_APPEND means nothing to a read. */
export const appends = (record: Plain): boolean =>
  (kindOf(record) === 1 || kindOf(record) === 3) && ((record.aio_rw_flags ?? 0n) & 16n) !== 0n;
export const hasPlace = (record: Plain): boolean =>
  kindOf(record) < 4 &&
  !appends(record) &&
  record.aio_offset >= 0n &&
  record.aio_offset <= PLACE_MAX;

/** Runs of items: an item that `joins` the one before it continues its run. */
export function runsOf<T>(items: T[], joins: (item: T, before: T) => boolean): T[][] {
  const runs: T[][] = [];
  items.forEach((item, i) => {
    if (i > 0 && joins(item, items[i - 1])) runs[runs.length - 1].push(item);
    else runs.push([item]);
  });
  return runs;
}
