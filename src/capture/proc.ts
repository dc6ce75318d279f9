// What /proc says of processes and threads.
import { readdirSync, readlinkSync } from 'node:fs';
import type { RunningProcess } from '../import/pages/task.ts';
import { allProcesses, processFile } from './process-tree.ts';

/** The first PID namespace, that of the host (PROC_PID_INIT_INO of include/linux/proc_ns.h). */
const HOST_PID_NAMESPACE = 'pid:[4026531836]';

/** Whether /proc has the processes of the host: only there, process 2 is kthreadd. */
const hasHostProc = (): boolean =>
  /^Name:\s*kthreadd$(?:.*\n)*^PPid:\s*0$/m.test(processFile(2, 'status') ?? '');

const numbersIn = (path: string): number[] => {
  try {
    return readdirSync(path)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
};

/** The name of a process; undefined if it is gone. */
export const commOf = (pid: number): string | undefined =>
  processFile(pid, 'comm')?.replace(/\n$/, '');

/** Whether a process runs; one that has ended and waits for its parent does not. */
export const isRunning = (pid: number): boolean => {
  const status = processFile(pid, 'status');
  return status !== null && !/^State:\s*[ZX]/m.test(status);
};

/** The threads of a process. */
export const threadsOf = (pid: number): number[] => numbersIn(`/proc/${pid}/task`);

/** The process of a thread; undefined if it is gone. */
export function processOf(tid: number): RunningProcess | undefined {
  const status = processFile(tid, 'status');
  const pid = Number(/^Tgid:\s*(\d+)/m.exec(status ?? '')?.[1]);
  const comm = Number.isNaN(pid) ? undefined : commOf(pid);
  return comm === undefined ? undefined : { pid, comm };
}

/** What Linux appends to the path of a file that has been deleted. */
const DELETED = / \(deleted\)$/;

/** The file behind a descriptor of a process; undefined if it cannot be read. */
export function pathOf(pid: number, fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).replace(DELETED, '');
  } catch {
    return undefined;
  }
}

/** What the processes of /proc are called by the kernel, whose events have the host's numbers. */
export interface PidNames {
  /** Whether /proc has the numbers of the host. */
  readonly isHost: boolean;
  /** The host's number of a process that we know as `pid`; undefined if it cannot be known. */
  hostPidOf(pid: number): number | undefined;
}

/** The numbers of a process, from the namespace of /proc down to its own. */
const numbersOf = (pid: number | 'self'): number[] =>
  (/^NSpid:\s*(.*)$/m.exec(processFile(pid, 'status') ?? '')?.[1] ?? '')
    .split(/\s+/)
    .filter((text) => text !== '')
    .map(Number);

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/**
 * How processes are called here and by the kernel. In a container whose /proc is that of the host,
 * the numbers are translated; in one with a /proc of its own, the host's numbers are not known.
 */
export function pidNames(): PidNames {
  const own = namespaceOf('self');
  // Without the file there are no namespaces.
  if (own === undefined || own === HOST_PID_NAMESPACE)
    return { isHost: true, hostPidOf: (pid) => pid };
  const isHost = hasHostProc();
  return {
    isHost,
    hostPidOf(pid) {
      if (!isHost) return undefined;
      return allProcesses().find((each) => {
        const numbers = numbersOf(each);
        return numbers.length > 1 && numbers.at(-1) === pid && namespaceOf(each) === own;
      });
    },
  };
}
