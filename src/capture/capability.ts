// The capabilities of this process.
import { processFile } from './process-tree.ts';
import type { CaptureLack } from './recorder.ts';

/** Numbers of capabilities. Source: include/uapi/linux/capability.h. */
export const CAPABILITIES = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21 } as const;

/** This command, to be run as root: sudo may not find what the shell does. Null for root. */
export const asRoot = (): string | null =>
  process.geteuid?.() === 0
    ? null
    : `sudo ${[process.execPath, ...process.argv.slice(1)].map(quoted).join(' ')}`;

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** What root in a container has to be given. */
export const containerLack = (capability: string): CaptureLack => ({
  what: `root lacks ${capability} here, as in a container`,
  fix: 'run it on the host, or in a privileged container (docker run --privileged)',
});

/** Whether this process has a capability. */
export function hasCapability(name: keyof typeof CAPABILITIES): boolean {
  const status = processFile(process.pid, 'status') ?? '';
  const [, effective] = /^CapEff:\s*([\da-f]+)$/m.exec(status) ?? [];
  if (effective === undefined) return false;
  return ((BigInt(`0x${effective}`) >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
}
