import * as RULE from '../abi/constants.ts';
import { ERRNO, ERRNO_INTERNAL, ERRNO_LEAKED, MAX_ERRNO } from '../abi/errno.ts';
import type { RecordKind, RecordLayout } from '../abi/record.ts';
import type { ProfileName } from '../abi/rule.ts';

/** Bytes of a `ruleSet`. */
const HEAD_BYTES = 28;
/**
 * The head of a rule set, which `check_iocb` and `check_io_event` read from memory. Tables of bytes
 * follow.
 */
export const ruleSet = {
  name: 'rule_set',
  byteLength: HEAD_BYTES,
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
export const RULE_ORDER: number = HEAD_BYTES;
export const OPCODE_RELEASES: number = RULE_ORDER + SLOTS;
export const FLAG_RELEASES: number = OPCODE_RELEASES + SLOTS;
export const RWF_RELEASES: number = FLAG_RELEASES + SLOTS;
/** Where the table of an io_event's rule set begins: the rule bits for each errno. */
export const ERRNO_RULES: number = HEAD_BYTES;
/** The size of the larger rule set. */
export const RULE_SET_BYTES: number = ERRNO_RULES + MAX_ERRNO + 1;

function iocbRules(profile: ProfileName): Uint8Array {
  const bytes = new Uint8Array(RULE_SET_BYTES);
  new Uint32Array(bytes.buffer).set(RULE.IOCB_HEADS[profile]);
  bytes.set(RULE.IOCB_ORDERS[profile], RULE_ORDER);
  if (profile === 'gvisor') return bytes;
  bytes.set(RULE.OPCODES_SINCE, OPCODE_RELEASES);
  bytes.set(RULE.IOCB_FLAGS_SINCE, FLAG_RELEASES);
  bytes.set(RULE.RWF_FLAGS_SINCE, RWF_RELEASES);
  return bytes;
}

function ioEventRules(profile: ProfileName): Uint8Array {
  const bytes = new Uint8Array(RULE_SET_BYTES);
  new Uint32Array(bytes.buffer).set(RULE.IO_EVENT_HEADS[profile]);
  const [known, internal] = [ERRNO, ERRNO_INTERNAL].map((names) => Object.keys(names).map(Number));
  const errnos = bytes.subarray(ERRNO_RULES).fill(1 << RULE.ERRNO_UNASSIGNED, 1);
  for (const errno of known) errnos[errno] = 0;
  errnos.fill(1 << RULE.ERRNO_INTERNAL, internal[0], internal[internal.length - 1] + 1);
  errnos[ERRNO_LEAKED] = 1 << RULE.ERRNO_LEAKED;
  return bytes;
}

/** The rule set of a profile for a kind of record, as the check kernels read it. */
export const rulesFor = (kind: RecordKind, profile: ProfileName): Uint8Array =>
  kind === 'iocb' ? iocbRules(profile) : ioEventRules(profile);
