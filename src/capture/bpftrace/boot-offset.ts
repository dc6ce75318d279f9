// How far the clock of bpftrace is ahead of CLOCK_MONOTONIC.
import { readFileSync } from 'node:fs';
import { release } from 'node:os';

/** Linux 5.8 gave programs CLOCK_BOOTTIME, which bpftrace then uses. */
const BOOT_SINCE = [5, 8] as const;

function hasBootClock(): boolean {
  const [major, minor] = release().split('.').map(Number);
  return major > BOOT_SINCE[0] || (major === BOOT_SINCE[0] && minor >= BOOT_SINCE[1]);
}

/**
 * The time that the machine has been suspended, in ns, from the text of /proc/timer_list: the
 * offset of the third clock, CLOCK_BOOTTIME. Undefined if the text does not have it.
 */
export function bootOffset(timerList: string): bigint | undefined {
  const [, offset] = /^ clock 2:\n(?: {2}.*\n)*? {2}\.offset: +(\d+) nsecs$/m.exec(timerList) ?? [];
  return offset === undefined ? undefined : BigInt(offset);
}

/** Add it to a time of bpftrace to get CLOCK_MONOTONIC, in ns. */
export function bpftraceShift(): bigint {
  if (!hasBootClock()) return 0n;
  try {
    const offset = bootOffset(readFileSync('/proc/timer_list', 'latin1'));
    if (offset !== undefined) return -offset;
    const [uptime] = readFileSync('/proc/uptime', 'latin1').split(' ');
    const seconds = Number(uptime) - Number(process.hrtime.bigint()) / 1e9;
    // It has two decimals.
    return seconds < 0.02 ? 0n : -BigInt(Math.round(seconds * 1e9));
  } catch {
    return 0n;
  }
}
