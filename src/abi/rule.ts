/**
 * The kernel that `check` assumes: the newest Linux in these tables; Linux before 4.13, without
 * aio_rw_flags, fsync, poll and priorities; or gVisor's sentry.
 */
export const PROFILES = ['linux', 'linux-legacy', 'gvisor'] as const;
/** `linux`, `linux-legacy` or `gvisor`. */
export type ProfileName = (typeof PROFILES)[number];

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
  /** The field of which 0 matches: nothing is known where the source does not show it. */
  readonly field?: string;
  /** The class under each profile; a missing profile does not have the rule. */
  readonly classes: Readonly<Partial<Record<ProfileName, RuleClass>>>;
}

type Classes = Rule['classes'];
const everywhere = (of: RuleClass): Required<Classes> => ({
  linux: of,
  'linux-legacy': of,
  gvisor: of,
});
const newest = (of: RuleClass): Classes => ({ linux: of });

/** A rule under which io_submit fails with `errno`, at least in one profile. */
const refusal = <const N extends string, const E extends string, C extends Classes>(
  name: N,
  errno: E,
  classes: C,
) => ({ name, errno, classes }) as const;

const rule = <const N extends string, C extends Classes>(name: N, classes: C) =>
  ({ name, classes }) as const;

/** A rule that a field is 0. */
const zero = <const N extends string, C extends Classes>(name: N, field: string, classes: C) =>
  ({ name, field, classes }) as const;

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
  refusal('reserved2-not-zero', 'EINVAL', refused),
  refusal('reserved1-not-zero', 'EINVAL', { 'linux-legacy': 'refused' } as const),
  refusal('nbytes-negative', 'EINVAL', refused),
  refusal('fildes-negative', 'EBADF', refused),
  refusal('resfd-negative', 'EBADF', refused),
  refusal('opcode-not-taken', 'EINVAL', refused),
  refusal('ioprio-invalid', 'EINVAL', refusedNow),
  refusal('rw-flags-unknown', 'EOPNOTSUPP', refusedNow),
  refusal('append-and-noappend', 'EINVAL', refusedNow),
  refusal('atomic-read', 'EOPNOTSUPP', refusedNow),
  refusal('iovecs-too-many', 'EINVAL', refused),
  refusal('buf-in-kernel', 'EFAULT', refused),
  refusal('offset-negative', 'EINVAL', refused),
  refusal('offset-overflow', 'EINVAL', { linux: 'refused', 'linux-legacy': 'refused' } as const),
  refusal('fsync-fields', 'EINVAL', { linux: 'refused', gvisor: 'ignored' } as const),
  refusal('poll-mask-wide', 'EINVAL', refusedNow),
  refusal('poll-fields', 'EINVAL', refusedNow),
  rule('flags-unknown', ignored),
  rule('reqprio-ignored', ignored),
  rule('resfd-ignored', ignored),
  rule('key-not-zero', ignored),
  rule('offset-ignored', ignoredNow),
  rule('nbytes-clamped', ignored),
  rule('rw-flags-ignored', { linux: 'ignored', gvisor: 'ignored' } as const),
  rule('poll-bits-unknown', ignoredNow),
  rule('dsync-and-sync', ignoredNow),
  zero('zero-length', 'aio_nbytes', suspicious),
  zero('buf-null', 'aio_buf', suspicious),
  rule('buf-high', suspicious),
  rule('ioprio-realtime', suspiciousNow),
  rule('ioprio-hint', suspiciousNow),
  rule('misaligned', suspicious),
] as const satisfies readonly Rule[];

/**
 * Anomalies in the 32 bytes of an io_event.
 * Sources: fs/aio.c, include/linux/errno.h, asm-generic/errno.h.
 */
export const IO_EVENT_RULES = [
  zero('obj-null', 'obj', impossible),
  rule('res-below-errnos', impossible),
  rule('errno-internal', impossible),
  rule('errno-unassigned', impossible),
  rule('res-too-large', impossible),
  rule('errno-leaked', suspicious),
  rule('res2-not-zero', suspicious),
  rule('obj-unaligned', suspicious),
  rule('obj-high', suspicious),
] as const satisfies readonly Rule[];

/** Anomalies in the header of a ring. Bytes that are not a ring are an error. Source: fs/aio.c. */
export const RING_RULES = [
  rule('incompat-features', impossible),
  rule('header-length', impossible),
  rule('slots-missing', impossible),
  rule('tail-beyond-nr', impossible),
  rule('head-beyond-nr', suspicious),
  rule('compat-features', suspicious),
  rule('nr-not-whole-pages', suspicious),
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

/** The names of the rules in a mask, in the order of their bits. */
export const ruleNames = (rules: readonly Rule[], mask: number): string[] =>
  rules.flatMap(({ name }, bit) => ((mask >>> bit) & 1 ? [name] : []));
