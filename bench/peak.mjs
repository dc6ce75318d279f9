// The most memory that this process ever had, in KB. What getrusage says begins with what the parent had, so the kernel's own mark goes first.
import { readFileSync } from 'node:fs';

export function peakKb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
