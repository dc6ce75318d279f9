// Does the import of a hex dump give the bytes that were dumped, whatever printed them?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../src/node.ts';
import { bytesOf } from './support/captures.ts';
import { aioscope, fixture } from './support/cli.ts';
import { inside } from './support/exporting.ts';
import { type Imported, imported, text } from './support/importing.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const flipped = (bytes: Uint8Array): string => hex(Buffer.from(bytes).reverse());
const pieces = (bytes: Uint8Array, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, i) =>
    Buffer.from(bytes.subarray(i * size, (i + 1) * size)),
  );
const ascii = (bytes: Buffer): string => bytes.toString('latin1').replace(/[^ -~]/g, '.');
const offset = (i: number, digits: number, radix = 16): string =>
  (16 * i).toString(radix).padStart(digits, '0');
const groups = (bytes: Buffer, size: number, of: (bytes: Uint8Array) => string): string =>
  pieces(bytes, size).map(of).join(' ');

/** Leaves out lines that repeat the one before them, as hexdump and od do. */
function squeezed(bytes: Uint8Array, line: (piece: Buffer, i: number) => string): string[] {
  const all = pieces(bytes, 16);
  const lines: string[] = [];
  for (const [i, piece] of all.entries()) {
    if (i === 0 || !piece.equals(all[i - 1])) lines.push(line(piece, i));
    else if (lines.at(-1) !== '*') lines.push('*');
  }
  return lines;
}

const xxd =
  (size: number, of = hex) =>
  (bytes: Uint8Array): string[] =>
    pieces(bytes, 16).map(
      (piece, i) => `${offset(i, 8)}: ${groups(piece, size, of)}  ${ascii(piece)}`,
    );
const gdb =
  (unit: number, columns: number) =>
  (bytes: Uint8Array): string[] =>
    pieces(bytes, unit * columns).map((piece, i) => {
      const words = pieces(piece, unit).map((word) => `\t0x${flipped(word)}`);
      const at = i === 0 ? '' : `+${i * unit * columns}`;
      return `0x${(0x7ffd1000 + i * unit * columns).toString(16)} <two${at}>:${words.join('')}`;
    });
const end = (bytes: Uint8Array, digits: number, radix = 16): string =>
  bytes.byteLength.toString(radix).padStart(digits, '0');

const PRINTERS = {
  xxd: xxd(2),
  'xxd -g1': xxd(1),
  'xxd -g8': xxd(8),
  'xxd -e': xxd(4, flipped),
  'xxd -u -c32': (bytes) =>
    pieces(bytes, 32).map(
      (piece, i) => `${offset(2 * i, 8)}: ${groups(piece, 2, hex).toUpperCase()}  ${ascii(piece)}`,
    ),
  'xxd -p': (bytes) => pieces(bytes, 30).map(hex),
  'xxd -i': (bytes) => [
    'unsigned char dump[] = {',
    ...pieces(bytes, 12).map((piece) => `  0x${groups(piece, 1, hex).replaceAll(' ', ', 0x')},`),
    '};',
  ],
  'hexdump -C': (bytes) => [
    ...squeezed(bytes, (piece, i) => {
      const halves = pieces(piece, 8).map((half) => groups(half, 1, hex));
      return `${offset(i, 8)}  ${halves.join('  ').padEnd(48)}  |${ascii(piece)}|`;
    }),
    end(bytes, 8),
  ],
  hexdump: (bytes) => [
    ...squeezed(bytes, (piece, i) => `${offset(i, 7)} ${groups(piece, 2, flipped)}`),
    end(bytes, 7),
  ],
  'od -x': (bytes) => [
    ...squeezed(bytes, (piece, i) => `${offset(i, 7, 8)} ${groups(piece, 2, flipped)}`),
    end(bytes, 7, 8),
  ],
  'od -t x8': (bytes) => [
    ...squeezed(bytes, (piece, i) => `${offset(i, 7, 8)} ${groups(piece, 8, flipped)}`),
    end(bytes, 7, 8),
  ],
  'od -An -t x4': (bytes) => pieces(bytes, 16).map((piece) => ` ${groups(piece, 4, flipped)}`),
  'gdb x/8gx': gdb(8, 2),
  'gdb x/16wx': gdb(4, 4),
  'gdb x/64xb': gdb(1, 8),
  'lldb memory read': (bytes) =>
    pieces(bytes, 16).map((piece, i) => {
      const address = (0x7ffd1000 + 16 * i).toString(16);
      return `0x${address}: ${groups(piece, 1, hex)}  ${ascii(piece)}`;
    }),
  'a log': (bytes) =>
    pieces(bytes, 8).map((piece, i) => {
      const at = (8 * i).toString(16).padStart(2, '0').slice(-2);
      return `bdev_aio.c: 269:poll: *ERROR*: [${at}] ${groups(piece, 1, hex)} : ${ascii(piece)}`;
    }),
  'a string of C': (bytes) =>
    pieces(bytes, 32).map((piece) => `"${groups(piece, 1, hex).replace(/^| /g, '\\x')}"`),
  'digits in a log': (bytes) => [`bad record ${hex(bytes)} at poll`],
} satisfies Readonly<Record<string, (bytes: Uint8Array) => string[]>>;

/** The dumped part of the records: a bare dump has no envelopes. */
function dumped(log: Imported, size: number): Buffer {
  const [bytes, stride] =
    log.submissions.byteLength > 0 ? [log.submissions, 88] : [log.completions, 56];
  return Buffer.concat(pieces(bytes, stride).map((record) => record.subarray(stride - size)));
}

describe.each([
  ['case_rwf.iocb', 64, 1],
  ['case_rwf.iocb', 64, 3],
  ['case_rwf.ioev', 32, 2],
  ['case_rwf.ioev', 32, 5],
  ['case_rwf.iocb88', 88, 3],
  ['case_rwf.ioev56', 56, 5],
] as const)('%s, %i bytes, %i times', (file, size, count) => {
  const bytes = bytesOf(fixture(file)).subarray(0, size * count);
  // Words of eight bytes, and whole lines of gdb.
  const printers = Object.entries(PRINTERS).filter(
    ([name]) => bytes.byteLength % 16 === 0 || !/x8|x4|gdb/.test(name),
  );

  test.each(printers)('%s', async (_, print) => {
    const log = await imported(text(print(bytes)));
    expect(hex(dumped(log, size))).toBe(hex(bytes));
    expect([log.manifest.method, log.manifest.dropped]).toEqual(['hexdump', {}]);
    const isBare = size === 64 || size === 32;
    expect(log.manifest.absent.some(({ field }) => field === 'ts')).toBe(isBare);
  });
});

const iocbs = (count: number): Uint8Array =>
  bytesOf(fixture('case_rwf.iocb')).subarray(0, 64 * count);

test('gdb shows the addresses of iocbs', async () => {
  const lines = PRINTERS['gdb x/8gx'](iocbs(3));
  const { submissions, manifest } = await imported(text(lines));
  const addresses = [0, 1, 2].map((i) => submissions.readBigUInt64LE(88 * i + 8));
  expect(addresses).toEqual([0x7ffd1000n, 0x7ffd1040n, 0x7ffd1080n]);
  expect(manifest.absent.map(({ field }) => field)).toEqual(['ts', 'pid', 'tid']);
  // Each line has the address of the first, as somebody posted it.
  const log = await imported(text(lines.map((line) => line.replace(/^\S+ <.*>/, '0x7ffd1000'))));
  expect(hex(dumped(log, 64))).toBe(hex(iocbs(3)));
  expect(log.submissions.readBigUInt64LE(8)).toBe(0n);
});

test('one record is taken for what fits best, which is said; a kind that is given is not', async () => {
  const lines = text(PRINTERS.xxd(iocbs(1)));
  const guessed = await imported(lines);
  expect(guessed.manifest.presumed).toEqual({ 'records to be iocb, little-endian, record': 1 });
  const given = await imported(lines, { kind: 'io_event' });
  expect(given.manifest.presumed).toEqual({});
  expect(given.completions.byteLength).toBe(2 * 56);
});

test('big-endian records, and a ring', async () => {
  const values = Array.from({ length: 40 }, (_, i) => ({
    data: BigInt(i),
    obj: 0x7f0011223300n + BigInt(64 * i),
    res: 4096n,
  }));
  const big = encode(values, { kind: 'io_event', endian: 'big' });
  const log = await imported(text(PRINTERS.xxd(big)));
  expect(log.completions.readBigUInt64LE(56 * 39 + 24 + 8)).toBe(values[39].obj);

  const ring = readFileSync(fixture('fio_ring_threads.wrap.ring'));
  const batch = decode(ring, { kind: 'aio_ring' });
  const live = Array.from({ length: batch.length }, (_, i) => i).filter(
    (i) => batch.stateOf(i) === 'live',
  );
  expect(live.length).toBeGreaterThan(1);
  const { completions } = await imported(text(PRINTERS['hexdump -C'](ring)));
  expect(completions.byteLength).toBe(56 * live.length);
  expect(completions.readBigUInt64LE(24 + 8)).toBe(batch.at(live[0])?.obj);
});

test('a dump that ends within a record, and another one after it', async () => {
  const lines = [
    ...PRINTERS.xxd(iocbs(2).subarray(0, 112)),
    'and the next',
    ...PRINTERS.xxd(iocbs(2)),
  ];
  const log = await imported(text(lines));
  expect(hex(dumped(log, 64))).toBe(hex(iocbs(1)) + hex(iocbs(2)));
  expect(log.manifest.dropped).toEqual({ 'bytes that make no whole record': 48 });
});

test('a long dump is taken in pieces', async () => {
  const bytes = Buffer.concat(Array.from({ length: 6000 }, () => iocbs(3)));
  for (const printer of ['xxd', 'od -x'] as const) {
    const log = await imported(text(PRINTERS[printer](bytes)));
    expect(dumped(log, 64).equals(bytes)).toBe(true);
  }
});

test('--kind of the command, and kind of another log', async () => {
  const trace = inside('run.trace');
  const input = text(PRINTERS.xxd(iocbs(1)));
  const args = ['import', '--kind', 'iocb', '-', '-o', trace];
  const { status, stdout, stderr } = aioscope(args, { input });
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('1 submission, 0 completions, from hexdump');
  await expect(imported(text('+++ exited with 0 +++'), { kind: 'iocb' })).rejects.toMatchObject({
    code: 'AIOSCOPE_OPTION',
    message: 'memory: kind says what the bytes of a hex dump are; this is read as strace',
  });
  await expect(imported(input, { kind: 'aio_ring' as 'iocb' })).rejects.toMatchObject({
    code: 'AIOSCOPE_OPTION',
  });
});
