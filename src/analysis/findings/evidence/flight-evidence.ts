// What reads and writes in flight at once do to each other, and what they did not move.
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import {
  EVENT,
  EVENT_KIND,
  EVENT_SHIFT,
  EVENT_SLOT_SHIFT,
  EVENTS,
} from '../../match/event-layout.ts';
import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import type { MatchEvents } from '../../match/pair-sink.ts';
import { READV, WRITEV } from '../../report/request-kind.ts';
import { ClampedRequests } from './clamped-requests.ts';
import { DescriptorIds } from './descriptor-ids.ts';
import { EmptyReads } from './empty-reads.ts';
import {
  excessOf,
  FlightBlock,
  type FlightColumns,
  isWriteKind,
  kindsWithout,
  placeOf,
  streamColumns,
} from './flight-columns.ts';
import { Overlaps } from './overlaps.ts';
import type { EvidencePart } from './part.ts';
import { SelectedFlight } from './selected-flight.ts';
import { widened } from './widened.ts';

/** Bits of a slot's state above its kind: which ranges it has in flight. */
const ON_FILE = 8;
const IN_MEMORY = 16;
const KIND = 7;

/** Numbers per slot, and which is which. */
const NUMBERS = 4;
const FROM = 0;
const LENGTH = 1;
const END_BEFORE = 2;
const INDEX = 3;

/** Classes of requests in flight. */
const NONE = 0;
const READS = 1;
const WRITES = 2;

/** Buffers from here on are not judged: their addresses are not exact as numbers. */
const BUFFER_HIGH_MAX = 2 ** 20;

/**
 * Evidence of reads and writes. A write is at the bytes that it asks for; a vectored one, whose
 * length its record does not have, at its first byte; one with RWF_APPEND or a negative offset
 * nowhere. Buffers are those of PREAD and PWRITE: the kernel has a copy of the iovecs of others.
 */
export class FlightEvidence implements EvidencePart {
  readonly descriptors: DescriptorIds;
  /** Writes that overlap an older one, by descriptor. */
  readonly writes = new Overlaps();
  /** Requests whose buffer overlaps that of an older one, if one of both reads; by process. */
  readonly buffers = new Overlaps();
  readonly empty = new EmptyReads();
  readonly clamped = new ClampedRequests();
  /** Reads, and writes, that did not fail. */
  readonly succeeded: Float64Array = new Float64Array(2);
  /** Those with a buffer, and writes with a place. */
  buffered = 0;
  placed = 0;
  /** Whether records have the processes that descriptors and buffers are of. */
  readonly hasPids: boolean;
  readonly #columns: FlightColumns;
  readonly #lacksOffset: readonly boolean[];
  readonly #lacksDescriptor: readonly boolean[];
  readonly #submissions: InputStream;
  readonly #block: FlightBlock;
  /** By slot. */
  #state = new Uint8Array(0);
  #descriptor = new Uint32Array(0);
  #numbers = new Float64Array(0);
  #ts = new Uint32Array(0);
  readonly #selected = new SelectedFlight(this);

  constructor(submissions: InputStream) {
    const { schema } = submissions;
    this.#submissions = submissions;
    this.#columns = streamColumns(submissions);
    this.#block = new FlightBlock(submissions.ts.length / 2);
    this.hasPids = submissions.has('pid');
    this.descriptors = new DescriptorIds(schema.names);
    this.#lacksOffset = kindsWithout(schema, 'aio_offset');
    this.#lacksDescriptor = kindsWithout(schema, 'aio_fildes');
  }

  observe({ words, count, completions: { ts, res } }: MatchEvents): void {
    const { first } = this.#submissions;
    const block = this.#block;
    for (let at = 0, end = count << EVENT_SHIFT; at < end; at += 1 << EVENT_SHIFT) {
      const what = words[at + EVENT.what];
      const slot = what >>> EVENT_SLOT_SHIFT;
      const row = words[at + EVENT.row];
      const kind = what & EVENT_KIND;
      if (kind === EVENTS.opened) {
        if (first !== block.first) block.look(this.#submissions, this.#columns, this);
        this.#open(slot, row, first + row);
      } else if (kind === EVENTS.settled) this.#settle(slot, ts, res, row);
      else if (kind === EVENTS.left) this.#leave(slot);
    }
  }

  #open(slot: number, row: number, index: number): void {
    if (slot >= this.#state.length) this.#resize(Math.max(1024, 2 * slot));
    const kind = this.#block.kinds[row];
    this.#state[slot] = kind;
    if (kind > WRITEV) return;
    const { ts, buf } = this.#columns;
    const descriptor = this.#block.descriptors[row];
    const from = this.#block.froms[row];
    const length = this.#block.lengths[row];
    const at = NUMBERS * slot;
    const numbers = this.#numbers;
    this.#descriptor[slot] = descriptor;
    numbers[at + FROM] = from;
    numbers[at + LENGTH] = length;
    numbers[at + END_BEFORE] = 0;
    numbers[at + INDEX] = index;
    this.#ts[2 * slot] = ts[2 * row];
    this.#ts[2 * slot + 1] = ts[2 * row + 1];
    if (descriptor === 0 || length === 0) return;
    if (!isWriteKind(kind)) numbers[at + END_BEFORE] = this.empty.endOf(descriptor, from);
    else if (from >= 0) this.#openOnFile(slot, descriptor, from, length, index);
    if (kind >= READV) return;
    this.#openInMemory(slot, kind, buf[2 * row], buf[2 * row + 1], length, index);
    if (length !== MAX_RW_COUNT) return;
    const excess = excessOf(this.#columns, kind, row);
    if (excess !== null) this.clamped.open(slot, excess);
  }

  #settle(slot: number, ts: Uint32Array, res: Uint32Array, row: number): void {
    const state = this.#state[slot];
    const kind = state & KIND;
    if (kind > WRITEV) return;
    const high = res[2 * row + 1];
    const moved = high * 2 ** 32 + res[2 * row];
    const isFailed = high >= 2 ** 31;
    this.#close(slot, isFailed || moved === 0 ? null : ts, row);
    const excess = this.clamped.close(slot);
    if (isFailed) return;
    this.succeeded[kind & 1] += 1;
    if ((state & ON_FILE) !== 0) this.placed += 1;
    if ((state & IN_MEMORY) !== 0) this.buffered += 1;
    const descriptor = this.#descriptor[slot];
    const from = this.#numbers[NUMBERS * slot + FROM];
    if (moved === 0) {
      if (!isWriteKind(kind) && from >= 0) this.#readNothing(slot, descriptor, from);
      return;
    }
    if (from >= 0 && descriptor !== 0) this.empty.move(descriptor, isWriteKind(kind), from, moved);
    if (moved === MAX_RW_COUNT && (excess !== null || kind >= READV)) {
      const index = this.#numbers[NUMBERS * slot + INDEX];
      const own = this.#ts;
      this.clamped.add(descriptor, index, from, excess, own[2 * slot + 1], own[2 * slot]);
    }
  }

  take(pairs: PairBatch): void {
    this.#selected.take(pairs);
  }

  #leave(slot: number): void {
    if ((this.#state[slot] & KIND) > WRITEV) return;
    this.#close(slot, null, 0);
    this.clamped.close(slot);
  }

  /** The number of the descriptor of a row; 0 if it has none. */
  descriptorOf({ pid, fd, ts }: FlightColumns, kind: number, row: number): number {
    return this.#lacksDescriptor[kind]
      ? 0
      : this.descriptors.of(pid[row], fd[row], ts[2 * row + 1], ts[2 * row]);
  }

  /** The first byte on the file of a row; -1 if it has none. */
  fromOf(columns: FlightColumns, kind: number, row: number): number {
    return this.#lacksOffset[kind] ? -1 : placeOf(columns, kind, row);
  }

  /** What a group of counts by descriptor is. */
  ownerOf(descriptor: number): { pid: number | null; fd?: number; path?: string } {
    const known = this.descriptors.at(descriptor);
    if (known === undefined) return { pid: null };
    const { pid, fd, path } = known;
    return { pid: this.hasPids ? pid : null, fd, ...(path !== undefined && { path }) };
  }

  #openOnFile(slot: number, id: number, from: number, length: number, index: number): void {
    this.writes.enter(slot, id, WRITES, NONE, from, length, index, this.#ts);
    this.#state[slot] |= ON_FILE;
  }

  #openInMemory(
    slot: number,
    kind: number,
    low: number,
    high: number,
    length: number,
    index: number,
  ): void {
    if ((low | high) === 0 || high > BUFFER_HIGH_MAX || !this.hasPids) return;
    const from = high * 2 ** 32 + low;
    const process = this.descriptors.processOf(this.#descriptor[slot]);
    const ofClass = isWriteKind(kind) ? WRITES : READS;
    // Two writes may share a buffer.
    const except = ofClass === WRITES ? WRITES : NONE;
    this.buffers.enter(slot, process, ofClass, except, from, length, index, this.#ts);
    this.#state[slot] |= IN_MEMORY;
  }

  #readNothing(slot: number, descriptor: number, from: number): void {
    const at = NUMBERS * slot;
    const numbers = this.#numbers;
    const end = numbers[at + END_BEFORE];
    if (from >= end) {
      this.empty.pass(descriptor, from);
      return;
    }
    const [low, high] = [this.#ts[2 * slot], this.#ts[2 * slot + 1]];
    this.empty.add(descriptor, end, numbers[at + INDEX], from, numbers[at + LENGTH], high, low);
  }

  /** Ends what a slot has in flight, at row `row` of these times if it has moved bytes. */
  #close(slot: number, ts: Uint32Array | null, row: number): void {
    const state = this.#state[slot];
    const descriptor = this.#descriptor[slot];
    if ((state & ON_FILE) !== 0) this.writes.leave(slot, descriptor, ts, row);
    if ((state & IN_MEMORY) !== 0)
      this.buffers.leave(slot, this.descriptors.processOf(descriptor), ts, row);
    this.#state[slot] = state & KIND;
  }

  #resize(slots: number): void {
    this.#state = widened(new Uint8Array(slots), this.#state);
    this.#descriptor = widened(new Uint32Array(slots), this.#descriptor);
    this.#numbers = widened(new Float64Array(NUMBERS * slots), this.#numbers);
    this.#ts = widened(new Uint32Array(2 * slots), this.#ts);
    this.writes.resize(slots);
    this.buffers.resize(slots);
  }
}
