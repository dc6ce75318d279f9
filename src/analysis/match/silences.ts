// Silences: gaps between records that are long enough to suggest lost ones.
import { MATCH } from './kernel-layout.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import type { MatchState } from './state.ts';

/** A gap is a silence if it is longer than this many mean intervals, from record 100 on. */
const INTERVALS_MIN = 20;
const RECORDS_MIN = 100;
/** The longest silences are kept. */
const SILENCES_MAX = 64;
/** Pairs whose latencies wait for the end. With more, the shortest silences are dropped. */
const WAITING_MAX = 2 ** 16;
/** Contradictions from which on records were lost: a number, a share, and times the usual share. */
const CONTRADICTIONS_MIN = 2;
const SHARE_MIN = 0.05;
const TIMES_USUAL_MIN = 20;

/** A silence, and what comes before and after it. */
export interface Silence extends Span {
  readonly open: number;
  pairs: number;
  contradictions: number;
}

/** Two times. */
export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

/** A latency that is counted at the end, unless records were lost meanwhile. */
interface Waiting extends Span {
  readonly groups: readonly OpcodeStats[];
}

/** How often a record was followed by one that cannot follow it at its address, and by its own. */
export interface Followed {
  readonly contradictions: number;
  readonly answered: number;
}

/** The time at two words. */
export const timeAt = (words: Uint32Array, at: number): bigint =>
  (BigInt(words[at + 1]) << 32n) | BigInt(words[at]);

const lengthOf = ({ from, to }: Span): bigint => to - from;

/** Finds the longest silences, and what comes before and after them at each address. */
export class Silences {
  readonly #words: Uint32Array;
  /** Returns the number of records so far. */
  readonly #records: () => number;
  /** In order of time. */
  #kept: Silence[] = [];
  /** Those in which records were lost; known at the end. */
  lost: readonly Silence[] = [];
  #waiting: Waiting[] = [];
  #first: bigint | undefined;
  /** The number of records up to which the least length of a silence holds. */
  #end = 0;
  /** The sum of the latencies left out (ns). */
  leftOutNs = 0n;

  constructor({ words }: MatchState, records: () => number) {
    this.#words = words;
    this.#records = records;
  }

  get kept(): readonly Silence[] {
    return this.#kept;
  }

  /** Prepares for up to `more` records. */
  begin(more: number): void {
    this.#end = this.#records() + more;
    this.#setLeast();
  }

  /** Looks at the time of the next record. */
  observe(ts: Uint32Array, row: number): void {
    const words = this.#words;
    const [low, high] = [ts[2 * row], ts[2 * row + 1]];
    const gap = (high - words[MATCH.lastTsHigh]) * 2 ** 32 + (low - words[MATCH.lastTsLow]);
    if (this.#first === undefined) this.#first = (BigInt(high) << 32n) | BigInt(low);
    else if (gap <= 0) return;
    else if (gap > words[MATCH.silenceLeastHigh] * 2 ** 32 + words[MATCH.silenceLeastLow])
      this.#consider((BigInt(high) << 32n) | BigInt(low), gap);
    words[MATCH.lastTsLow] = low;
    words[MATCH.lastTsHigh] = high;
  }

  /**
   * Counts a record that follows one of this time at its address: the completion of a submission,
   * or a contradiction.
   */
  follow(low: number, high: number, what: 'pairs' | 'contradictions'): void {
    if (!this.isBeforeLast(low, high)) return;
    const ts = (BigInt(high) << 32n) | BigInt(low);
    for (let i = this.#kept.length - 1; i >= 0 && this.#kept[i].from >= ts; i--)
      this.#kept[i][what] += 1;
  }

  /** Whether a time is not after the beginning of the last silence. */
  isBeforeLast(low: number, high: number): boolean {
    const fromHigh = this.#words[MATCH.silenceFromHigh];
    return high < fromHigh || (high === fromHigh && low <= this.#words[MATCH.silenceFromLow]);
  }

  /**
   * Returns the times of a pair if there is a silence between them: the time at these words, and
   * that of row `row`.
   */
  between(words: Uint32Array, at: number, ts: Uint32Array, row: number): Span | undefined {
    if (!this.isBeforeLast(words[at], words[at + 1])) return undefined;
    const span = { from: timeAt(words, at), to: timeAt(ts, 2 * row) };
    return isAcross(this.#kept, span) ? span : undefined;
  }

  /** Whether records were lost in a silence between two times, as far as is known at the end. */
  isAcrossLost(span: Span): boolean {
    return isAcross(this.lost, span);
  }

  /** Has the latency of a pair across a silence wait for the end. */
  wait(span: Span, groups: readonly OpcodeStats[]): void {
    this.#waiting.push({ ...span, groups });
    while (this.#waiting.length >= WAITING_MAX) this.#drop(this.#shortest());
  }

  /** Decides in which silences records were lost, and counts the latencies that wait. */
  decide({ contradictions: all, answered }: Followed): void {
    const usual = all === 0 ? 0 : all / (all + answered);
    this.lost = this.#kept.filter(({ pairs, contradictions }) => {
      const share = contradictions / (pairs + contradictions);
      return (
        contradictions >= CONTRADICTIONS_MIN &&
        share >= TIMES_USUAL_MIN * usual &&
        share >= SHARE_MIN
      );
    });
    for (const waiting of this.#waiting) {
      if (!this.isAcrossLost(waiting)) count(waiting);
      else {
        this.leftOutNs += lengthOf(waiting);
        for (const group of waiting.groups) (group.into ?? group).unmeasured += 1;
      }
    }
    this.#waiting = [];
  }

  #consider(to: bigint, gap: number): void {
    const from = timeAt(this.#words, MATCH.lastTsLow);
    const records = this.#records();
    const spanNs = Number(from - (this.#first ?? from));
    if (records >= RECORDS_MIN && gap * records > INTERVALS_MIN * spanNs) {
      const open = this.#words[MATCH.depth];
      this.#kept.push({ from, to, open, pairs: 0, contradictions: 0 });
      if (this.#kept.length > SILENCES_MAX) this.#drop(this.#shortest());
      this.#setFrom();
    }
    this.#setLeast();
  }

  #shortest(): Silence | undefined {
    let shortest: Silence | undefined;
    for (const silence of this.#kept)
      if (shortest === undefined || lengthOf(silence) < lengthOf(shortest)) shortest = silence;
    return shortest;
  }

  /** Drops a silence, and counts the latencies that waited for it alone. */
  #drop(dropped: Silence | undefined): void {
    this.#kept = this.#kept.filter((silence) => silence !== dropped);
    this.#setFrom();
    this.#setLeast();
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((each) => isAcross(this.#kept, each));
    for (const each of waiting) if (!isAcross(this.#kept, each)) count(each);
  }

  #setFrom(): void {
    const from = this.#kept.at(-1)?.from ?? 0n;
    this.#words[MATCH.silenceFromLow] = Number(from & 0xffffffffn);
    this.#words[MATCH.silenceFromHigh] = Number(from >> 32n);
  }

  /**
   * Sets a length (ns) up to which no gap is a silence: 20 mean intervals if the records to come
   * took no time, or the length of the shortest silence kept.
   */
  #setLeast(): void {
    const words = this.#words;
    let least = 0;
    if (this.#first !== undefined && this.#records() >= RECORDS_MIN) {
      const spanNs = Number(timeAt(this.#words, MATCH.lastTsLow) - this.#first);
      least = Math.floor((INTERVALS_MIN * spanNs) / this.#end);
    }
    const shortest = this.#kept.length < SILENCES_MAX ? undefined : this.#shortest();
    if (shortest !== undefined) least = Math.max(least, Number(lengthOf(shortest)));
    words[MATCH.silenceLeastLow] = least;
    words[MATCH.silenceLeastHigh] = Math.min(least / 2 ** 32, 2 ** 32 - 1);
  }
}

const isAcross = (silences: readonly Silence[], { from, to }: Span): boolean =>
  silences.some((silence) => silence.from >= from && silence.to <= to);

function count({ groups, ...span }: Waiting): void {
  for (const group of groups) (group.into ?? group).latency.addWide(lengthOf(span));
}
