import { EAGAIN, ECANCELED, EINVAL, MAX_ERRNO } from '../../../abi/errno.ts';
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import { IOCB_CMD_POLL, IOCB_CMD_PREADV } from '../../../abi/opcode.ts';
import { wordsOf } from '../../match/column-words.ts';
import {
  EVENT,
  EVENT_KIND,
  EVENT_SHIFT,
  EVENT_SLOT_SHIFT,
  EVENTS,
} from '../../match/event-layout.ts';
import { EventLog } from '../../match/event-log.ts';
import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import type { MatchEvents, PairObserver } from '../../match/pair-sink.ts';
import { DescriptorResults } from './descriptor-results.ts';
import type { EvidencePart } from './part.ts';
import {
  CLASSES,
  hasNowait,
  opcodeIn,
  PLACED,
  RequestClasses,
  type RequestColumns,
  writesIn,
} from './request-class.ts';

/** Descriptors with a row of their own: the first ones seen. Each takes 20 KB. */
const DESCRIPTORS_MAX = 256;
/** Groups of failures, of 2 KB each. */
const GROUPS_MAX = 1024;
const CACHE = 1024;
/** Where the number of a descriptor begins in the word of a request, after its class. */
const DESCRIPTOR_SHIFT = 12;

/** How requests ended, by descriptor. */
export class ResultEvidence implements EvidencePart, PairObserver {
  /** Whether the submissions show processes; otherwise `pid` is 0. */
  readonly hasPids: boolean;
  /** Failed requests by errno, without EAGAIN of those with RWF_NOWAIT, which are apart. */
  readonly failed: Float64Array = new Float64Array(MAX_ERRNO + 1);
  nowaitFailed = 0;
  /** The descriptors in the order in which they were met. */
  readonly descriptors: DescriptorResults[] = [];
  readonly #byKey = new Map<number | bigint, number>();
  /** Recent descriptors by a hash: their numbers. */
  readonly #cache = new Int32Array(CACHE).fill(-1);
  readonly #requests: RequestColumns;
  readonly #classes: RequestClasses;
  #groups = 0;
  /** By slot of a submission in flight: class and descriptor, its offset, and its length. */
  #words = new Uint32Array(1024);
  #offsets = new Uint32Array(2048);
  #lengths = new Uint32Array(1024);

  constructor([submissions]: readonly [InputStream, InputStream]) {
    this.hasPids = submissions.has('pid');
    const none = new Uint32Array(submissions.ts.length);
    this.#requests = {
      opcode: submissions.narrow('aio_lio_opcode') ?? none,
      pid: submissions.narrow('pid') ?? none,
      fd: submissions.narrow('aio_fildes') ?? none,
      buf: submissions.wide('aio_buf') ?? none,
      nbytes: submissions.wide('aio_nbytes') ?? none,
      offset: submissions.wide('aio_offset') ?? none,
      rwFlags: submissions.narrow('aio_rw_flags') ?? none,
    };
    this.#classes = new RequestClasses(submissions.schema.columns);
  }

  logOf(...[state, streams]: Parameters<PairObserver['logOf']>): EventLog {
    return new EventLog(state, streams, this);
  }

  observe({ words, count, completions: { ts, res, first } }: MatchEvents): void {
    const requests = this.#requests;
    for (let at = 0, end = count << EVENT_SHIFT; at < end; at += 1 << EVENT_SHIFT) {
      const what = words[at + EVENT.what];
      const slot = what >>> EVENT_SLOT_SHIFT;
      const row = words[at + EVENT.row];
      if ((what & EVENT_KIND) === EVENTS.opened) this.#keep(slot, requests, row);
      else if ((what & EVENT_KIND) === EVENTS.settled) this.#count(slot, ts, res, row, first + row);
    }
  }

  take({ columns, length }: PairBatch): void {
    const wide = (name: string) => wordsOf(columns, name, length, 2);
    const narrow = (name: string) => wordsOf(columns, name, length, 1);
    const requests: RequestColumns = {
      opcode: narrow('aio_lio_opcode'),
      pid: narrow('pid'),
      fd: narrow('aio_fildes'),
      buf: wide('aio_buf'),
      nbytes: wide('aio_nbytes'),
      offset: wide('aio_offset'),
      rwFlags: narrow('aio_rw_flags'),
    };
    const [ts, res, doubt] = [wide('completionTs'), wide('res'), narrow('doubt')];
    for (let i = 0; i < length; i++) {
      if (doubt[i] === 1) continue;
      this.#keep(0, requests, i);
      this.#count(0, ts, res, i, Number(columns.completionIndex[i]));
    }
  }

  /** Keeps what row `i` requests in a slot. */
  #keep(slot: number, requests: RequestColumns, i: number): void {
    if (slot >= this.#words.length) this.#grow(slot);
    const { pid, fd, nbytes, offset } = requests;
    const number = this.#descriptor(pid[i], fd[i]);
    this.#words[slot] = this.#classes.of(requests, i) | (number << DESCRIPTOR_SHIFT);
    this.#offsets[2 * slot] = offset[2 * i];
    this.#offsets[2 * slot + 1] = offset[2 * i + 1];
    this.#lengths[slot] = nbytes[2 * i + 1] === 0 ? nbytes[2 * i] : MAX_RW_COUNT;
  }

  /** Counts how the request in a slot ended, in row `row` of these columns. */
  #count(slot: number, ts: Uint32Array, res: Uint32Array, row: number, index: number): void {
    const word = this.#words[slot];
    const results = this.descriptors[word >>> DESCRIPTOR_SHIFT];
    const cls = word & (CLASSES - 1);
    let cell = -1;
    if ((word & PLACED) !== 0) {
      cell = results.axis.place(this.#offsets, slot);
      results.requests.values[2 * cell + writesIn(cls)] += 1;
    }
    if (res[2 * row + 1] < 2 ** 31) results.succeeded[cls] += 1;
    else this.#fail(results, slot, cell, ts, res, row, index);
  }

  #fail(
    results: DescriptorResults,
    slot: number,
    cell: number,
    ts: Uint32Array,
    res: Uint32Array,
    row: number,
    index: number,
  ): void {
    const cls = this.#words[slot] & (CLASSES - 1);
    const opcode = opcodeIn(cls);
    const counts = results.fail(cls);
    const errno = 2 ** 32 - res[2 * row];
    // No errno: no kernel returns it.
    if (res[2 * row + 1] !== 0xffffffff || errno > MAX_ERRNO) return;
    // A POLL that the program has cancelled.
    if (errno === ECANCELED && opcode === IOCB_CMD_POLL) return;
    const isNowait = errno === EAGAIN && hasNowait(cls);
    if (isNowait) {
      this.nowaitFailed += 1;
      counts.again[cls] += 1;
    } else this.failed[errno] += 1;
    if (errno === EINVAL) {
      counts.invalid[cls] += 1;
      if (index < counts.firstInvalid[cls]) counts.firstInvalid[cls] = index;
    }
    const before = results.groupCount;
    const group = results.groupOf(errno, opcode, isNowait, this.#groups < GROUPS_MAX);
    this.#groups += results.groupCount - before;
    if (group === undefined) return;
    group.add(index, ts, row);
    if (cell < 0) return;
    group.place(
      cell,
      this.#offsets[2 * slot + 1] * 2 ** 32 + this.#offsets[2 * slot],
      opcode >= IOCB_CMD_PREADV ? Number.NaN : Math.min(this.#lengths[slot], MAX_RW_COUNT),
    );
  }

  /** Completed requests. */
  get completed(): number {
    return this.descriptors.reduce((sum, results) => sum + results.completed(), 0);
  }

  /** The number of a descriptor. */
  #descriptor(pid: number, fd: number): number {
    const at = (fd ^ Math.imul(pid, 0x9e3779b1)) & (CACHE - 1);
    const cached = this.#cache[at];
    if (cached >= 0) {
      const known = this.descriptors[cached];
      if (known.fd === fd && known.pid === pid && !known.isOther) return cached;
    }
    const key = pid < 2 ** 21 ? pid * 2 ** 32 + fd : (BigInt(pid) << 32n) | BigInt(fd);
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.descriptors.length;
      const isOther = number >= DESCRIPTORS_MAX;
      if (number > DESCRIPTORS_MAX) return DESCRIPTORS_MAX;
      this.descriptors.push(new DescriptorResults(pid, fd, isOther));
      if (isOther) return number;
      this.#byKey.set(key, number);
    }
    this.#cache[at] = number;
    return number;
  }

  #grow(slot: number): void {
    const wider = (array: Uint32Array, length: number) => {
      const copy = new Uint32Array(length);
      copy.set(array);
      return copy;
    };
    this.#words = wider(this.#words, 2 * slot);
    this.#offsets = wider(this.#offsets, 4 * slot);
    this.#lengths = wider(this.#lengths, 2 * slot);
  }
}
