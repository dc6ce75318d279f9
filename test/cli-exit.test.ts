// Does the command line exit as it should, and say whose fault it is?
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { SummaryJson } from '../src/node.ts';
import { aioscope, fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-exit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const KINDS = 'io_event, iocb, aio_ring';
const GRAMMAR =
  'a layout is a comma-separated list of name:type fields around one `record`, such as ts:u64,addr:u64,pid:u32,tid:u32,record; ' +
  'types are u8 i8 u16 i16 u32 i32 u64 i64 charN; pad:N skips N bytes';
const HOW = "Try 'aioscope --help' or 'aioscope COMMAND --help' for more information.";

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const summaryOf = (...args: string[]) => ['summary', '--kind', 'io_event', ...args];
/** Arguments, and all that is then said. */
type Case = readonly [args: readonly string[], message: string];
const layout = (text: string, what: string): Case => [
  summaryOf('--layout', text, EVENTS),
  `aioscope: error: layout '${text}': ${what}; ${GRAMMAR}\n`,
];
const limit = (value: string): Case => [
  ['print', '--kind', 'io_event', `--limit=${value}`, EVENTS],
  `aioscope: error: option '--limit <n>' argument '${value}' is invalid. Expected a whole number, such as 1000000, 1e6, 10M or 64k (64000).\n${HOW}\n`,
];

describe('2, where the command line is wrong', () => {
  test.each<Case>([
    [['frob'], `aioscope: error: unknown command 'frob'\n${HOW}\n`],
    [['summary'], `aioscope: error: missing required argument 'file'\n${HOW}\n`],
    [['print'], `aioscope: error: missing required argument 'file'\n${HOW}\n`],
    [summaryOf('--nope', EVENTS), `aioscope: error: unknown option '--nope'\n${HOW}\n`],
    [
      ['summary', '--kind', 'ioev', EVENTS],
      `aioscope: error: option '--kind <kind>' argument 'ioev' is invalid. Allowed values: ${KINDS}.\n${HOW}\n`,
    ],
    [
      summaryOf('--endian', 'middle', EVENTS),
      `aioscope: error: option '--endian <order>' argument 'middle' is invalid. Allowed values: little, big.\n${HOW}\n`,
    ],
    [
      summaryOf('--engine', 'gpu', EVENTS),
      `aioscope: error: option '--engine <engine>' argument 'gpu' is invalid. Allowed values: auto, wasm-simd, js.\n${HOW}\n`,
    ],
    [
      ['summary', '--kind', 'iocb', '--kind', 'iocb', 'a', 'b', 'c'],
      'aioscope: error: --kind is given 2 times, for 3 files; give it once for all files, or once per file\n',
    ],
    [
      summaryOf('--layout', 'nope', EVENTS),
      `aioscope: error: layout 'nope': no such preset; presets are bare, traced, ebpf, ebpf-addr, ts-addr, ts; ${GRAMMAR}\n`,
    ],
    layout('ts:u64,pid:u32', '`record` is missing'),
    layout('record,record', '`record` occurs twice'),
    layout('ts:u65,record', "'ts:u65' has an unknown type"),
    layout('comm:char0,record', "'comm:char0' has an unknown type"),
    layout('pad:0,record', "'pad:0' does not skip a number of bytes"),
    layout('ts:u64,ts:u32,record', "'ts' occurs twice"),
    layout('ts:u64,,record', "'' is not a field"),
    layout('', "'' is not a field"),
    layout('pad:4097,record', 'its envelope has 4097 bytes; the maximum is 4096'),
    [
      summaryOf('--layout', 'res:u64,record', EVENTS),
      "aioscope: error: layout 'res:u64,record': 'res' is a field of io_event already; choose another name\n",
    ],
    [
      ['summary', '--kind', 'aio_ring', '--layout', 'ts', EVENTS],
      "aioscope: error: layout 'ts:u64,record': a ring image has no envelopes; omit the layout\n",
    ],
    [
      ['print', '--kind', 'io_event', '--columns', 'res,zip', EVENTS],
      "aioscope: error: column 'zip' does not exist; the columns are data, obj, res, res2\n",
    ],
    [
      ['print', '--kind', 'io_event', '--format', 'xml', EVENTS],
      `aioscope: error: option '--format <format>' argument 'xml' is invalid. Allowed values: table, ndjson, csv, json.\n${HOW}\n`,
    ],
    ...['x', '-1', '1.5', '1e3.5', '', '9007199254740993'].map(limit),
    [
      ['print', '--kind', 'io_event', EVENTS, EVENTS],
      `aioscope: error: too many arguments for 'print'. Expected 1 argument but got 2.\n${HOW}\n`,
    ],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await ran(args);
    expect({ stderr, stdout, status }).toEqual({ stderr: message, stdout: '', status: 2 });
  });

  test('no command', async () => {
    const { status, stdout, stderr } = await ran([]);
    expect(stderr).toMatch(/^Usage: aioscope /);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
  });

  test('an invalid engine in the environment', () => {
    const { status, stderr } = aioscope(summaryOf(EVENTS), {
      env: { AIOSCOPE_ENGINE: 'nonsense' },
    });
    expect({ stderr, status }).toEqual({
      stderr:
        "aioscope: error: AIOSCOPE_ENGINE is 'nonsense'; it must be one of auto, wasm-simd, js\n",
      status: 2,
    });
  });

  test('before any file is touched', async () => {
    expect(
      (
        await ran([
          'summary',
          '--kind',
          'io_event',
          '--layout',
          'record',
          '--layout',
          'nope',
          'missing',
          'missing',
        ])
      ).status,
    ).toBe(2);
  });
});

describe('1, where a file is wrong', () => {
  const zeros = file('zeros.ring', new Uint8Array(4096));
  const short = file('short.ring', new Uint8Array(7));
  const loop = join(folder, 'loop');
  symlinkSync(loop, loop);
  const cannot = (path: string, why: string) =>
    `aioscope: error: ${path}: cannot be opened: ${why}\n`;

  test.each<Case>([
    [summaryOf('missing.ioev'), cannot('missing.ioev', 'no such file; check the path')],
    [
      ['print', '--kind', 'iocb', 'missing.iocb'],
      cannot('missing.iocb', 'no such file; check the path'),
    ],
    [summaryOf(folder), cannot(folder, 'it is a directory; name a file in it')],
    [
      summaryOf(join(EVENTS, 'x')),
      cannot(join(EVENTS, 'x'), 'a part of the path is not a directory; check the path'),
    ],
    [
      ['summary', '--kind', 'aio_ring', EVENTS],
      `aioscope: error: aio_ring: ${EVENTS}: magic at byte 16 is 0x00001000, expected 0xa10a10a1; not a ring image, or not its beginning\n`,
    ],
    [
      ['summary', '--kind', 'aio_ring', '--endian', 'big', fixture('fio_ring_threads.used.ring')],
      `aioscope: error: aio_ring: ${fixture('fio_ring_threads.used.ring')}: magic at byte 16 is 0xa1100aa1, expected 0xa10a10a1; it has the other byte order: give --endian\n`,
    ],
    [
      ['summary', '--kind', 'aio_ring', short],
      `aioscope: error: aio_ring: ${short}: 7 bytes are too few for a ring image: its header has 32\n`,
    ],
    [
      ['print', '--kind', 'aio_ring', zeros],
      `aioscope: error: aio_ring: ${zeros}: not a ring image: the header is all zeros, like the page that gVisor maps instead of a ring\n`,
    ],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await ran(args);
    expect({ stderr, stdout, status }).toEqual({ stderr: message, stdout: '', status: 1 });
  });

  test('a link that leads to itself', async () => {
    const { status, stderr } = await ran(summaryOf(loop));
    expect(stderr).toMatch(/^aioscope: error: .*loop: cannot be opened: ELOOP/);
    expect(status).toBe(1);
  });

  test('the second of two files: nothing is printed of the first', async () => {
    const { status, stdout, stderr } = await ran(summaryOf('--json', EVENTS, 'missing.ioev'));
    expect({ stderr, stdout, status }).toEqual({
      stderr: cannot('missing.ioev', 'no such file; check the path'),
      stdout: '',
      status: 1,
    });
  });

  test('no permission', async ({ skip }) => {
    const path = forbidden() ?? skip('nothing here refuses to be read');
    const { status, stderr } = await ran(summaryOf(path));
    expect({ stderr, status }).toEqual({
      stderr: cannot(path, 'permission denied'),
      status: 1,
    });
  });

  /** A file that this user may not read: root may read all but what the kernel itself keeps. */
  function forbidden(): string | undefined {
    const own = join(folder, 'forbidden.ioev');
    closeSync(openSync(own, constants.O_CREAT | constants.O_WRONLY, 0o000));
    return [own, '/proc/sys/vm/drop_caches'].find((path) => {
      try {
        closeSync(openSync(path, 'r'));
        return false;
      } catch (error) {
        return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
      }
    });
  }

  test('standard input that is no ring', () => {
    const { status, stderr } = aioscope(['summary', '--kind', 'aio_ring', '-'], {
      input: readFileSync(EVENTS),
    });
    const message =
      'aioscope: error: aio_ring: -: magic at byte 16 is 0x00001000, expected 0xa10a10a1; not a ring image, or not its beginning\n';
    expect({ stderr, status }).toEqual({ stderr: message, status: 1 });
  });

  test.each([['--help'], ['--version'], ['summary', '--help'], ['complete', 'bash']])(
    'standard output that is full: %s %s',
    (...args) => {
      const stdout = openSync('/dev/full', 'w');
      const { status, stderr } = aioscope(args, { stdout });
      closeSync(stdout);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringMatching(/^aioscope: error: standard output: ENOSPC.*\n$/),
      });
    },
  );

  test('standard input that is a directory', () => {
    const fd = openSync(folder, 'r');
    const { status, stderr } = aioscope(summaryOf('-'), { fd });
    closeSync(fd);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^aioscope: error: -: .*directory/);
  });
});

describe('0, where bytes are counted', () => {
  const event = new Uint8Array(readFileSync(EVENTS));
  const cases = [
    ['no byte', new Uint8Array(0), 0, 0],
    ['one byte', new Uint8Array(1), 0, 1],
    ['a record and a half', event.subarray(0, 48), 1, 16],
    ['one byte short of a record', event.subarray(0, 31), 0, 31],
  ] as const;

  test.each(cases)('%s', async (name, bytes, records, tornBytes) => {
    const path = file(name, bytes);
    const { status, stdout, stderr } = await ran(summaryOf('--json', path));
    const { inputs, io_event } = JSON.parse(stdout) as SummaryJson;
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(inputs).toEqual([
      {
        file: path,
        kind: 'io_event',
        endian: 'little',
        layout: 'record',
        bytes: bytes.byteLength,
        records,
        tornBytes,
      },
    ]);
    expect(io_event?.records).toBe(records);
    expect(Object.keys(io_event?.columns.res ?? {})).toEqual(
      records === 0 ? ['sum'] : ['min', 'max', 'sum'],
    );
    expect(io_event?.columns.res.sum).toBe(
      records === 0 ? '0' : `${new DataView(bytes.buffer).getBigInt64(16, true)}`,
    );
  });

  test.each(cases)('%s, printed and told', async (name, bytes, records, tornBytes) => {
    const path = file(name, bytes);
    const told =
      tornBytes === 0
        ? ''
        : `aioscope: warning: ${path}: ignored a partial record of ` +
          `${tornBytes} byte${tornBytes === 1 ? '' : 's'} at byte ${32 * records}\n`;
    const { status, stdout, stderr } = await ran(['print', '--kind', 'io_event', '--ndjson', path]);
    expect({ stderr, status, lines: stdout.split('\n').length - 1 }).toEqual({
      stderr: told,
      status: 0,
      lines: records,
    });
    const summary = await ran(summaryOf(path));
    expect(summary.status).toBe(0);
    if (tornBytes > 0)
      expect(summary.stdout + summary.stderr).toContain(
        `ignored a partial record of ${tornBytes} byte${tornBytes === 1 ? '' : 's'} at byte ${32 * records}\n`,
      );
  });
});

test.each([
  ['print', '--format', 'ndjson'],
  ['print', '--format', 'csv'],
  ['print', '--format', 'table'],
  ['export', '--format', 'ndjson'],
  ['export', '--format', 'csv'],
])('a column that is named twice is refused: %s %s %s', async (...args) => {
  expect(
    await ran([...args, '--kind', 'io_event', '--columns', 'res,obj,res', EVENTS]),
  ).toMatchObject({
    status: 2,
    stdout: '',
    stderr: "aioscope: error: column 'res' occurs twice; name each column once\n",
  });
});
