import { MAX_RW_COUNT } from '../../abi/limit.ts';
import { heapOf } from '../../engine/js-heap.ts';
import { jsRequestKernels } from '../../engine/js-requests.ts';
import { REQUEST_BYTES } from '../../engine/tables.ts';
import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import { EVENT, EVENT_KIND, EVENT_SHIFT, EVENT_SLOT_SHIFT, EVENTS } from '../match/event-layout.ts';
import type { InputStream } from '../match/input-stream.ts';
import type { MatchEvents } from '../match/pair-sink.ts';
import type { TimeCut } from '../match/time-cut.ts';
import { placeOf } from './block.ts';
import { kindOf, READV, WRITEV, withoutLength } from './request-kind.ts';
import { Requests } from './requests.ts';
import { SizesByProcess } from './sizes-by-process.ts';
import type { StreamJson } from './stream-json.ts';
import { Streams } from './streams.ts';

/** Requests that wait for their length. The oldest one has none once there are more. */
const WAITING_MAX = 65_536;
const MASK = WAITING_MAX - 1;

/** What stands for a length: it may still come, it never comes, the request is left out. */
const PENDING = 0xffffffff;
const UNKNOWN = 0xfffffffe;
const LEFT_OUT = 0xfffffffd;

/** What is kept of submissions, as words. */
interface Columns {
  readonly opcode: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly offset: Uint32Array;
  readonly fd: Uint32Array;
  readonly pid: Uint32Array | null;
}

/** A block of requests, with kernels of its own: it is not in the memory of a reader. */
function vectoredBlock() {
  const columnBytes = Uint32Array.BYTES_PER_ELEMENT * BLOCK_RECORDS;
  const buffer = new ArrayBuffer(REQUEST_BYTES + 2 * columnBytes);
  return {
    requests: new Requests(jsRequestKernels(heapOf(buffer)), buffer, 0),
    fd: new Uint32Array(buffer, REQUEST_BYTES, BLOCK_RECORDS),
    pid: new Uint32Array(buffer, REQUEST_BYTES + columnBytes, BLOCK_RECORDS),
  };
}

/**
 * The patterns and sizes of vectored requests. Their lengths come with their completions, so
 * requests wait in the order of submission until that of the oldest one is known.
 */
export class VectoredRequests {
  readonly sizes: SizesByProcess = new SizesByProcess();
  readonly #streams = new Streams(true);
  readonly #columns: Columns;
  readonly #submissions: InputStream;
  readonly #cut: TimeCut | undefined;
  /** What the length of a submission that is never in flight becomes. */
  readonly #notOpened: number;
  // The waiting requests have the numbers from `#head` to `#tail - 1`.
  #head = 0;
  #tail = 0;
  readonly #kinds = new Uint8Array(WAITING_MAX);
  readonly #pids = new Uint32Array(WAITING_MAX);
  readonly #fds = new Uint32Array(WAITING_MAX);
  readonly #offsets = new Float64Array(WAITING_MAX);
  readonly #lengths = new Uint32Array(WAITING_MAX);
  /** The index of the first row of the block, once its requests have numbers. */
  #first = -1;
  /** By row of the block: the number of a vectored request that is not in flight yet; else -1. */
  readonly #byRow: Float64Array;
  /** By slot of a submission in flight: its number if it is vectored; else -1. */
  #numbers = new Float64Array(1024).fill(-1);
  readonly #block = vectoredBlock();
  /** Requests in it. */
  #count = 0;

  constructor(submissions: InputStream, cut: TimeCut | undefined, dedupe: boolean) {
    const column = (words: Uint32Array | null) => words ?? new Uint32Array(submissions.ts.length);
    this.#columns = {
      opcode: column(submissions.narrow('aio_lio_opcode')),
      rwFlags: column(submissions.narrow('aio_rw_flags')),
      offset: column(submissions.wide('aio_offset')),
      fd: column(submissions.narrow('aio_fildes')),
      pid: submissions.narrow('pid'),
    };
    this.#submissions = submissions;
    this.#byRow = new Float64Array(submissions.ts.length / 2).fill(-1);
    submissions.onLeave(() => this.#leaveBlock());
    this.#cut = cut;
    this.#notOpened = dedupe ? LEFT_OUT : UNKNOWN;
    this.sizes.hasPids = this.#columns.pid !== null;
  }

  observe({ words, count, completions: { res } }: MatchEvents): void {
    for (let at = 0, end = count << EVENT_SHIFT; at < end; at += 1 << EVENT_SHIFT) {
      const what = words[at + EVENT.what];
      const slot = what >>> EVENT_SLOT_SHIFT;
      const kind = what & EVENT_KIND;
      if (kind === EVENTS.opened) this.#open(slot, words[at + EVENT.row]);
      else if (kind === EVENTS.settled) this.#complete(slot, res, words[at + EVENT.row]);
      else if (kind === EVENTS.left) this.#leave(slot);
    }
  }

  /** Row `row` of the submissions now has this slot. */
  #open(slot: number, row: number): void {
    if (this.#submissions.first !== this.#first) this.#takeBlock();
    const number = this.#byRow[row];
    if (number < 0) return;
    if (slot >= this.#numbers.length) this.#grow(slot);
    this.#numbers[slot] = number;
    this.#byRow[row] = -1;
  }

  /** The request in a slot has completed, as row `row` of these results. */
  #complete(slot: number, res: Uint32Array, row: number): void {
    const number = slot < this.#numbers.length ? this.#numbers[slot] : -1;
    if (number < 0) return;
    const isLength = res[2 * row + 1] === 0 && res[2 * row] <= MAX_RW_COUNT;
    this.#numbers[slot] = -1;
    this.#settle(number, isLength ? res[2 * row] : UNKNOWN);
  }

  /** The request in a slot left flight without a completion. */
  #leave(slot: number): void {
    const number = slot < this.#numbers.length ? this.#numbers[slot] : -1;
    if (number < 0) return;
    this.#numbers[slot] = -1;
    this.#settle(number, UNKNOWN);
  }

  /** Counts the requests that still wait as ones without a length. */
  finish(): void {
    while (this.#head < this.#tail) this.#settle(this.#head, UNKNOWN);
    this.#flush();
  }

  /**
   * Replaces vectored streams by those with lengths, where at least half of the requests have one.
   */
  replace(streams: readonly StreamJson[]): StreamJson[] {
    const keyOf = ({ pid, fd, direction }: StreamJson) => `${pid} ${fd} ${direction}`;
    const found = new Map(this.#streams.toJSON().streams.map((each) => [keyOf(each), each]));
    return streams.map((stream) => {
      const known = stream.vectored ? found.get(keyOf(stream)) : undefined;
      return known === undefined || 2 * (known.unknown ?? 0) > known.requests
        ? stream
        : { ...known, program: stream.program };
    });
  }

  /** Has the requests of the block wait, in their order: all at once, which costs less. */
  #takeBlock(): void {
    const { first, rows, count } = this.#submissions;
    const { opcode } = this.#columns;
    this.#first = first;
    this.#byRow.fill(-1);
    for (let i = 0; i < count; i++) {
      const kind = kindOf[opcode[rows[i]]];
      if (kind === READV || kind === WRITEV) this.#enqueue(kind, rows[i]);
    }
  }

  #enqueue(kind: number, row: number): void {
    const { rwFlags, offset, fd, pid } = this.#columns;
    const { ts } = this.#submissions;
    if (this.#cut?.has(ts[2 * row], ts[2 * row + 1]) === false) return;
    const place = placeOf(kind, offset, rwFlags, row);
    if (place < 0) return;
    if (this.#tail - this.#head === WAITING_MAX) this.#settle(this.#head, UNKNOWN);
    const at = this.#tail & MASK;
    this.#kinds[at] = kind;
    this.#pids[at] = pid === null ? 0 : pid[row];
    this.#fds[at] = fd[row];
    this.#offsets[at] = place;
    this.#lengths[at] = PENDING;
    this.#byRow[row] = this.#tail++;
  }

  /** Settles the requests of a block that were never in flight. */
  #leaveBlock(): void {
    if (this.#submissions.first !== this.#first) this.#takeBlock();
    const byRow = this.#byRow;
    for (let row = 0; row < this.#submissions.count; row++) {
      if (byRow[row] < 0) continue;
      this.#settle(byRow[row], this.#notOpened);
      byRow[row] = -1;
    }
  }

  #settle(number: number, length: number): void {
    if (number < this.#head) return;
    this.#lengths[number & MASK] = length;
    while (this.#head < this.#tail && this.#lengths[this.#head & MASK] !== PENDING) this.#take();
  }

  /** Takes the oldest request, whose length is settled. */
  #take(): void {
    const at = this.#head++ & MASK;
    const length = this.#lengths[at];
    const kind = this.#kinds[at];
    if (length === LEFT_OUT) return;
    const { requests, fd, pid } = this.#block;
    const i = this.#count++;
    requests.kinds[i] = length === UNKNOWN ? withoutLength(kind) : kind;
    requests.lengths[i] = length === UNKNOWN ? 0 : length;
    requests.places[i] = this.#offsets[at];
    fd[i] = this.#fds[at];
    pid[i] = this.#pids[at];
    if (length !== UNKNOWN) {
      const sizes = this.sizes.of(this.#pids[at]);
      (kind === READV ? sizes.reads : sizes.writes).add(length);
    }
    if (this.#count === BLOCK_RECORDS) this.#flush();
  }

  #flush(): void {
    const { requests, fd } = this.#block;
    const pid = this.#columns.pid === null ? undefined : this.#block.pid;
    requests.group(fd, pid, this.#count);
    this.#streams.add({ requests, fd, pid, program: () => null });
    this.#count = 0;
  }

  #grow(slot: number): void {
    const wider = new Float64Array(2 * slot).fill(-1);
    wider.set(this.#numbers);
    this.#numbers = wider;
  }
}
