/**
 * Who judges: the newest Linux that these tables know, Linux before 4.13 (no aio_rw_flags, fsync, poll or priorities), or
 * gVisor's sentry.
 */
export const PROFILES = ['linux', 'linux-legacy', 'gvisor'] as const;
/** `linux`, `linux-legacy` or `gvisor`. */
export type ProfileName = (typeof PROFILES)[number];

/** The last release without what `linux-legacy` lacks. */
export const LEGACY_RELEASE = '4.12';

/**
 * What a rule says of the record that it fits: io_submit refuses it; takes it and passes something over in silence; takes
 * it, though it is probably not what was meant; or no kernel makes such a record.
 */
export const RULE_CLASSES = ['refused', 'impossible', 'ignored', 'suspicious'] as const;
/** `refused`, `impossible`, `ignored` or `suspicious`. */
export type RuleClass = (typeof RULE_CLASSES)[number];

/**
 * Something odd that shows in a record. The place of a rule in its table is its bit in the column `anomalies`, and one
 * more its number in `firstRefusal`: both stay, and new rules come last.
 */
export interface Rule {
  readonly name: string;
  /** What io_submit fails with, where it refuses. */
  readonly errno?: string;
  /** What the rule means to each profile; where it is missing, the rule is none of that profile's. */
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

/**
 * What shows in the 64 bytes of an iocb; those that refuse in the order in which io_submit_one looks.
 * Sources: fs/aio.c, block/ioprio.c, fs/read_write.c, lib/iov_iter.c; gVisor, pkg/sentry/syscalls/linux/sys_aio.go.
 */
export const IOCB_RULES = [
  {
    name: 'reserved2-not-zero',
    errno: 'EINVAL',
    classes: everywhere('refused'),
    doc: 'aio_reserved2 has to be 0',
  },
  {
    name: 'reserved1-not-zero',
    errno: 'EINVAL',
    classes: { 'linux-legacy': 'refused' },
    doc: 'aio_rw_flags was aio_reserved1 before 4.13, and had to be 0',
  },
  {
    name: 'nbytes-negative',
    errno: 'EINVAL',
    classes: everywhere('refused'),
    doc: 'aio_nbytes is 2^63 or more, whatever the opcode',
  },
  {
    name: 'fildes-negative',
    errno: 'EBADF',
    classes: everywhere('refused'),
    doc: 'aio_fildes is negative',
  },
  {
    name: 'resfd-negative',
    errno: 'EBADF',
    classes: everywhere('refused'),
    doc: 'aio_resfd is negative, under IOCB_FLAG_RESFD',
  },
  {
    name: 'opcode-not-taken',
    errno: 'EINVAL',
    classes: everywhere('refused'),
    doc: 'io_submit has no such aio_lio_opcode',
  },
  {
    name: 'ioprio-invalid',
    errno: 'EINVAL',
    classes: newest('refused'),
    doc: 'aio_reqprio has a class from 4 up, or a level without a class',
  },
  {
    name: 'rw-flags-unknown',
    errno: 'EOPNOTSUPP',
    classes: newest('refused'),
    doc: 'aio_rw_flags has bits that have no meaning',
  },
  {
    name: 'append-and-noappend',
    errno: 'EINVAL',
    classes: newest('refused'),
    doc: 'RWF_APPEND and RWF_NOAPPEND together',
  },
  {
    name: 'atomic-read',
    errno: 'EOPNOTSUPP',
    classes: newest('refused'),
    doc: 'RWF_ATOMIC is for writes',
  },
  {
    name: 'iovecs-too-many',
    errno: 'EINVAL',
    classes: everywhere('refused'),
    doc: 'more than 1024 iovecs',
  },
  {
    name: 'buf-in-kernel',
    errno: 'EFAULT',
    classes: everywhere('refused'),
    doc: 'aio_buf is 2^56 or more: no address of user space',
  },
  {
    name: 'offset-negative',
    errno: 'EINVAL',
    classes: everywhere('refused'),
    doc: 'aio_offset is negative',
  },
  {
    name: 'offset-overflow',
    errno: 'EINVAL',
    classes: { linux: 'refused', 'linux-legacy': 'refused' },
    doc: 'aio_offset and length together pass 2^63 - 1',
  },
  {
    name: 'fsync-fields',
    errno: 'EINVAL',
    classes: { linux: 'refused', gvisor: 'ignored' },
    doc: 'FSYNC and FDSYNC have neither aio_buf, aio_nbytes, aio_offset nor aio_rw_flags',
  },
  {
    name: 'poll-mask-wide',
    errno: 'EINVAL',
    classes: newest('refused'),
    doc: 'the poll mask in aio_buf is more than 16 bits',
  },
  {
    name: 'poll-fields',
    errno: 'EINVAL',
    classes: newest('refused'),
    doc: 'POLL has neither aio_nbytes, aio_offset nor aio_rw_flags',
  },
  {
    name: 'flags-unknown',
    classes: everywhere('ignored'),
    doc: 'aio_flags has bits that have no meaning',
  },
  {
    name: 'reqprio-ignored',
    classes: everywhere('ignored'),
    doc: 'aio_reqprio is not 0, and is not read',
  },
  {
    name: 'resfd-ignored',
    classes: everywhere('ignored'),
    doc: 'aio_resfd is not 0, without IOCB_FLAG_RESFD',
  },
  {
    name: 'key-not-zero',
    classes: everywhere('ignored'),
    doc: 'aio_key is not 0: Linux writes 0 when it takes a request, gVisor leaves it',
  },
  {
    name: 'offset-ignored',
    classes: newest('ignored'),
    doc: 'a write with RWF_APPEND goes to the end, wherever aio_offset is',
  },
  {
    name: 'nbytes-clamped',
    classes: everywhere('ignored'),
    doc: 'no more than 2 GiB less 4 KiB are moved at once',
  },
  {
    name: 'rw-flags-ignored',
    classes: { linux: 'ignored', gvisor: 'ignored' },
    doc: 'RWF_HIPRI has no effect on AIO; gVisor reads no aio_rw_flags',
  },
  {
    name: 'poll-bits-unknown',
    classes: newest('ignored'),
    doc: 'the poll mask has bits that have no meaning',
  },
  {
    name: 'dsync-and-sync',
    classes: newest('ignored'),
    doc: 'RWF_SYNC does what RWF_DSYNC does, and more',
  },
  { name: 'zero-length', classes: everywhere('suspicious'), doc: 'a read or a write of nothing' },
  {
    name: 'buf-null',
    classes: everywhere('suspicious'),
    doc: 'aio_buf is NULL: it will complete with EFAULT',
  },
  {
    name: 'buf-high',
    classes: everywhere('suspicious'),
    doc: 'aio_buf is 2^47 or more: EFAULT on x86-64 unless page tables have five levels',
  },
  {
    name: 'ioprio-realtime',
    classes: newest('suspicious'),
    doc: 'a real-time priority: EPERM without CAP_SYS_ADMIN or CAP_SYS_NICE',
  },
  {
    name: 'ioprio-hint',
    classes: newest('suspicious'),
    doc: 'a priority with a hint: EINVAL before 6.5',
  },
  {
    name: 'misaligned',
    classes: everywhere('suspicious'),
    doc: 'not in whole sectors of 512 bytes: under O_DIRECT it completes with EINVAL',
  },
] as const satisfies readonly Rule[];

/** What shows in the 32 bytes of an io_event. Sources: fs/aio.c, include/linux/errno.h, asm-generic/errno.h. */
export const IO_EVENT_RULES = [
  {
    name: 'obj-null',
    classes: everywhere('impossible'),
    doc: 'obj is NULL: no request has this address',
  },
  {
    name: 'res-below-errnos',
    classes: everywhere('impossible'),
    doc: 'res is below -4095, which is no errno',
  },
  {
    name: 'errno-internal',
    classes: everywhere('impossible'),
    doc: 'res is an errno that never leaves the kernel (-512 … -531)',
  },
  {
    name: 'errno-unassigned',
    classes: everywhere('impossible'),
    doc: 'res is an errno that means nothing',
  },
  {
    name: 'res-too-large',
    classes: everywhere('impossible'),
    doc: 'res is more than a request can move, 2 GiB less 4 KiB',
  },
  {
    name: 'errno-leaked',
    classes: everywhere('suspicious'),
    doc: 'res is -524, ENOTSUPP, which some drivers and NFS let out',
  },
  {
    name: 'res2-not-zero',
    classes: everywhere('suspicious'),
    doc: 'res2 is 0 since 5.16, and before but for USB gadgets',
  },
  {
    name: 'obj-unaligned',
    classes: everywhere('suspicious'),
    doc: 'obj is no multiple of 8, as an iocb mostly is',
  },
  {
    name: 'obj-high',
    classes: everywhere('suspicious'),
    doc: 'obj is 2^56 or more: no address of user space, unless it is a tagged one',
  },
] as const satisfies readonly Rule[];

/** What shows in the header of a ring that is one; bytes that are no ring are an error. Source: fs/aio.c. */
export const RING_RULES = [
  {
    name: 'incompat-features',
    classes: everywhere('impossible'),
    doc: 'incompat_features is not 0',
  },
  { name: 'header-length', classes: everywhere('impossible'), doc: 'header_length is not 32' },
  {
    name: 'slots-missing',
    classes: everywhere('impossible'),
    doc: 'the image ends before its last slot',
  },
  {
    name: 'tail-beyond-nr',
    classes: everywhere('impossible'),
    doc: 'tail is nr or more, and only the kernel writes it',
  },
  {
    name: 'head-beyond-nr',
    classes: everywhere('suspicious'),
    doc: 'head is nr or more: the kernel takes it modulo nr',
  },
  { name: 'compat-features', classes: everywhere('suspicious'), doc: 'compat_features is not 1' },
  {
    name: 'nr-not-whole-pages',
    classes: everywhere('suspicious'),
    doc: 'header and slots do not fill pages of 4 KiB',
  },
] as const satisfies readonly Rule[];

/** The name of a rule about an iocb. */
export type IocbRuleName = (typeof IOCB_RULES)[number]['name'];
/** The name of a rule about an io_event. */
export type IoEventRuleName = (typeof IO_EVENT_RULES)[number]['name'];
/** The name of a rule about a ring. */
export type RingRuleName = (typeof RING_RULES)[number]['name'];

/** The bits that rules have in a mask, by their names. */
export const ruleBits = <N extends string>(
  rules: readonly { readonly name: N }[],
): Readonly<Record<N, number>> =>
  Object.fromEntries(rules.map(({ name }, bit) => [name, (1 << bit) >>> 0])) as Record<N, number>;

/** The bits of the rules that are of a class to a profile; of any class where none is said. */
export const classBits = (rules: readonly Rule[], profile: ProfileName, of?: RuleClass): number =>
  rules.reduce((bits, { classes }, bit) => {
    const found = classes[profile];
    return found !== undefined && (of === undefined || found === of)
      ? (bits | (1 << bit)) >>> 0
      : bits;
  }, 0);

/** In what order a profile looks for reasons to refuse: the table's, but that gVisor looks at descriptors before lengths. */
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

/** The names of the rules whose bits are in a mask. */
export const ruleNames = (rules: readonly Rule[], mask: number): string[] =>
  rules.flatMap(({ name }, bit) => ((mask >>> bit) & 1 ? [name] : []));
