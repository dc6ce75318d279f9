// Are processes of a strace log named as the kernel names them, as far as the log shows it?
import { describe, expect, test } from 'vitest';
import { imported, text } from './support/importing.ts';

describe('names of processes', () => {
  const submit =
    'io_submit(0x7f0000001000, 1, [{aio_data=0, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=3, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1';
  const namesOf = async (lines: readonly string[]) => {
    const { manifest } = await imported(text(lines));
    return manifest.processes.map(({ pid, comm, from }) => [pid, comm, from]);
  };

  test('are those of the programs, which children inherit, and prctl changes', async () => {
    const lines = [
      '7 1795405894.1 execve("/usr/sbin/a-long-name-of-a-program", ["x"], 0x7f /* 3 vars */) = 0',
      '7 1795405894.2 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 8',
      '7 1795405894.3 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 9',
      '9 1795405894.4 prctl(PR_SET_NAME, "worker") = 0',
      '8 1795405894.5 prctl(PR_SET_NAME, "w\\303\\251") = 0',
      '8 1795405894.6 execve("sh", ["x"], 0x7f /* 3 vars */) = -1 ENOENT (No such file or directory)',
      '8 1795405894.7 execveat(3, "bin/sh", ["x"], NULL, 0) = 0 <0.1>',
      `8 1795405894.8 ${submit}`,
    ];
    const at = (tenths: number) => `1795405894${tenths}00000000`;
    expect(await namesOf(lines)).toEqual([
      [7, 'a-long-name-of-', at(1)],
      [8, 'a-long-name-of-', at(2)],
      [8, 'wé', at(5)],
      [8, 'sh', at(7)],
    ]);
  });

  test('are not known without execve', async () => {
    expect(await namesOf([`8 1795405894.8 ${submit}`])).toEqual([]);
  });
});
