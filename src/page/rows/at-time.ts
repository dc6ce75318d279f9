// The first record at or after a time.
import type { Found } from '../session.ts';
import { findWanted, type Watch } from './find.ts';
import type { AskedFile } from './messages.ts';

/**
 * Finds the first record from `first` on whose time is at or after `time`: exact where times do not
 * ascend too, if no record before `first` is.
 *
 * @throws as `findWanted` does; AioscopeError `AIOSCOPE_OPTION` if records have no time
 */
export const findTime = (
  file: AskedFile,
  time: bigint,
  first: number,
  watch: Watch,
): Promise<Found> => findWanted(file, { from: time < 0n ? 0n : time }, first, 'forward', watch);
