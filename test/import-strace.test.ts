// Is every field that strace printed equal to what the program's memory held in the same run?
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { iocb as iocbLayout } from '../src/abi/index.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import { fixture } from './support/cli.ts';
import { type Imported, imported, text } from './support/importing.ts';

const FOLDERS = [fixture('..'), process.env['AIOSCOPE_CAPTURES'] ?? ''].map((folder, i) =>
  i === 0 ? join(folder, 'captures') : folder,
);
const find = (name: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
const read = (name: string): Buffer => {
  const path = find(name);
  if (path !== undefined) return readFileSync(path);
  return gunzipSync(readFileSync(find(`${name}.gz`) ?? name));
};

/** The structs of each thread, in the order of time. */
function byThread(parts: readonly (readonly [Buffer, number, number])[]): Map<number, Buffer[]> {
  const records: { ts: bigint; tid: number; struct: Buffer }[] = [];
  for (const [bytes, stride, begin] of parts)
    for (let at = 0; at < bytes.byteLength; at += stride)
      records.push({
        ts: bytes.readBigUInt64LE(at),
        tid: bytes.readUInt32LE(at + 20),
        struct: bytes.subarray(at + begin, at + stride),
      });
  records.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  const threads = new Map<number, Buffer[]>();
  for (const { tid, struct } of records) threads.set(tid, [...(threads.get(tid) ?? []), struct]);
  return threads;
}

const captures = [
  ...['case_poll', 'case_rwf', 'case_sync'],
  ...['fio_nowait', 'fio_randrw_qd8', 'sysbench_fileio'],
];

describe.each(captures)('%s', (name) => {
  const isThere = find(`${name}.strace.gz`) !== undefined;

  test('every event and every printed field of a submission is equal', async ({ skip }) => {
    skip(!isThere, `${name}.strace.gz is not shipped; AIOSCOPE_CAPTURES names its folder`);
    const { manifest, submissions, completions, refused, unparsed } = await imported(
      gunzipSync(read(`${name}.strace.gz`)),
    );
    expect(unparsed).toEqual([]);
    const events = byThread([[completions, 56, 24]]);
    expect(events).toEqual(byThread([[read(`${name}.ioev56`), 56, 24]]));

    const absent = (field: string, opcode: number): boolean =>
      manifest.absent.some(
        (each) =>
          each.kind === 'iocb' &&
          each.field === field &&
          (each.opcodes === 'all' || each.opcodes.includes(opcode)),
      );
    const found = byThread([
      [submissions, 88, 24],
      [refused, 104, 40],
    ]);
    const truth = byThread([[read(`${name}.iocb88`), 88, 24]]);
    const counts = (threads: Map<number, Buffer[]>): [number, number][] =>
      [...threads]
        .map(([tid, all]): [number, number] => [tid, all.length])
        .sort((x, y) => x[0] - y[0]);
    expect(counts(found)).toEqual(counts(truth));
    let compared = 0;
    for (const [tid, structs] of truth) {
      for (const [i, struct] of structs.entries()) {
        const printed = found.get(tid)?.[i];
        for (const { name: field, offset, type } of iocbLayout.fields) {
          if (absent(field, struct.readUInt16LE(16))) continue;
          const end = offset + Number(type.slice(1)) / 8;
          const [a, b] = [struct, printed].map((each) => each?.toString('hex', offset, end));
          if (a !== b) expect(`${tid} ${i} ${field} ${b}`).toBe(`${tid} ${i} ${field} ${a}`);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(8 * (submissions.byteLength / 88));
  });
});

const submit = (tail: string): string =>
  'io_submit(0x7f0000000000, 1, [{aio_data=0x11, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=7, ' +
  `aio_buf=0x1000, aio_nbytes=4096, aio_offset=8192}]) = ${tail}`;
const reap = (tail: string): string =>
  `io_getevents(0x7f0000000000, 1, 1, [{data=0x11, obj=0x2000, res=4096, res2=0}], NULL) = ${tail}`;

const times = ({ submissions, completions }: Imported): (bigint | undefined)[] =>
  [submissions, completions].map((each) =>
    each.byteLength === 0 ? undefined : each.readBigUInt64LE(0),
  );
const threads = ({ submissions, completions }: Imported): number[] =>
  [submissions, completions].map((each) => each.readUInt32LE(20));

describe('the forms of a line', () => {
  test.each([
    ['-ttt -T', '1700000000.000001 ', '<0.000002>', 1_700_000_000_000_001_000n, 2000n],
    ['-tt -T', '01:02:03.000004 ', '<0.000005>', 3_723_000_004_000n, 5000n],
    ['-t', '01:02:03 ', '', 3_723_000_000_000n, 0n],
    ['-f -ttt', '41  1700000000.500000 ', '', 1_700_000_000_500_000_000n, 0n],
    ['-f -tt, on a terminal', '[pid    41] 00:00:01.000000 ', '', 1_000_000_000n, 0n],
    ['-f -Y', '41<fio> 00:00:01.000000 ', '', 1_000_000_000n, 0n],
    ['-r', '     0.250000 ', '', 250_000_000n, 250_000_000n],
    ['-f, seconds since 1970', '41  1700000000 ', '', 1_700_000_000_000_000_000n, 0n],
    [
      '-i -n -r -ttt',
      '1700000000.5 (+ 0.1) [ 209] [00007f63ec73b829] ',
      '',
      1_700_000_000_500_000_000n,
      0n,
    ],
    ['in a mail', '> > 41  00:00:01.000000 ', '', 1_000_000_000n, 0n],
  ])('%s', async (_, prefix, duration, ts, later) => {
    const found = await imported(
      text([
        `${prefix}${submit(`1 ${duration}`.trim())}`,
        `${prefix}${reap(`1 ${duration}`.trim())}`,
      ]),
    );
    expect(found.unparsed).toEqual([]);
    expect(times(found)).toEqual([ts, ts + later]);
    expect(threads(found)).toEqual(prefix.includes('41') ? [41, 41] : [0, 0]);
  });

  test('lines of other options are no calls', async () => {
    const found = await imported(
      text([
        `10000000.100000 ${submit('1')}`,
        ' > /usr/lib/libc.so.6(syscall+0x19) [0x101829]',
        ' | 00000  22 7d 5d 29 20 3d 20 31  00 00 00 00 00 00 00 00  "}]) = 1........ |',
        ' * 40 bytes in buffer 1',
        '10000000.200000 --- SIGCHLD {si_signo=SIGCHLD} ---',
        '10000000.300000 [????????????????] +++ exited with 0 +++',
        '% time     seconds  usecs/call     calls    errors syscall',
        '------ ----------- ----------- --------- --------- ----------------',
        ' 50.00    0.000012           6         2           io_submit',
        '100.00    0.000012           6         2           total',
      ]),
    );
    expect(found.unparsed).toEqual([]);
    expect(found.calls.byteLength).toBe(48);
  });

  test('relative times count from signals too', async () => {
    const found = await imported(
      text([
        `     0.000000 ${submit('1')}`,
        '     1.000000 --- SIGALRM {si_signo=SIGALRM} ---',
        `     0.500000 ${reap('1')}`,
      ]),
    );
    expect(times(found)).toEqual([0n, 1_500_000_000n]);
  });

  test('completions stay in order where durations are finer than times', async () => {
    const found = await imported(
      text([
        `01:00:00 ${reap('1 <0.000900>')}`,
        `01:00:00 ${reap('1 <0.000100>').replace('0x2000', '0x3000')}`,
      ]),
    );
    expect([32, 88].map((at) => found.completions.readBigUInt64LE(at))).toEqual([0x2000n, 0x3000n]);
  });

  test('comments in comments, and numbers in hexadecimal', async () => {
    const found = await imported(
      text([
        submit('1').replace(
          'aio_fildes',
          'aio_reqprio=0x2007 /* IOPRIO_PRIO_VALUE(0x1 /* IOPRIO_CLASS_RT */, 7) */, aio_fildes',
        ),
        'io_submit(0x7f0000000000, 0xffffffffffffffff, 0x1000) = -1 EINVAL (Invalid argument)',
        'io_submit(0x7f0000000000, 0x2, 0x1000) = 2',
      ]),
    );
    expect(found.unparsed).toEqual([]);
    expect(found.submissions.readInt16LE(24 + 18)).toBe(0x2007);
    expect(found.calls.readInt32LE(48 + 36)).toBe(-1);
    expect(found.manifest.dropped).toEqual({ 'accepted submissions that are not printed': 2 });
  });

  test('a call is resumed without its thread where that is the last one', async () => {
    const at = reap('1').indexOf('[');
    const [head, tail] = [reap('1').slice(0, at), reap('1').slice(at)];
    const found = await imported(
      text([
        `[pid 7] 10000000.1 ${head} <unfinished ...>`,
        '[pid 8] 10000000.2 +++ exited with 0 +++',
        `10000000.3 <... io_getevents resumed>${tail}`,
        `10000000.4 ${submit('1')}`,
      ]),
    );
    expect(threads(found)).toEqual([7, 7]);
    expect(found.manifest.dropped).toEqual({});
  });

  test('without times they are 0, and absent', async () => {
    const found = await imported(text([submit('1'), reap('1')]));
    expect(times(found)).toEqual([0n, 0n]);
    expect(found.manifest.absent).toContainEqual({ kind: 'iocb', field: 'ts', opcodes: 'all' });
    expect(found.manifest.clock.id).toBe('unknown');
  });

  test('a day with a date, and the midnight after it', async () => {
    const lines = [`23:59:59.000000 ${submit('1')}`, `00:00:01.000000 ${reap('1')}`];
    const dayNs = BigInt(Date.parse('2026-11-29')) * 1_000_000n;
    const found = await imported(text(lines), { dayNs });
    const at = (iso: string) => BigInt(Date.parse(iso)) * 1_000_000n;
    expect(times(found)).toEqual([at('2026-11-29T23:59:59Z'), at('2026-11-30T00:00:01Z')]);
  });

  test('a call that another thread interrupts', async () => {
    const at = submit('1').indexOf('[');
    const [head, tail] = [submit('1').slice(0, at), submit('1').slice(at)];
    const lines = [
      `1 10000000.100000 ${head} <unfinished ...>`,
      `2 10000000.200000 ${reap('1 <0.000001>')}`,
      `1 10000000.300000 <... io_submit resumed>${tail} <0.25>`,
    ];
    const found = await imported(text(lines));
    expect(found.unparsed).toEqual([]);
    expect(times(found)).toEqual([10_000_000_100_000_000n, 10_000_000_200_001_000n]);
    expect(found.manifest.dropped).toEqual({});
  });

  test('quoted-printable and wrapped, as mails have it', async () => {
    const line = `> 41 10000000.5 ${submit('1')}`.replaceAll('=', '=3D');
    const found = await imported(text([`${line.slice(0, 75)}=`, `> ${line.slice(75)}`]));
    expect(found.submissions.byteLength).toBe(88);
    expect(found.submissions.readBigUInt64LE(24 + 40)).toBe(8192n);
  });

  test('a file per thread, in the order of time', async () => {
    const files = [
      { ...memorySource(text(`10000000.2 ${submit('1')}`)), name: 'log.7' },
      { ...memorySource(text(`10000000.1 ${submit('1')}`)), name: 'log.8' },
    ];
    const found = await imported(files);
    expect(found.submissions.readUInt32LE(20)).toBe(8);
    expect(found.submissions.readUInt32LE(88 + 20)).toBe(7);
  });
});

describe('what was not accepted', () => {
  const PRESUMED =
    'contexts of submissions refused with EINVAL: the log does not show that they existed';
  const NOT_SEEN = 'submissions in contexts that did not exist, which the kernel did not look at';
  const two = submit('1').replace('}])', '}, {aio_data=0x12, aio_lio_opcode=99, aio_fildes=7}])');

  test('of a short call: the first refused submission is known, its errno is not', async () => {
    const { submissions, refused } = await imported(text(`1 10000000.1 ${two}`));
    expect([submissions.byteLength, refused.byteLength]).toEqual([88, 104]);
    expect(refused.readInt32LE(32)).toBe(0);
    expect(refused.readBigUInt64LE(40)).toBe(0x12n);
  });

  test('of a call that failed: the errno is that of its first submission', async () => {
    const line = two.replace('= 1', '= -1 EINVAL (Invalid argument)');
    const { submissions, refused, manifest } = await imported(text(`1 10000000.1 ${line}`));
    expect([submissions.byteLength, refused.byteLength]).toEqual([0, 104]);
    expect(refused.readInt32LE(32)).toBe(-22);
    expect(Object.values(manifest.dropped)).toEqual([1]);
    expect(manifest.presumed).toEqual({ [PRESUMED]: 1 });
  });

  describe('because its context did not exist', () => {
    const failed = two.replace('= 1', '= -1 EINVAL (Invalid argument)');
    const [setup, destroy] = [
      'io_setup(8, [0x7f0000000000]) = 0',
      'io_destroy(0x7f0000000000) = 0',
    ];
    const reaped = 'io_getevents(0x7f0000000000, 0, 1, [], NULL) = 0';
    const exec = 'execve("/bin/fio", ["fio"], 0x7ffc /* 9 vars */) = 0';
    const fork = 'fork() = 9';
    const thread = 'clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 8';
    const other = failed.replace('0x7f0000000000', '0x7f0000001000');
    test.each<[string, string[], 'refused' | 'presumed' | 'dropped']>([
      ['it was made before', [setup, failed], 'refused'],
      ['it was made and destroyed', [setup, destroy, failed], 'dropped'],
      ['it was destroyed and made again', [setup, destroy, setup, failed], 'refused'],
      ['it could not be destroyed', [destroy.replace('= 0', '= -1 EINVAL'), failed], 'dropped'],
      ['events were reaped from it', [reaped, failed], 'refused'],
      ['reaping failed', [reaped.replace('= 0', '= -1 EFAULT (Bad address)'), failed], 'presumed'],
      ['something was accepted in it', [submit('1'), failed], 'refused'],
      [
        'a submission in it had a bad descriptor',
        [two.replace('= 1', '= -1 EBADF'), failed],
        'refused',
      ],
      ['it could not be made', [setup.replace('= 0', '= -1 EAGAIN'), failed], 'presumed'],
      ['it is of another address', [setup, other], 'presumed'],
      ['the log has the program from its beginning', [exec, setup, other], 'dropped'],
      ['the log has no io_setup', [exec, failed], 'presumed'],
      ['the program began after it was made', [setup, exec, failed], 'dropped'],
      ['another thread made it', [exec, thread, `8 ${setup}`, failed], 'refused'],
      ['the process that forked made it', [exec, setup, fork, `9 ${failed}`], 'dropped'],
      ['it is no address of a page', [failed.replace('0x7f0000000000', '0xbad')], 'dropped'],
      ['it is 0', [failed.replace('0x7f0000000000', '0')], 'dropped'],
      ['the number is negative', [setup, failed.replace(', 1,', ', -1,')], 'dropped'],
    ])('%s', async (_, calls, outcome) => {
      const log = calls.map((call, i) => {
        const [, tid = '1', body = ''] = /^(?:(\d) )?(.*)/.exec(call) ?? [];
        return `${tid} 1000000${i}.1 ${body}`;
      });
      const { refused, manifest, unparsed } = await imported(text(log));
      expect(unparsed).toEqual([]);
      const last = refused.subarray(-104);
      expect(last.byteLength > 0 && last.readInt32LE(32) === -22).toBe(outcome !== 'dropped');
      expect(manifest.presumed[PRESUMED]).toBe(outcome === 'presumed' ? 1 : undefined);
      expect(manifest.dropped[NOT_SEEN]).toBe(outcome === 'dropped' ? 2 : undefined);
    });
  });

  test('of a call that did not return nothing is known', async () => {
    const { submissions, refused, manifest } = await imported(
      text([
        `1 10000000.1 ${submit('?')}`,
        `2 10000000.2 ${submit('1').slice(0, 40)} <unfinished ...>`,
      ]),
    );
    expect([submissions.byteLength, refused.byteLength]).toEqual([0, 0]);
    expect(manifest.dropped).toEqual({
      'calls that did not return': 1,
      'submissions of calls that did not return': 1,
    });
  });
});

test('paths of descriptors are kept, as they changed', async () => {
  const at = (time: string, path: string) =>
    `1 ${time} ${submit('1').replace('aio_fildes=7', `aio_fildes=7<${path}>`)}`;
  const { manifest } = await imported(
    text([
      at('10000000.1', '/a, b>c'),
      at('10000000.2', '/a, b>c'),
      at('10000000.3', '/dev/sda<block 8:0>'),
    ]),
  );
  expect(manifest.descriptors).toEqual([
    { pid: 0, fd: 7, path: '/a, b>c', from: '10000000100000000' },
    { pid: 0, fd: 7, path: '/dev/sda', from: '10000000300000000' },
  ]);
});

test('processes of threads come from clone and execve', async () => {
  const { submissions, manifest } = await imported(
    text([
      '5 9999999.0 execve("/bin/a", ["a"], 0x7ffe /* 9 vars */) = 0',
      '5 10000000.0 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 6',
      `6 10000000.1 ${submit('1')}`,
      '4 10000000.1 execve("/bin/b", ["b"], 0x7ffe /* 9 vars */) = 0',
      `4 10000000.2 ${submit('1')}`,
    ]),
  );
  expect([16, 104].map((at) => submissions.readUInt32LE(at))).toEqual([5, 4]);
  expect(manifest.absent.some(({ field }) => field === 'pid')).toBe(false);
});

test('a line that cannot be parsed is counted with its number', async () => {
  const { unparsed, manifest } = await imported(
    text([
      `1 10000000.1 ${submit('1')}`,
      'noise',
      `1 10000000.2 ${submit('1').replace('0x11', '%')}`,
    ]),
  );
  expect(unparsed).toEqual([2, 3]);
  expect(manifest.dropped['lines that could not be parsed']).toBe(2);
});

test('a text that is no log is an error with its name', async () => {
  await expect(imported(text('hello\nworld'))).rejects.toMatchObject({
    code: 'AIOSCOPE_UNKNOWN',
    message: expect.stringContaining('memory: not recognized as a log'),
  });
});
