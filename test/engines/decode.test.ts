// Is every record decoded exactly, whatever its layout, alignment and number?

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type EncodableRecord, encode } from '../../src/index.ts';
import { OWN_ENGINE } from '../support/engine.ts';
import {
  BIG,
  type Big,
  ENVELOPES,
  type EnvelopeName,
  expectColumns,
  KINDS,
  oracle,
  strideOf,
} from '../support/oracle.ts';
import { random } from '../support/random.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
const ENDIANS = ['little', 'big'] as const;
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

/** One record as each machine lays it out: in a big-endian iocb, key and rw_flags swap places. */
const BY_HAND = {
  io_event: {
    little: '0807060504030201 00f0ffffff7f0000 eaffffffffffffff 0100000000000080',
    big: '0102030405060708 00007ffffffff000 ffffffffffffffea 8000000000000001',
    record: { data: 0x0102030405060708n, obj: 0x7ffffffff000n, res: -22n, res2: -(2n ** 63n) + 1n },
  },
  iocb: {
    little: `efcdab8967452301 78563412 18000000 0800 0260 fdffffff 0010000000000080
             0002000000000000 feffffffffffffff ffffffffffffffff 03000000 09000080`,
    big: `0123456789abcdef 00000018 12345678 0008 6002 fffffffd 8000000000001000
          0000000000000200 fffffffffffffffe ffffffffffffffff 00000003 80000009`,
    record: {
      aio_data: 0x0123456789abcdefn,
      aio_key: 0x12345678,
      aio_rw_flags: 0x18,
      aio_lio_opcode: 8,
      aio_reqprio: 0x6002,
      aio_fildes: -3,
      aio_buf: 0x8000000000001000n,
      aio_nbytes: 512n,
      aio_offset: -2n,
      aio_reserved2: 2n ** 64n - 1n,
      aio_flags: 3,
      aio_resfd: -0x7ffffff7,
    },
  },
} as const;

describe.each([OWN_ENGINE])('%s', (engine) => {
  test.each(KINDS.flatMap((kind) => ENDIANS.map((endian) => [kind, endian] as const)))(
    'decodes and encodes one %s by hand, %s-endian',
    (kind, endian) => {
      const bytes = hex(BY_HAND[kind][endian]);
      const batch = decode(bytes, { kind, endian, engine });
      expect([...batch]).toEqual([BY_HAND[kind].record]);
      expect(encode([BY_HAND[kind].record], { kind, endian })).toEqual(bytes);
    },
  );

  test('keeps descriptors and flag words unsigned in columns', () => {
    const { columns } = decode(hex(BY_HAND.iocb.little), { kind: 'iocb', engine });
    expect(columns.aio_fildes).toEqual(Uint32Array.of(0xfffffffd));
    expect(columns.aio_resfd).toEqual(Uint32Array.of(0x80000009));
    expect(columns.aio_rw_flags).toEqual(Uint32Array.of(0x18));
    expect(columns.aio_reqprio).toEqual(Int16Array.of(0x6002));
  });

  const cases = KINDS.flatMap((kind) =>
    ENDIANS.flatMap((endian) =>
      Object.keys(ENVELOPES).map((layout) => [kind, endian, layout as EnvelopeName] as const),
    ),
  );
  // 0 … 9 and 63 … 65 are around lanes and cache lines, 4095 … 4097 around a decoded block.
  test.each(cases)(
    'decodes random %s, %s-endian, in %s, as a DataView does',
    (kind, endian, layout) => {
      const stride = strideOf(kind, layout);
      const bytes = random(5).bytes(8200 * stride + 3);
      for (const count of [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65, 1000, 4095, 4096, 4097, 8200,
      ]) {
        // At an odd address of a larger buffer.
        const part = bytes.subarray(3, 3 + count * stride);
        const batch = decode(part, { kind, endian, engine, layout });
        expect(batch.length).toBe(count);
        expectColumns(batch.columns, oracle(part, kind, endian, layout));
      }
    },
  );
});

test.each([
  ['all ones', 0xff],
  ['all zeros', 0],
  ['sign bits', 0x80],
] as const)('decodes %s', (_, byte) => {
  for (const engine of ENGINES) {
    for (const kind of KINDS) {
      const bytes = new Uint8Array(5 * 64).fill(byte);
      expectColumns(
        decode(bytes, { kind, engine }).columns,
        oracle(bytes, kind, 'little', 'record'),
      );
    }
  }
});

test('takes an ArrayBuffer, a SharedArrayBuffer and any view', () => {
  const bytes = random(6).bytes(96);
  const shared = new Uint8Array(new SharedArrayBuffer(96));
  shared.set(bytes);
  const expected = oracle(bytes, 'io_event', 'little', 'record');
  for (const source of [bytes.slice().buffer, shared.buffer, shared])
    expectColumns(decode(source, { kind: 'io_event' }).columns, expected);
  expect(() => decode('dump' as unknown as Uint8Array, { kind: 'io_event' })).toThrow(
    "decode takes a Uint8Array or an ArrayBuffer, not 'dump'; open takes streams",
  );
});

// Values of a record object: 64-bit words as bigint, descriptors signed, text without padding.
const u64 = fc.oneof(
  fc.constantFrom(0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 53n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const i64 = fc.oneof(
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const whole = (bits: number, signed: boolean) =>
  fc.integer(
    signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 },
  );
const text = (length: number) =>
  fc
    .string({ unit: 'grapheme', maxLength: length })
    .filter((each) => !/\0|\\x/.test(each) && Buffer.byteLength(each) <= length);
const VALUES: Record<Big | 'u8' | 'u16' | 'i16' | 'u32' | 'i32', fc.Arbitrary<number | bigint>> = {
  u64,
  i64,
  u8: whole(8, false),
  u16: whole(16, false),
  i16: whole(16, true),
  u32: whole(32, false),
  i32: whole(32, true),
};

function records(
  kind: (typeof KINDS)[number],
  layout: EnvelopeName,
): fc.Arbitrary<EncodableRecord[]> {
  const fields: Record<string, fc.Arbitrary<number | bigint | string>> = {};
  for (const [name, , type] of BIG[kind])
    fields[name] = name === 'aio_fildes' || name === 'aio_resfd' ? VALUES.i32 : VALUES[type];
  for (const [name, , type] of ENVELOPES[layout].fields)
    fields[name] = typeof type === 'number' ? text(type) : VALUES[type];
  return fc.array(fc.record(fields), { maxLength: 20 });
}

const forms = KINDS.flatMap((kind) =>
  ENDIANS.flatMap((endian) =>
    Object.keys(ENVELOPES).map((layout) => [kind, endian, layout as EnvelopeName] as const),
  ),
);
test.each(forms)('decode(encode(x)) is x: %s, %s-endian, %s', (kind, endian, layout) => {
  const check = fc.property(records(kind, layout), fc.constantFrom(...ENGINES), (given, engine) => {
    const bytes = encode(given, { kind, endian, layout });
    expect(bytes.byteLength).toBe(given.length * strideOf(kind, layout));
    expect([...decode(bytes, { kind, endian, layout, engine })]).toEqual(given);
  });
  fc.assert(check, { seed: 7, numRuns: 60 });
});

test.each(forms.filter(([, , layout]) => ENVELOPES[layout].exact))(
  'encode(decode(bytes)) is bytes: %s, %s-endian, %s',
  (kind, endian, layout) => {
    const bytes = random(8).bytes(200 * strideOf(kind, layout));
    for (const engine of ENGINES)
      expect(
        Buffer.compare(
          encode(decode(bytes, { kind, endian, layout, engine }), { kind, endian, layout }),
          bytes,
        ),
      ).toBe(0);
  },
);

test('missing fields become 0, and numbers stand for 64-bit values they hold exactly', () => {
  expect([
    ...decode(encode([{ res: -5 }, { data: 2 ** 53 - 1, obj: undefined }], { kind: 'io_event' }), {
      kind: 'io_event',
    }),
  ]).toEqual([
    { data: 0n, obj: 0n, res: -5n, res2: 0n },
    { data: 2n ** 53n - 1n, obj: 0n, res: 0n, res2: 0n },
  ]);
  const unsigned = { aio_fildes: 0xffffffff, aio_rw_flags: -1, aio_flags: -2, aio_resfd: -1 };
  const { columns } = decode(encode([unsigned], { kind: 'iocb' }), { kind: 'iocb' });
  expect([
    columns.aio_fildes[0],
    columns.aio_rw_flags[0],
    columns.aio_flags[0],
    columns.aio_resfd[0],
  ]).toEqual([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 2, 2 ** 32 - 1]);
});

const NAMED = { kind: 'iocb', layout: 'who:char3,mark:i8,record' } as const;
test.each([
  [
    { aio_lio_opcode: 65536 },
    'aio_lio_opcode of record 1 is 65536, expected a whole number that fits u16',
  ],
  [
    { aio_lio_opcode: -1 },
    'aio_lio_opcode of record 1 is -1, expected a whole number that fits u16',
  ],
  [
    { aio_reqprio: 32768 },
    'aio_reqprio of record 1 is 32768, expected a whole number that fits i16',
  ],
  [{ aio_key: -1 }, 'aio_key of record 1 is -1, expected a whole number that fits u32'],
  [
    { aio_fildes: 2 ** 32 },
    'aio_fildes of record 1 is 4294967296, expected a whole number that fits u32',
  ],
  [
    { aio_data: 2n ** 64n },
    'aio_data of record 1 is 18446744073709551616n, expected a whole number that fits u64',
  ],
  [{ aio_data: -1n }, 'aio_data of record 1 is -1n, expected a whole number that fits u64'],
  [
    { aio_offset: 2n ** 63n },
    'aio_offset of record 1 is 9223372036854775808n, expected a whole number that fits i64',
  ],
  [
    { aio_nbytes: 2 ** 53 },
    'aio_nbytes of record 1 is 9007199254740992, expected a whole number that fits u64',
  ],
  [{ aio_nbytes: 0.5 }, 'aio_nbytes of record 1 is 0.5, expected a whole number that fits u64'],
  [{ aio_nbytes: '512' }, "aio_nbytes of record 1 is '512', expected a whole number that fits u64"],
  [{ mark: 128 }, 'mark of record 1 is 128, expected a whole number that fits i8'],
  [{ who: 'four' }, "who of record 1 is 'four', expected text of up to 3 bytes of UTF-8"],
  [{ who: 'ΩΩ' }, "who of record 1 is 'ΩΩ', expected text of up to 3 bytes of UTF-8"],
  [{ who: 3 }, 'who of record 1 is 3, expected text of up to 3 bytes of UTF-8'],
])('encode refuses %o', (record, message) => {
  expect(() => encode([{}, record], NAMED)).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_RANGE', message }),
  );
});

test('encode refuses a field that the layout does not have, and names those it has', () => {
  const message =
    "record 0 has 'result', which is not a field of the layout; its fields are data, obj, res, res2, ts";
  const options = { kind: 'io_event', layout: 'ts' } as const;
  expect(() => encode([{ result: 1 }], options)).toThrow(
    expect.objectContaining({ code: 'AIOSCOPE_COLUMN', message }),
  );
});
