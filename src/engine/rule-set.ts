import { ERRNO, ERRNO_INTERNAL, ERRNO_LEAKED, MAX_ERRNO } from '../abi/errno.ts';
import {
  AIO_FLAGS_SINCE,
  type Flag,
  IOCB_FLAG_RESFD,
  IOCB_FLAGS,
  IOPRIO_HINTS_SINCE,
  RWF,
  RWF_FLAGS,
} from '../abi/flag.ts';
import { IOCB_CMD_NOOP, IOCB_CMD_POLL, OPCODES } from '../abi/opcode.ts';
import type { RecordKind, RecordLayout } from '../abi/record.ts';
import { compareReleases, releaseNumber } from '../abi/release.ts';
import {
  classBits,
  IO_EVENT_RULES,
  IOCB_RULES,
  LEGACY_RELEASE,
  type ProfileName,
  refusalOrder,
  ruleBits,
} from '../abi/rule.ts';

/**
 * The head of a rule set, which `check_iocb` and `check_io_event` read from memory. Tables of bytes
 * follow.
 */
export const ruleSet = {
  name: 'rule_set',
  byteLength: 28,
  fields: [
    /** Mask of the rules of the profile. */
    { name: 'rules', offset: 0, type: 'u32' },
    /** Mask of the rules that refuse a record or make it impossible. */
    { name: 'reasons', offset: 4, type: 'u32' },
    /** Bit n: opcode n is accepted. */
    { name: 'opcodes', offset: 8, type: 'u32' },
    /** Mask of aio_flags that are read. */
    { name: 'flags', offset: 12, type: 'u32' },
    /** Mask of aio_rw_flags without effect. */
    { name: 'rwIgnored', offset: 16, type: 'u32' },
    /** Number of the first release that reads aio_flags. */
    { name: 'flagsRelease', offset: 20, type: 'u32' },
    /** Number of the first release that knows hints. */
    { name: 'hintsRelease', offset: 24, type: 'u32' },
  ],
} as const satisfies RecordLayout;

/** Entries of a table by opcode or by bit. */
const SLOTS = 32;
/**
 * Where the tables of an iocb's rule set begin: rule bits in the order of the checks, then numbers
 * of releases.
 */
export const RULE_ORDER: number = ruleSet.byteLength;
export const OPCODE_RELEASES: number = RULE_ORDER + SLOTS;
export const FLAG_RELEASES: number = OPCODE_RELEASES + SLOTS;
export const RWF_RELEASES: number = FLAG_RELEASES + SLOTS;
/** Where the table of an io_event's rule set begins: the rule bits for each errno. */
export const ERRNO_RULES: number = ruleSet.byteLength;
/** The size of the larger rule set. */
export const RULE_SET_BYTES: number = ERRNO_RULES + MAX_ERRNO + 1;

/** Whether gVisor's io_submit accepts an opcode. Source: pkg/sentry/syscalls/linux/sys_aio.go. */
const takenByGvisor = ({ value, since }: (typeof OPCODES)[number]): boolean =>
  value === IOCB_CMD_NOOP || (since !== null && value !== IOCB_CMD_POLL);

/** Whether a profile includes what was added in a release. */
const isKnown = (profile: ProfileName, since: string): boolean =>
  profile === 'linux' ||
  (profile === 'linux-legacy' && compareReleases(since, LEGACY_RELEASE) <= 0);

function opcodesOf(profile: ProfileName): number {
  const taken = OPCODES.filter((opcode) =>
    profile === 'gvisor'
      ? takenByGvisor(opcode)
      : opcode.since !== null && isKnown(profile, opcode.since),
  );
  return taken.reduce((bits, { value }) => bits | (1 << value), 0);
}

const allBits = (flags: readonly Flag[]): number => flags.reduce((bits, { bit }) => bits | bit, 0);

const flagsOf = (profile: ProfileName): number =>
  profile === 'gvisor'
    ? IOCB_FLAG_RESFD
    : allBits(IOCB_FLAGS.filter(({ since }) => isKnown(profile, since)));

/** Fills a table of releases by flag bit. */
function bitReleases(flags: readonly Flag[], target: Uint8Array): void {
  for (const { bit, since } of flags) target[31 - Math.clz32(bit)] = releaseNumber(since ?? null);
}

function iocbRules(profile: ProfileName): Uint8Array {
  const bytes = new Uint8Array(RULE_SET_BYTES);
  const bits = ruleBits(IOCB_RULES);
  const linux = profile !== 'gvisor';
  new Uint32Array(bytes.buffer, 0, ruleSet.fields.length).set([
    classBits(IOCB_RULES, profile),
    classBits(IOCB_RULES, profile, 'refused'),
    opcodesOf(profile),
    flagsOf(profile),
    linux ? RWF.RWF_HIPRI : 0xffffffff,
    ...(linux ? [AIO_FLAGS_SINCE, IOPRIO_HINTS_SINCE].map(releaseNumber) : []),
  ]);
  bytes.set(
    refusalOrder(profile).map((name) => 31 - Math.clz32(bits[name])),
    RULE_ORDER,
  );
  if (!linux) return bytes;
  for (const { value, since } of OPCODES) bytes[OPCODE_RELEASES + value] = releaseNumber(since);
  bitReleases(IOCB_FLAGS, bytes.subarray(FLAG_RELEASES));
  bitReleases(RWF_FLAGS, bytes.subarray(RWF_RELEASES));
  return bytes;
}

function ioEventRules(profile: ProfileName): Uint8Array {
  const bytes = new Uint8Array(RULE_SET_BYTES);
  const bits = ruleBits(IO_EVENT_RULES);
  new Uint32Array(bytes.buffer, 0, 2).set([
    classBits(IO_EVENT_RULES, profile),
    classBits(IO_EVENT_RULES, profile, 'impossible'),
  ]);
  const internal = Object.keys(ERRNO_INTERNAL).map(Number);
  for (let errno = 1; errno <= MAX_ERRNO; errno++) {
    if (errno === ERRNO_LEAKED) bytes[ERRNO_RULES + errno] = bits['errno-leaked'];
    else if (errno >= Math.min(...internal) && errno <= Math.max(...internal))
      bytes[ERRNO_RULES + errno] = bits['errno-internal'];
    else if (ERRNO[errno] === undefined) bytes[ERRNO_RULES + errno] = bits['errno-unassigned'];
  }
  return bytes;
}

/** The rule set of a profile for a kind of record, as the check kernels read it. */
export const rulesFor = (kind: RecordKind, profile: ProfileName): Uint8Array =>
  kind === 'iocb' ? iocbRules(profile) : ioEventRules(profile);
