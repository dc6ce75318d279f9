// The findings of reads and writes in flight at once in sentences, and of what they did not move.
import { MAX_RW_COUNT } from '../abi/limit.ts';
import type { FindingPlace } from '../analysis/findings/finding.ts';
import type { WordsOf } from './findings.ts';
import { formatCount, formatDescriptor, formatQuantity } from './format.ts';

interface Group {
  readonly pid: number | null;
  readonly fd?: number;
}

/** The descriptor of all requests and its process, or how many descriptors they are of. */
function onText(
  { pid, comm, fd, path }: FindingPlace,
  descriptors: number,
  [busiest]: readonly Group[],
): string {
  const by = pid === undefined ? '' : ` of ${comm === undefined ? '' : `${comm} `}pid ${pid}`;
  if (fd !== undefined) return `${formatDescriptor({ fd, ...(path && { paths: [path] }) })}${by}`;
  const most = busiest?.fd === undefined ? '' : `, mostly fd ${busiest.fd}`;
  return `${formatQuantity(descriptors, 'descriptor')}${by}${most}`;
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
    `${count === 1 ? 'overlaps' : 'overlap'} an earlier write still in flight, on ` +
    `${onText(where, evidence.descriptors, evidence.groups)}: either may take effect last`,
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
      `${formatCount(count)} of ${formatQuantity(of, 'request')} of ${comm ?? by} ` +
      `${count === 1 ? 'shares' : 'share'} memory with an earlier request in flight, at least ` +
      'one of each pair a read: its contents are undefined',
    next: pairsOf(groups, `aio_buf>=${bufferFrom}`, `aio_buf<${bufferTo}`),
  };
};

const emptyInside: WordsOf<'empty-inside'> = ({ count, of, where, evidence }) => ({
  text:
    `${formatCount(count)} of ${formatQuantity(of, 'read')} that succeeded returned 0 bytes ` +
    `below offset ${formatCount(evidence.endBefore)}, up to which data was transferred before, ` +
    `on ${onText(where, evidence.descriptors, evidence.groups)}: not end of file, unless it was ` +
    'truncated',
  next: pairsOf(evidence.groups, 'res=0', `aio_offset<${evidence.endBefore}`),
});

const clamped: WordsOf<'clamped'> = ({ count, of, evidence }) => {
  const { bytesNotMoved, vectored, groups } = evidence;
  const requests = formatQuantity(vectored, 'vectored request');
  const unknown =
    vectored === 0 ? [] : [`${requests} may be short, since the requested length is not recorded`];
  const known =
    count === vectored
      ? []
      : [`${formatCount(bytesNotMoved)} requested bytes were not transferred`];
  return {
    text:
      `${formatCount(count)} of ${formatQuantity(of, 'request')} transferred ` +
      `${formatCount(MAX_RW_COUNT)} bytes, the kernel's limit per request: ` +
      [...known, ...unknown].join('; '),
    next: pairsOf(groups.length === 1 ? groups : [], `res=${MAX_RW_COUNT}`),
  };
};

const flushOvertaking: WordsOf<'flush-overtaking'> = ({ count, of, where, evidence }) => ({
  text:
    `${formatCount(count)} of ${formatQuantity(of, 'flush', 'flushes')} ` +
    `${count === 1 ? 'was' : 'were'} submitted with writes to the same descriptor in flight, ` +
    `which they need not cover, on ${onText(where, evidence.descriptors, evidence.groups)}`,
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
