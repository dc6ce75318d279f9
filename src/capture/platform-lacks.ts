// Whether this machine has what all recorders need that read records as they are in memory.
import { endianness } from 'node:os';
import type { CaptureLack } from './recorder.ts';

/** What the platform lacks to read records from the memory of programs. */
export function platformLacks(): CaptureLack[] {
  if (process.platform !== 'linux')
    return [
      { what: `native AIO exists on Linux only, and this is ${process.platform}`, fix: null },
    ];
  return endianness() === 'LE'
    ? []
    : [{ what: 'only little-endian machines can be captured this way', fix: null }];
}
