// The processes of this machine, as /proc lists them.
import { readdirSync, readFileSync } from 'node:fs';

/** The text of a file of a process; null if it cannot be read, as of a process that has exited. */
export function processFile(pid: number, name: string): string | null {
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

/** The parent of a process; 0 if it is not known. */
function parentOf(pid: number): number {
  // The name, in parentheses, may contain anything.
  const [, parent] = /^.*\) \S (\d+)/s.exec(processFile(pid, 'stat') ?? '') ?? [];
  return Number(parent ?? 0);
}

/** The children of processes. Without CONFIG_PROC_CHILDREN, all processes have to be read. */
function childrenFinder(): (pid: number) => number[] {
  if (processFile(process.pid, `task/${process.pid}/children`) !== null)
    return (pid) =>
      namesIn(`/proc/${pid}/task`).flatMap((tid) =>
        (processFile(pid, `task/${tid}/children`) ?? '').split(' ').filter(Boolean).map(Number),
      );
  const children = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = parentOf(pid);
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
