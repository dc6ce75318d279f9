import { CALLS } from '../abi/call.ts';
import { IOCallbackSize } from '../abi/record.ts';
import type { TraceDescriptor, TraceProcess } from '../layout/run-names.ts';
import type { Endian } from '../layout/schema.ts';
import { version } from '../version.ts';
import type { TraceAbsence, TraceClock, TraceLoss, TraceManifest } from './manifest.ts';
import { type NsOrigin, putNs } from './ns.ts';
import { PART_NAMES, PARTS, type PartName } from './part.ts';
import type { Call, Place, RecordPlace, Refusal } from './place.ts';
import { RecordQueue } from './record-queue.ts';

/** Bytes for the end of the file of a part. */
export interface PartChunk {
  readonly part: PartName;
  /** The name of the file in the trace. */
  readonly file: string;
  readonly bytes: InstanceType<Uint8ArrayConstructor>;
}

const ENVELOPE_BYTES = 24;
const REFUSED_BYTES = PARTS.refused.stride - IOCallbackSize;

/** How a trace was made. */
export interface TraceOrigin {
  readonly method: string;
  readonly sources: readonly string[];
}

/**
 * Collects the records of a trace in the order of time, and what its manifest says. Records leave
 * it by `take`, in chunks: memory is bounded whatever their number.
 */
export class TraceBuilder {
  readonly endian: Endian;
  /** May be set by the importer, once the source has said it. */
  clock: TraceClock = { id: 'unknown', realtimeOffsetNs: null };
  kernel: string | null = null;
  /** What times count from that are numbers. */
  origin: NsOrigin | undefined;
  complete: boolean | 'unknown' = 'unknown';
  refusalsKnown = true;
  readonly losses: TraceLoss[] = [];
  readonly absent: TraceAbsence[] = [];
  readonly #origin: TraceOrigin;
  readonly #isLittle: boolean;
  readonly #queues: Readonly<Record<PartName, RecordQueue>>;
  readonly #processes = new Map<number, TraceProcess[]>();
  readonly #descriptors = new Map<string, TraceDescriptor[]>();
  readonly #omitted = new Set<PartName>();
  readonly #dropped = new Map<string, number>();
  readonly #presumed = new Map<string, number>();

  constructor(origin: TraceOrigin, endian: Endian = 'little') {
    this.#origin = origin;
    this.endian = endian;
    this.#isLittle = endian === 'little';
    const queue = (part: PartName) => new RecordQueue(PARTS[part].stride, this.#isLittle);
    this.#queues = {
      submissions: queue('submissions'),
      completions: queue('completions'),
      refused: queue('refused'),
      calls: queue('calls'),
    };
  }

  /** From now on, records keep the order in which they are added, whatever their times. */
  keepOrder(): void {
    for (const part of PART_NAMES) this.#queues[part].keepsOrder = true;
  }

  /** A part that the source has no records of, however many there were: it gets no file. */
  omit(part: PartName): void {
    this.#omitted.add(part);
  }

  /** Adds an accepted submission. Returns where its iocb is to be written. */
  submission(place: RecordPlace): Place {
    return this.#record('submissions', place, ENVELOPE_BYTES);
  }

  /** Adds a completion. Returns where its io_event is to be written. */
  completion(place: RecordPlace): Place {
    return this.#record('completions', place, ENVELOPE_BYTES);
  }

  /** Adds a submission that the kernel refused. Returns where its iocb is to be written. */
  refusal(refusal: Refusal): Place {
    const place = this.#record('refused', refusal, REFUSED_BYTES);
    const { view, at } = place;
    const start = at - REFUSED_BYTES;
    view.setBigUint64(start + 24, refusal.ctx, this.#isLittle);
    view.setInt32(start + 32, refusal.ret, this.#isLittle);
    return place;
  }

  call({ call, ts, end, ctx, pid, tid, nr, ret }: Call): void {
    const queue = this.#queues.calls;
    // Calls whose start is not known are in the order of their ends, with a ts of 0.
    const at = queue.add(ts === 0n ? end : ts, this.origin);
    const { view } = queue;
    putNs(view, at, ts, this.origin, this.#isLittle);
    putNs(view, at + 8, end, this.origin, this.#isLittle);
    view.setBigUint64(at + 16, ctx, this.#isLittle);
    view.setUint32(at + 24, pid, this.#isLittle);
    view.setUint32(at + 28, tid, this.#isLittle);
    view.setUint16(at + 32, CALLS.indexOf(call), this.#isLittle);
    view.setInt32(at + 36, nr, this.#isLittle);
    view.setBigInt64(at + 40, ret, this.#isLittle);
  }

  /** Notes the name of a process from a time on; null if it always had it. */
  process(pid: number, comm: string, from: bigint | null): void {
    const names = this.#processes.get(pid) ?? [];
    if (names.at(-1)?.comm === comm) return;
    names.push({ pid, comm, from: from === null ? null : String(from) });
    this.#processes.set(pid, names);
  }

  /** Notes the file of a descriptor from a time on; null if it always stood for it. */
  descriptor(pid: number, fd: number, path: string, from: bigint | null): void {
    const key = `${pid} ${fd}`;
    const paths = this.#descriptors.get(key) ?? [];
    if (paths.at(-1)?.path === path) return;
    paths.push({ pid, fd, path, from: from === null ? null : String(from) });
    this.#descriptors.set(key, paths);
  }

  /** Counts what cannot be used. */
  drop(reason: string, count = 1): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }

  /** Counts what the source does not say and is presumed. */
  presume(what: string): void {
    this.#presumed.set(what, (this.#presumed.get(what) ?? 0) + 1);
  }

  /**
   * Returns the records that are ready: before the end those of full windows, at the end all; the
   * parts that every trace has are then returned also if they are empty.
   */
  take(isEnd: boolean): PartChunk[] {
    return PART_NAMES.flatMap((part) => {
      const queue = this.#queues[part];
      const { file } = PARTS[part];
      const pieces: PartChunk['bytes'][] = [];
      while (!isEnd && queue.isFull) pieces.push(...queue.take(false));
      if (isEnd) pieces.push(...queue.take(true));
      if (isEnd && pieces.length === 0 && this.#isWritten(part)) pieces.push(new Uint8Array(0));
      return pieces.map((bytes) => ({ part, file, bytes }));
    });
  }

  /**
   * Returns the records before these times, in the order of the parts: of calls, and of all others.
   * If the window of a part is full, those before a later time are returned.
   */
  takeUntil({ records, calls }: { readonly records: bigint; readonly calls: bigint }): PartChunk[] {
    const until = (parts: readonly PartName[], time: bigint): bigint => {
      let latest = time;
      for (const { due } of parts.map((part) => this.#queues[part]))
        if (due !== undefined && due > latest) latest = due;
      return latest;
    };
    const others = PART_NAMES.filter((part) => part !== 'calls');
    // Completions are never ahead of submissions.
    const [ofRecords, ofCalls] = [until(others, records), until(['calls'], calls)];
    return PART_NAMES.flatMap((part) => {
      const pieces = this.#queues[part].takeUntil(part === 'calls' ? ofCalls : ofRecords);
      return pieces.map((bytes) => ({ part, file: PARTS[part].file, bytes }));
    });
  }

  /** Whether a trace has the file of a part: always of submissions and completions. */
  #isWritten(part: PartName): boolean {
    const isExpected = part === 'submissions' || part === 'completions';
    return (isExpected && !this.#omitted.has(part)) || this.#queues[part].records > 0;
  }

  /** The manifest of what was added so far. */
  manifest(): TraceManifest {
    const late = PART_NAMES.reduce((sum, part) => sum + this.#queues[part].late, 0);
    const dropped = Object.fromEntries(this.#dropped);
    if (late > 0) dropped['out of order by more than the window'] = late;
    const parts = PART_NAMES.filter((part) => this.#isWritten(part)).map((part) => {
      const { file, layout } = PARTS[part];
      return [part, { file, layout, records: this.#queues[part].records }] as const;
    });
    return {
      format: 'aioscope-trace',
      version: 1,
      writer: `aioscope ${version}`,
      ...this.#origin,
      kernel: this.kernel,
      endian: this.endian,
      clock: this.clock,
      parts: Object.fromEntries(parts),
      ...{ ended: true, selection: null },
      complete: this.complete,
      refusalsKnown: this.refusalsKnown,
      losses: this.losses,
      absent: this.absent,
      processes: [...this.#processes.values()].flat(),
      descriptors: [...this.#descriptors.values()].flat(),
      dropped,
      presumed: Object.fromEntries(this.#presumed),
    };
  }

  #record(part: PartName, { ts, addr, pid, tid }: RecordPlace, envelope: number): Place {
    const queue = this.#queues[part];
    const start = queue.add(ts, this.origin);
    const { view } = queue;
    view.setBigUint64(start + 8, addr, this.#isLittle);
    view.setUint32(start + 16, pid, this.#isLittle);
    view.setUint32(start + 20, tid, this.#isLittle);
    return { view, at: start + envelope };
  }
}
