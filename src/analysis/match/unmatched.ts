// The submissions of a match without a completion, by what their records show of the reason.
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { ENTRY_FLAGS } from './kernel-layout.ts';

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

/** Submissions in flight at the end, of one descriptor and opcode. */
export interface OpenGroup {
  pid: number;
  fd: number;
  opcode: number;
  count: number;
  oldestNs: string;
}

/** Submissions in flight at the end: `openAtEnd` and `neverCompleted`. */
export interface OpenJson {
  count: number;
  /** The age of the oldest (ns); null if there are none. */
  oldestNs: string | null;
  /** Most first; without those of descriptors that `byFd` of the match does not have. */
  byFd: OpenGroup[];
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

/** Entries that ended without a completion. */
class Ended {
  superseded = 0;
  withCall = 0;
  retried = 0;
  abandoned = 0;

  /** Counts an entry by its flags. Returns false if nothing shows why it has no completion. */
  add(flags: number): boolean {
    const isSuperseded = (flags & ENTRY_FLAGS.superseded) !== 0;
    if (isSuperseded) this.superseded += 1;
    if ((flags & ENTRY_FLAGS.withCall) !== 0) this.withCall += 1;
    else if (!isSuperseded) return false;
    else if ((flags & ENTRY_FLAGS.retried) !== 0) this.retried += 1;
    else this.abandoned += 1;
    return true;
  }

  merge({ superseded, withCall, retried, abandoned }: Ended): void {
    this.superseded += superseded;
    this.withCall += withCall;
    this.retried += retried;
    this.abandoned += abandoned;
  }
}

/** Counts submissions without a completion. */
export class Unmatched {
  readonly ended = new Ended();
  /** The submissions of second pairs, which may turn out to be unmatched. */
  readonly second = new Ended();
  /** Dropped to make room, with nothing else to show why. */
  #evicted = 0;
  #openAtEnd = 0;
  #neverCompleted = 0;
  #oldest: bigint | null = null;
  readonly #groups = new Map<string, OpenGroup>();

  /** Counts an entry that was removed to make room. */
  evict(flags: number): void {
    if (!this.ended.add(flags)) this.#evicted += 1;
  }

  /**
   * Counts an entry that is left at the end. `age` (ns) is null by counting; `fd` undefined if its
   * descriptor is not known any more.
   */
  leave(
    flags: number,
    age: bigint | null,
    longest: bigint,
    fd: Pick<OpenGroup, 'pid' | 'fd'> | undefined,
  ): boolean {
    if (this.ended.add(flags)) return false;
    const opcode = flags & 0xffff;
    if (age !== null && age > longest && opcode !== IOCB_CMD_POLL) this.#neverCompleted += 1;
    else this.#openAtEnd += 1;
    const ns = age ?? 0n;
    if (this.#oldest === null || ns > this.#oldest) this.#oldest = ns;
    if (fd === undefined) return true;
    const key = `${fd.pid} ${fd.fd} ${opcode}`;
    const group = this.#groups.get(key);
    // The oldest comes first.
    if (group === undefined)
      this.#groups.set(key, { ...fd, opcode, count: 1, oldestNs: ns.toString() });
    else group.count += 1;
    return true;
  }

  toJSON(known: Known): UnmatchedJson {
    const { withCall, retried, abandoned } = this.ended;
    const { submissions, orphans, orphanShare, isRefusedKnown } = known;
    const provesNothing = orphans > 0 && repeatsRequests(known);
    const isLost =
      isRefusedKnown ||
      (orphans > 0 && abandoned <= LOST_TIMES_MAX * orphanShare * submissions + LOST_TIMES_MAX);
    const isAbandoned = !isLost && orphans === 0;
    const unclear = (isLost || isAbandoned ? 0 : abandoned) + this.#evicted;
    return {
      refusedByRules: known.refusedByRules,
      refusedWithCall: withCall,
      refusedRetried: isRefusedKnown || provesNothing ? 0 : retried,
      refusedAbandoned: isAbandoned ? abandoned : 0,
      completionLost: (isLost ? abandoned : 0) + (isRefusedKnown ? retried : 0),
      refusedOrLost: unclear + (!isRefusedKnown && provesNothing ? retried : 0),
      openAtEnd: this.#openAtEnd,
      neverCompleted: this.#neverCompleted,
    };
  }

  openJson(): OpenJson {
    const byFd = [...this.#groups.values()].sort(
      (a, b) => b.count - a.count || a.pid - b.pid || a.fd - b.fd || a.opcode - b.opcode,
    );
    return {
      count: this.#openAtEnd + this.#neverCompleted,
      oldestNs: this.#oldest === null ? null : this.#oldest.toString(),
      byFd,
    };
  }
}
