// The bpftrace script that prints what native AIO does. It has to run with bpftrace 0.17 to 0.23.

import { constants } from 'node:os';

/** How often the script of a recorder says that it runs, in ms. */
export const BEAT_MS = 100;

const HEAD = `#!/usr/bin/env bpftrace
// Prints the calls, submissions and completions of native AIO, for aioscope. Needs Linux 5.3,
// root, and tracefs. Stop it with Ctrl-C: the counts at the end show what was lost.
`;

/** Blanks that fill the buffer of stdout, so that the lines before them are written. */
const FLUSH = ' '.repeat(2 ** 13);

/** Tells a reader that the probe at this place in the script is attached, and what time it is. */
const beat = (number: number, before = '', after = ''): string => `
interval:ms:${BEAT_MS} { ${before}printf("T ${number} %llu\\n${after}", nsecs); }
`;

/** Whether records are printed: from the first beat of the last probe on. */
const IS_ON = '@on == 1';
const TURN_ON = 'if (@on == 0) { @on = 1; } ';
/** A signal that bpftrace ignores, which makes the script of a recorder print no more records. */
export const OFF_SIGNAL = 'SIGURG';
/**
 * Probes are detached one after the other, which would leave halves of calls; and once SIGINT has
 * arrived, bpftrace ignores lines that it has not printed. So all probes are turned off at once.
 */
const TURN_OFF = `
tracepoint:syscalls:sys_enter_kill
  /@me == (uint64)args->pid && (uint64)args->sig == ${constants.signals[OFF_SIGNAL]}/ { @on = 2; }
`;

/**
 * Follows the children of processes, not threads, and forgets a PID that another one gets. The
 * verifier refuses programs that read a field of `args` in several branches. A map that is full
 * takes no more; these are counted.
 */
const CHILDREN = `
tracepoint:task:task_newtask {
  $child = (uint64)args->pid; $flags = (uint64)args->clone_flags;
  if (($flags & 0x10000) == 0) {
    if (@t[(uint64)pid] == 1) {
      @t[$child] = 1;
      if (@t[$child] == 0) { @f = sum(1); }
    } else if (@t[$child] == 1) { delete(@t[$child]); }
  }
}
`;

/** The names of programs: once for each process, and again if it runs another. */
const NAMES = `
tracepoint:sched:sched_process_exec { delete(@n[(uint64)pid]); }
`;

const WORDS = (count: number): string =>
  Array.from({ length: count }, (_, i) => `*(uint64 *)($q + ${8 * i})`).join(',\n      ');

/** Conditions of probes: on the process, and on whether they print. */
interface Filters {
  readonly follow: string | undefined;
  readonly on: string | undefined;
}

function predicate(...conditions: readonly (string | undefined)[]): string {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length === 0 ? '' : ` /${given.join(' && ')}/`;
}

const submit = (callMax: number, { follow, on }: Filters): string => `
tracepoint:syscalls:sys_enter_io_submit${predicate(on, follow)} {
  if (@n[(uint64)pid] == 0) {
    @n[(uint64)pid] = 1;
    printf("P %llu %d %d %s\\n", nsecs, pid, tid, comm);
  }
  $i = (uint64)0; $n = (int64)args->nr; $list = (uint64)args->iocbpp; @c = sum(1);
  printf("C %llu %d %d %llx %lld\\n", nsecs, pid, tid, args->ctx_id, args->nr);
  while ($i < ${callMax}) {
    if ((int64)$i >= $n) { break; }
    $p = *(uint64 *)uptr($list + $i * 8); $q = uptr($p); @s = sum(1);
    printf("S %llu %d %d %llx %llx %llx %llx %llx %llx %llx %llx %llx\\n", nsecs, pid, tid, $p,
      ${WORDS(8)});
    $i++;
  }
}

tracepoint:syscalls:sys_exit_io_submit${predicate(on, follow)} {
  @r = sum(1);
  printf("R %llu %d %d %lld\\n", nsecs, pid, tid, args->ret);
}
`;

const enterReap = (letter: string, call: string, { follow, on }: Filters): string => `
tracepoint:syscalls:sys_enter_${call}${predicate(follow)} {
  $ctx = (uint64)args->ctx_id; $nr = (int64)args->nr;
  @ev[tid] = (uint64)args->events + 1; @cx[tid] = $ctx;
  if (${on ?? '1 == 1'}) {
    @g = sum(1);
    printf("${letter} %llu %d %d %llx %lld\\n", nsecs, pid, tid, $ctx, $nr);
  }
}
`;

const exitReap = (callMax: number, { on }: Filters): string => `
tracepoint:syscalls:sys_exit_io_getevents,
tracepoint:syscalls:sys_exit_io_pgetevents${predicate(on, '@ev[tid]')} {
  $i = (uint64)0; $n = (int64)args->ret; $b = @ev[tid] - 1;
  while ($i < ${callMax}) {
    if ((int64)$i >= $n) { break; }
    $q = uptr($b + $i * 32); @e = sum(1);
    printf("E %llu %d %d %llx %llx %llx %llx %llx\\n", nsecs, pid, tid, @cx[tid],
      ${WORDS(4)});
    $i++;
  }
  @x = sum(1);
  printf("X %llu %d %d %lld\\n", nsecs, pid, tid, args->ret);
  delete(@ev[tid]); delete(@cx[tid]);
}
`;

/** Ends the script with the process that reads its output: bpftrace would run on. */
const endWith = (owner: number): string => `
tracepoint:sched:sched_process_exit /(uint64)pid == ${owner} && (uint64)tid == ${owner}/ { exit(); }
`;

/** What the script of a recorder has besides. */
export interface ScriptOptions {
  /** The process with which the script ends, by the PID of the host. Default: none. */
  readonly owner?: number | undefined;
  /**
   * Whether it says regularly that it runs, in lines that begin with `T`, with blanks after them
   * that make bpftrace write what it has buffered. Default: false.
   */
  readonly hasBeat?: boolean;
}

/**
 * The bpftrace script whose output `import` reads. It prints at most `callMax` records of a call.
 * With `roots` it follows these processes and the children that they will have; without, all.
 */
export function bpftraceScript(
  roots: readonly number[],
  callMax = 64,
  { hasBeat = false, owner }: ScriptOptions = {},
): string {
  const isFiltered = roots.length > 0;
  const filters = {
    follow: isFiltered ? '@t[(uint64)pid]' : undefined,
    on: hasBeat ? IS_ON : undefined,
  };
  const counts = [...'csregx'].map((name) => `@${name} = sum(0);`).join(' ');
  const follow = roots.map((pid) => `\n  @t[(uint64)${pid}] = 1;`).join('');
  const begin = `
BEGIN {
  printf("aioscope-bt 1\\n");
  ${counts}${hasBeat ? '\n  @on = 0; @me = (uint64)pid;' : ''}${follow}
}
`;
  const end = `
END { clear(@ev); clear(@cx); clear(@n);${isFiltered ? ' clear(@t);' : ''} }
`;
  return [
    HEAD,
    begin,
    hasBeat ? beat(0) : '',
    isFiltered ? CHILDREN : '',
    NAMES,
    owner === undefined ? '' : endWith(owner),
    submit(callMax, filters),
    enterReap('G', 'io_getevents', filters),
    enterReap('H', 'io_pgetevents', filters),
    exitReap(callMax, filters),
    hasBeat ? TURN_OFF : '',
    hasBeat ? beat(1, TURN_ON, `${FLUSH}\\n`) : '',
    end,
  ].join('');
}
