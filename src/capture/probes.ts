// The probes of a capture, as tracefs takes them.
import { IOCallbackSize, IOEventSize } from '../abi/record.ts';
import { KPROBE_KINDS } from '../import/pages/import-pages.ts';
import { kprobeHits, type ProbeHits, uprobeHits } from '../import/pages/losses.ts';
import type { KernelOffsets } from './btf.ts';
import type { Libaio } from './libaio.ts';

/** The probes of one capture method. */
export interface ProbePlan {
  readonly method: 'kprobe' | 'uprobe';
  /** The list that probes are added to, and the file that counts their hits. */
  readonly list: 'kprobe_events' | 'uprobe_events';
  readonly profile: 'kprobe_profile' | 'uprobe_profile';
  readonly hitsOf: (profile: string) => ProbeHits;
  /** Each probe: its name, the letters before the name, and what follows it. */
  readonly probes: readonly { readonly name: string; readonly type: string; readonly of: string }[];
  /** Kinds of events without which the trace cannot be complete, and those that have hits. */
  readonly needed: readonly string[];
  readonly counted: readonly string[];
  /** Whether completions are recorded. */
  readonly hasCompletions: boolean;
}

/** Returns of io_submit_one that the kernel keeps track of at a time. */
const RETURNS_MAX = 512;

const words = (count: number, of: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join(' ');

/**
 * The kprobes: all of a submission when io_submit_one begins, its result, and the completion in
 * aio_complete. Source: fs/aio.c. An array of user memory is refused, so the iocb is eight words.
 */
export function kprobePlan({ kiRes, kiCtx, userId }: KernelOffsets): ProbePlan {
  const iocb = words(IOCallbackSize / 8, (i) => `w${i}=+u${8 * i}($arg2):x64`);
  const ctx = `+${kiCtx}($arg1)`;
  return {
    method: 'kprobe',
    list: 'kprobe_events',
    profile: 'kprobe_profile',
    hitsOf: kprobeHits,
    probes: [
      {
        ...{ name: 'sub', type: 'p' },
        of: `io_submit_one ctx=$arg1:x64 uid=+${userId}($arg1):x64 obj=$arg2:x64 ${iocb}`,
      },
      { name: 'ret', type: `r${RETURNS_MAX}`, of: 'io_submit_one ret=$retval:s32' },
      {
        ...{ name: 'done', type: 'p' },
        of:
          `aio_complete ctx=${ctx}:x64 uid=+${userId}(${ctx}):x64 ` +
          `ev=+${kiRes}($arg1):x64[${IOEventSize / 8}]`,
      },
    ],
    needed: KPROBE_KINDS.needed,
    counted: KPROBE_KINDS.probes,
    hasCompletions: true,
  };
}

/** The registers of the first three arguments of a function, by `process.arch`. */
const ARGUMENTS: Readonly<Record<string, readonly [string, string, string]>> = {
  x64: ['%di', '%si', '%dx'],
  arm64: ['%x0', '%x1', '%x2'],
  riscv64: ['%a0', '%a1', '%a2'],
  loong64: ['%r4', '%r5', '%r6'],
  ppc64: ['%gpr3', '%gpr4', '%gpr5'],
};

/** Whether the arguments of a function can be read on machines of this kind. */
export const hasRegisters = (arch: string): boolean => ARGUMENTS[arch] !== undefined;

/** Slots of one probe: the kernel limits its events to a page, and its line to 4096 characters. */
const SLOTS_PER_PROBE = 32;

/** The uprobes on io_submit of each copy of libaio, which read up to `slots` iocbs of a call. */
export function uprobePlan(
  libraries: readonly Libaio[],
  slots: number,
  arch: string = process.arch,
): ProbePlan {
  const [ctx, nr, list] = ARGUMENTS[arch];
  const firsts = Array.from(
    { length: Math.ceil(slots / SLOTS_PER_PROBE) },
    (_, i) => i * SLOTS_PER_PROBE,
  );
  const probes = firsts.flatMap((first) => {
    const count = Math.min(SLOTS_PER_PROBE, slots - first);
    const pairs = words(count, (i) => {
      const pointer = `+${8 * (first + i)}(${list})`;
      return `p${i}=${pointer}:x64 q${i}=+0(${pointer}):x64[${IOCallbackSize / 8}]`;
    });
    return libraries.map(({ path, offset }) => ({
      ...{ name: `slots${first}`, type: 'p' },
      of: `${path}:0x${offset.toString(16)} ctx=${ctx}:x64 nr=${nr}:s64 ${pairs}`,
    }));
  });
  const kinds = firsts.map((first) => `slots${first}`);
  return {
    method: 'uprobe',
    list: 'uprobe_events',
    profile: 'uprobe_profile',
    hitsOf: uprobeHits,
    probes,
    needed: [...kinds, 'sys_exit_io_submit'],
    counted: kinds,
    hasCompletions: false,
  };
}
