// Renders src/abi/constants.ts: what decoding needs of the tables of rules, opcodes and flags.
import {
  AIO_FLAGS_SINCE,
  type Flag,
  IOCB_FLAG_RESFD,
  IOCB_FLAGS,
  IOPRIO_HINTS_SINCE,
  POLL_FLAGS,
  RWF_FLAGS,
  RWF_HIPRI,
} from '../src/abi/flag.ts';
import { IOCB_CMD_NOOP, IOCB_CMD_POLL, OPCODES } from '../src/abi/opcode.ts';
import { compareReleases, RELEASES, releaseNumber } from '../src/abi/release.ts';
import {
  classBits,
  IO_EVENT_RULES,
  IOCB_RULES,
  PROFILES,
  type ProfileName,
  type Rule,
} from '../src/abi/rule.ts';
import { constantName } from './render.ts';

/** The last release that `linux-legacy` describes. */
const LEGACY_RELEASE = '4.12';

/** Whether a profile includes what was added in a release. */
const isKnown = (profile: ProfileName, since: string): boolean =>
  profile === 'linux' ||
  (profile === 'linux-legacy' && compareReleases(since, LEGACY_RELEASE) <= 0);

/** Whether gVisor's io_submit accepts an opcode. Source: pkg/sentry/syscalls/linux/sys_aio.go. */
const takenByGvisor = ({ value, since }: (typeof OPCODES)[number]): boolean =>
  value === IOCB_CMD_NOOP || (since !== null && value !== IOCB_CMD_POLL);

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

/** The words of `ruleSet`. */
function iocbHead(profile: ProfileName): number[] {
  const isGvisor = profile === 'gvisor';
  return [
    classBits(IOCB_RULES, profile),
    classBits(IOCB_RULES, profile, 'refused'),
    opcodesOf(profile),
    flagsOf(profile),
    isGvisor ? 0xffffffff : RWF_HIPRI,
    ...(isGvisor ? [] : [AIO_FLAGS_SINCE, IOPRIO_HINTS_SINCE].map(releaseNumber)),
  ];
}

/** The rules that refuse, in the order of the table; gVisor checks descriptors before lengths. */
function refusalOrder(profile: ProfileName): number[] {
  const early: readonly string[] =
    profile === 'gvisor' ? ['reserved2-not-zero', 'fildes-negative', 'resfd-negative'] : [];
  const isLate = (rule: number): number => Number(!early.includes(IOCB_RULES[rule].name));
  return IOCB_RULES.flatMap(({ classes }: Rule, rule) =>
    classes[profile] === 'refused' ? [rule] : [],
  ).sort((a, b) => isLate(a) - isLate(b));
}

/** Numbers of releases by index: of an opcode, or of a flag's bit. */
function sinceTable(
  entries: readonly (readonly [index: number, since: string | null])[],
): number[] {
  const numbers: number[] = [];
  for (const [index, since] of entries) numbers[index] = releaseNumber(since);
  return Array.from(numbers, (number) => number ?? 0);
}

const flagsSince = (flags: readonly Flag[]): number[] =>
  sinceTable(flags.map(({ bit, since = null }) => [Math.log2(bit), since]));

const list = (numbers: readonly number[]): string => `[${numbers.join(', ')}]`;
const byProfile = (name: string, of: (profile: ProfileName) => number[]): string => {
  const lines = PROFILES.map((profile) => {
    const key = profile.includes('-') ? `'${profile}'` : profile;
    return `  ${key}: ${list(of(profile))},\n`;
  });
  return `export const ${name} = {\n${lines.join('')}};\n`;
};
/** Names in one text that is split: shorter than a list, in code and in pages. */
const texts = (name: string, values: readonly string[]): string => {
  const lines: string[] = [];
  for (const value of values) {
    const last = lines.at(-1);
    if (last === undefined || last.length + value.length > 85) lines.push(value);
    else lines[lines.length - 1] = `${last} ${value}`;
  }
  const text = lines.map((line, i) => `'${line}${i < lines.length - 1 ? ' ' : ''}'`);
  const line = `export const ${name} = ${text[0]}.split(' ');\n`;
  if (text.length === 1 && line.length <= 101) return line;
  const whole = text.length === 1 ? `\n  ${text}` : ` (\n  ${text.join(' +\n  ')}\n)`;
  return `export const ${name} =${whole}.split(' ');\n`;
};
const flagNames = (flags: readonly Flag[]): string[] => {
  const names: string[] = [];
  for (const { bit, name } of flags) names[Math.log2(bit)] = name;
  return Array.from(names, (name) => name ?? '-');
};
const namesOf = (rules: readonly Rule[]): string[] => rules.map(({ name }) => name);
const errnos = IOCB_RULES.flatMap(({ errno }: Rule) => errno ?? []);
const indexes = (rules: readonly Rule[]): string =>
  rules.map(({ name }, i) => `export const ${constantName(name)} = ${i};\n`).join('');

/** src/abi/constants.ts. As constants they are a third of the code that derives them. */
export const renderConstants = (): string =>
  [
    '// Rendered from src/abi by `npx vitest run rendered -u`: see test/render-constants.ts.\n',
    `\n// The indexes of the rules for an iocb.\n${indexes(IOCB_RULES)}`,
    `\n// The indexes of the rules for an io_event.\n${indexes(IO_EVENT_RULES)}`,
    '\n// The names of the rules in that order, and the errnos of those that refuse, which are the first.\n',
    texts('IOCB_RULE_NAMES', namesOf(IOCB_RULES)),
    texts('IOCB_RULE_ERRNOS', errnos),
    texts('IO_EVENT_RULE_NAMES', namesOf(IO_EVENT_RULES)),
    '\n// The names of opcodes, and of flags by bit; a dash is a bit without a name.\n',
    texts(
      'OPCODE_NAMES',
      OPCODES.map(({ name }) => name),
    ),
    texts('IOCB_FLAG_NAMES', flagNames(IOCB_FLAGS)),
    texts('RWF_NAMES', flagNames(RWF_FLAGS)),
    texts('POLL_NAMES', flagNames(POLL_FLAGS)),
    '\n// All bits of aio_rw_flags, and of a poll mask.\n',
    `export const RWF_ALL = ${allBits(RWF_FLAGS)};\n`,
    `export const POLL_ALL = ${allBits(POLL_FLAGS)};\n`,
    '\n// The words of a `ruleSet`, and the indexes of the rules that refuse in the order of the checks.\n',
    byProfile('IOCB_HEADS', iocbHead),
    byProfile('IOCB_ORDERS', refusalOrder),
    byProfile('IO_EVENT_HEADS', (profile) => [
      classBits(IO_EVENT_RULES, profile),
      classBits(IO_EVENT_RULES, profile, 'impossible'),
    ]),
    `\n// As RELEASES.\n${texts('RELEASE_NAMES', RELEASES)}`,
    '\n// The numbers in RELEASES of the first release, by opcode and by bit.\n',
    `export const OPCODES_SINCE = ${list(sinceTable(OPCODES.map(({ value, since }) => [value, since])))};\n`,
    `export const IOCB_FLAGS_SINCE = ${list(flagsSince(IOCB_FLAGS))};\n`,
    `export const RWF_FLAGS_SINCE = ${list(flagsSince(RWF_FLAGS))};\n`,
  ].join('');
