// Where to begin to look for a time.
import { ZONE_RECORDS } from '../../internal-page.ts';
import type { TimeZones } from '../session.ts';

/**
 * The first record that can be at or after a time. Zones may cover only the beginning of a file:
 * the record after them, if none in them can.
 */
export function firstAtOrAfter(
  { count, latest }: Pick<TimeZones, 'count' | 'latest'>,
  time: bigint,
  zoneRecords = ZONE_RECORDS,
): number {
  const zone = latest.subarray(0, count).findIndex((last) => last >= time);
  return zoneRecords * (zone < 0 ? count : zone);
}
