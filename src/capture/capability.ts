// The capabilities of this process.
import { processFile } from './process-tree.ts';

/** Numbers of capabilities. Source: include/uapi/linux/capability.h. */
export const CAPABILITIES = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21 } as const;

/** Whether this process has a capability. */
export function hasCapability(name: keyof typeof CAPABILITIES): boolean {
  const status = processFile(process.pid, 'status') ?? '';
  const [, effective] = /^CapEff:\s*([\da-f]+)$/m.exec(status) ?? [];
  if (effective === undefined) return false;
  return ((BigInt(`0x${effective}`) >> BigInt(CAPABILITIES[name])) & 1n) === 1n;
}
