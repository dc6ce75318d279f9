// Silences: gaps between records that are long enough to suggest lost ones.
import { MATCH, WAITING_PAIRS } from './kernel-layout.ts';
import type { MatchState } from './state.ts';
import { isAcross, type Silence, type Span, timeAt, WaitingPairs } from './waiting-pairs.ts';

/** A gap is a silence if it is longer than this many mean intervals, from record 100 on. */
const INTERVALS_MIN = 20n;
const RECORDS_MIN = 100;
/** The longest silences are kept. */
const SILENCES_MAX = 64;
/** Contradictions from which on records were lost: a number, a share, and times the usual share. */
const CONTRADICTIONS_MIN = 2;
const SHARE_MIN = 0.05;
const TIMES_USUAL_MIN = 20;

/** How often a record was followed by one that cannot follow it at its address, and by its own. */
export interface Followed {
  readonly contradictions: number;
  readonly answered: number;
}

const lengthOf = ({ from, to }: Silence): bigint => to - from;

/** Finds the longest silences, and what comes before and after them at each address. */
export class Silences {
  readonly #words: Uint32Array;
  /** Returns the number of records so far. */
  readonly #records: () => number;
  /** In order of time. */
  #kept: Silence[] = [];
  /** Those in which records were lost; known at the end. */
  lost: readonly Silence[] = [];
  /** The pairs across silences, whose latencies wait for the end. */
  readonly waiting: WaitingPairs;
  /** The first time. */
  #first = 0n;
  #hasBegun = false;
  /** The length of the shortest silence once as many are kept as may be; 0 before. */
  #shortestNs = 0n;
  /** The number of records up to which the least length of a silence holds. */
  #end = 0;
  constructor(state: MatchState, records: () => number) {
    this.#words = state.words;
    this.waiting = new WaitingPairs(state);
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
    // Rounded above 2^53, but then the least length is rounded alike.
    const gap = (high - words[MATCH.lastTsHigh]) * 2 ** 32 + (low - words[MATCH.lastTsLow]);
    if (!this.#hasBegun) {
      // The kernel takes refused submissions, without a look at the time if that is 0.
      if (this.#records() === 0) this.#first = timeAt(ts, 2 * row);
      this.#hasBegun = true;
    } else if (gap <= 0) return;
    else if (gap >= words[MATCH.silenceLeastHigh] * 2 ** 32 + words[MATCH.silenceLeastLow])
      this.#consider(timeAt(ts, 2 * row));
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

  /** Whether there is a silence between two times, given as words. */
  isBetween(words: Uint32Array, at: number, ts: Uint32Array, end: number): boolean {
    return (
      this.isBeforeLast(words[at], words[at + 1]) &&
      isAcross(this.#kept, timeAt(words, at), timeAt(ts, end))
    );
  }

  /** Whether records were lost in a silence between two times, as far as is known at the end. */
  isAcrossLost(span: Span): boolean {
    return this.lost.some(({ from, to }) => from >= span.from && to <= span.to);
  }

  /** Decides in which silences records were lost, and counts the latencies that wait. */
  decide({ contradictions: all, answered }: Followed): void {
    const mayBeLost = this.#kept.some(({ contradictions: n }) => n >= CONTRADICTIONS_MIN);
    this.waiting.follow(this.#kept, !mayBeLost);
    const usual = all === 0 ? 0 : all / (all + answered);
    this.lost = this.#kept.filter(({ pairs, contradictions }) => {
      const share = contradictions / (pairs + contradictions);
      return (
        contradictions >= CONTRADICTIONS_MIN &&
        share >= TIMES_USUAL_MIN * usual &&
        share >= SHARE_MIN
      );
    });
    this.waiting.decide(this.lost);
  }

  /**
   * Has the latency of a pair across a silence wait for the end. With too many, the shortest
   * silences are dropped.
   */
  wait(...pair: Parameters<WaitingPairs['add']>): void {
    if (this.waiting.add(...pair)) return;
    this.waiting.release(this.#kept);
    while (this.waiting.count > WAITING_PAIRS / 2) {
      this.#dropShortest();
      this.waiting.release(this.#kept);
    }
    this.#setLeast();
  }

  /** Keeps the gap from the latest record to a time if it is a silence. */
  #consider(to: bigint): void {
    const records = this.#records();
    const from = this.#last;
    const isLong = BigInt(records) * (to - from) > INTERVALS_MIN * (from - this.#first);
    if (records >= RECORDS_MIN && isLong && to - from > this.#shortestNs) {
      const open = this.#words[MATCH.depth];
      this.#kept.push({ from, to, open, pairs: 0, contradictions: 0 });
      if (this.#kept.length > SILENCES_MAX) this.#dropShortest();
      this.#setFrom();
      this.#shortestNs = this.#kept.length < SILENCES_MAX ? 0n : lengthOf(this.#shortest());
    }
    this.#setLeast();
  }

  #shortest(): Silence {
    let [shortest] = this.#kept;
    for (const each of this.#kept) if (lengthOf(each) < lengthOf(shortest)) shortest = each;
    return shortest;
  }

  #dropShortest(): void {
    const shortest = this.#shortest();
    this.#kept = this.#kept.filter((silence) => silence !== shortest);
    this.#shortestNs = 0n;
    this.#setFrom();
  }

  #setFrom(): void {
    const { from, to } = this.#kept.at(-1) ?? { from: 0n, to: 0n };
    this.#words[MATCH.silenceFromLow] = Number(from & 0xffffffffn);
    this.#words[MATCH.silenceFromHigh] = Number(from >> 32n);
    this.#words[MATCH.silenceToLow] = Number(to & 0xffffffffn);
    this.#words[MATCH.silenceToHigh] = Number(to >> 32n);
  }

  /** The latest time so far. */
  get #last(): bigint {
    return timeAt(this.#words, MATCH.lastTsLow);
  }

  /**
   * Sets a length (ns) up to which no gap is a silence: 20 mean intervals if the records to come
   * took no time, or the length of the shortest silence kept.
   */
  #setLeast(): void {
    const words = this.#words;
    let least = this.#shortestNs;
    if (this.#hasBegun && this.#records() >= RECORDS_MIN) {
      const intervals = (INTERVALS_MIN * (this.#last - this.#first)) / BigInt(this.#end);
      if (intervals > least) least = intervals;
    }
    words[MATCH.silenceLeastLow] = Number(least & 0xffffffffn);
    words[MATCH.silenceLeastHigh] = Number(least >> 32n);
  }
}
