// What followed what at each address, gaps between records, and why submissions are unmatched,
// computed in the slow and obvious way.
import type { NaiveSubmission } from './match.ts';

interface Seen {
  ts: bigint;
  /** Null for a completion. */
  request: NaiveSubmission | null;
}

interface NaiveSilence {
  from: bigint;
  to: bigint;
  /** The position of the record that ends it. */
  position: number;
  open: number;
  pairs: number;
  contradictions: number;
  lost: boolean;
}

/** Entries without a completion; `open` and `never` are those left at the end. */
export interface NaiveUnmatched {
  retried: number;
  abandoned: number;
  evicted: number;
  open: number;
  never: number;
}

const isSame = (a: NaiveSubmission, b: NaiveSubmission): boolean =>
  (['aio_lio_opcode', 'aio_fildes', 'aio_nbytes'] as const).every((name) => a[name] === b[name]);

export class NaiveHistory {
  readonly #times: bigint[] = [];
  readonly #depths: number[] = [];
  readonly #byKey = new Map<string, (Seen & { position: number })[]>();

  observe(ts: bigint, depth: number): void {
    this.#times.push(ts);
    this.#depths.push(depth);
  }

  add(key: string, seen: Seen): void {
    const list = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, [...list, { ...seen, position: this.#times.length - 1 }]);
  }

  /** Every record but the first of its address, with the one before it there. */
  #steps() {
    return [...this.#byKey.values()].flatMap((list) =>
      list.slice(1).map((seen, i) => {
        const before = list[i];
        const isAgain =
          seen.request === null
            ? before.request === null
            : before.request !== null && !isSame(before.request, seen.request);
        const isAnswer = seen.request === null && before.request !== null;
        return { before, seen, isAgain, isAnswer };
      }),
    );
  }

  /** Requests that follow completed ones, and those that are equal to them. */
  followed(): { followed: number; followedEqual: number } {
    let [followed, followedEqual] = [0, 0];
    for (const list of this.#byKey.values())
      for (const [i, { request }] of list.entries()) {
        if (request === null || i === 0 || list[i - 1].request !== null) continue;
        const last = list.slice(0, i).findLast((each) => each.request !== null)?.request;
        if (last === undefined || last === null) continue;
        followed += 1;
        if (isSame(last, request)) followedEqual += 1;
      }
    return { followed, followedEqual };
  }

  silences(): NaiveSilence[] {
    const found: NaiveSilence[] = [];
    let latest = this.#times[0];
    for (const [position, to] of this.#times.entries()) {
      const gap = to - latest;
      const span = latest - this.#times[0];
      if (position >= 100 && gap > 0n && gap * BigInt(position) > 20n * span)
        found.push({
          ...{ from: latest, to, position, open: this.#depths[position] },
          ...{ pairs: 0, contradictions: 0, lost: false },
        });
      if (to > latest) latest = to;
    }
    const steps = this.#steps();
    for (const { before, seen, isAgain, isAnswer } of steps)
      for (const silence of found) {
        if (silence.from < before.ts || silence.position > seen.position) continue;
        if (isAgain) silence.contradictions += 1;
        if (isAnswer) silence.pairs += 1;
      }
    const all = steps.filter(({ isAgain }) => isAgain).length;
    const answered = steps.filter(({ isAnswer }) => isAnswer).length;
    const usual = all === 0 ? 0 : all / (all + answered);
    for (const silence of found) {
      const { pairs, contradictions } = silence;
      const share = contradictions / (pairs + contradictions);
      silence.lost = contradictions >= 2 && share >= 20 * usual && share >= 0.05;
    }
    return found;
  }
}

/** The classes of unmatched submissions. */
export function naiveUnmatched(
  { retried, abandoned, evicted, open, never }: NaiveUnmatched,
  history: NaiveHistory,
  known: {
    submissions: number;
    refusedByRules: number;
    orphans: number;
    completions: number;
    isExact: boolean;
    isGuess: boolean;
  },
) {
  const { orphans, isExact, isGuess } = known;
  const { followed, followedEqual } = history.followed();
  const isUnclear = isGuess || (orphans > 0 && followedEqual >= 0.2 * followed);
  const share = known.completions === 0 ? 0 : orphans / known.completions;
  const isFew = orphans > 0 && abandoned <= 3 * share * known.submissions + 3;
  const result = {
    refusedByRules: known.refusedByRules,
    refusedWithCall: 0,
    refusedRetried: 0,
    refusedAbandoned: 0,
    completionLost: 0,
    refusedOrLost: evicted,
    openAtEnd: open,
    neverCompleted: never,
  };
  result[isExact ? 'completionLost' : isUnclear ? 'refusedOrLost' : 'refusedRetried'] += retried;
  if (isExact || isFew) result.completionLost += abandoned;
  else result[orphans === 0 && !isGuess ? 'refusedAbandoned' : 'refusedOrLost'] += abandoned;
  return result;
}
