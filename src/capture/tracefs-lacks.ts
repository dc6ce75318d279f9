// What this machine lacks for a capture by kprobes or uprobes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot, containerLack, hasCapability } from './capability.ts';
import { findLibaio } from './libaio.ts';
import { platformLacks } from './platform-lacks.ts';
import { hasRegisters } from './probes.ts';
import type { CaptureLack } from './recorder.ts';
import { findTracefs, MOUNT_COMMAND, textOf } from './tracefs.ts';

/** The types of all kernel structures. */
export const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
const LOCKDOWN = '/sys/kernel/security/lockdown';

const NOT_MOUNTED: CaptureLack = { what: 'tracefs is not mounted', fix: MOUNT_COMMAND };

/** The lockdown of a kernel that forbids probes. */
function lockdownLack(): CaptureLack[] {
  const level = /\[(\w+)\]/.exec(textOf(LOCKDOWN) ?? '')?.[1];
  if (level !== 'confidentiality') return [];
  return [
    {
      what: `the kernel is locked down (${LOCKDOWN} is ${level}), which blocks tracing`,
      fix: 'boot without lockdown=confidentiality',
    },
  ];
}

/** What both ways need: root and tracefs. Nothing else can be found out without them. */
function commonLacks(): CaptureLack[] {
  const platform = platformLacks();
  if (platform.length > 0) return platform;
  if (process.geteuid?.() !== 0)
    return [{ what: 'not running as root, which probes require', fix: asRoot() }];
  if (!hasCapability('CAP_SYS_ADMIN')) return [containerLack('CAP_SYS_ADMIN')];
  if (findTracefs() === undefined) return [...lockdownLack(), NOT_MOUNTED];
  return lockdownLack();
}

const has = (file: string): boolean => existsSync(join(findTracefs() ?? '', file));

/** Functions that kprobes are set on. A compiler may have made them part of others. */
function functionLacks(): CaptureLack[] {
  const symbols = textOf('/proc/kallsyms');
  if (symbols === undefined) return [];
  return ['io_submit_one', 'aio_complete']
    .filter((name) => !new RegExp(` ${name}$`, 'm').test(symbols))
    .map((name) => ({
      what: `/proc/kallsyms has no ${name}: the compiler inlined or renamed it`,
      fix: 'use another --method',
    }));
}

/** What a capture by kprobes lacks. */
export function kprobeLacks(): CaptureLack[] {
  const lacks = commonLacks();
  if (lacks.length > 0) return lacks;
  if (!has('kprobe_events'))
    lacks.push({
      what: 'the kernel has no kprobe events',
      fix: 'use a kernel with CONFIG_KPROBE_EVENTS=y',
    });
  else lacks.push(...functionLacks());
  if (!existsSync(KERNEL_BTF))
    lacks.push({
      what: `the kernel has no BTF (${KERNEL_BTF}), which says where fields are`,
      fix: 'use a kernel with CONFIG_DEBUG_INFO_BTF=y',
    });
  return lacks;
}

/** What a capture by uprobes lacks. */
export function uprobeLacks(): CaptureLack[] {
  const lacks = commonLacks();
  if (lacks.length > 0) return lacks;
  if (!hasRegisters(process.arch))
    lacks.push({ what: `uprobes on ${process.arch} are not supported`, fix: null });
  if (!has('uprobe_events'))
    lacks.push({
      what: 'the kernel has no uprobe events',
      fix: 'use a kernel with CONFIG_UPROBE_EVENTS=y',
    });
  if (!has('events/syscalls/sys_exit_io_submit'))
    lacks.push({
      what: 'the kernel has no tracepoints of system calls',
      fix: 'use a kernel with CONFIG_FTRACE_SYSCALLS=y',
    });
  if (findLibaio().length === 0)
    lacks.push({
      what: 'no libaio is installed, nor loaded by a program: nothing calls its io_submit',
      fix: null,
    });
  return lacks;
}
