// Are submissions that are checked four at a time judged as one by one, whatever stands beside them?
import { expect, test } from 'vitest';
import { iocb } from '../src/abi/record.ts';
import { PROFILES } from '../src/abi/rule.ts';
import { SCALARS } from '../src/abi/scalar.ts';
import { rulesFor } from '../src/engine/rule-set.ts';
import { agree, arenas, SOURCE, STATE, TARGET } from './support/memory.ts';
import { random } from './support/random.ts';

type Field = (typeof iocb.fields)[number]['name'];
type Random = ReturnType<typeof random>;
type Values = Record<Field, bigint>;

const OPCODES = [0n, 1n, 0n, 1n, 7n, 8n];
const PAGE = 4096n;

/** A read or write that no profile says a word about. */
const usual = ({ pick, below }: Random): Values => {
  const opcode = pick(OPCODES);
  return {
    aio_data: BigInt(below(1000)),
    aio_key: 0n,
    aio_rw_flags: 0n,
    aio_lio_opcode: opcode,
    aio_reqprio: 0n,
    aio_fildes: BigInt(below(100)),
    aio_buf: PAGE * BigInt(1 + below(1 << 20)),
    aio_nbytes: opcode < 2n ? PAGE * BigInt(1 + below(16)) : BigInt(1 + below(8)),
    aio_offset: PAGE * BigInt(pick([0, 1]) * below(1 << 30)),
    aio_reserved2: 0n,
    aio_flags: 0n,
    aio_resfd: 0n,
  };
};

const ENDS = [0n, 1n, 8n, 256n, 511n, 512n, 1023n, 1024n, 1025n, 0x7ffff000n, 0x7ffff001n];
const HIGH = [31n, 32n, 46n, 47n, 55n, 56n, 62n, 63n];
const places = [
  ...ENDS,
  ...HIGH.flatMap((bit) => [(1n << bit) - 512n, 1n << bit]),
  (1n << 64n) - 1n,
  // Large in the high word alone.
  (1n << 40n) + 4096n,
  (1n << 63n) + 512n,
];
const words = [0n, 1n, 2n, 3n, 4n, 0x7fffffffn, 0x80000000n, 0xffffffffn];
const rwFlags = [
  ...Array.from({ length: 11 }, (_, bit) => 1n << BigInt(bit)),
  6n,
  48n,
  0xffffffffn,
];
const priorities = [0n, 1n, 4n, 0x2000n, 0x2008n, 0x4004n, 0x6000n, 0x8000n, 0xffffn, 0x1000n];

/** Other values of each field, at the borders of the rules. */
const OTHERS: Record<Field, readonly bigint[]> = {
  aio_data: [0n],
  aio_key: words,
  aio_rw_flags: rwFlags,
  aio_lio_opcode: [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 31n, 32n, 256n, 263n, 65535n],
  aio_reqprio: priorities,
  aio_fildes: words,
  aio_buf: places,
  aio_nbytes: places,
  aio_offset: places,
  aio_reserved2: [1n, 1n << 63n],
  aio_flags: words,
  aio_resfd: words,
};
const FIELDS = iocb.fields.map(({ name }) => name);

/** Writes columns of `rows` rows at SOURCE. */
function columns(memory: Uint8Array, rows: number, records: readonly Values[]): void {
  for (const { name, offset, type } of iocb.fields) {
    const { array, byteLength } = SCALARS[type];
    const column = new array(memory.buffer as ArrayBuffer, SOURCE + offset * rows, rows);
    records.forEach((record, i) => {
      column[i] = byteLength === 8 ? record[name] : Number(record[name]);
    });
  }
}

const contents = new Uint8Array(arenas.js.buffer.byteLength);

/** Compares the columns of both engines, in all profiles and both byte orders. */
function compare(records: readonly Values[]): void {
  const rows = Math.ceil(records.length / 64) * 64;
  columns(contents, rows, records);
  const [low, high] = [SOURCE + 8 * rows, SOURCE + 12 * rows];
  const spans = [4, 1, 1].map((bytes, i) => ({
    at: TARGET + [0, 4, 5][i] * rows,
    bytes: bytes * records.length,
  }));
  for (const profile of PROFILES) {
    const rules = rulesFor('iocb', profile);
    for (const [keys, flags] of [
      [low, high],
      [high, low],
    ])
      agree(
        contents,
        ({ check_iocb }) => check_iocb(SOURCE, rows, records.length, keys, flags, STATE, TARGET),
        spans,
        (memory) => memory.set(rules, STATE),
      );
  }
}

test('one field of one record has a value at the border of a rule', () => {
  const source = random(11);
  for (const name of FIELDS) {
    for (const value of OTHERS[name]) {
      const records = Array.from({ length: 12 }, () => usual(source));
      records[source.below(12)][name] = value;
      compare(records);
    }
  }
});

test('all records of a stream have the same flags, of every kind', () => {
  const source = random(12);
  for (const aio_rw_flags of [0n, ...rwFlags]) {
    for (const aio_flags of [0n, 1n, 2n, 3n, 4n]) {
      for (const aio_reqprio of [0n, source.pick(priorities), source.pick(priorities)]) {
        const same = { aio_rw_flags, aio_flags, aio_reqprio };
        const records = Array.from({ length: 21 }, () => ({ ...usual(source), ...same }));
        for (const record of records) if (aio_flags === 1n) record.aio_resfd = 7n;
        compare(records);
      }
    }
  }
});

test('any mixture of records, of any length', () => {
  const source = random(13);
  for (let run = 0; run < 300; run++) {
    const oddity = source.pick([0.01, 0.1, 0.5]);
    const count = 1 + source.below(150);
    const records = Array.from({ length: count }, () => {
      const record = usual(source);
      for (const name of FIELDS)
        if (source.below(1000) < oddity * 1000) record[name] = source.pick(OTHERS[name]);
      return record;
    });
    compare(records);
  }
});

test('an ordinary stream is not refused, so that four at a time are really compared', () => {
  const source = random(14);
  const { buffer, kernels } = arenas.wasm;
  columns(
    contents,
    64,
    Array.from({ length: 64 }, () => usual(source)),
  );
  const memory = new Uint8Array(buffer);
  memory.set(contents);
  memory.set(rulesFor('iocb', 'linux'), STATE);
  memory.fill(0xff, TARGET, TARGET + 6 * 64);
  kernels.check_iocb(SOURCE, 64, 64, SOURCE + 8 * 64, SOURCE + 12 * 64, STATE, TARGET);
  expect(memory.subarray(TARGET, TARGET + 5 * 64).every((byte) => byte === 0)).toBe(true);
  expect(new Set(memory.subarray(TARGET + 5 * 64, TARGET + 6 * 64))).toEqual(new Set([1, 2]));
});
