// The completions that images of rings hold, in the order in which the kernel wrote them.
import type { RecordBatch } from '../../stream/batch.ts';
import type { RingState } from '../../stream/ring.ts';

/** The address of an iocb as the key of a map: a number if that is exact. */
export const addressKey = (low: number, high: number): number | bigint =>
  high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);

/** Words of an event: data, obj and res, low words first. */
export const EVENT_WORDS = 6;
export const DATA = 0;
const OBJ = 2;
export const RES = 4;

/** One image: its header and the events of its slots. */
export class RingSnapshot {
  readonly file: string;
  readonly state: RingState;
  readonly nr: number;
  readonly head: number;
  readonly tail: number;
  readonly words: Uint32Array;
  /** Whether a slot holds an event. */
  readonly isWritten: Uint8Array;

  constructor(file: string, state: RingState) {
    const { nr, head, tail } = state.header;
    this.file = file;
    this.state = state;
    this.nr = nr;
    this.head = head % nr;
    this.tail = tail % nr;
    this.words = new Uint32Array(nr * EVENT_WORDS);
    this.isWritten = new Uint8Array(nr);
  }

  add(batch: RecordBatch<'io_event'>): void {
    const { data, obj, res } = batch.columns;
    const columns = [data, obj, res].map(
      (column) => new Uint32Array(column.buffer, column.byteOffset, 2 * batch.length),
    );
    for (let i = 0; i < batch.length; i++) {
      const slot = batch.slotOf(i) ?? 0;
      this.isWritten[slot] = 1;
      for (let word = 0; word < EVENT_WORDS; word++)
        this.words[slot * EVENT_WORDS + word] = columns[word >> 1][2 * i + (word & 1)];
    }
  }

  /** Returns how many events were written after `earlier`, or undefined if a lap or more were. */
  since(earlier: RingSnapshot): number | undefined {
    const { nr, tail } = this;
    if (earlier.nr !== nr || earlier.state.header.id !== this.state.header.id) return undefined;
    const passed = (tail - earlier.tail + nr) % nr;
    for (let i = passed; i < nr; i++) {
      const slot = (earlier.tail + i) % nr;
      if (this.isWritten[slot] !== earlier.isWritten[slot]) return undefined;
      for (let word = slot * EVENT_WORDS; word < (slot + 1) * EVENT_WORDS; word++)
        if (this.words[word] !== earlier.words[word]) return undefined;
    }
    return passed;
  }
}

/** Completions of one ring without a gap, oldest first: those of one image, or of several. */
export class RingHistory {
  readonly snapshots: RingSnapshot[];
  /** `EVENT_WORDS` words per event. */
  words: Uint32Array = new Uint32Array(0);
  count = 0;
  /** Events from here on are not reaped yet. */
  liveFrom = 0;
  /** The positions of the events of each iocb address, ascending. */
  readonly groups = new Map<number | bigint, number[]>();

  constructor(first: RingSnapshot) {
    this.snapshots = [first];
    this.#append(first, first.nr);
  }

  get last(): RingSnapshot {
    return this.snapshots[this.snapshots.length - 1];
  }

  /** Whether every completion since io_setup is there: slots of the first image were never used. */
  get isWhole(): boolean {
    const { neverWritten, missing } = this.snapshots[0].state;
    return neverWritten > 0 && missing === undefined;
  }

  /** Whether images lack slots. */
  get isCut(): boolean {
    return this.snapshots.some(({ state }) => state.missing !== undefined);
  }

  /** Whether both may be of one ring, as far as their headers tell. */
  isSameRing({ last }: RingHistory): boolean {
    return this.last.nr === last.nr && this.last.state.header.id === last.state.header.id;
  }

  /** Adds a later image of the same ring. Returns false if completions in between are missing. */
  extend(snapshot: RingSnapshot): boolean {
    const passed = snapshot.since(this.last);
    if (passed === undefined) return false;
    this.snapshots.push(snapshot);
    this.#append(snapshot, passed);
    return true;
  }

  /** Groups the events by address, once all images are there. */
  group(): void {
    for (let at = 0; at < this.count; at++) {
      const word = at * EVENT_WORDS + OBJ;
      const key = addressKey(this.words[word], this.words[word + 1]);
      const group = this.groups.get(key);
      if (group === undefined) this.groups.set(key, [at]);
      else group.push(at);
    }
  }

  /** Appends the newest `length` slots. */
  #append(snapshot: RingSnapshot, length: number): void {
    const { nr, tail, head, words, isWritten } = snapshot;
    const grown = new Uint32Array((this.count + length) * EVENT_WORDS);
    grown.set(this.words);
    let { count } = this;
    const live = (tail - head + nr) % nr;
    let liveEvents = 0;
    for (let i = nr - length; i < nr; i++) {
      const slot = (tail + i) % nr;
      if (isWritten[slot] === 0) continue;
      grown.set(words.subarray(slot * EVENT_WORDS, (slot + 1) * EVENT_WORDS), count * EVENT_WORDS);
      count += 1;
    }
    for (let i = nr - live; i < nr; i++) liveEvents += isWritten[(tail + i) % nr];
    this.words = grown.subarray(0, count * EVENT_WORDS);
    this.count = count;
    this.liveFrom = count - liveEvents;
  }
}

/**
 * The histories of images that are given in the order of time. An image that does not continue the
 * one before it of its ring begins a history of its own.
 */
export function ringHistories(snapshots: readonly RingSnapshot[]): RingHistory[] {
  const histories: RingHistory[] = [];
  for (const snapshot of snapshots) {
    const isContinued = histories
      .findLast(
        ({ last: { nr, state } }) =>
          nr === snapshot.nr && state.header.id === snapshot.state.header.id,
      )
      ?.extend(snapshot);
    if (!isContinued) histories.push(new RingHistory(snapshot));
  }
  for (const history of histories) history.group();
  return histories;
}
