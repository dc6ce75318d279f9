// The check of one record in the most obvious way: one rule per line, every number a bigint, errnos
// and orders by hand.
import { iocb } from '../../src/abi/index.ts';

export type Plain = { readonly [name: string]: bigint };
export type Profile = 'linux' | 'linux-legacy' | 'gvisor';

const PREAD = 0n;
const PWRITE = 1n;
const FSYNC = 2n;
const FDSYNC = 3n;
const POLL = 5n;
const NOOP = 6n;
const PREADV = 7n;
const PWRITEV = 8n;
const MAX_RW = 0x7ffff000n;

const TAKEN: Readonly<Record<Profile, readonly bigint[]>> = {
  linux: [PREAD, PWRITE, FSYNC, FDSYNC, POLL, PREADV, PWRITEV],
  'linux-legacy': [PREAD, PWRITE, PREADV, PWRITEV],
  gvisor: [PREAD, PWRITE, FSYNC, FDSYNC, NOOP, PREADV, PWRITEV],
};
const isVector = (r: Plain): boolean => [PREADV, PWRITEV].includes(r.aio_lio_opcode);
const isPlain = (r: Plain): boolean => [PREAD, PWRITE].includes(r.aio_lio_opcode);
const isMove = (r: Plain): boolean => isPlain(r) || isVector(r);
const isRead = (r: Plain): boolean => [PREAD, PREADV].includes(r.aio_lio_opcode);
const isWrite = (r: Plain): boolean => [PWRITE, PWRITEV].includes(r.aio_lio_opcode);
const isSync = (r: Plain): boolean => [FSYNC, FDSYNC].includes(r.aio_lio_opcode);
const isPoll = (r: Plain): boolean => r.aio_lio_opcode === POLL;
const has = (word: bigint, bits: bigint): boolean => (word & bits) === bits;
const priority = (r: Plain): bigint => BigInt.asUintN(16, r.aio_reqprio);
const level = (r: Plain): bigint => priority(r) & 7n;
const hint = (r: Plain): bigint => (priority(r) >> 3n) & 0x3ffn;
const priorityClass = (r: Plain): bigint => priority(r) >> 13n;
const isPrioritized = (r: Plain): boolean => isMove(r) && has(r.aio_flags, 2n);
const moved = (r: Plain): bigint => (r.aio_nbytes > MAX_RW ? MAX_RW : r.aio_nbytes);
const KNOWN_POLL = 0xf7ffn;
const L = ['linux'];
const LL = ['linux', 'linux-legacy'];
const LG = ['linux', 'gvisor'];
const ALL = ['linux', 'linux-legacy', 'gvisor'];

/** Name, profiles, errno if the rule refuses (gVisor refuses no fsync), and its condition. */
type Line = readonly [
  name: string,
  profiles: readonly string[],
  errno: string | null,
  holds: (r: Plain, p: Profile) => boolean,
];

export const IOCB_LINES: readonly Line[] = [
  ['reserved2-not-zero', ALL, 'EINVAL', (r) => r.aio_reserved2 !== 0n],
  ['reserved1-not-zero', ['linux-legacy'], 'EINVAL', (r) => r.aio_rw_flags !== 0n],
  ['nbytes-negative', ALL, 'EINVAL', (r) => r.aio_nbytes >= 2n ** 63n],
  ['fildes-negative', ALL, 'EBADF', (r) => r.aio_fildes >= 2n ** 31n],
  ['resfd-negative', ALL, 'EBADF', (r) => has(r.aio_flags, 1n) && r.aio_resfd >= 2n ** 31n],
  ['opcode-not-taken', ALL, 'EINVAL', (r, p) => !TAKEN[p].includes(r.aio_lio_opcode)],
  [
    'ioprio-invalid',
    L,
    'EINVAL',
    (r) =>
      isPrioritized(r) && (priorityClass(r) >= 4n || (priorityClass(r) === 0n && level(r) !== 0n)),
  ],
  ['rw-flags-unknown', L, 'EOPNOTSUPP', (r) => isMove(r) && r.aio_rw_flags > 0x1ffn],
  ['append-and-noappend', L, 'EINVAL', (r) => isMove(r) && has(r.aio_rw_flags, 0x30n)],
  ['atomic-read', L, 'EOPNOTSUPP', (r) => isRead(r) && has(r.aio_rw_flags, 0x40n)],
  ['iovecs-too-many', ALL, 'EINVAL', (r) => isVector(r) && r.aio_nbytes > 1024n],
  ['buf-in-kernel', ALL, 'EFAULT', (r) => isMove(r) && r.aio_nbytes > 0n && r.aio_buf >= 2n ** 56n],
  ['offset-negative', ALL, 'EINVAL', (r) => isMove(r) && r.aio_offset < 0n],
  [
    'offset-overflow',
    LL,
    'EINVAL',
    (r) => isPlain(r) && r.aio_offset >= 0n && r.aio_offset + moved(r) > 2n ** 63n - 1n,
  ],
  [
    'fsync-fields',
    LG,
    'EINVAL',
    (r) => isSync(r) && (r.aio_buf | r.aio_nbytes | r.aio_offset | r.aio_rw_flags) !== 0n,
  ],
  ['poll-mask-wide', L, 'EINVAL', (r) => isPoll(r) && r.aio_buf > 0xffffn],
  [
    'poll-fields',
    L,
    'EINVAL',
    (r) => isPoll(r) && (r.aio_nbytes | r.aio_offset | r.aio_rw_flags) !== 0n,
  ],
  [
    'flags-unknown',
    ALL,
    null,
    (r, p) => r.aio_flags > (p === 'linux' ? 3n : 1n) || (p !== 'linux' && has(r.aio_flags, 2n)),
  ],
  [
    'reqprio-ignored',
    ALL,
    null,
    (r, p) => r.aio_reqprio !== 0n && !(p === 'linux' && isPrioritized(r)),
  ],
  ['resfd-ignored', ALL, null, (r) => r.aio_resfd !== 0n && !has(r.aio_flags, 1n)],
  ['key-not-zero', ALL, null, (r) => r.aio_key !== 0n],
  [
    'offset-ignored',
    L,
    null,
    (r) => isWrite(r) && has(r.aio_rw_flags, 0x10n) && r.aio_offset !== 0n,
  ],
  [
    'nbytes-clamped',
    ALL,
    null,
    (r) => isPlain(r) && r.aio_nbytes > MAX_RW && r.aio_nbytes < 2n ** 63n,
  ],
  [
    'rw-flags-ignored',
    LG,
    null,
    (r, p) =>
      p === 'linux'
        ? isMove(r) && has(r.aio_rw_flags, 1n)
        : (isMove(r) || r.aio_lio_opcode === 6n) && r.aio_rw_flags !== 0n,
  ],
  ['poll-bits-unknown', L, null, (r) => isPoll(r) && (r.aio_buf & 0xffffn & ~KNOWN_POLL) !== 0n],
  ['dsync-and-sync', L, null, (r) => isMove(r) && has(r.aio_rw_flags, 6n)],
  ['zero-length', ALL, null, (r) => isMove(r) && r.aio_nbytes === 0n],
  ['buf-null', ALL, null, (r) => isMove(r) && r.aio_nbytes > 0n && r.aio_buf === 0n],
  [
    'buf-high',
    ALL,
    null,
    (r) => isMove(r) && r.aio_nbytes > 0n && r.aio_buf >= 2n ** 47n && r.aio_buf < 2n ** 56n,
  ],
  ['ioprio-realtime', L, null, (r) => isPrioritized(r) && priorityClass(r) === 1n],
  ['ioprio-hint', L, null, (r) => isPrioritized(r) && hint(r) !== 0n],
  [
    'misaligned',
    ALL,
    null,
    (r) =>
      (isMove(r) && r.aio_offset % 512n !== 0n) ||
      (isPlain(r) && (r.aio_buf % 512n !== 0n || r.aio_nbytes % 512n !== 0n)),
  ],
];

/** io_submit_one checks in the order of the lines; gVisor resolves descriptors before lengths. */
const GVISOR_ORDER = [
  ...[
    'reserved2-not-zero',
    'fildes-negative',
    'resfd-negative',
    'nbytes-negative',
    'opcode-not-taken',
  ],
  ...['iovecs-too-many', 'buf-in-kernel', 'offset-negative'],
];

const OPCODE_SINCE = new Map([PREAD, PWRITE].map((opcode) => [opcode, 2_06_00n]));
for (const opcode of [PREADV, PWRITEV]) OPCODE_SINCE.set(opcode, 2_06_19n);
for (const opcode of [FSYNC, FDSYNC]) OPCODE_SINCE.set(opcode, 4_18_00n);
OPCODE_SINCE.set(POLL, 4_19_00n);
const RWF_SINCE = [
  4_13_00n,
  4_13_00n,
  4_13_00n,
  4_14_00n,
  4_16_00n,
  6_09_00n,
  6_11_00n,
  6_14_00n,
  6_18_00n,
];

function minKernel(r: Plain, profile: Profile): string {
  if (profile === 'gvisor') return '–';
  const needs = [
    OPCODE_SINCE.get(r.aio_lio_opcode) ?? 0n,
    (r.aio_flags | r.aio_resfd) !== 0n ? 2_06_22n : 0n,
    has(r.aio_flags, 2n) ? 4_18_00n : 0n,
    profile === 'linux' && isPrioritized(r) && hint(r) !== 0n ? 6_05_00n : 0n,
    ...RWF_SINCE.map((since, bit) => (has(r.aio_rw_flags, 1n << BigInt(bit)) ? since : 0n)),
  ];
  const most = needs.reduce((a, b) => (a > b ? a : b));
  const [major, minor, patch] = [most / 10000n, (most / 100n) % 100n, most % 100n];
  return major === 2n ? `${major}.${minor}.${patch}` : `${major}.${minor}`;
}

/** The columns of a check for one record, as they are printed. */
export interface Verdict {
  readonly anomalies: readonly string[];
  readonly firstRefusal: string;
  readonly minKernel?: string;
}

const words = (errno: string | null, name: string): string =>
  errno === null ? name : `${errno} ${name}`;

export function naiveIocb(r: Plain, profile: Profile): Verdict {
  const matches = IOCB_LINES.filter(
    ([, profiles, , holds]) => profiles.includes(profile) && holds(r, profile),
  );
  const refusing = matches.filter(
    ([name, , errno]) => errno !== null && !(profile === 'gvisor' && name === 'fsync-fields'),
  );
  if (profile === 'gvisor')
    refusing.sort(([a], [b]) => GVISOR_ORDER.indexOf(a) - GVISOR_ORDER.indexOf(b));
  const anomalies = matches.map(([name]) => name);
  if (refusing.length === 0)
    return { anomalies, firstRefusal: '–', minKernel: minKernel(r, profile) };
  const [[name, , errno]] = refusing;
  return { anomalies, firstRefusal: words(errno, name), minKernel: '–' };
}

const isErrno = (res: bigint): boolean => res < 0n && res >= -4095n;
const EVENT_LINES: readonly (readonly [
  name: string,
  impossible: boolean,
  holds: (r: Plain) => boolean,
])[] = [
  ['obj-null', true, (r) => r.obj === 0n],
  ['res-below-errnos', true, (r) => r.res < -4095n],
  ['errno-internal', true, (r) => r.res <= -512n && r.res >= -531n && r.res !== -524n],
  [
    'errno-unassigned',
    true,
    (r) =>
      isErrno(r.res) &&
      (r.res === -41n || r.res === -58n || (r.res < -133n && r.res > -512n) || r.res < -531n),
  ],
  ['res-too-large', true, (r) => r.res > MAX_RW],
  ['errno-leaked', false, (r) => r.res === -524n],
  ['res2-not-zero', false, (r) => r.res2 !== 0n],
  ['obj-unaligned', false, (r) => r.obj % 8n !== 0n],
  ['obj-high', false, (r) => r.obj >= 2n ** 56n],
];

export function naiveIoEvent(r: Plain): Verdict {
  const matches = EVENT_LINES.filter(([, , holds]) => holds(r));
  const impossible = matches.find(([, cannotBe]) => cannotBe);
  return { anomalies: matches.map(([name]) => name), firstRefusal: impossible?.[0] ?? '–' };
}

/** Fields that a generated record leaves out are 0. */
const FIELDS = Object.fromEntries(iocb.fields.map(({ name }) => [name, 0n]));

/** Whether Linux refuses a record because of its 64 bytes. */
export function isRefused(
  record: Record<'aio_lio_opcode' | 'aio_rw_flags' | 'aio_fildes', number> &
    Record<'aio_data' | 'aio_nbytes', bigint>,
) {
  const { aio_data, aio_lio_opcode, aio_rw_flags, aio_fildes, aio_nbytes } = record;
  const numbers = { aio_lio_opcode, aio_rw_flags, aio_fildes: aio_fildes >>> 0 };
  const words = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]),
  );
  return naiveIocb({ ...FIELDS, ...words, aio_data, aio_nbytes }, 'linux').firstRefusal !== '–';
}
