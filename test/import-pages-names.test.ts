// Are records of raw pages given the process that made them, and its name?
import { describe, expect, test } from 'vitest';
import { imported } from './support/importing.ts';
import { accepted, completions, type Files, files, submissions } from './support/page-files.ts';
import { event, events, format, page, payload } from './support/pages.ts';

const { sub, done, task, rename, exit } = events;

describe('a process', () => {
  const THREAD = 0x10000;

  test('has the threads that it made', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            event(0, task(1, 40, 'fio', 0)),
            event(1, task(40, 41, 'fio', THREAD)),
            event(1, task(41, 42, 'worker', THREAD)),
            event(1, task(1, 50, 'idle', 0)),
            ...accepted(1, 42, 1),
            event(1, done(0, 1, 0x1001)),
          ]),
        ],
      ]),
    );
    expect(submissions(found)).toEqual(['14 40/42 1']);
    expect(completions(found)).toEqual(['16 40/0 4097']);
    // Nothing says whether it began another program.
    expect(found.manifest.processes).toEqual([]);
    expect(found.manifest.presumed).toEqual({});
  });

  test('that ran before the trace is that of threads with one context, and says so', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            ...accepted(0, 7, 1, 1),
            ...accepted(0, 8, 2, 1),
            ...accepted(0, 8, 3, 2),
            ...accepted(0, 9, 4, 2),
            ...accepted(0, 30, 5, 3),
            event(0, task(30, 31, 'x', THREAD)),
            ...accepted(0, 31, 6, 4),
          ]),
        ],
      ]),
    );
    expect(submissions(found).map((row) => row.split(' ')[1])).toEqual([
      ...['7/7', '7/8', '7/8', '7/9', '30/30', '30/31'],
    ]);
    expect(found.manifest.presumed).toEqual({
      'processes that ran before the trace: their pid is that of their first thread seen': 2,
      'threads that ran before the trace: their process is that of others with the same context': 2,
    });
  });

  test('that made the thread is its own, also if it is seen later', async () => {
    const found = await imported(
      files([[page(10n, [event(0, task(30, 31, 'x', THREAD)), ...accepted(0, 31, 1)])]]),
    );
    expect(submissions(found)).toEqual(['10 30/31 1']);
  });

  test('of completions in a context of nobody is 0, also where another had that memory', async () => {
    const other = payload(3, 0, [0, 0xffff_8880_0000_0001n, 99, 0, 0x1001, 0, 0]);
    const found = await imported(
      files([[page(10n, [event(0, done(0, 1, 5)), ...accepted(0, 7, 1), event(0, other)])]]),
    );
    expect(completions(found)).toEqual(['10 0/0 5', '11 0/0 4097']);
    expect(Object.values(found.manifest.dropped)).toEqual([2]);
  });

  test('of a number that is used again is the new one', async () => {
    const found = await imported(
      files([
        [
          page(10n, [
            event(0, task(1, 40, 'old', 0)),
            ...accepted(0, 40, 1),
            event(0, sub(40, 1, 2, 2)),
            event(0, task(1, 40, 'new', 0)),
            ...accepted(5, 40, 3),
          ]),
        ],
      ]),
    );
    expect(submissions(found)).toHaveLength(2);
    expect(Object.values(found.manifest.dropped)).toEqual([1]);
  });
});

describe('the name of a process', () => {
  const THREAD = 0x10000;
  /** The names of processes after one page of events, `pid name from`, and what is presumed. */
  const named = async (data: readonly Buffer[], others: Files = {}, missed = 0) => {
    const pages = [page(10n, [event(0, rename(1, 'sh', 'sh'))]), page(20n, data, missed)];
    const { processes, presumed } = (await imported(files([pages], others))).manifest;
    return [...processes.map(({ pid, comm, from }) => `${pid} ${comm} ${from}`), presumed];
  };

  test('is that of the program that it began, from then on', async () => {
    expect(
      await named([
        event(0, task(1, 40, 'strace', 0)),
        event(1, task(1, 41, 'strace', 0)),
        event(1, rename(40, 'strace', 'fio')),
        ...accepted(1, 40, 1),
        ...accepted(1, 41, 2, 2),
        event(1, rename(40, 'fio', 'fio-main')),
        event(1, done(0, 1, 0x1001)),
      ]),
    ).toEqual(['40 fio 22', '40 fio-main 27', '41 strace 21', {}]);
  });

  test('of one that ran before the trace is what it had until it changed', async () => {
    expect(
      await named([
        ...accepted(0, 7, 1),
        event(1, rename(7, 'mysqld', 'mariadbd')),
        ...accepted(1, 7, 2),
      ]),
    ).toEqual([
      '7 mysqld null',
      '7 mariadbd 22',
      { 'processes that ran before the trace: their pid is that of their first thread seen': 1 },
    ]);
    expect(
      await named([event(1, rename(7, 'sh', 'fio')), event(0, exit(7, 1)), ...accepted(1, 7, 2)]),
    ).toEqual(['7 fio 21', expect.anything()]);
  });

  test('is not that of its other threads', async () => {
    expect(
      await named([
        event(0, task(1, 40, 'fio', 0)),
        event(0, task(40, 41, 'fio', THREAD)),
        event(0, rename(41, 'fio', 'worker')),
        event(0, rename(41, 'worker', 'reader', 40)),
        ...accepted(1, 41, 1),
      ]),
    ).toEqual(['40 fio 20', {}]);
  });

  test('is presumed where the kernel does not say which thread was renamed', async () => {
    const without = format('task_rename', 7, { pad: 8, oldcomm: 16, newcomm: 16 });
    expect(
      await named(
        [
          event(0, task(1, 40, 'sh', 0)),
          event(1, rename(0, 'sh', 'fio', 40)),
          ...accepted(1, 40, 1),
          event(0, task(40, 41, 'fio', THREAD)),
          event(0, rename(0, 'fio', 'worker', 40)),
          ...accepted(1, 40, 2),
        ],
        { 'rename.format': without },
      ),
    ).toEqual([
      '40 fio 21',
      { 'names of processes: the kernel does not say whose thread was renamed': 2 },
    ]);
  });

  test('is presumed where lost events may have changed it', async () => {
    expect(await named([event(0, task(1, 40, 'fio', 0)), ...accepted(1, 40, 1)], {}, 5)).toEqual([
      '40 fio 20',
      { 'names of processes: lost events may have changed them': 1 },
    ]);
  });
});
