/**
 * The kernel that `check` assumes: the newest Linux in these tables; Linux before 4.13, without
 * aio_rw_flags, fsync, poll and priorities; or gVisor's sentry.
 */
export const PROFILES = ['linux', 'linux-legacy', 'gvisor'] as const;
/** `linux`, `linux-legacy` or `gvisor`. */
export type ProfileName = (typeof PROFILES)[number];

/** The last release that `linux-legacy` describes. */
export const LEGACY_RELEASE = '4.12';

/**
 * What a rule means for a matching record. `refused`: io_submit fails. `impossible`: no kernel
 * makes such a record. `ignored`: part of it is silently ignored. `suspicious`: it is accepted, but
 * probably a mistake.
 */
export const RULE_CLASSES = ['refused', 'impossible', 'ignored', 'suspicious'] as const;
/** `refused`, `impossible`, `ignored` or `suspicious`. */
export type RuleClass = (typeof RULE_CLASSES)[number];

/**
 * An anomaly that is visible in a record. The index of a rule in its table is its bit in the column
 * `anomalies`, and index + 1 its number in `firstRefusal`. Both are stable: new rules are appended.
 */
export interface Rule {
  readonly name: string;
  /** The errno of io_submit, if a profile refuses the record. */
  readonly errno?: string;
  /** The class under each profile; a missing profile does not have the rule. */
  readonly classes: Readonly<Partial<Record<ProfileName, RuleClass>>>;
  readonly doc: string;
}

type Classes = Rule['classes'];
const everywhere = (of: RuleClass): Required<Classes> => ({
  linux: of,
  'linux-legacy': of,
  gvisor: of,
});
const newest = (of: RuleClass): Classes => ({ linux: of });

/** A rule under which io_submit fails with `errno`, at least in one profile. */
const refusal = <const N extends string, const E extends string, C extends Classes, const D>(
  name: N,
  errno: E,
  classes: C,
  doc: D,
) => ({ name, errno, classes, doc }) as const;

const rule = <const N extends string, C extends Classes, const D>(name: N, classes: C, doc: D) =>
  ({ name, classes, doc }) as const;

const refused = everywhere('refused');
const refusedNow = newest('refused');
const ignored = everywhere('ignored');
const ignoredNow = newest('ignored');
const suspicious = everywhere('suspicious');
const suspiciousNow = newest('suspicious');
const impossible = everywhere('impossible');

/**
 * Anomalies in the 64 bytes of an iocb. Rules that refuse come in the order of io_submit_one's
 * checks.
 * Sources: fs/aio.c, block/ioprio.c, fs/read_write.c, lib/iov_iter.c; gVisor,
 * pkg/sentry/syscalls/linux/sys_aio.go.
 */
export const IOCB_RULES = [
  refusal('reserved2-not-zero', 'EINVAL', refused, 'aio_reserved2 is not 0'),
  refusal(
    'reserved1-not-zero',
    'EINVAL',
    { 'linux-legacy': 'refused' } as const,
    'aio_rw_flags is not 0; before 4.13 it was aio_reserved1',
  ),
  refusal('nbytes-negative', 'EINVAL', refused, 'aio_nbytes is 2^63 or more, with any opcode'),
  refusal('fildes-negative', 'EBADF', refused, 'aio_fildes is negative'),
  refusal('resfd-negative', 'EBADF', refused, 'aio_resfd is negative under IOCB_FLAG_RESFD'),
  refusal('opcode-not-taken', 'EINVAL', refused, 'io_submit does not accept this aio_lio_opcode'),
  refusal(
    'ioprio-invalid',
    'EINVAL',
    refusedNow,
    'aio_reqprio has a class above 3, or a level without a class',
  ),
  refusal('rw-flags-unknown', 'EOPNOTSUPP', refusedNow, 'aio_rw_flags has undefined bits'),
  refusal('append-and-noappend', 'EINVAL', refusedNow, 'RWF_APPEND and RWF_NOAPPEND together'),
  refusal('atomic-read', 'EOPNOTSUPP', refusedNow, 'RWF_ATOMIC on a read'),
  refusal('iovecs-too-many', 'EINVAL', refused, 'more than 1024 iovecs'),
  refusal('buf-in-kernel', 'EFAULT', refused, 'aio_buf is 2^56 or more, outside user space'),
  refusal('offset-negative', 'EINVAL', refused, 'aio_offset is negative'),
  refusal(
    'offset-overflow',
    'EINVAL',
    { linux: 'refused', 'linux-legacy': 'refused' } as const,
    'aio_offset plus the length exceeds 2^63 - 1',
  ),
  refusal(
    'fsync-fields',
    'EINVAL',
    { linux: 'refused', gvisor: 'ignored' } as const,
    'FSYNC or FDSYNC with aio_buf, aio_nbytes, aio_offset or aio_rw_flags',
  ),
  refusal('poll-mask-wide', 'EINVAL', refusedNow, 'the poll mask in aio_buf exceeds 16 bits'),
  refusal('poll-fields', 'EINVAL', refusedNow, 'POLL with aio_nbytes, aio_offset or aio_rw_flags'),
  rule('flags-unknown', ignored, 'aio_flags has undefined bits'),
  rule('reqprio-ignored', ignored, 'aio_reqprio is not 0, but is not read'),
  rule('resfd-ignored', ignored, 'aio_resfd is not 0, but IOCB_FLAG_RESFD is not set'),
  rule('key-not-zero', ignored, 'aio_key is not 0; io_submit overwrites it, except in gVisor'),
  rule('offset-ignored', ignoredNow, 'RWF_APPEND writes at the end, whatever aio_offset is'),
  rule('nbytes-clamped', ignored, 'one request moves at most 2 GiB - 4 KiB'),
  rule(
    'rw-flags-ignored',
    { linux: 'ignored', gvisor: 'ignored' } as const,
    'RWF_HIPRI has no effect on AIO; gVisor ignores all of aio_rw_flags',
  ),
  rule('poll-bits-unknown', ignoredNow, 'the poll mask has undefined bits'),
  rule('dsync-and-sync', ignoredNow, 'RWF_SYNC includes RWF_DSYNC'),
  rule('zero-length', suspicious, 'a read or write of 0 bytes or 0 iovecs'),
  rule('buf-null', suspicious, 'aio_buf is NULL: it will complete with EFAULT'),
  rule(
    'buf-high',
    suspicious,
    'aio_buf is 2^47 or more: EFAULT without 5-level page tables (x86-64)',
  ),
  rule('ioprio-realtime', suspiciousNow, 'real-time: EPERM without CAP_SYS_ADMIN or CAP_SYS_NICE'),
  rule('ioprio-hint', suspiciousNow, 'a priority with a hint: EINVAL before 6.5'),
  rule('misaligned', suspicious, 'not aligned to 512 bytes: EINVAL under O_DIRECT on most devices'),
] as const satisfies readonly Rule[];

/**
 * Anomalies in the 32 bytes of an io_event.
 * Sources: fs/aio.c, include/linux/errno.h, asm-generic/errno.h.
 */
export const IO_EVENT_RULES = [
  rule('obj-null', impossible, 'obj is NULL, which is not the address of an iocb'),
  rule('res-below-errnos', impossible, 'res is below -4095, the last errno'),
  rule('errno-internal', impossible, 'res is an errno that never leaves the kernel (-512 … -531)'),
  rule('errno-unassigned', impossible, 'res is an unassigned errno'),
  rule('res-too-large', impossible, 'res exceeds 2 GiB - 4 KiB, the most one request moves'),
  rule('errno-leaked', suspicious, 'res is -524, ENOTSUPP, leaked by some drivers and NFS'),
  rule('res2-not-zero', suspicious, 'res2 is not 0; before 5.16 only USB gadgets set it'),
  rule('obj-unaligned', suspicious, 'obj is not a multiple of 8, as an iocb usually is'),
  rule('obj-high', suspicious, 'obj is 2^56 or more: a tagged pointer, or outside user space'),
] as const satisfies readonly Rule[];

/** Anomalies in the header of a ring. Bytes that are not a ring are an error. Source: fs/aio.c. */
export const RING_RULES = [
  rule('incompat-features', impossible, 'incompat_features is not 0'),
  rule('header-length', impossible, 'header_length is not 32'),
  rule('slots-missing', impossible, 'the image ends before its last slot'),
  rule('tail-beyond-nr', impossible, 'tail is nr or more; only the kernel writes it'),
  rule('head-beyond-nr', suspicious, 'head is nr or more; the kernel reads it modulo nr'),
  rule('compat-features', suspicious, 'compat_features is not 1'),
  rule('nr-not-whole-pages', suspicious, 'header and slots do not fill whole 4 KiB pages'),
] as const satisfies readonly Rule[];

/** The name of a rule about an iocb. */
export type IocbRuleName = (typeof IOCB_RULES)[number]['name'];
/** The name of a rule about an io_event. */
export type IoEventRuleName = (typeof IO_EVENT_RULES)[number]['name'];
/** The name of a rule about a ring. */
export type RingRuleName = (typeof RING_RULES)[number]['name'];

/** The mask bit of each rule, by name. */
export const ruleBits = <N extends string>(
  rules: readonly { readonly name: N }[],
): Readonly<Record<N, number>> =>
  Object.fromEntries(rules.map(({ name }, bit) => [name, (1 << bit) >>> 0])) as Record<N, number>;

/** The mask of the rules that have class `of` (default: any class) under a profile. */
export const classBits = (rules: readonly Rule[], profile: ProfileName, of?: RuleClass): number =>
  rules.reduce((bits, { classes }, bit) => {
    const found = classes[profile];
    return found !== undefined && (of === undefined || found === of)
      ? (bits | (1 << bit)) >>> 0
      : bits;
  }, 0);

/**
 * The order of a profile's checks: that of the table, except that gVisor checks descriptors before
 * lengths.
 */
export function refusalOrder(profile: ProfileName): readonly IocbRuleName[] {
  const order = IOCB_RULES.filter(({ classes }) => (classes as Classes)[profile] === 'refused').map(
    ({ name }) => name,
  );
  if (profile !== 'gvisor') return order;
  const early: readonly IocbRuleName[] = [
    'reserved2-not-zero',
    'fildes-negative',
    'resfd-negative',
  ];
  return [...early, ...order.filter((name) => !early.includes(name))];
}

/** The names of the rules in a mask, in the order of their bits. */
export const ruleNames = (rules: readonly Rule[], mask: number): string[] =>
  rules.flatMap(({ name }, bit) => ((mask >>> bit) & 1 ? [name] : []));
