// Records around every bound of the rules of a check, and noise.
import type { Plain } from '../naive/check.ts';
import { random } from './random.ts';

const around = (...values: bigint[]): bigint[] =>
  values.flatMap((value) => [value - 1n, value, value + 1n]);
const within = (values: bigint[], min: bigint, max: bigint): bigint[] =>
  [...new Set(values)].filter((v) => v >= min && v <= max);
const U64 = within(
  [0n, 1n, 511n, 512n, ...around(2n ** 31n, 2n ** 32n, 2n ** 63n), 2n ** 64n - 1n],
  0n,
  2n ** 64n - 1n,
);
const U32 = within([0n, 1n, ...around(2n ** 31n), 2n ** 32n - 1n], 0n, 2n ** 32n - 1n);

/** Both sides of every bound of every field. */
const BOUNDS: Readonly<Record<string, readonly bigint[]>> = {
  aio_data: [0n, 2n ** 64n - 1n],
  aio_key: U32,
  aio_rw_flags: [
    ...U32,
    ...Array.from({ length: 11 }, (_, bit) => 1n << BigInt(bit)),
    6n,
    0x30n,
    0x50n,
    0x60n,
    0x1ffn,
    0x200n,
  ],
  aio_lio_opcode: [
    ...Array.from({ length: 11 }, (_, i) => BigInt(i)),
    15n,
    16n,
    31n,
    32n,
    33n,
    37n,
    256n,
    65535n,
  ],
  aio_reqprio: [
    0n,
    1n,
    7n,
    8n,
    0x1fffn,
    0x2000n,
    0x2007n,
    0x2008n,
    0x4004n,
    0x4008n,
    0x6000n,
    0x7fffn,
    -0x8000n,
    -0x2000n,
    -1n,
  ],
  aio_fildes: U32,
  aio_buf: [
    ...U64,
    ...around(0xffffn, 0x10000n, 2n ** 47n, 2n ** 48n, 2n ** 56n),
    0x800n,
    0x7efc71a00000n,
  ],
  aio_nbytes: [...U64, ...around(1024n, 4096n, 0x7ffff000n), 2n ** 63n - 1n],
  aio_offset: [
    0n,
    1n,
    512n,
    -1n,
    -512n,
    -(2n ** 63n),
    ...around(2n ** 63n - 4096n, 2n ** 63n - 0x7ffff000n),
    2n ** 63n - 1n,
    2n ** 62n,
  ],
  aio_reserved2: [0n, 1n, 2n ** 32n, 2n ** 63n],
  aio_flags: [
    ...Array.from({ length: 5 }, (_, i) => BigInt(i)),
    2n ** 31n,
    2n ** 32n - 1n,
    0xfacef154n,
  ],
  aio_resfd: U32,
};
/** A submission that every kernel accepts. */
export const GOOD: Plain = {
  aio_data: 1n,
  aio_fildes: 3n,
  aio_buf: 4096n,
  aio_nbytes: 4096n,
  aio_offset: 0n,
};
/** A submission whose fields are all 0. */
export const ZERO: Plain = Object.fromEntries(Object.keys(BOUNDS).map((name) => [name, 0n]));
const FIELDS = Object.keys(BOUNDS);

/** Every bound of every field under every opcode and flag; records with several bounds; noise. */
function requests(): Plain[] {
  const bases = BOUNDS.aio_lio_opcode.flatMap((opcode) =>
    [0n, 2n, 3n].flatMap((flags) =>
      [ZERO, { ...ZERO, ...GOOD }].map((base) => ({
        ...base,
        aio_lio_opcode: opcode,
        aio_flags: flags,
      })),
    ),
  );
  const single = bases.flatMap((base) =>
    FIELDS.flatMap((name) => BOUNDS[name].map((value) => ({ ...base, [name]: value }))),
  );
  const { pick, below, word } = random(51);
  const several = Array.from({ length: 6000 }, () => {
    const changes = Array.from({ length: 2 + below(4) }, () => pick(FIELDS)).map((name) => [
      name,
      pick(BOUNDS[name]),
    ]);
    return { ...pick(bases), ...Object.fromEntries(changes) } as Plain;
  });
  const wide = () => (BigInt(word()) << 32n) | BigInt(word());
  const noise = Array.from({ length: 500 }, () => ({
    ...Object.fromEntries(FIELDS.map((name) => [name, BigInt(word())])),
    aio_lio_opcode: BigInt(below(12)),
    aio_reqprio: BigInt(below(65536) - 32768),
    aio_buf: wide(),
    aio_nbytes: wide(),
    aio_offset: BigInt.asIntN(64, wide()),
  }));
  return [...single, ...several, ...noise] as Plain[];
}

const RES = [
  ...around(0n, 0x7ffff000n, 2n ** 32n, -4095n, -(2n ** 32n)),
  2n ** 63n - 1n,
  -(2n ** 63n),
  0xffffn,
];
const OBJ = within(
  [0n, 1n, 4n, 7n, 8n, 2n ** 32n, ...around(2n ** 47n, 2n ** 56n), 2n ** 63n, 2n ** 64n - 1n],
  0n,
  2n ** 64n - 1n,
);
/** Completions around every bound of the rules. */
export const events: readonly Plain[] = [
  ...Array.from({ length: 4100 }, (_, i) => ({ data: 0n, obj: 8n, res: -BigInt(i), res2: 0n })),
  ...RES.flatMap((res) =>
    OBJ.flatMap((obj) => [0n, 1n, -1n, 2n ** 32n].map((res2) => ({ data: 7n, obj, res, res2 }))),
  ),
];
/** Submissions around every bound of the rules. */
export const iocbs: readonly Plain[] = requests();
