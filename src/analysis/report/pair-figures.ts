import { EINVAL } from '../../abi/errno.ts';
import { MAX_RW_COUNT, SECTOR_BYTES } from '../../abi/limit.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { PairEvidence } from '../findings/evidence/pair-evidence.ts';
import { widened } from '../findings/evidence/widened.ts';
import { wordsOf } from '../match/column-words.ts';
import {
  EVENT,
  EVENT_FLAGS,
  EVENT_KIND,
  EVENT_SHIFT,
  EVENT_SLOT_SHIFT,
  EVENTS,
} from '../match/event-layout.ts';
import { EventLog } from '../match/event-log.ts';
import type { InputStream } from '../match/input-stream.ts';
import type { PairBatch } from '../match/pair-batch.ts';
import type { CountedColumns, MatchEvents, PairObserver } from '../match/pair-sink.ts';
import type { TimeCut } from '../match/time-cut.ts';
import type { BothGaps } from './both-gaps.ts';
import { MergedGaps } from './merged-gaps.ts';
import { NO_GROUP, PairLatencies } from './pair-latencies.ts';
import { flagsOf, MISALIGNED, type Requests, requestsOf } from './pair-requests.ts';
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

/** Counts pairs as they are found: latencies over time, fired poll bits, misaligned submissions. */
export class PairFigures implements PairObserver {
  readonly poll = new PollMasks();
  /** What findings need to know of the same pairs. */
  readonly evidence: PairEvidence;
  readonly latencies = new PairLatencies();
  /** Vectored requests; undefined where no lengths are wanted. */
  readonly vectored: VectoredRequests | undefined;
  readonly #merged: MergedGaps;
  readonly #submissions: Requests;
  /** By slot of a submission in flight: the mask of a POLL, and `MISALIGNED`. */
  #flags = new Uint32Array(1024);
  /** By slot: the opcode, and the bytes requested, or at least as many as one can move. */
  #opcodes = new Uint16Array(1024);
  #asked = new Uint32Array(1024);
  readonly #misaligned: MisalignedJson = {
    bytes: SECTOR_BYTES,
    completed: 0,
    invalid: 0,
    succeeded: 0,
  };

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

  logOf(...[state, streams]: Parameters<PairObserver['logOf']>): EventLog {
    return new EventLog(state, streams, this);
  }

  observe(events: MatchEvents): void {
    this.#merged.observe(events);
    this.evidence.observe(events);
    this.vectored?.observe(events);
    const { words, count, completions } = events;
    const bin = this.latencies.slotOf(events);
    for (let at = 0, end = count << EVENT_SHIFT; at < end; at += 1 << EVENT_SHIFT) {
      const kind = words[at + EVENT.what] & EVENT_KIND;
      if (kind === EVENTS.opened) this.#open(words, at);
      else if (kind === EVENTS.settled) this.#settle(words, at, completions, bin);
    }
  }

  /** Keeps what a submission requests. */
  #open(words: Uint32Array, at: number): void {
    const slot = words[at + EVENT.what] >>> EVENT_SLOT_SHIFT;
    const row = words[at + EVENT.row];
    if (slot >= this.#flags.length) this.#grow(slot);
    const { opcode, nbytes } = this.#submissions;
    this.#flags[slot] = flagsOf(this.#submissions, row);
    this.#opcodes[slot] = opcode[row];
    this.#asked[slot] = nbytes[2 * row + 1] === 0 ? nbytes[2 * row] : MAX_RW_COUNT;
  }

  /** Counts a pair. */
  #settle(words: Uint32Array, at: number, { ts, res }: CountedColumns, bin: number): void {
    const what = words[at + EVENT.what];
    const slot = what >>> EVENT_SLOT_SHIFT;
    const row = words[at + EVENT.row];
    const flags = this.#flags[slot];
    const opcode = this.#opcodes[slot];
    const kind = groupKind(opcode, res, row);
    const size = sizeOf(kind, this.#asked[slot], res, row);
    if ((what & EVENT_FLAGS.across) !== 0)
      this.latencies.wait(kind, size, flags, words, at + EVENT.tsLow, ts, 2 * row);
    else {
      const low = ts[2 * row] - words[at + EVENT.tsLow];
      const high = ts[2 * row + 1] - words[at + EVENT.tsHigh];
      this.latencies.add(kind, size, flags, low, high, ts, row, bin);
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
      if (doubt[i] === 2) this.latencies.wait(kind, size, flags, begins, 2 * i, ends, 2 * i);
      else this.latencies.add(kind, size, flags, low, high, ends, i, -1);
      this.#count(flags, requests.opcode[i], res, i);
    }
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

  /** The gaps of both streams; undefined if a stream does not show threads. */
  get gaps(): BothGaps | undefined {
    return this.#merged.gaps;
  }

  /** Returns undefined if no misaligned submission completed. */
  misaligned(): MisalignedJson | undefined {
    return this.#misaligned.completed === 0 ? undefined : this.#misaligned;
  }

  #grow(slot: number): void {
    this.#flags = widened(new Uint32Array(2 * slot), this.#flags);
    this.#opcodes = widened(new Uint16Array(2 * slot), this.#opcodes);
    this.#asked = widened(new Uint32Array(2 * slot), this.#asked);
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
