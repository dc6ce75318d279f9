// Findings about how requests ended, in sentences.
import { opcodeName } from '../abi/name.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { FindingOf, FindingPlace } from '../analysis/findings/finding.ts';
import type {
  FailedRegion,
  FindingGroup,
  MisalignedBy,
} from '../analysis/findings/finding-evidence.ts';
import type { FindingWords } from './findings.ts';
import {
  formatBytes,
  formatCount,
  formatDescriptor,
  formatExactBytes,
  formatOpcode,
  formatQuantity,
  formatShare,
} from './format.ts';

/** Requests of an opcode: reads, vectored writes, FSYNCs. */
function requestsOf(opcode: number): string {
  const name = formatOpcode({ name: opcodeName(opcode), opcode });
  const isVectored = OPCODES.some((each) => each.value === opcode && 'vectored' in each);
  const noun = name.startsWith('PREAD')
    ? 'reads'
    : name.startsWith('PWRITE')
      ? 'writes'
      : undefined;
  if (noun === undefined) return `${name}s`;
  return isVectored ? `vectored ${noun}` : noun;
}

/** Names in a row: reads, writes and FSYNCs. */
const listed = (names: readonly string[], last = 'and'): string =>
  names.length < 2
    ? names.join()
    : `${names.slice(0, -1).join(', ')} ${last} ${names[names.length - 1]}`;

const opcodesOf = (groups: readonly FindingGroup[]): string =>
  listed([...new Set(groups.map(({ opcode }) => opcode))].sort((a, b) => a - b).map(requestsOf));

/** Whose requests they are: " on fd 7 of fio (pid 12)", or empty. */
function ownerText({ pid, comm, fd, path }: FindingPlace, groups: readonly FindingGroup[]): string {
  if (groups.length === 0) return '';
  const counts = new Map<string, number>();
  for (const group of groups) {
    const key = `${group.pid} ${group.fd}`;
    counts.set(key, (counts.get(key) ?? 0) + group.count);
  }
  const on =
    fd === undefined
      ? formatQuantity(counts.size, 'descriptor')
      : formatDescriptor({ fd, ...(path !== undefined && { paths: [path] }) });
  const of =
    pid === undefined ? '' : comm === undefined ? ` of pid ${pid}` : ` of ${comm} (pid ${pid})`;
  return ` on ${on}${of}${fd === undefined ? mostText(groups) : ''}`;
}

/** Where the most are, if one descriptor has more than half of several: ", 30 of them on fd 7". */
function mostText(groups: readonly FindingGroup[]): string {
  const [most] = groups;
  const all = groups.reduce((sum, { count }) => sum + count, 0);
  return 2 * most.count <= all ? '' : `, ${formatCount(most.count)} of them on fd ${most.fd}`;
}

/** Where failures are: all at or above 1 MiB (58 of 59 reads there). */
function regionText(region: FailedRegion, requests: string): string {
  const { failed, failedInAll, isLowest, isHighest } = region;
  const [from, to] = [region.from, region.to].map((bytes) => formatExactBytes(BigInt(bytes)));
  const left = failedInAll - failed;
  const which = left === 0 ? 'all' : left === 1 ? 'all but one' : `${formatCount(failed)} of them`;
  const range = isHighest
    ? `at or above offset ${from}`
    : isLowest
      ? `below offset ${to}`
      : `at offsets from ${from} to ${to}`;
  const share = `${formatCount(failed)} of ${formatCount(region.requests)}`;
  return `, ${which} ${range} (${share} ${requests} there failed)`;
}

export function failedWords({ count, of, where, evidence }: FindingOf<'failed'>): FindingWords {
  const { errno, name, groups, other, regions } = evidence;
  const label = name ?? `errno ${errno}`;
  const isOnOne = new Set(groups.map(({ pid, fd }) => `${pid} ${fd}`)).size === 1;
  const requests = opcodesOf(groups);
  const region = isOnOne && regions.length === 1 ? regionText(regions[0], requests) : '';
  const unknown =
    other > 0 && groups.length > 0 ? `, and ${formatCount(other)} without a submission` : '';
  const detail =
    groups.length === 0 ? '' : `: ${requests}${ownerText(where, groups)}${region}${unknown}`;
  return {
    text: `${formatCount(count)} of ${formatQuantity(of, 'request')} failed with ${label}${detail}`,
    next:
      groups.length === 0
        ? { command: 'print', options: { where: `res=${-errno}` } }
        : { command: 'match', options: { pairs: true, where: `res=${name ?? -errno}` } },
  };
}

/** What is not a multiple of how much: "offset or length is not a multiple of 512 B". */
function misalignedText({ bytes, fields }: MisalignedBy, alike: readonly MisalignedBy[]): string {
  const others = alike.filter((each) => each.bytes === bytes && each.fields.length === 1);
  const size = formatBytes(bytes);
  if (fields.length > 1 || others.length === 0)
    return `${listed(fields, 'or')} is not a multiple of ${size}`;
  const all = [...fields, ...others.flatMap((each) => each.fields)];
  return `${listed(all)} are not multiples of ${size}`;
}

export function misalignedWords({
  count,
  of,
  where,
  evidence,
}: FindingOf<'misaligned'>): FindingWords {
  const { misaligned, invalid, alike, groups } = evidence;
  const which = `whose ${misalignedText(evidence, alike)}`;
  const isExact = misaligned === count && invalid === count;
  const separated = isExact
    ? `exactly those ${which}`
    : `${share(count, misaligned)} ${which}, ${share(count, invalid)} with EINVAL`;
  return {
    text:
      `${formatCount(invalid)} of ${formatQuantity(of, 'request')} failed with EINVAL: ` +
      `${separated}; ${opcodesOf(groups)}${ownerText(where, groups)}`,
    next: { command: 'match', options: { pairs: true, where: 'res=EINVAL' } },
  };
}

const share = (part: number, whole: number): string =>
  `${formatCount(part)} of ${formatCount(whole)} (${formatShare(part, whole)})`;

export function nowaitWords({ where, evidence }: FindingOf<'nowait-eagain'>): FindingWords {
  const { opcodes, groups } = evidence;
  const isMany = (opcode: number) => groups.some((group) => group.opcode === opcode);
  const many = opcodes.filter(({ opcode }) => isMany(opcode));
  const few = opcodes.filter(({ opcode }) => !isMany(opcode));
  const counts = many.map(
    ({ opcode, requests, again }) => `${share(again, requests)} RWF_NOWAIT ${requestsOf(opcode)}`,
  );
  const others = few.map(
    ({ opcode, requests, again }) =>
      `${formatCount(again)} of ${formatCount(requests)} RWF_NOWAIT ${requestsOf(opcode)}`,
  );
  return {
    text:
      `${listed(counts)} failed with EAGAIN${ownerText(where, groups)}` +
      (others.length > 0 ? `; ${listed(others)} did` : ''),
    next: { command: 'match', options: { pairs: true, where: 'res=EAGAIN' } },
  };
}
