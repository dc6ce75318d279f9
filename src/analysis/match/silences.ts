// Silences: gaps between records that are long enough to suggest lost ones.
import { MATCH } from './kernel-layout.ts';
import { EXACT_MAX, latencyBucket } from './latency.ts';
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

/**
 * A silence, and what comes before and after it. Times are compared since the first record, as
 * numbers: exactly within 104 days.
 */
export interface Silence extends Span {
  readonly fromNs: number;
  readonly toNs: number;
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
interface Waiting {
  readonly fromNs: number;
  readonly toNs: number;
  /** A number if that is exact. */
  readonly latency: number | bigint;
  readonly own: OpcodeStats;
  readonly fd: OpcodeStats;
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
  /** The first time, as words. */
  #firstLow = 0;
  #firstHigh = 0;
  #hasBegun = false;
  /** The length of the shortest silence once as many are kept as may be; 0 before. */
  #shortestNs = 0;
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
    if (!this.#hasBegun) {
      [this.#firstLow, this.#firstHigh] = [low, high];
      this.#hasBegun = true;
    } else if (gap <= 0) return;
    else if (gap > words[MATCH.silenceLeastHigh] * 2 ** 32 + words[MATCH.silenceLeastLow])
      this.#consider(low, high, gap);
    words[MATCH.lastTsLow] = low;
    words[MATCH.lastTsHigh] = high;
  }

  /**
   * Counts a record that follows one of this time at its address: the completion of a submission,
   * or a contradiction.
   */
  follow(low: number, high: number, what: 'pairs' | 'contradictions'): void {
    if (!this.isBeforeLast(low, high)) return;
    const ns = this.#nsOf(low, high);
    for (let i = this.#kept.length - 1; i >= 0 && this.#kept[i].fromNs >= ns; i--)
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
      isAcross(this.#kept, this.#nsOf(words[at], words[at + 1]), this.#nsOf(ts[end], ts[end + 1]))
    );
  }

  /** Whether records were lost in a silence between two times, as far as is known at the end. */
  isAcrossLost(span: Span): boolean {
    return this.lost.some(({ from, to }) => from >= span.from && to <= span.to);
  }

  /** How many more latencies may wait before silences are dropped. */
  get room(): number {
    return WAITING_MAX - 1 - this.#waiting.length;
  }

  /** Has the latency of a pair across a silence, whose times are given as words, wait for the end. */
  wait(
    words: Uint32Array,
    at: number,
    ts: Uint32Array,
    end: number,
    own: OpcodeStats,
    fd: OpcodeStats,
  ): void {
    const near = (ts[end + 1] - words[at + 1]) * 2 ** 32 + (ts[end] - words[at]);
    this.#waiting.push({
      fromNs: this.#nsOf(words[at], words[at + 1]),
      toNs: this.#nsOf(ts[end], ts[end + 1]),
      latency: near < EXACT_MAX ? near : timeAt(ts, end) - timeAt(words, at),
      own,
      fd,
    });
    if (this.#waiting.length < WAITING_MAX) return;
    this.#release();
    while (this.#waiting.length > WAITING_MAX / 2) {
      this.#dropShortest();
      this.#release();
    }
    this.#setLeast();
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
      if (!isAcross(this.lost, waiting.fromNs, waiting.toNs)) count(waiting);
      else {
        this.leftOutNs += BigInt(waiting.latency);
        for (const group of [waiting.own, waiting.fd]) (group.into ?? group).unmeasured += 1;
      }
    }
    this.#waiting = [];
  }

  #consider(low: number, high: number, gap: number): void {
    const records = this.#records();
    const fromNs = this.#lastNs;
    if (records >= RECORDS_MIN && gap * records > INTERVALS_MIN * fromNs) {
      const open = this.#words[MATCH.depth];
      const from = timeAt(this.#words, MATCH.lastTsLow);
      const to = (BigInt(high) << 32n) | BigInt(low);
      const ends = { from, to, fromNs, toNs: this.#nsOf(low, high) };
      this.#kept.push({ ...ends, open, pairs: 0, contradictions: 0 });
      if (this.#kept.length > SILENCES_MAX) this.#dropShortest();
      this.#setFrom();
      this.#shortestNs = this.#kept.length < SILENCES_MAX ? 0 : Number(lengthOf(this.#shortest()));
    }
    this.#setLeast();
  }

  #shortest(): Silence {
    return this.#kept.reduce((least, each) => (lengthOf(each) < lengthOf(least) ? each : least));
  }

  #dropShortest(): void {
    const shortest = this.#shortest();
    this.#kept = this.#kept.filter((silence) => silence !== shortest);
    this.#shortestNs = 0;
    this.#setFrom();
  }

  /** Counts the latencies that waited for silences that were dropped. */
  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting)
      if (isAcross(this.#kept, each.fromNs, each.toNs)) this.#waiting.push(each);
      else count(each);
  }

  #setFrom(): void {
    const { from, to } = this.#kept.at(-1) ?? { from: 0n, to: 0n };
    this.#words[MATCH.silenceFromLow] = Number(from & 0xffffffffn);
    this.#words[MATCH.silenceFromHigh] = Number(from >> 32n);
    this.#words[MATCH.silenceToLow] = Number(to & 0xffffffffn);
    this.#words[MATCH.silenceToHigh] = Number(to >> 32n);
  }

  /** Nanoseconds from the first record to the latest one. */
  get #lastNs(): number {
    return this.#nsOf(this.#words[MATCH.lastTsLow], this.#words[MATCH.lastTsHigh]);
  }

  /** Returns the nanoseconds from the first record to a time. */
  #nsOf(low: number, high: number): number {
    return (high - this.#firstHigh) * 2 ** 32 + (low - this.#firstLow);
  }

  /**
   * Sets a length (ns) up to which no gap is a silence: 20 mean intervals if the records to come
   * took no time, or the length of the shortest silence kept.
   */
  #setLeast(): void {
    const words = this.#words;
    let least = 0;
    if (this.#hasBegun && this.#records() >= RECORDS_MIN)
      least = Math.floor((INTERVALS_MIN * this.#lastNs) / this.#end);
    least = Math.max(least, this.#shortestNs);
    words[MATCH.silenceLeastLow] = least;
    words[MATCH.silenceLeastHigh] = Math.min(least / 2 ** 32, 2 ** 32 - 1);
  }
}

/** Whether one of these silences, which are in order of time, is between two times. */
function isAcross(silences: readonly Silence[], fromNs: number, toNs: number): boolean {
  let [low, high] = [0, silences.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (silences[middle].fromNs < fromNs) low = middle + 1;
    else high = middle;
  }
  return low < silences.length && silences[low].toNs <= toNs;
}

function count({ latency, own, fd }: Waiting): void {
  const [first, second] = [own.into ?? own, fd.into ?? fd];
  if (typeof latency === 'bigint') {
    first.latency.addWide(latency);
    second.latency.addWide(latency);
    return;
  }
  const bucket = latencyBucket(latency);
  first.latency.add(latency, bucket);
  second.latency.add(latency, bucket);
}
