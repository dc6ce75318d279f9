import { readFileSync } from 'node:fs';

/** Address space that a thread reserves at most: 10 GiB of it for one WebAssembly memory. */
const THREAD_BYTES = 12 * 2 ** 30;
const PAGE_BYTES = 4096;

/**
 * Why so many threads cannot be started; null if they can. V8 ends the process if a new thread
 * finds too little address space, so that is known before. Only Linux has these files.
 */
export function reasonAgainstThreads(threads: number): string | null {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const limit = /^Max address space +(\d+)/m.exec(limits)?.[1];
    if (limit === undefined) return null;
    const used = Number.parseInt(readFileSync('/proc/self/statm', 'utf8'), 10) * PAGE_BYTES;
    if (used + threads * THREAD_BYTES <= Number(limit)) return null;
    return 'the address space is limited (ulimit -v), and a thread may reserve 12 GiB';
  } catch {
    return null;
  }
}
