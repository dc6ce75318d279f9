// Do the logs of every version of strace since 4.5 give the records that they were printed from?
// The printers here follow its sources: desc.c and aio.c of the releases that are named.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { iocb as iocbLayout } from '../src/abi/index.ts';
import { importLog, type TraceManifest } from '../src/import-node.ts';
import { decode } from '../src/node.ts';
import { fixture } from './support/cli.ts';

type Record = { readonly [name: string]: number | bigint | string | undefined };

const WORDS = ['pread', 'pwrite', 'fsync', 'fdsync', 'op4', 'poll', 'noop', 'preadv', 'pwritev'];
const NAMES = ['PREAD', 'PWRITE', 'FSYNC', 'FDSYNC', 'PREADX', 'POLL', 'NOOP', 'PREADV', 'PWRITEV'];
const hex = (value: unknown): string => `0x${(value as bigint).toString(16)}`;
const pointer = (value: unknown): string => (value === 0n ? '(nil)' : hex(value));
const plainHex = (value: unknown): string =>
  BigInt.asUintN(64, BigInt(value as bigint)).toString(16);
const vector = (count: unknown): string =>
  `[${Array.from({ length: Number(count) }, () => '{iov_base=0x7f0000001000, iov_len=512}').join(', ')}]`;
const [PWRITE, POLL, PREADV, PWRITEV] = [1, 5, 7, 8];
const isCommon = (opcode: unknown): boolean => opcode === 0 || opcode === PWRITE;
const isVector = (opcode: unknown): boolean => opcode === PREADV || opcode === PWRITEV;

/** 4.5 to 4.6: five fields. */
const short = (r: Record): string =>
  `{${pointer(r.aio_data)}, ${r.aio_key}, ${r.aio_lio_opcode}, ${r.aio_reqprio}, ${r.aio_fildes}}`;

/** 4.7 to 4.10: names with colons. */
const colons =
  (offset: (value: unknown) => string, flagsLast: boolean) =>
  (r: Record): string => {
    const opcode = Number(r.aio_lio_opcode);
    const flags = flagsLast ? (text: string) => `, ${text}` : (text: string) => `${text}, `;
    const resfd = Number(r.aio_flags) & 1 ? flags(`resfd=${r.aio_resfd}`) : '';
    const others =
      Number(r.aio_flags) & ~1 ? flags(`flags=${(Number(r.aio_flags) >>> 0).toString(16)}`) : '';
    const head =
      (r.aio_data === 0n ? '' : `data:${hex(r.aio_data)}, `) +
      (r.aio_key === 0 ? '' : `key:${r.aio_key}, `) +
      (WORDS[opcode] ?? `${opcode} /* SUB_??? */`) +
      (r.aio_reqprio === 0 ? '' : `, reqprio:${r.aio_reqprio}`) +
      `, filedes:${r.aio_fildes}`;
    if (opcode === POLL) return `{${head}, ${plainHex(r.aio_buf)}}`;
    if (isVector(opcode))
      return flagsLast
        ? `{${head}, ${offset(r.aio_offset)}${resfd}${others}, ${vector(r.aio_nbytes)}}`
        : `{${head}, ${offset(r.aio_offset)}, ${resfd}${others}${vector(r.aio_nbytes)}}`;
    if (!isCommon(opcode)) return `{${head}}`;
    const data = opcode === PWRITE ? 'str:"\\0\\"}, {"...' : `buf:${hex(r.aio_buf)}`;
    return `{${head}, ${data}, nbytes:${r.aio_nbytes}, offset:${offset(r.aio_offset)}${resfd}${others}}`;
  };

/** 4.11 to 4.19: names with `=`. */
const equals = (r: Record): string => {
  const opcode = Number(r.aio_lio_opcode);
  const resfd = Number(r.aio_flags) & 1 ? `, resfd=${r.aio_resfd}` : '';
  const others =
    Number(r.aio_flags) & ~1 ? `, flags=${(Number(r.aio_flags) >>> 0).toString(16)}` : '';
  const head =
    (r.aio_data === 0n ? '' : `data=${hex(r.aio_data)}, `) +
    (r.aio_key === 0 ? '' : `key=${r.aio_key}, `) +
    (WORDS[opcode] ?? `${opcode} /* SUB_??? */`) +
    (r.aio_reqprio === 0 ? '' : `, reqprio=${r.aio_reqprio}`) +
    `, fildes=${r.aio_fildes}<socket:[99]>`;
  if (isVector(opcode))
    return `{${head}, iovec=${vector(r.aio_nbytes)}, offset=${r.aio_offset}${resfd}${others}}`;
  if (!isCommon(opcode)) return `{${head}}`;
  const data = opcode === PWRITE ? 'str="x, y}"' : `buf=${hex(r.aio_buf)}`;
  return `{${head}, ${data}, nbytes=${r.aio_nbytes}, offset=${r.aio_offset}${resfd}${others}}`;
};

/** 4.20 and later: the fields of the header. */
const fields =
  (version: number) =>
  (r: Record): string => {
    const opcode = Number(r.aio_lio_opcode);
    const flags = Number(r.aio_flags) >>> 0;
    const isNew = version >= 503;
    const parts = [
      ...(isNew || r.aio_data !== 0n
        ? [`aio_data=${r.aio_data === 0n ? '0' : hex(r.aio_data)}`]
        : []),
      ...(r.aio_key === 0 ? [] : [`aio_key=${r.aio_key}`]),
      ...(version >= 511 && r.aio_rw_flags !== 0
        ? [`aio_rw_flags=0x${(Number(r.aio_rw_flags) >>> 0).toString(16)} /* RWF_??? */`]
        : []),
      `aio_lio_opcode=${NAMES[opcode] === undefined ? `${opcode} /* IOCB_CMD_??? */` : `IOCB_CMD_${NAMES[opcode]}`}`,
      ...(r.aio_reqprio === 0 ? [] : [`aio_reqprio=${r.aio_reqprio}`]),
      `aio_fildes=${r.aio_fildes}`,
    ];
    if (opcode === PWRITE) parts.push('aio_buf="\\1"...');
    else if (opcode === 0) parts.push(`aio_buf=${hex(r.aio_buf)}`);
    else if (isVector(opcode)) parts.push(`aio_buf=${vector(r.aio_nbytes)}`);
    else if (opcode === POLL && isNew) parts.push(`aio_buf=${hex(r.aio_buf)}`);
    if (isCommon(opcode)) parts.push(`aio_nbytes=${r.aio_nbytes}`);
    if (isCommon(opcode) || isVector(opcode)) parts.push(`aio_offset=${r.aio_offset}`);
    if (isCommon(opcode) || isVector(opcode) || (opcode === POLL && isNew)) {
      if (isNew && flags !== 0) parts.push(`aio_flags=0x${flags.toString(16)}`);
      if (flags & 1) parts.push(`aio_resfd=${r.aio_resfd}`);
      else if (isNew && Number(r.aio_resfd) !== 0)
        parts.push(`aio_resfd=0x${(Number(r.aio_resfd) >>> 0).toString(16)}`);
      if (!isNew && flags & ~1) parts.push(`aio_flags=0x${((flags & ~1) >>> 0).toString(16)}`);
    }
    return `{${parts.join(', ')}}`;
  };

const bareEvent = (e: Record): string =>
  `{${pointer(e.data)}, ${pointer(e.obj)}, ${e.res}, ${e.res2}}`;
const namedEvent = (e: Record): string =>
  `{data=${hex(e.data)}, obj=${hex(e.obj)}, res=${e.res}, res2=${e.res2}}`;

interface Version {
  readonly name: string;
  readonly list: readonly [open: string, close: string];
  readonly iocb: (record: Record) => string;
  readonly event: (record: Record) => string;
}

const VERSIONS: readonly Version[] = [
  { name: '4.6', list: ['{', '}'], iocb: short, event: bareEvent },
  { name: '4.7', list: ['{', '}'], iocb: colons(plainHex, false), event: bareEvent },
  { name: '4.10', list: ['{', '}'], iocb: colons(String, true), event: bareEvent },
  { name: '4.16', list: ['[', ']'], iocb: equals, event: namedEvent },
  { name: '4.26', list: ['[', ']'], iocb: fields(426), event: namedEvent },
  { name: '5.3', list: ['[', ']'], iocb: fields(503), event: namedEvent },
  { name: '6.1', list: ['[', ']'], iocb: fields(601), event: namedEvent },
];

/** The records of a capture, or as many as have all of its opcodes, flags and results. */
const recordsOf = (file: string, kind: 'iocb' | 'io_event'): Record[] =>
  [...decode(readFileSync(fixture(file)), { kind })].slice(0, 1300) as unknown as Record[];

/** A log with one call per record: every submission accepted, every event reaped. */
function logOf({ list: [open, close], iocb, event }: Version, capture: string): string {
  const submissions = recordsOf(`${capture}.iocb`, 'iocb').map(
    (record) => `io_submit(140000000, 1, ${open}${iocb(record)}${close}) = 1`,
  );
  const completions = recordsOf(`${capture}.ioev`, 'io_event').map(
    (record) => `io_getevents(140000000, 1, 8, ${open}${event(record)}${close}, {10, 0}) = 1`,
  );
  return [...submissions, ...completions]
    .map((line, i) => `7 ${10_000_000 + i}.5 ${line}`)
    .join('\n');
}

const absentOf = (manifest: TraceManifest, field: string, opcode: number): boolean =>
  manifest.absent.some(
    (each) =>
      each.kind === 'iocb' &&
      each.field === field &&
      (each.opcodes === 'all' || each.opcodes.includes(opcode)),
  );

const CAPTURES = ['case_poll', 'case_resfd', 'case_rwf', 'case_sync', 'case_vec', 'fio_eio'];

test.each(
  VERSIONS.flatMap((version) =>
    CAPTURES.map((capture) => [version.name, capture, version] as const),
  ),
)('strace %s, %s', async (_, capture, version) => {
  const unparsed: string[] = [];
  const log = importLog(new TextEncoder().encode(logOf(version, capture)), {
    onUnparsed: ({ text }) => unparsed.push(text),
  });
  const found: { iocb: Record[]; event: Record[] } = { iocb: [], event: [] };
  for await (const { part, batch } of log) {
    if (part === 'submissions') found.iocb.push(...(batch as unknown as Iterable<Record>));
    if (part === 'completions') found.event.push(...(batch as unknown as Iterable<Record>));
  }
  expect(unparsed).toEqual([]);
  const { manifest } = log;
  const only = (record: Record, opcode: number): Record =>
    Object.fromEntries(
      iocbLayout.fields
        .filter(({ name }) => !absentOf(manifest, name, opcode))
        .map(({ name }) => [name, record[name]]),
    );
  // Before 5.3, an eventfd without its flag, which no kernel looks at, is not printed.
  const hasStrays = Number(version.name) >= 5;
  const truth = recordsOf(`${capture}.iocb`, 'iocb').map((record) =>
    hasStrays || Number(record.aio_flags) & 1 ? record : { ...record, aio_resfd: 0 },
  );
  expect(found.iocb.length).toBe(truth.length);
  for (const [i, record] of truth.entries()) {
    const opcode = Number(record.aio_lio_opcode);
    expect(only(found.iocb[i], opcode), `record ${i}`).toEqual(only(record, opcode));
  }
  const events = recordsOf(`${capture}.ioev`, 'io_event');
  expect(found.event.map(({ data, obj, res, res2 }) => ({ data, obj, res, res2 }))).toEqual(
    events.map(({ data, obj, res, res2 }) => ({ data, obj, res, res2 })),
  );
  expect(absentOf(manifest, 'aio_fildes', 0)).toBe(false);
});

test('an offset whose base is not known is absent, not wrong', async () => {
  const line = 'io_submit(1, 1, {{pread, filedes:3, buf:0x1000, nbytes:512, offset:1000}}) = 1';
  const log = importLog(new TextEncoder().encode(line));
  for await (const { batch } of log) void batch;
  expect(absentOf(log.manifest, 'aio_offset', 0)).toBe(true);
});
