// The tables of what was submitted: opcodes, descriptors, flags, priorities and eventfds.
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import type { DescriptorJson, IocbJson } from '../analysis/summary/iocb-json.ts';
import {
  formatBytes,
  formatCount,
  formatOpcode,
  formatPaths,
  formatQuantity,
  formatShare,
} from './format.ts';
import { histogramSection, type Section, table, text, titled } from './section.ts';

type Opcode = IocbJson['opcodes'][number];

const isSized = ({ opcode }: Opcode): boolean =>
  opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE;
const isVectored = ({ opcode }: Opcode): boolean =>
  opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV;
/** Whether requests with this opcode have an offset. */
export const isPositional = (opcode: Opcode): boolean => isSized(opcode) || isVectored(opcode);

/** The most frequent first. */
const ranked = <T extends { readonly count: number }>(rows: readonly T[]): T[] =>
  [...rows].sort((a, b) => b.count - a.count);

const iovecsText = (nbytes: string): string =>
  `${formatCount(nbytes)} iovec${nbytes === '1' ? '' : 's'}`;

/** What `aio_nbytes` adds up to, for the opcodes to which it means something. */
function requestedText(opcode: Opcode): string {
  if (isSized(opcode)) return formatBytes(opcode.nbytes);
  return isVectored(opcode) ? iovecsText(opcode.nbytes) : '–';
}

export function opcodeSection({ opcodes, records, columns }: IocbJson): Section[] {
  const hasLengths = columns['aio_nbytes'] !== undefined;
  const rows = ranked(opcodes).map((opcode) => [
    formatOpcode(opcode),
    formatCount(opcode.count),
    formatShare(opcode.count, records),
    ...(hasLengths ? [requestedText(opcode)] : []),
  ]);
  const heads = ['opcode', 'count', 'share', ...(hasLengths ? ['requested'] : [])];
  return titled('opcodes', table(heads, rows, [0]));
}

/** What `aio_nbytes` of all opcodes together means; undefined if that differs. */
function lengthsOf({ columns, opcodes }: IocbJson): ((nbytes: string) => string) | undefined {
  const moving = opcodes.filter(({ nbytes }) => nbytes !== '0');
  if (columns['aio_nbytes'] === undefined || moving.length === 0) return undefined;
  if (moving.every(isSized)) return formatBytes;
  return moving.every(isVectored) ? iovecsText : undefined;
}

/** A descriptor, of a process if pids are known. */
type Descriptor = IocbJson['fds'][number] & Partial<Pick<DescriptorJson, 'pid' | 'comms'>>;

/** Descriptors by process where every submission has a pid, and how many submissions are left. */
export function descriptorsOf({ fds, descriptors, other, records }: IocbJson): {
  readonly list: readonly Descriptor[];
  readonly rest: number;
} {
  const rest = other?.descriptors?.count ?? 0;
  const counted = descriptors?.reduce((sum, { count }) => sum + count, rest);
  const hasPids = counted === records && descriptors?.some(({ pid }) => pid !== 0);
  return descriptors !== undefined && hasPids
    ? { list: descriptors, rest }
    : { list: fds, rest: other?.fds?.count ?? 0 };
}

export function descriptorSection(section: IocbJson): Section[] {
  const { columns, records } = section;
  if (columns['aio_fildes'] === undefined) return [];
  const { list, rest } = descriptorsOf(section);
  const lengths = lengthsOf(section);
  const [hasPids, hasComms, hasPaths] = (['pid', 'comms', 'paths'] as const).map((name) =>
    list.some((each) => each[name] !== undefined),
  );
  const rows = ranked(list).map(({ pid, comms, fd, paths, count, nbytes }) => [
    ...(hasPids ? [`${pid}`] : []),
    ...(hasComms ? [comms?.at(-1) ?? ''] : []),
    `${fd}`,
    formatCount(count),
    formatShare(count, records),
    ...(lengths === undefined ? [] : [lengths(nbytes)]),
    ...(hasPaths ? [formatPaths(paths)] : []),
  ]);
  const heads = [
    ...(hasPids ? ['pid'] : []),
    ...(hasComms ? ['process'] : []),
    ...['fd', 'count', 'share'],
    ...(lengths === undefined ? [] : ['requested']),
    ...(hasPaths ? ['file'] : []),
  ];
  const texts = ['process', 'file'].map((head) => heads.indexOf(head));
  return titled('descriptors', [
    ...table(heads, rows, texts),
    ...(rest === 0
      ? []
      : [text(`${formatQuantity(rest, 'submission')} on further descriptors`, 'note')]),
  ]);
}

/** A flag by name; bits without one as they are. */
const flagText = (name: string): string =>
  name.startsWith('0x') ? `undefined bits ${name}` : name;

/** A table of flag words; none where no record has a flag. Names are last, as they may be long. */
function flagSection(title: string, flags: IocbJson['flags'], records: number): Section[] {
  const rows = ranked(flags).map(({ value, names, count }) => [
    formatCount(count),
    formatShare(count, records),
    value === 0 ? '0' : `0x${value.toString(16)}`,
    value === 0 ? 'none' : names.map(flagText).join('|'),
  ]);
  const isEmpty = flags.every(({ value }) => value === 0);
  return titled(title, table(['count', 'share', 'value', 'flags'], isEmpty ? [] : rows, [3]));
}

/** Priorities where the flag says that there is one, and how many records lack the flag. */
function prioritySection({ priorities, reqprio, records }: IocbJson): Section[] {
  const hasHints = priorities.some(({ hint }) => hint !== 0);
  const rows = ranked(priorities).map((each) => [
    each.className ?? `class ${each.class}`,
    `${each.level}`,
    ...(hasHints ? [each.hintName ?? `hint ${each.hint}`] : []),
    formatCount(each.count),
    formatShare(each.count, records),
  ]);
  const sum = (counts: readonly { readonly value: number; readonly count: number }[]) =>
    counts.reduce((part, { value, count }) => part + (value === 0 ? 0 : count), 0);
  const ignored = sum(reqprio) - sum(priorities);
  const words = `${formatCount(ignored)} with aio_reqprio but no IOCB_FLAG_IOPRIO`;
  const heads = ['class', 'level', ...(hasHints ? ['hint'] : []), 'count', 'share'];
  return titled('priorities', [
    ...table(heads, rows, hasHints ? [0, 2] : [0]),
    ...(ignored > 0 ? [text(`${words}: Linux ignores the priority`)] : []),
  ]);
}

function eventfdSection({ eventfds, records }: IocbJson): Section[] {
  const rows = ranked(eventfds).map(({ fd, count }) => [
    `${fd}`,
    formatCount(count),
    formatShare(count, records),
  ]);
  return titled('eventfds', table(['resfd', 'count', 'share'], rows));
}

/** What submissions ask of the kernel beyond opcode, size and descriptor. */
export const settingSections = (section: IocbJson): Section[] => [
  ...histogramSection('iovecs of PREADV and PWRITEV', section.iovecs, formatCount),
  ...flagSection('aio_rw_flags', section.rwFlags, section.records),
  ...flagSection('aio_flags', section.flags, section.records),
  ...prioritySection(section),
  ...eventfdSection(section),
];
