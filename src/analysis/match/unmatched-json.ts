// Why submissions have no completion, as plain data.
import { opcodeName } from '../../abi/name.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import type { Unmatched } from './unmatched.ts';

/**
 * Submissions without a completion, by what the records show of the reason. Their sum is
 * `unmatchedSubmissions`.
 */
export interface UnmatchedJson {
  /** Linux always refuses them. */
  refusedByRules: number;
  /** Submitted by the same thread up to 20 µs after one of those: the rest of its call. */
  refusedWithCall: number;
  /** Followed at their address by a submission of the same request, as where io_submit failed. */
  refusedRetried: number;
  /** Followed at their address by another request, in a capture that lost no submission. */
  refusedAbandoned: number;
  /** Followed at their address by another request, and no more of them than records were lost. */
  completionLost: number;
  /** Followed at their address by another submission: refused, or their completion was lost. */
  refusedOrLost: number;
  /** In flight at the end, for no longer than the slowest pair. */
  openAtEnd: number;
  /** In flight at the end for longer; where records were lost, their completion may be. */
  neverCompleted: number;
}

/** Requests without a completion, of one descriptor and opcode. */
export interface OpenGroup {
  pid: number;
  fd: number;
  opcode: number;
  name: string | null;
  count: number;
  /** The age of the oldest (ns); null without times. */
  oldestNs: string | null;
}

/** One request without a completion. */
export interface OpenRequestJson extends Omit<OpenGroup, 'count' | 'oldestNs'> {
  submissionIndex: number;
  /** From its submission to the last record (ns), a decimal string; null by counting. */
  ageNs: string | null;
  class: 'openAtEnd' | 'neverCompleted';
  /** The file of the descriptor and the name of the process at submission, if a trace has them. */
  path?: string;
  comm?: string;
  /**
   * The iocb and its envelope; null what the source could not show. Of several files joined, the
   * `file` that it is in and its `fileIndex` there.
   */
  submission: Record<string, number | string | null>;
}

/** Requests without a completion at the end: `openAtEnd` and `neverCompleted`. */
export interface OpenJson {
  count: number;
  /** The age of the oldest (ns); null without open requests, or without times. */
  oldestNs: string | null;
  /**
   * Requests, other than polls, in flight for longer than one second and than 100 times the 99th
   * percentile of `io`; `fromNs` is the longer of both.
   */
  hung: { count: number; fromNs: string };
  /** Most first; without those of descriptors that `byFd` of the match does not have. */
  byFd: (OpenGroup & { hung: number })[];
  /** Present with the option `open`: the oldest, in descending order of age. */
  requests?: OpenRequestJson[];
  /** Present with `open` and conditions: these, and how many requests meet them. */
  selected?: { where: string[]; requests: number };
}

/** What `Unmatched` has to know of the whole match. */
interface Known {
  readonly submissions: number;
  readonly refusedByRules: number;
  readonly orphans: number;
  /** Orphans as a share of completions. */
  readonly orphanShare: number;
  readonly followed: number;
  readonly followedEqual: number;
  /** Whether it is known which submissions were refused. */
  readonly isRefusedKnown: boolean;
  /** Whether pairs mean nothing: none was found, or times are of two clocks. */
  readonly isGuess: boolean;
}

/** Completed requests that an equal one follows from which on being followed proves nothing. */
const EQUAL_SHARE_MIN = 0.2;
/** Requests whose completion is missing are at most this many times the missing submissions. */
const LOST_TIMES_MAX = 3;

/** Whether requests are often followed by equal ones at their address, though they completed. */
export const repeatsRequests = ({
  followed,
  followedEqual,
}: Pick<Known, 'followed' | 'followedEqual'>): boolean =>
  followedEqual >= EQUAL_SHARE_MIN * followed;

/** The unmatched submissions by class. */
export function unmatchedJson({ ended, ...left }: Unmatched, known: Known): UnmatchedJson {
  const { withCall, retried, abandoned } = ended;
  const { submissions, orphans, orphanShare, isRefusedKnown, isGuess } = known;
  const provesNothing = isGuess || (orphans > 0 && repeatsRequests(known));
  const isLost =
    isRefusedKnown ||
    (orphans > 0 && abandoned <= LOST_TIMES_MAX * orphanShare * submissions + LOST_TIMES_MAX);
  const isAbandoned = !isLost && !isGuess && orphans === 0;
  const unclear = (isLost || isAbandoned ? 0 : abandoned) + left.evicted;
  return {
    refusedByRules: known.refusedByRules,
    refusedWithCall: withCall,
    refusedRetried: isRefusedKnown || provesNothing ? 0 : retried,
    refusedAbandoned: isAbandoned ? abandoned : 0,
    completionLost: (isLost ? abandoned : 0) + (isRefusedKnown ? retried : 0),
    refusedOrLost: unclear + (!isRefusedKnown && provesNothing ? retried : 0),
    openAtEnd: left.openAtEnd,
    neverCompleted: left.neverCompleted,
  };
}

/** A request, other than a poll, hangs from this age on (ns), and so many times the percentile. */
const HUNG_NS = 1_000_000_000n;
const HUNG_TIMES = 100n;

/** The submissions in flight at the end; `p99` is the 99th percentile of `io` (ns). */
export function openJson(unmatched: Unmatched, p99: bigint | null): OpenJson {
  const { openAtEnd, neverCompleted, oldest, groups } = unmatched;
  const long = HUNG_TIMES * (p99 ?? 0n);
  const from = long > HUNG_NS ? long : HUNG_NS;
  const isHung = (opcode: number, age: bigint | null) =>
    opcode !== IOCB_CMD_POLL && age !== null && age > from;
  const byFd = [...groups.values()]
    .map((group) => ({ ...group, count: group.ages.length }))
    .sort((a, b) => b.count - a.count || a.pid - b.pid || a.fd - b.fd || a.opcode - b.opcode)
    .map(({ ages, ...group }) => ({
      ...{ ...group, hung: ages.filter((age) => isHung(group.opcode, age)).length },
      name: opcodeName(group.opcode),
      oldestNs: ages[0]?.toString() ?? null,
    }));
  return {
    count: openAtEnd + neverCompleted,
    oldestNs: oldest?.toString() ?? null,
    hung: {
      count: byFd.reduce((sum, { hung }) => sum + hung, 0),
      fromNs: from.toString(),
    },
    byFd,
  };
}
