// The processes of this machine, as /proc lists them.
import { readdirSync, readFileSync } from 'node:fs';

/** The text of a file of a process; null if it cannot be read, as of a process that has exited. */
export function processFile(pid: number | 'self', name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return null;
  }
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** The PIDs of all processes that can be seen. */
export const allProcesses = (): number[] =>
  namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** A number of /proc/PID/stat, by its place from 1 on; 0 if it is not known. */
function numberOf(pid: number, place: number): number {
  const stat = processFile(pid, 'stat') ?? '';
  // The second field, in parentheses, may contain anything.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[place - 3] ?? 0);
}

const PARENT = 4;
const START_TIME = 22;
/** Start times are counted in hundredths of a second, of CLOCK_BOOTTIME. */
const TICK_NS = 10_000_000n;

/** When a process was started, in ns of CLOCK_BOOTTIME: up to 10 ms early. */
export const startTime = (pid: number): bigint => BigInt(numberOf(pid, START_TIME)) * TICK_NS;

/** The children of processes. Without CONFIG_PROC_CHILDREN, all processes have to be read. */
function childrenFinder(): (pid: number) => number[] {
  if (processFile(process.pid, `task/${process.pid}/children`) !== null)
    return (pid) =>
      namesIn(`/proc/${pid}/task`).flatMap((tid) =>
        (processFile(pid, `task/${tid}/children`) ?? '').split(' ').filter(Boolean).map(Number),
      );
  const children = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = numberOf(pid, PARENT);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return (pid) => children.get(pid) ?? [];
}

/** Processes with all their descendants, parents first. */
export function withDescendants(roots: readonly number[]): number[] {
  const childrenOf = childrenFinder();
  const found = new Set(roots);
  // A set yields what is added to it while it is gone through.
  for (const pid of found) for (const child of childrenOf(pid)) found.add(child);
  return [...found];
}
