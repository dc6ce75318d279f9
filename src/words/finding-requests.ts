// Words of findings about requests that were refused, that hang, or that wait.
import { opcodeName } from '../abi/name.ts';
import type { FindingOf } from '../analysis/findings/finding.ts';
import type { FindingWords } from './findings.ts';
import {
  formatCount,
  formatDuration,
  formatOpcode,
  formatQuantity,
  formatShare,
} from './format.ts';

/** Groups that a sentence names. */
const NAMED = 3;

interface Group {
  readonly pid: number | null;
  readonly fd: number;
  readonly path?: string;
  readonly opcode: number;
  readonly count: number;
}

/** Counts by a key, the largest first. */
function countsBy<G extends { readonly count: number }>(
  groups: readonly G[],
  key: (group: G) => string,
) {
  const counts = new Map<string, number>();
  for (const group of groups) counts.set(key(group), (counts.get(key(group)) ?? 0) + group.count);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** "80 on fd 9, 56 on fd 12". */
function descriptorsText(groups: readonly Group[]): string {
  const counts = countsBy(
    groups,
    ({ fd, path }) => `fd ${fd}${path === undefined ? '' : ` ${path}`}`,
  );
  if (counts.length === 1) return `on ${counts[0][0]}`;
  const named = counts.slice(0, NAMED).map(([fd, count]) => `${formatCount(count)} on ${fd}`);
  const more = counts.length - NAMED;
  return [...named, ...(more > 0 ? [formatQuantity(more, 'more descriptor')] : [])].join(', ');
}

const opcodeText = (opcode: number): string => formatOpcode({ name: opcodeName(opcode), opcode });

export function refusedWords({ count, of, evidence }: FindingOf<'refused'>): FindingWords {
  const { groups, from } = evidence;
  const all = formatQuantity(of, 'submission');
  const share = `${formatCount(count)} of ${all} (${formatShare(count, of)})`;
  const one = count === 1 ? 'was' : 'were';
  if (groups.length === 0) return { text: `${share} ${one} refused, as the option refused lists` };
  const reasons = countsBy(groups, ({ name, errno, rule }) => {
    const error = name ?? (errno === null ? 'unknown error' : `errno ${errno}`);
    return `${error}${rule === null ? '' : ` (${rule})`}`;
  });
  const named = reasons
    .slice(0, NAMED)
    .map(([reason, n]) => (reasons.length === 1 ? reason : `${formatCount(n)} ${reason}`));
  const more = reasons.length > NAMED ? [formatQuantity(reasons.length - NAMED, 'other')] : [];
  const why = [...named, ...more].join(', ');
  const opcodes = countsBy(groups, ({ opcode }) => opcodeText(opcode)).map(([name]) => name);
  const where = `${opcodes.slice(0, NAMED).join(', ')} ${refusedOn(groups)}`;
  const invalid =
    count === 1
      ? 'is invalid, so that Linux refuses it'
      : 'are invalid, so that Linux refuses them';
  const verb = from === 'rules' ? invalid : `${one} refused by io_submit`;
  return {
    text: `${share} ${verb}: ${why}; ${where}`,
    ...(from === 'rules' && { next: { command: 'check', options: {} } }),
  };
}

/** "on fd 4", "on 3 descriptors". */
function refusedOn(groups: readonly Group[]): string {
  const descriptors = new Set(groups.map(({ pid, fd }) => `${pid} ${fd}`)).size;
  return descriptors === 1
    ? descriptorsText(groups)
    : `on ${formatQuantity(descriptors, 'descriptor')}`;
}

export function hungWords({ count, of, evidence }: FindingOf<'hung'>): FindingWords {
  const { groups, fromNs, oldestNs, completionsLost } = evidence;
  const oldest = oldestNs === null ? '' : `, up to ${formatDuration(oldestNs)}`;
  const lost =
    completionsLost === 0
      ? 'they hang, or their completions were not captured'
      : `the capture lacks about ${formatQuantity(completionsLost, 'completion')}`;
  const requests = `${formatCount(count)} of ${formatQuantity(of, 'request')}`;
  return {
    text:
      `${requests} ${count === 1 ? 'has' : 'have'} no completion after ${formatDuration(fromNs)}` +
      `${oldest}: ${descriptorsText(groups)}; ${lost}`,
    next: { command: 'match', options: { open: true } },
  };
}

export function thirtyTwoBitWords(finding: FindingOf<'thirty-two-bit'>): FindingWords {
  const { count, of, first } = finding;
  return {
    text:
      `${formatCount(count)} of ${formatQuantity(of, 'submission')} hold two 32-bit values in ` +
      'aio_buf, and every iocb lies below 4 GiB: probably a 32-bit program with an unpadded ' +
      'struct iocb',
    ...(first !== null && {
      next: { command: 'print', options: { limit: '20' }, files: [first.file] },
    }),
  };
}

export function slowSubmitWords({ count, evidence }: FindingOf<'slow-submit'>): FindingWords {
  const { p99Ns, maxNs, share, threads, withTracer } = evidence;
  const part = withTracer
    ? '; the times include those of the tracer'
    : share === null
      ? ''
      : `; ${formatShare(Math.round(1000 * share), 1000)} of the time of ` +
        formatQuantity(threads, 'thread');
  return {
    text:
      `io_submit takes long: p99 ${formatDuration(p99Ns ?? 0)}, max ` +
      `${formatDuration(maxNs ?? 0)} in ${formatQuantity(count, 'call')}${part}`,
  };
}

export function shortWords({ evidence }: FindingOf<'short'>): FindingWords {
  const { partialReads, partialWrites } = evidence;
  const parts = [
    ...(partialReads > 0 ? [formatQuantity(partialReads, 'read')] : []),
    ...(partialWrites > 0 ? [formatQuantity(partialWrites, 'write')] : []),
  ];
  return { text: `${parts.join(' and ')} moved less than requested` };
}

export function endOfFileWords({ count, of }: FindingOf<'end-of-file'>): FindingWords {
  return {
    text:
      `${formatCount(count)} of ${formatQuantity(of, 'request')} ` +
      `${count === 1 ? 'is a read' : 'are reads'} of 0 bytes, as at end of file`,
  };
}

export function parkedPollsWords({ evidence }: FindingOf<'parked-polls'>): FindingWords {
  const { completed, waiting, p50Ns } = evidence;
  const wait = p50Ns === null ? '' : ` (p50 ${formatDuration(p50Ns)})`;
  return {
    text:
      `${formatQuantity(completed, 'poll')} completed${wait}, ${formatCount(waiting)} were still ` +
      'pending at the end: not counted in the latency and depth of reads and writes',
  };
}
