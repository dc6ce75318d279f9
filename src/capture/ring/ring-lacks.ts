// Whether the memory of processes can be read here.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { asRoot, containerLack, hasCapability } from '../capability.ts';
import { platformLacks } from '../platform-lacks.ts';
import { processFile } from '../process-tree.ts';
import type { CaptureLack } from '../recorder.ts';

/** The setting of Yama that restricts ptrace; 0 if nothing does. */
function ptraceScope(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8'));
  } catch {
    return 0;
  }
}

/** The code of the error with which the memory of a process cannot be opened; null if it can. */
function memoryFault(pid: number): string | null {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, 'r'));
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Whether a process exists, even if /proc hides it. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The user that a process belongs to; null if it cannot be read. */
function userOf(pid: number): number | null {
  const [, uid] = /^Uid:\s*(\d+)/m.exec(processFile(pid, 'status') ?? '') ?? [];
  return uid === undefined ? null : Number(uid);
}

function lackOf(pid: number): CaptureLack[] {
  const fault = memoryFault(pid);
  if (fault === null) return [];
  if (!exists(pid)) return [{ what: `process ${pid} is not running`, fix: null }];
  if (fault === 'ENOENT')
    return [{ what: `process ${pid} is hidden: /proc is mounted with hidepid`, fix: asRoot() }];
  if (fault === 'ESRCH')
    return [{ what: `process ${pid} has no memory: a kernel thread, or it has exited`, fix: null }];
  if (process.geteuid?.() === 0 && !hasCapability('CAP_SYS_PTRACE'))
    return [containerLack('CAP_SYS_PTRACE')];
  const uid = userOf(pid);
  const scope = ptraceScope();
  const what = `the memory of process ${pid} cannot be read (${fault})`;
  if (uid !== null && uid !== process.getuid?.())
    return [{ what: `${what}: it belongs to user ${uid}`, fix: asRoot() }];
  if (scope === 0) return [{ what, fix: asRoot() }];
  const restricted = `${what}: kernel.yama.ptrace_scope is ${scope}`;
  const isFixed = scope > 2;
  return [
    {
      what: isFixed ? `${restricted}, which cannot be changed until the next boot` : restricted,
      fix: isFixed ? null : asRoot(),
    },
  ];
}

/**
 * What is missing to poll the rings of these processes; without any, of all processes. Descendants
 * that will be started have the rights of their parents, unless they change their user.
 */
export function ringLacks(roots: readonly number[]): CaptureLack[] {
  const lacks = platformLacks();
  if (lacks.length > 0) return lacks;
  if (roots.length > 0) return roots.flatMap(lackOf);
  if (hasCapability('CAP_SYS_PTRACE')) return [];
  if (process.geteuid?.() === 0) return [containerLack('CAP_SYS_PTRACE')];
  return [
    {
      what: 'the memory of all processes cannot be read: that needs CAP_SYS_PTRACE',
      fix: asRoot(),
    },
  ];
}
