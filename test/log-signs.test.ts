// Is a log that is opened as a dump named, with the command that imports it?
import { expect, test } from 'vitest';
import { importLog } from '../src/import-node.ts';
import { inspect, open } from '../src/node.ts';
import { LOG_SIGNS, signOf } from '../src/stream/log-signs.ts';
import { aioscope, fixture } from './support/cli.ts';
import { text } from './support/importing.ts';

/** Lines of each format. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  strace: ['openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3'],
  perf: ['fio 7 [001] 1.000001: syscalls:sys_enter_io_submit: ctx_id: 0x7f00, nr: 0x1'],
  bpftrace: ['Attaching 8 probes...', 'aioscope-bt 1', 'C 100 7 8 7f00 1'],
  linuxki: [
    '    0.000001 cpu=3 pid=7 tgid=7 io_submit [209] entry ctx_id=0x7f00 nr=1 **iocbpp=0x1',
  ],
  pinchy: ['7 io_destroy(ctx_id: 0x7f00) = 0 (success)'],
  csv: ['index,offset,ts,aio_lio_opcode', '0,0,1,0'],
  ndjson: ['{"index":0,"offset":0,"data":"0","obj":"1","res":2}'],
  hexdump: [
    '00000000: 3023 e11c d27f 0000 0000 0000 0000 0000  0#..............',
    '00000010: 0700 0000 2a00 0000 9822 e11c d27f 0000  ....*...."......',
  ],
  systemtap: ['Tracing started', '[     0 qemu-kvm(7):] io_submit(139, 1, 0x7ffd)'],
};

test.each(LOG_SIGNS.map(({ name, title }) => [name, title]))('%s', async (name, title) => {
  const bytes = text(SAMPLES[name]);
  expect(signOf(SAMPLES[name])?.name).toBe(name);
  const what = `this is ${title}, not a dump of records; make a trace of it with `;
  const how = 'importLog of aioscope/import, or: aioscope import memory -o run.trace';
  await expect(open(bytes).ready()).rejects.toMatchObject({
    code: 'AIOSCOPE_UNKNOWN',
    message: `memory: ${what}${how}`,
  });
  expect((await inspect(bytes)).evidence).toEqual([what + how]);
  const log = importLog(bytes);
  for await (const chunk of log.chunks()) void chunk;
  expect(log.manifest.method).toBe(name);
});

test('other lines of the same programs, and of others', () => {
  const signs = (line: string) => signOf([line])?.name;
  expect(signs('> > 7 1700000000.5 <... io_getevents resumed>[], NULL) = 0')).toBe('strace');
  expect(signs('[pid 7] io_submit(0x7f00, 1, [{aio_data=3D0x11, aio_lio_opcode=')).toBe('strace');
  expect(signs('io_submit(139000, 2, {{pread, filedes:3, buf:0x1000')).toBe('strace');
  expect(signs('7  +++ exited with 0 +++')).toBe('strace');
  expect(signs('     0.054 ( 0.020 ms): io_submit(ctx_id: 3, nr: 1) = 1')).toBe('perf');
  expect(signs('a 7 [0] 1.5: raw_syscalls:sys_exit: NR 209 = 1')).toBe('perf');
  expect(signs('7 [fio     ] mmap(addr: 0x0, length: 4096) = 0x7f0000000000 (addr)')).toBe(
    'pinchy',
  );
  expect(signs('\tio_submit(')).toBe('pinchy');
  expect(signs('[00] 30 23 e1 1c d2 7f 00 00 : 0#......')).toBe('hexdump');
  expect(signs('0x7fd21ce12270:\t0x00007fd21ce12330\t0x0000000000000000')).toBe('hexdump');
  expect(signs('ts,res')).toBe('csv');
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  for (const line of [`${hash}  a.txt`, `${hash.slice(0, 40)} a commit`, 'res', 'name,result'])
    expect(signs(line), line).toBeUndefined();
  for (const line of ['', 'int x = f(3);', '# A title', 'see io_submit(2)', '{"a":1}', 'a,b,c'])
    expect(signs(line), line).toBeUndefined();
});

test('data that strace dumps among its lines is no hex dump', () => {
  const data = ' | 00000  22 7d 5d 29 20 3d 20 31  00 00 00 00 00 00 00 00  "}]) = 1........ |';
  expect(signOf([...SAMPLES['strace'], data, data])?.name).toBe('strace');
});

test('a command names a compressed log, whatever its kind is said to be', () => {
  const log = fixture('case_rwf.strace.gz');
  for (const args of [['report'], ['check', '--kind', 'iocb'], ['sql', 'select 1']]) {
    const { status, stderr } = aioscope([...args, log]);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain(`${log}: this is an strace log, not a dump of records; `);
    expect(stderr).toContain(`or: aioscope import ${log} -o run.trace\n`);
  }
});

test('bytes that only look like text are no log', async () => {
  const bytes = Buffer.concat([text(SAMPLES['strace']), Buffer.alloc(64)]);
  await expect(open(bytes).ready()).rejects.toMatchObject({
    message: expect.stringContaining('not recognized'),
  });
});
