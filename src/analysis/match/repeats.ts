// Records that a capture has twice: found by their content, their address and how soon they come.
import type { InputStream } from './input-stream.ts';
import type { KeyColumns } from './key-columns.ts';
import type { MatchTotals } from './match-totals.ts';

/**
 * How much later a record can be that repeats another (ns): the probes at the beginning and the end
 * of one call are at most some microseconds apart. A submission that was refused and is made again
 * this soon is dropped too, which loses no pair. No address of a capture completes twice in 60 µs.
 */
const SUBMISSION_NS_MAX = 20_000n;
const COMPLETION_NS_MAX = 5000n;
/** Addresses that are remembered, the newest ones. */
const ADDRESSES_MAX = 65_536;

/** The last record at an address: what it has, and when it was. */
interface Last {
  readonly isSubmission: boolean;
  readonly text: string;
  readonly ts: bigint;
}

/** Finds records that repeat the one before them at their address. */
export class Repeats {
  readonly #submissions: InputStream;
  readonly #completions: InputStream;
  readonly #last = new Map<string, Last>();

  constructor([submissions, completions]: readonly [InputStream, InputStream]) {
    this.#submissions = submissions;
    this.#completions = completions;
  }

  /** Whether a submission is equal to the one in flight at its address, by the same thread. */
  dropSubmission(columns: KeyColumns, i: number, { repeated }: MatchTotals): boolean {
    const isRepeated = this.#repeats(columns, i, true, this.#submissions.textOf(i, ['tid']));
    repeated.submissions += Number(isRepeated);
    return isRepeated;
  }

  /** Whether a completion is equal to the last one at its address, with no submission since. */
  dropCompletion(columns: KeyColumns, j: number, { repeated }: MatchTotals): boolean {
    const isRepeated = this.#repeats(columns, j, false, this.#completions.textOf(j, []));
    repeated.completions += Number(isRepeated);
    return isRepeated;
  }

  #repeats(columns: KeyColumns, row: number, isSubmission: boolean, text: string): boolean {
    const { key, keyPid, ctx, ts: times } = columns;
    const place = [key, ctx].flatMap((words) => [words[2 * row], words[2 * row + 1]]).join();
    const name = `${place},${keyPid[row]}`;
    const ts = (BigInt(times[2 * row + 1]) << 32n) | BigInt(times[2 * row]);
    const last = this.#last.get(name);
    const isEqual = last?.isSubmission === isSubmission && last.text === text;
    if (isEqual && ts - last.ts <= (isSubmission ? SUBMISSION_NS_MAX : COMPLETION_NS_MAX))
      return true;
    this.#last.delete(name);
    this.#last.set(name, { isSubmission, text, ts });
    if (this.#last.size > ADDRESSES_MAX)
      for (const [oldest] of this.#last) {
        this.#last.delete(oldest);
        break;
      }
    return false;
  }
}
