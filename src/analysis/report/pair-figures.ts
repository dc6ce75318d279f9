import { EINVAL } from '../../abi/errno.ts';
import { MAX_RW_COUNT, SECTOR_BYTES } from '../../abi/limit.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { PairEvidence } from '../findings/evidence/pair-evidence.ts';
import { wordsOf } from '../match/column-words.ts';
import type { InputStream } from '../match/input-stream.ts';
import { ENTRY, ENTRY_SHIFT } from '../match/kernel-layout.ts';
import type { PairBatch } from '../match/pair-batch.ts';
import type { CountedColumns, PairObserver } from '../match/pair-sink.ts';
import type { SilenceJson } from '../match/silences-json.ts';
import type { TimeCut } from '../match/time-cut.ts';
import { type Span, timeAt } from '../match/waiting-pairs.ts';
import type { BothGaps } from './both-gaps.ts';
import { type AxisJson, FoldAxis } from './fold-axis.ts';
import { type GridJson, Log2Map } from './fold-grid.ts';
import { LatencyGroups } from './latency-groups.ts';
import { MergedGaps } from './merged-gaps.ts';
import { flagsOf, MISALIGNED, PRIORITY_SHIFT, type Requests, requestsOf } from './pair-requests.ts';
import { PollMasks } from './poll.ts';
import { kindOf, READV, WRITEV } from './request-kind.ts';
import type { VectoredRequests } from './vectored-requests.ts';

const EINVAL_LOW = 2 ** 32 - EINVAL;

/**
 * Results of reads and writes of which offset, length or buffer is not a multiple of 512 bytes.
 */
export interface MisalignedJson {
  /** 512. */
  bytes: number;
  completed: number;
  /** Failed with EINVAL, as misaligned O_DIRECT requests do. */
  invalid: number;
  /** Did not fail: no O_DIRECT, or one that accepts this alignment. */
  succeeded: number;
}

/** The most pairs across silences that are kept. */
const ACROSS_MAX = 2 ** 16;

const wordsOfTime = (ts: bigint): Uint32Array =>
  Uint32Array.of(Number(ts & 0xffffffffn), Number(ts >> 32n));

/** A pair across a silence, with what its latency is counted by. */
interface AcrossPair extends Span {
  readonly kind: number;
  readonly size: number;
  readonly flags: number;
}
/** The kind of a pair that is in no group of latencies. */
const NO_GROUP = WRITEV + 1;

/** Counts pairs as they are found: latencies over time, fired poll bits, misaligned submissions. */
export class PairFigures implements PairObserver {
  readonly #axis = new FoldAxis('ns');
  readonly #map = new Log2Map(this.#axis, 'ns');
  readonly poll = new PollMasks();
  /** What findings need to know of the same pairs. */
  readonly evidence: PairEvidence;
  /** Latencies by size and by priority. */
  readonly groups = new LatencyGroups();
  /** Vectored requests; undefined where no lengths are wanted. */
  readonly vectored: VectoredRequests | undefined;
  readonly #merged: MergedGaps;
  readonly #submissions: Requests;
  /** By slot of a submission in flight: the mask of a POLL, and `MISALIGNED`. */
  #flags = new Uint32Array(1024);
  readonly #misaligned: MisalignedJson = {
    bytes: SECTOR_BYTES,
    completed: 0,
    invalid: 0,
    succeeded: 0,
  };

  /** Pairs across silences, until it is known in which of them records were lost. */
  readonly #across: AcrossPair[] = [];

  constructor(
    streams: readonly [InputStream, InputStream],
    cut: TimeCut | undefined,
    vectored: VectoredRequests | undefined,
  ) {
    this.vectored = vectored;
    this.#merged = new MergedGaps(streams, cut);
    this.evidence = new PairEvidence(streams);
    const [submissions] = streams;
    const column = (words: Uint32Array | null) => words ?? new Uint32Array(submissions.ts.length);
    this.#submissions = requestsOf(
      (name) => column(submissions.wide(name)),
      (name) => column(submissions.narrow(name)),
    );
  }

  seen(stream: 0 | 1, row: number): void {
    this.#merged.add(stream, row);
  }

  opened(slot: number, i: number): void {
    if (slot >= this.#flags.length) this.#grow(slot);
    this.#flags[slot] = flagsOf(this.#submissions, i);
    this.evidence.opened(slot, i);
    this.vectored?.opened(slot, i);
  }

  left(slot: number): void {
    this.evidence.left(slot);
    this.vectored?.left(slot);
  }

  settled(
    slot: number,
    entries: Uint32Array,
    completions: CountedColumns,
    row: number,
    isAcross: boolean,
  ): void {
    const { ts, res } = completions;
    this.evidence.settled(slot, completions, row);
    this.vectored?.settled(slot, res, row);
    const at = slot << ENTRY_SHIFT;
    const flags = this.#flags[slot];
    const opcode = entries[at + ENTRY.flags] & 0xffff;
    const kind = groupKind(opcode, res, row);
    const size = sizeOf(kind, entries[at + ENTRY.nbytes], res, row);
    if (isAcross)
      this.#wait({
        from: timeAt(entries, at + ENTRY.tsLow),
        to: timeAt(ts, 2 * row),
        kind,
        size,
        flags,
      });
    else {
      const low = ts[2 * row] - entries[at + ENTRY.tsLow];
      const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
      this.#addLatency(low, high, ts, row);
      if (kind !== NO_GROUP) this.groups.add(kind, size, flags >>> PRIORITY_SHIFT, low, high);
    }
    this.#count(flags, opcode, res, row);
  }

  /** Counts pairs that meet conditions, without second pairs. */
  take(pairs: PairBatch): void {
    const { columns, length } = pairs;
    this.evidence.take(pairs);
    const wide = (name: string) => wordsOf(columns, name, length, 2);
    const narrow = (name: string) => wordsOf(columns, name, length, 1);
    const [begins, ends, res, doubt] = [
      ...['ts', 'completionTs', 'res'].map(wide),
      narrow('doubt'),
    ];
    const requests = requestsOf(wide, narrow);
    for (let i = 0; i < length; i++) {
      if (doubt[i] === 1) continue;
      const flags = flagsOf(requests, i);
      const kind = groupKind(requests.opcode[i], res, i);
      const { nbytes } = requests;
      const asked = nbytes[2 * i + 1] === 0 ? nbytes[2 * i] : MAX_RW_COUNT;
      const size = sizeOf(kind, asked, res, i);
      const low = ends[2 * i] - begins[2 * i];
      const high = ends[2 * i + 1] - begins[2 * i + 1];
      if (doubt[i] === 2)
        this.#wait({
          from: timeAt(begins, 2 * i),
          to: timeAt(ends, 2 * i),
          kind,
          size,
          flags,
        });
      else {
        this.#addLatency(low, high, ends, i);
        if (kind !== NO_GROUP) this.groups.add(kind, size, flags >>> PRIORITY_SHIFT, low, high);
      }
      this.#count(flags, requests.opcode[i], res, i);
    }
  }

  /** Has the latency of a pair across a silence wait for the end. */
  #wait(pair: AcrossPair): void {
    if (this.#across.length < ACROSS_MAX) this.#across.push(pair);
  }

  /** Adds a latency, as the differences of its words, that ends at row `row` of these times. */
  #addLatency(low: number, difference: number, ts: Uint32Array, row: number): void {
    const high = difference - Number(low < 0);
    // Negative latencies have no log2 bucket; matching counts them.
    if (high >= 0) this.#map.add(this.#axis.place(ts, row), low | 0, high | 0);
  }

  /** Counts what row `row` of the results says of a request. */
  #count(flags: number, opcode: number, res: Uint32Array, row: number): void {
    const isFailed = res[2 * row + 1] >= 2 ** 31;
    if (opcode === IOCB_CMD_POLL) {
      if (!isFailed) this.poll.addFired(flags, res[2 * row]);
    } else if ((flags & MISALIGNED) !== 0) {
      this.#misaligned.completed += 1;
      if (!isFailed) this.#misaligned.succeeded += 1;
      else if (res[2 * row] === EINVAL_LOW) this.#misaligned.invalid += 1;
    }
  }

  /** Adds the latencies of pairs across silences in which no records were lost. */
  addAcross(silences: readonly SilenceJson[]): void {
    const lost = silences
      .filter((silence) => silence.lost)
      .map(({ at, lengthNs }) => ({ from: BigInt(at), to: BigInt(at) + BigInt(lengthNs) }));
    for (const span of this.#across) {
      if (lost.some(({ from, to }) => from >= span.from && to <= span.to)) continue;
      const [from, to] = [span.from, span.to].map(wordsOfTime);
      const [low, high] = [to[0] - from[0], to[1] - from[1]];
      this.#addLatency(low, high, to, 0);
      const { kind, size, flags } = span;
      if (kind !== NO_GROUP) this.groups.add(kind, size, flags >>> PRIORITY_SHIFT, low, high);
    }
  }

  /** The gaps of both streams; undefined if a stream does not show threads. */
  get gaps(): BothGaps | undefined {
    return this.#merged.gaps;
  }

  /** Returns the map of latencies; undefined if there are none, except negative ones. */
  latencies(): { axis: AxisJson; map: GridJson } | undefined {
    const [begin, end] = this.#axis.used;
    return begin === end ? undefined : { axis: this.#axis.toJSON(), map: this.#map.toJSON() };
  }

  /** Returns undefined if no misaligned submission completed. */
  misaligned(): MisalignedJson | undefined {
    return this.#misaligned.completed === 0 ? undefined : this.#misaligned;
  }

  #grow(slot: number): void {
    const wider = new Uint32Array(2 * slot);
    wider.set(this.#flags);
    this.#flags = wider;
  }
}

/** The kind of a read or write that succeeded, as row `row` of the results; else `NO_GROUP`. */
function groupKind(opcode: number, res: Uint32Array, row: number): number {
  const kind = kindOf[opcode];
  return kind <= WRITEV && res[2 * row + 1] < 2 ** 31 ? kind : NO_GROUP;
}

/** The size that a read or write requested; of a vectored one, what it moved. */
function sizeOf(kind: number, asked: number, res: Uint32Array, row: number): number {
  if (kind < READV) return Math.min(asked, MAX_RW_COUNT);
  return res[2 * row + 1] === 0 ? Math.min(res[2 * row], MAX_RW_COUNT) : MAX_RW_COUNT;
}
