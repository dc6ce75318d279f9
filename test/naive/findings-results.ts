// Naive counts for findings about results: every pair is a plain object, every number a bigint.
import type { Pair } from '../support/report-pairs.ts';
import { ascending, hasPlace, lengthOf, max, min } from './records.ts';

const EAGAIN = 11n;
const EINVAL = 22n;
const ECANCELED = 125n;
const POLL = 5n;
const moves = ({ aio_lio_opcode: opcode }: Pair): boolean => [0n, 1n, 7n, 8n].includes(opcode);
const isVectored = ({ aio_lio_opcode: opcode }: Pair): boolean => opcode > 6n;
const isNowait = (pair: Pair): boolean => moves(pair) && ((pair['aio_rw_flags'] ?? 0n) & 8n) !== 0n;
const isExpected = (pair: Pair): boolean =>
  (pair['res'] === -EAGAIN && isNowait(pair)) ||
  (pair['res'] === -ECANCELED && pair['aio_lio_opcode'] === POLL);

/** The descriptor and opcode of a pair, with which pairs are counted together. */
const groupKey = (pair: Pair): string =>
  `${pair['pid']} ${BigInt.asIntN(32, pair['aio_fildes'])} ${pair['aio_lio_opcode']}`;

const count = (pairs: readonly Pair[], key: string): number =>
  pairs.filter((pair) => groupKey(pair) === key).length;

/** Groups of some pairs: how many, of how many of all. */
function groupsOf(some: readonly Pair[], all: readonly Pair[]) {
  return [...new Set(some.map(groupKey))].sort().map((key) => {
    const [pid, fd, opcode] = key.split(' ').map(Number);
    return { pid, fd, opcode, count: count(some, key), of: count(all, key) };
  });
}

/** The end of a read or write; undefined if its record does not show it. */
const endOf = (pair: Pair): bigint | undefined =>
  isVectored(pair) ? undefined : pair['aio_offset'] + lengthOf(pair);

/** What failed, by errno. */
export function naiveFailed(pairs: readonly Pair[]) {
  const failed = pairs.filter((pair) => pair['res'] < 0n && !isExpected(pair));
  const errnos = [...new Set(failed.map(({ res }) => -res))].sort(ascending);
  return errnos.map((errno) => {
    const own = failed.filter(({ res }) => res === -errno);
    const times = own.map(({ completionTs }) => completionTs);
    const isPlaced =
      own.every((pair) => moves(pair) && hasPlace(pair)) &&
      new Set(own.map(({ pid, aio_fildes: fd }) => `${pid} ${fd}`)).size === 1;
    const ends = own.map(endOf);
    return {
      errno: Number(errno),
      count: own.length,
      groups: groupsOf(own, pairs),
      firstIndex: Number(min(own.map(({ completionIndex }) => completionIndex))),
      from: `${min(times)}`,
      to: `${max(times)}`,
      offsetFrom: isPlaced ? `${min(own.map(({ aio_offset: at }) => at))}` : undefined,
      offsetTo:
        isPlaced && ends.every((end) => end !== undefined) ? `${max(ends as bigint[])}` : undefined,
    };
  });
}

/** Requests of a descriptor that begin in a range, and those that failed with an errno. */
export function naiveRegion(
  pairs: readonly Pair[],
  errno: number,
  { pid, fd, from, to }: { pid: number | null; fd: number; from: string; to: string },
) {
  const own = pairs.filter(
    (pair) => Number(pair['pid']) === pid && Number(pair['aio_fildes']) === fd && hasPlace(pair),
  );
  const isFailed = ({ res }: Pair) => res === BigInt(-errno);
  const writes = ({ aio_lio_opcode: opcode }: Pair) => opcode === 1n || opcode === 8n;
  const directions = new Set(own.filter(isFailed).map(writes));
  const inside = own.filter(
    (pair) =>
      directions.has(writes(pair)) &&
      pair['aio_offset'] >= BigInt(from) &&
      pair['aio_offset'] < BigInt(to),
  );
  return {
    failed: inside.filter(isFailed).length,
    failedInAll: own.filter(isFailed).length,
    requests: inside.length,
  };
}

/** How reads and writes ended that are misaligned in one way. */
export function naiveMisaligned(pairs: readonly Pair[], bytes: number, fields: readonly string[]) {
  const ended = pairs.filter(
    (pair) => moves(pair) && (pair['res'] >= 0n || pair['res'] === -EINVAL),
  );
  const fieldOf = (pair: Pair, field: string): bigint | undefined => {
    const isAppend = hasPlace({ ...pair, aio_offset: 0n } as never) === false;
    if (field === 'offset') return isAppend ? undefined : pair['aio_offset'];
    if (isVectored(pair)) return undefined;
    return field === 'length' ? lengthOf(pair as never) : pair['aio_buf'];
  };
  const isOff = (pair: Pair) => {
    const values = fields.map((field) => fieldOf(pair, field));
    if (values.some((value) => value !== undefined && value % BigInt(bytes) !== 0n)) return true;
    return values.includes(undefined) ? undefined : false;
  };
  const off = ended.filter((pair) => isOff(pair) === true);
  const failed = off.filter(({ res }) => res === -EINVAL);
  return {
    failed: failed.length,
    misaligned: off.length,
    invalid: ended.filter(({ res }) => res === -EINVAL).length,
    aligned: ended.filter((pair) => isOff(pair) === false).length,
    of: ended.length,
    firstIndex: Number(min(failed.map(({ completionIndex }) => completionIndex))),
    groups: groupsOf(failed, pairs),
  };
}

/** Requests with RWF_NOWAIT by opcode, and those that got EAGAIN. */
export function naiveNowait(pairs: readonly Pair[]) {
  const nowait = pairs.filter(isNowait);
  const again = nowait.filter(({ res }) => res === -EAGAIN);
  const opcodes = [...new Set(nowait.map(({ aio_lio_opcode: opcode }) => opcode))].sort(ascending);
  return {
    opcodes: opcodes.map((opcode) => ({
      opcode: Number(opcode),
      requests: nowait.filter(({ aio_lio_opcode: own }) => own === opcode).length,
      again: again.filter(({ aio_lio_opcode: own }) => own === opcode).length,
    })),
    groups: groupsOf(again, nowait),
  };
}
