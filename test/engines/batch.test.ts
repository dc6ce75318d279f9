// Do all access paths of a batch agree on a record, and are values named as in the ABI?
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decode, encode, open, type RecordBatch } from '../../src/index.ts';
import { fixture } from '../support/cli.ts';
import { random } from '../support/random.ts';
import { textOf } from '../support/tables.ts';

const LAYOUT = 'ts:u64,delta:i32,comm:char5,record';
const COUNT = 50;

/** Random records; some of their 64-bit words fit in a number. */
function bytesOf(kind: 'io_event' | 'iocb'): Uint8Array {
  const { bytes: some, below } = random(21);
  const bytes = some(COUNT * ((kind === 'iocb' ? 64 : 32) + 17));
  for (let i = 0; i < bytes.byteLength; i++) if (below(3) === 0) bytes[i] = below(2) * 255;
  return bytes;
}

describe.each(['io_event', 'iocb'] as const)('%s', (kind) => {
  const batch: RecordBatch = decode(bytesOf(kind), { kind, layout: LAYOUT });
  const stride = (kind === 'iocb' ? 64 : 32) + 17;

  test('at() returns the fields of one record, the envelope included', () => {
    const { columns, schema } = batch;
    for (let i = 0; i < COUNT; i++) {
      const record = batch.at(i);
      expect(Object.keys(record ?? {})).toEqual(schema.columns.map(({ name }) => name));
      for (const [name, value] of Object.entries(record ?? {})) {
        if (name === 'comm')
          expect(value).toBe(textOf(columns.comm.slice(5 * i, 5 * i + 5) as Uint8Array));
        else if (name === 'aio_fildes' || name === 'aio_resfd')
          expect(value).toBe(Int32Array.of(Number(columns[name][i]))[0]);
        else expect(value).toBe(columns[name][i]);
      }
    }
  });

  test.each([-1, COUNT, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('at(%d) is undefined', (i) =>
    expect(batch.at(i)).toBeUndefined(),
  );

  test('iteration yields at(0), at(1), …, the second time too', () => {
    const records = Array.from({ length: COUNT }, (_, i) => batch.at(i));
    expect([...batch]).toEqual(records);
    expect([...batch]).toEqual(records);
    expect([...batch.copy()]).toEqual(records);
  });

  test('a cursor reads the same, as numbers where a number holds them', () => {
    const cursor = batch.cursor();
    const small = (value: unknown) =>
      typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    const seen = { number: 0, bigint: 0 };
    for (let i = 0; cursor.next(); i++) {
      expect(cursor.index).toBe(i);
      for (const [name, value] of Object.entries(batch.at(i) ?? {})) {
        expect(cursor.get(name)).toBe(small(value));
        if (name in cursor) expect(cursor[name as keyof typeof cursor]).toBe(small(value));
        if (typeof value === 'bigint') seen[typeof small(value) as 'number' | 'bigint'] += 1;
      }
    }
    expect(cursor.index).toBe(COUNT);
    expect(cursor.get('nothing')).toBeUndefined();
    for (const { name, inRecord } of batch.schema.columns) expect(name in cursor).toBe(inRecord);
    expect(Math.min(seen.number, seen.bigint)).toBeGreaterThan(5);
  });

  test('offsetOf and firstIndex place a record in its source', async () => {
    expect([batch.offsetOf(0), batch.offsetOf(7)]).toEqual([0, 7 * stride]);
    const places = [];
    for await (const part of open(bytesOf(kind), { kind, layout: LAYOUT, batchSize: 20 }))
      places.push([part.firstIndex, part.offsetOf(3), part.length]);
    expect(places).toEqual(
      [0, 20, 40].map((first) => [first, (first + 3) * stride, Math.min(20, COUNT - first)]),
    );
  });
});

const SAFE = 2n ** 53n - 1n;
test('a cursor and numbers() are exact on both sides of 2^53', () => {
  const values = [0n, SAFE, -SAFE, 2n ** 32n, -(2n ** 32n), -1n, 2n ** 31n];
  const batch = decode(
    encode(
      values.map((res) => ({ res, data: BigInt.asUintN(53, res) })),
      { kind: 'io_event' },
    ),
    { kind: 'io_event' },
  );
  expect(batch.numbers('res')).toEqual(Float64Array.from(values, Number));
  const beyond = [SAFE + 2n, -SAFE - 2n, 2n ** 63n - 1n, -(2n ** 63n)];
  const cursor = decode(
    encode(
      beyond.map((res) => ({ res })),
      { kind: 'io_event' },
    ),
    { kind: 'io_event' },
  ).cursor();
  for (const res of beyond) expect(cursor.next() && cursor.res).toBe(res);
});

test('numbers() refuses the first value beyond 2^53, naming it and its index in the source', async () => {
  const bytes = encode(
    [0n, 1n, 2n, 2n ** 53n + 1n, 2n ** 63n].map((data) => ({ data })),
    { kind: 'io_event' },
  );
  const message =
    'data of record 3 is 9007199254740993, which no number holds exactly; use columns.data';
  const error = expect.objectContaining({ code: 'AIOSCOPE_RANGE', message });
  expect(() => decode(bytes, { kind: 'io_event' }).numbers('data')).toThrow(error);
  const read = async () => {
    for await (const batch of open(bytes, { kind: 'io_event', batchSize: 2 }))
      batch.numbers('data');
  };
  await expect(read()).rejects.toThrow(error);
});

test('numbers() takes narrow columns as they are, and no text', () => {
  const batch = decode(
    encode([{ aio_fildes: -1, aio_reqprio: -2, aio_offset: -3, delta: -4 }], {
      kind: 'iocb',
      layout: LAYOUT,
    }),
    {
      kind: 'iocb',
      layout: LAYOUT,
    },
  );
  expect(
    ['aio_fildes', 'aio_reqprio', 'aio_offset', 'delta'].map((name) => batch.numbers(name)[0]),
  ).toEqual([-1, -2, -3, -4]);
  const refusal = (message: string) =>
    expect.objectContaining({ code: 'AIOSCOPE_COLUMN', message });
  expect(() => batch.numbers('comm')).toThrow(refusal("column 'comm' holds text, not numbers"));
  const names = 'data, obj, res, res2';
  const event = decode(new Uint8Array(32), { kind: 'io_event' });
  const nothing: string = 'nothing';
  for (const use of [() => event.numbers(nothing), () => event.named(nothing, 0)]) {
    expect(use).toThrow(refusal(`column 'nothing' does not exist; the columns are ${names}`));
  }
});

// Each value in the terms of the ABI.
const NAMED: [name: string, record: Record<string, number | bigint>, text: string][] = [
  ['aio_lio_opcode', { aio_lio_opcode: 0 }, 'IOCB_CMD_PREAD'],
  ['aio_lio_opcode', { aio_lio_opcode: 1 }, 'IOCB_CMD_PWRITE'],
  ['aio_lio_opcode', { aio_lio_opcode: 2 }, 'IOCB_CMD_FSYNC'],
  ['aio_lio_opcode', { aio_lio_opcode: 3 }, 'IOCB_CMD_FDSYNC'],
  ['aio_lio_opcode', { aio_lio_opcode: 4 }, 'IOCB_CMD_PREADX'],
  ['aio_lio_opcode', { aio_lio_opcode: 5 }, 'IOCB_CMD_POLL'],
  ['aio_lio_opcode', { aio_lio_opcode: 6 }, 'IOCB_CMD_NOOP'],
  ['aio_lio_opcode', { aio_lio_opcode: 7 }, 'IOCB_CMD_PREADV'],
  ['aio_lio_opcode', { aio_lio_opcode: 8 }, 'IOCB_CMD_PWRITEV'],
  ['aio_lio_opcode', { aio_lio_opcode: 9 }, 'opcode 9'],
  ['aio_flags', {}, '0'],
  ['aio_flags', { aio_flags: 3 }, 'IOCB_FLAG_RESFD|IOCB_FLAG_IOPRIO'],
  ['aio_flags', { aio_flags: 0xfacef155 }, 'IOCB_FLAG_RESFD|0xfacef154'],
  ['aio_rw_flags', { aio_rw_flags: 0xa }, 'RWF_DSYNC|RWF_NOWAIT'],
  [
    'aio_rw_flags',
    { aio_rw_flags: 0x1ff },
    'RWF_HIPRI|RWF_DSYNC|RWF_SYNC|RWF_NOWAIT|RWF_APPEND|RWF_NOAPPEND|RWF_ATOMIC|RWF_DONTCACHE|RWF_NOSIGNAL',
  ],
  ['aio_rw_flags', { aio_rw_flags: 0x80000200 }, '0x80000200'],
  ['aio_reqprio', {}, '0'],
  ['aio_reqprio', { aio_reqprio: (2 << 13) | 4 }, 'IOPRIO_CLASS_BE level 4'],
  [
    'aio_reqprio',
    { aio_reqprio: (1 << 13) | (3 << 3) | 7 },
    'IOPRIO_CLASS_RT IOPRIO_HINT_DEV_DURATION_LIMIT_3 level 7',
  ],
  ['aio_reqprio', { aio_reqprio: (3 << 13) | (1023 << 3) }, 'IOPRIO_CLASS_IDLE hint 1023 level 0'],
  ['aio_reqprio', { aio_reqprio: 5 }, 'IOPRIO_CLASS_NONE level 5'],
  ['aio_reqprio', { aio_reqprio: -32768 }, 'class 4 level 0'],
  ['aio_reqprio', { aio_reqprio: -1 }, 'IOPRIO_CLASS_INVALID hint 1023 level 7'],
  ['aio_fildes', { aio_fildes: -1 }, '-1'],
  ['aio_fildes', { aio_fildes: 2 ** 31 - 1 }, '2147483647'],
  ['aio_resfd', { aio_resfd: 0x80000000 }, '-2147483648'],
  ['aio_buf', { aio_buf: 0x7ffde6e39d10n }, '0x7ffde6e39d10'],
  ['aio_buf', {}, '0'],
  ['aio_buf', { aio_buf: 5n, aio_lio_opcode: 5 }, 'POLLIN|POLLOUT'],
  ['aio_buf', { aio_buf: 0x2819n, aio_lio_opcode: 5 }, 'POLLIN|POLLERR|POLLHUP|POLLRDHUP|0x800'],
  ['aio_buf', { aio_buf: 0n, aio_lio_opcode: 5 }, '0'],
  ['aio_buf', { aio_buf: 0x10001n, aio_lio_opcode: 5 }, '0x10001'],
  ['aio_nbytes', { aio_nbytes: 2n ** 64n - 1n }, '18446744073709551615'],
  ['aio_offset', { aio_offset: -(2n ** 63n) }, '-9223372036854775808'],
  ['aio_data', { aio_data: 255n }, '0xff'],
  ['aio_key', { aio_key: 0xdeadbeef }, '3735928559'],
  ['data', { data: 2n ** 63n }, '0x8000000000000000'],
  ['obj', {}, '0'],
  ['res', { res: 4096n }, '4096'],
  ['res', { res: -5n }, 'EIO'],
  ['res', { res: -11n }, 'EAGAIN'],
  ['res', { res: -41n }, '-41'],
  ['res', { res: -133n }, 'EHWPOISON'],
  ['res', { res: -512n }, 'ERESTARTSYS'],
  ['res', { res: -4096n }, '-4096'],
  ['res', { res: -(2n ** 63n) }, '-9223372036854775808'],
  ['res2', { res2: -5n }, '-5'],
];
test.each(NAMED)('%s of %o is named %s', (name, record, text) => {
  const kind = name.startsWith('aio_') ? 'iocb' : 'io_event';
  // After another record: a buffer is named by the opcode of its own record.
  expect(decode(encode([{}, record], { kind }), { kind }).named(name, 1)).toBe(text);
});

test('envelope fields are plain numbers and text', () => {
  const bytes = encode([{ ts: 2n ** 64n - 1n, delta: -7, comm: 'fio' }], {
    kind: 'iocb',
    layout: LAYOUT,
  });
  const batch = decode(bytes, { kind: 'iocb', layout: LAYOUT });
  expect(['ts', 'delta', 'comm'].map((name) => batch.named(name, 0))).toEqual([
    '18446744073709551615',
    '-7',
    'fio',
  ]);
});

const image = decode(readFileSync(fixture('fio_ring_threads.wrap.ring')), { kind: 'aio_ring' });

test.each([-1, -3, 0.5, 2, 3, Number.NaN, Number.POSITIVE_INFINITY])(
  'there is no record %d',
  (i) => {
    const { length } = image;
    expect(length).toBeGreaterThan(3);
    const batches = [decode(new Uint8Array(64), { kind: 'io_event' }), image];
    for (const batch of batches) {
      const row = batch === image && i >= 2 ? i - 2 + length : i;
      expect(batch.at(row)).toBeUndefined();
      const calls = [
        () => batch.named('res', row),
        () => batch.indexOf(row),
        () => batch.offsetOf(row),
        () => batch.slotOf(row),
        () => batch.stateOf(row),
      ];
      for (const call of calls)
        expect(call).toThrow(
          expect.objectContaining({
            code: 'AIOSCOPE_RANGE',
            message: `the batch has no record ${row}; its ${batch.length} records count from 0`,
          }),
        );
    }
  },
);

test('an empty batch has a first index', () => {
  expect(decode(new Uint8Array(0), { kind: 'iocb' }).firstIndex).toBe(0);
});
