// Pairs across silences, whose latencies wait until it is known where records were lost.
import { MATCH, WAITING_PAIR, WAITING_PAIR_SHIFT, WAITING_PAIRS } from './kernel-layout.ts';
import { EXACT_MAX, latencyBucket } from './latency.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import type { MatchState } from './state.ts';

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

/** The time at two words. */
export const timeAt = (words: Uint32Array, at: number): bigint =>
  (BigInt(words[at + 1]) << 32n) | BigInt(words[at]);

/** Returns the first of these silences, which are in order of time, from a time on. */
function firstFrom(silences: readonly Silence[], from: bigint): number {
  let [low, high] = [0, silences.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (silences[middle].from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether one of these silences is between two times. */
export function isAcross(silences: readonly Silence[], from: bigint, to: bigint): boolean {
  const first = firstFrom(silences, from);
  return first < silences.length && silences[first].to <= to;
}

/** The pairs across silences that the kernel and JavaScript have found, as `WaitingPair`. */
export class WaitingPairs {
  readonly #words: Uint32Array;
  readonly #waiting: Uint32Array;
  /** By pair: where its latency is counted, if it has no counter. */
  #groups: (readonly OpcodeStats[])[] = [];
  /** Where the latencies of a counter are counted. */
  groupsOf: (counter: number) => readonly OpcodeStats[] = () => [];
  /** The sum of the latencies left out (ns). */
  leftOutNs = 0n;

  constructor({ words, waiting }: MatchState) {
    this.#words = words;
    this.#waiting = waiting;
  }

  get count(): number {
    return this.#words[MATCH.waitingCount];
  }

  /** Adds a pair whose times are given as words. Returns false once the array is full. */
  add(
    words: Uint32Array,
    at: number,
    ts: Uint32Array,
    end: number,
    groups: readonly OpcodeStats[],
  ): boolean {
    const pair = this.count;
    const to = pair << WAITING_PAIR_SHIFT;
    this.#waiting[to + WAITING_PAIR.fromLow] = words[at];
    this.#waiting[to + WAITING_PAIR.fromHigh] = words[at + 1];
    this.#waiting[to + WAITING_PAIR.toLow] = ts[end];
    this.#waiting[to + WAITING_PAIR.toHigh] = ts[end + 1];
    this.#waiting[to + WAITING_PAIR.counter] = 0;
    this.#groups[pair] = groups;
    this.#words[MATCH.waitingCount] = pair + 1;
    return pair + 1 < WAITING_PAIRS;
  }

  /** Counts the latencies that waited for silences that are not kept. */
  release(kept: readonly Silence[]): void {
    const waiting = this.#waiting;
    let left = 0;
    for (let pair = 0; pair < this.count; pair++) {
      if (!this.#isAcross(kept, pair)) {
        this.#count(pair);
        continue;
      }
      const from = pair << WAITING_PAIR_SHIFT;
      const words = 1 << WAITING_PAIR_SHIFT;
      waiting.copyWithin(left << WAITING_PAIR_SHIFT, from, from + words);
      this.#groups[left] = this.#groups[pair];
      left += 1;
    }
    this.#words[MATCH.waitingCount] = left;
  }

  /**
   * Counts the pairs that the kernel has found, at each silence that they are across, and their
   * latencies if no silence can have lost records.
   */
  follow(kept: readonly Silence[], counts: boolean): void {
    const count = this.count;
    for (let pair = 0; pair < count; pair++) {
      if (counts) this.#count(pair);
      if (this.#waiting[(pair << WAITING_PAIR_SHIFT) + WAITING_PAIR.counter] === 0) continue;
      const to = this.#toOf(pair);
      let i = firstFrom(kept, this.#fromOf(pair));
      for (; i < kept.length && kept[i].to <= to; i++) kept[i].pairs += 1;
    }
    if (counts) this.#clear();
  }

  /** Counts the latencies, but for those across silences in which records were lost. */
  decide(lost: readonly Silence[]): void {
    for (let pair = 0; pair < this.count; pair++) {
      if (!this.#isAcross(lost, pair)) this.#count(pair);
      else {
        this.leftOutNs += BigInt(this.#latencyOf(pair));
        for (const group of this.#groupsAt(pair)) (group.into ?? group).unmeasured += 1;
      }
    }
    this.#clear();
  }

  #clear(): void {
    this.#words[MATCH.waitingCount] = 0;
    this.#groups = [];
  }

  #groupsAt(pair: number): readonly OpcodeStats[] {
    const counter = this.#waiting[(pair << WAITING_PAIR_SHIFT) + WAITING_PAIR.counter];
    return counter === 0 ? this.#groups[pair] : this.groupsOf(counter);
  }

  #count(pair: number): void {
    const latency = this.#latencyOf(pair);
    const bucket = typeof latency === 'bigint' ? 0 : latencyBucket(latency);
    for (const each of this.#groupsAt(pair)) {
      const group = each.into ?? each;
      if (typeof latency === 'bigint') group.latency.addWide(latency);
      else group.latency.add(latency, bucket);
    }
  }

  /** The latency of a pair; a number if that is exact. */
  #latencyOf(pair: number): number | bigint {
    const waiting = this.#waiting;
    const at = pair << WAITING_PAIR_SHIFT;
    const high = waiting[at + WAITING_PAIR.toHigh] - waiting[at + WAITING_PAIR.fromHigh];
    const near = high * 2 ** 32 + (waiting[at + WAITING_PAIR.toLow] - waiting[at]);
    if (near < EXACT_MAX) return near;
    return this.#toOf(pair) - this.#fromOf(pair);
  }

  #fromOf(pair: number): bigint {
    return timeAt(this.#waiting, (pair << WAITING_PAIR_SHIFT) + WAITING_PAIR.fromLow);
  }

  #toOf(pair: number): bigint {
    return timeAt(this.#waiting, (pair << WAITING_PAIR_SHIFT) + WAITING_PAIR.toLow);
  }

  #isAcross(silences: readonly Silence[], pair: number): boolean {
    return isAcross(silences, this.#fromOf(pair), this.#toOf(pair));
  }
}
