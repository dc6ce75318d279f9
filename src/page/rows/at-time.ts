// The first record at or after a time.
import type { Found } from '../session.ts';
import { findWanted, type Watch } from './find.ts';
import type { AskedFile, TimeZones } from './messages.ts';

/** The first record that can be at or after a time; that after the zones if none in them can. */
function fromZones({ records, max }: TimeZones, time: bigint): number {
  const zone = max.findIndex((last) => last >= time);
  return records * (zone < 0 ? max.length : zone);
}

/**
 * Finds the first record of the file whose time is at or after `time`: exact where times do not
 * ascend too. Zones that cover the file make it one read; without them the file is read up to it.
 *
 * @throws as `findWanted` does; AioscopeError `AIOSCOPE_OPTION` if records have no time
 */
export function findTime(
  file: AskedFile,
  time: bigint,
  zones: TimeZones | undefined,
  watch: Watch,
): Promise<Found> {
  const first = zones === undefined ? 0 : fromZones(zones, time);
  return findWanted(file, { from: time < 0n ? 0n : time }, first, 'forward', watch);
}
