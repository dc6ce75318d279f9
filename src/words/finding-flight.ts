// The findings of reads and writes in flight at once in sentences, and of what they did not move.
import { MAX_RW_COUNT } from '../abi/limit.ts';
import type { FindingPlace } from '../analysis/findings/finding.ts';
import type { WordsOf } from './findings.ts';
import { formatCount, formatDescriptor, formatQuantity } from './format.ts';

interface Group {
  readonly pid: number | null;
  readonly fd?: number;
}

/** The descriptor of all requests, or how many they are of. */
function onText({ fd, path }: FindingPlace, descriptors: number, [busiest]: readonly Group[]) {
  if (fd !== undefined) return formatDescriptor({ fd, ...(path && { paths: [path] }) });
  const most = busiest?.fd === undefined ? '' : `, most on fd ${busiest.fd}`;
  return `${formatQuantity(descriptors, 'descriptor')}${most}`;
}

/** A command that prints the pairs of the busiest group that meet conditions. */
const pairsOf = ([busiest]: readonly Group[], ...conditions: readonly string[]) => ({
  command: 'match',
  options: {
    pairs: true as const,
    where: [
      ...(busiest === undefined || busiest.pid === null ? [] : [`pid=${busiest.pid}`]),
      ...(busiest?.fd === undefined ? [] : [`fd=${busiest.fd}`]),
      ...conditions,
    ].join(' and '),
  },
});

const overlappingWrites: WordsOf<'overlapping-writes'> = ({ count, of, where, evidence }) => ({
  text:
    `${formatCount(count)} of ${formatQuantity(of, 'write')} ` +
    `${count === 1 ? 'overlaps an older one' : 'overlap older ones'} in flight on ` +
    `${onText(where, evidence.descriptors, evidence.groups)}: either may be last on the file`,
  next: pairsOf(evidence.groups, '(aio_lio_opcode=PWRITE or aio_lio_opcode=PWRITEV)'),
});

const sharedBuffer: WordsOf<'shared-buffer'> = ({ count, of, where, evidence }) => {
  const { pid, comm } = where;
  const { groups, processes } = evidence;
  const by = pid === undefined ? formatQuantity(processes, 'process', 'processes') : `pid ${pid}`;
  const [busiest] = groups;
  const { bufferFrom, bufferTo } = busiest ?? {};
  return {
    text:
      `${formatCount(count)} of ${formatQuantity(of, 'request')} ` +
      `${count === 1 ? 'uses memory of one' : 'use memory of others'} in flight ` +
      `(${comm ?? by}), and of each two one reads into it: what it holds is undefined`,
    next: pairsOf(groups, `aio_buf>=${bufferFrom}`, `aio_buf<${bufferTo}`),
  };
};

const emptyInside: WordsOf<'empty-inside'> = ({ count, where, evidence }) => ({
  text:
    `${formatQuantity(count, 'read')} of ${onText(where, evidence.descriptors, evidence.groups)} ` +
    `moved 0 bytes below offset ${formatCount(evidence.endBefore)}, up to which bytes were moved ` +
    'before: not the end of the file',
  next: pairsOf(evidence.groups, 'res=0', `aio_offset<${evidence.endBefore}`),
});

const clamped: WordsOf<'clamped'> = ({ count, evidence }) => {
  const { bytesNotMoved, vectored, groups } = evidence;
  const unknown =
    vectored === 0
      ? []
      : [`it is not known how many more ${formatQuantity(vectored, 'vectored request')} asked for`];
  const known =
    count === vectored ? [] : [`${formatCount(bytesNotMoved)} bytes more were asked and not moved`];
  return {
    text:
      `${formatQuantity(count, 'request')} moved ${formatCount(MAX_RW_COUNT)} bytes, the most ` +
      `that the kernel moves at once: ${[...known, ...unknown].join('; ')}`,
    next: pairsOf(groups.length === 1 ? groups : [], `res=${MAX_RW_COUNT}`),
  };
};

const flushOvertaking: WordsOf<'flush-overtaking'> = ({ count, of, where, evidence }) => ({
  text:
    `${formatCount(count)} of ${formatQuantity(of, 'flush', 'flushes')} ` +
    `${count === 1 ? 'was' : 'were'} submitted while writes were in flight on ` +
    `${onText(where, evidence.descriptors, evidence.groups)}: ` +
    'these need not be on stable storage afterwards',
  next: pairsOf(evidence.groups, '(aio_lio_opcode=FSYNC or aio_lio_opcode=FDSYNC)'),
});

/** The words of these findings, by id. */
export const flightWords = {
  'overlapping-writes': overlappingWrites,
  'shared-buffer': sharedBuffer,
  'empty-inside': emptyInside,
  clamped,
  'flush-overtaking': flushOvertaking,
} as const;
