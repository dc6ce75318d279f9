// The peak memory of a program that a test starts.

/**
 * A line of a module that defines `peakKib()`: the most memory that its process has had. On Linux,
 * `maxRSS` is at least that of the process which started it, and test processes are large.
 */
export const PEAK = `import { readFileSync } from 'node:fs';
const peakKib = () => {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
};
`;

const TELL = `${PEAK}import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => process.stderr.write(String(peakKib())));`;

/** Arguments of Node with which a program writes its peak in KiB to standard error at its end. */
export const TELL_PEAK = ['--import', `data:text/javascript,${encodeURIComponent(TELL)}`];
