// A trace with names for tests: a log of strace with paths of descriptors that change, and names of
// processes and threads, and what each of its submissions has to have.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printed } from './cli.ts';

/** A submission of the log and the names that belong to it. */
export interface NamedSubmission {
  readonly tag: number;
  readonly fd: number;
  readonly path: string | null;
  readonly comm: string;
  readonly isRefused: boolean;
}

const SUBMISSIONS = 5000;
/** Two processes with a name each. */
const PROCESSES = [
  { pid: 7, comm: 'fio' },
  { pid: 9, comm: '=writer' },
] as const;

/** The file of a descriptor: another one every 300 submissions; descriptor 6 is never named. */
const pathOf = (pid: number, fd: number, i: number): string | null =>
  fd === 6 ? null : `/data/${pid}, é${fd}.${Math.floor(i / 300)}`;

/** The log: each submission is completed at once, and every 50th is refused. */
function namedLog(): { readonly lines: string[]; readonly truth: NamedSubmission[] } {
  const truth: NamedSubmission[] = [];
  const lines = PROCESSES.map(
    ({ pid, comm }) => `${pid} 1.000000 execve("/bin/${comm}", ["x"], 0x7ff /* 3 vars */) = 0`,
  );
  for (let i = 0; i < SUBMISSIONS; i++) {
    const { pid, comm } = PROCESSES[i % 2];
    const fd = 3 + ((i >> 1) % 4);
    const path = pathOf(pid, fd, i);
    const isRefused = i % 50 === 49;
    const file = path === null ? `${fd}` : `${fd}<${path}>`;
    const time = (of: number): string =>
      `${2 + Math.floor(of / 1000)}.${`${of % 1000}`.padStart(3, '0')}000`;
    const iocb =
      `{aio_data=${i + 1}, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=${file}, ` +
      'aio_buf=0x1000, aio_nbytes=512, aio_offset=0}';
    const ret = isRefused ? '-1 EAGAIN (Resource temporarily unavailable)' : '1';
    lines.push(`${pid} ${time(2 * i)} io_submit(0x7f00, 1, [${iocb}]) = ${ret} <0.000002>`);
    if (!isRefused)
      lines.push(
        `${pid} ${time(2 * i + 1)} io_getevents(0x7f00, 1, 1, ` +
          `[{data=${i + 1}, obj=0x${(i + 1).toString(16)}, res=512, res2=0}], NULL) = 1 <0.000003>`,
      );
    truth.push({ tag: i + 1, fd, path, comm, isRefused });
  }
  return { lines, truth };
}

/** Imports the log into a folder. Returns the path of the trace, and the truth. */
export function namedTrace(folder: string): {
  readonly path: string;
  readonly truth: NamedSubmission[];
} {
  const { lines, truth } = namedLog();
  const log = join(folder, 'named.strace');
  const path = join(folder, 'named.trace');
  writeFileSync(log, `${lines.join('\n')}\n`);
  printed(['import', log, '-o', path]);
  return { path, truth };
}
