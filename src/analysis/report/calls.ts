import type { CallName } from '../../abi/call.ts';
import { nanoseconds, type SelectOptions } from '../../layout/where.ts';
import { closeQuietly, readFault, unlessAborted } from '../../stream/fault.ts';
import type { ReadOptions } from '../../stream/options.ts';
import type { CallBytes } from '../../stream/stream-set.ts';
import { type CallBatch, decodeCalls } from '../../trace/calls.ts';
import { PARTS } from '../../trace/part.ts';
import { Latency } from '../match/latency.ts';
import { latencyJson } from '../match/latency-json.ts';
import type { BatchJson, CallsJson } from './batches.ts';
import { FineHistogram, percentiles } from './fine-histogram.ts';
import type { Report } from './report.ts';

/** Which calls to count, and when to stop. */
interface CallOptions extends SelectOptions {
  readonly signal?: ReadOptions['signal'];
}

/** Calls per read. */
const CALLS = 16_384;
/** The least share of the records of a stream that calls account for, if they made it. */
const SHARE_MIN = 0.9;
const SIZE_MAX = 2 ** 31 - 1;
/** The most threads that are counted. */
const THREADS_MAX = 65_536;

/** The calls of one name. */
class CallCounter {
  count = 0;
  empty = 0;
  failed = 0;
  short = 0;
  readonly time = new Latency();
  /** The threads that made them, up to `THREADS_MAX`. */
  readonly threads = new Set<number>();

  merge(part: CallCounter): void {
    this.count += part.count;
    this.empty += part.empty;
    this.failed += part.failed;
    this.short += part.short;
    this.time.merge(part.time);
    for (const tid of part.threads) this.#addThread(tid);
  }

  /** Counts a call of a thread that took `ns`. */
  take(tid: number, ns: bigint | undefined): void {
    this.count += 1;
    if (ns !== undefined) this.time.addWide(ns);
    this.#addThread(tid);
  }

  #addThread(tid: number): void {
    if (this.threads.size < THREADS_MAX) this.threads.add(tid);
  }
}

/** The calls that make one of the two streams. */
class SideCalls {
  readonly #byName: ReadonlyMap<CallName, CallCounter>;
  readonly #sizes = new FineHistogram();
  #records = 0;
  #batches = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = 0;

  constructor(names: readonly CallName[]) {
    this.#byName = new Map(names.map((name) => [name, new CallCounter()]));
  }

  add(name: CallName, tid: number, nr: number, ret: bigint, ns: bigint | undefined): void {
    const counter = this.#byName.get(name);
    if (counter === undefined) return;
    counter.take(tid, ns);
    if (ret < 0n) counter.failed += 1;
    else if (ret === 0n) counter.empty += 1;
    if (ret <= 0n) return;
    const size = Math.min(Number(ret), SIZE_MAX);
    if (size < nr) counter.short += 1;
    this.#sizes.add(size);
    this.#records += size;
    this.#batches += 1;
    this.#least = Math.min(this.#least, size);
    this.#most = Math.max(this.#most, size);
  }

  merge(part: SideCalls): void {
    for (const [name, counter] of part.#byName) this.#byName.get(name)?.merge(counter);
    this.#sizes.merge(part.#sizes);
    this.#records += part.#records;
    this.#batches += part.#batches;
    this.#least = Math.min(this.#least, part.#least);
    this.#most = Math.max(this.#most, part.#most);
  }

  /** Returns the batches of a stream of `records` records; undefined if they came otherwise. */
  batchOf(records: number): BatchJson | undefined {
    const found = percentiles(this.#sizes.values(), this.#least, this.#most);
    if (found === undefined || this.#records < SHARE_MIN * records) return undefined;
    const mean = this.#records / this.#batches;
    const range = { low: mean, high: mean, percentiles: found };
    return { mean, max: this.#most, known: true, ...range, from: 'calls' };
  }

  /** The calls of each name; `spanNs` is the time from the first call to the last. */
  toJSON(spanNs: bigint, withTracer: boolean): CallsJson[] {
    return [...this.#byName].flatMap(([name, { count, empty, failed, short, threads, time }]) => {
      if (count === 0) return [];
      const all = Number(spanNs) * threads.size;
      const timeNs =
        time.count > 0
          ? {
              timeNs: latencyJson(time),
              ...(withTracer && { withTracer }),
              timeShare: all === 0 ? null : Number(time.sum) / all,
            }
          : {};
      const isSubmit = name === 'io_submit';
      const calls = { name, count, empty, failed, ...(isSubmit && { short }) };
      return [{ ...calls, threads: threads.size, ...timeNs }];
    });
  }
}

/** Counts the calls of a trace. Mergeable in any order. */
export class CallReport {
  readonly submitted = new SideCalls(['io_submit']);
  readonly reaped = new SideCalls(['io_getevents', 'io_pgetevents']);
  /** Whether the times of calls include what the tracer did in them. */
  withTracer = false;
  #from: bigint | null = null;
  #to = 0n;

  /** Counts the calls of a batch that began, or else ended, from `from` and before `to`. */
  add({ length, columns, nameOf }: CallBatch, from: bigint | undefined, to: bigint | undefined) {
    const { ts, end, tid, nr, ret } = columns;
    for (let i = 0; i < length; i++) {
      const name = nameOf(i);
      const at = ts[i] === 0n ? end[i] : ts[i];
      if (name === undefined || (from !== undefined && at < from) || (to !== undefined && at >= to))
        continue;
      const ns = ts[i] > 0n && end[i] >= ts[i] ? end[i] - ts[i] : undefined;
      this.submitted.add(name, tid[i], nr[i], ret[i], ns);
      this.reaped.add(name, tid[i], nr[i], ret[i], ns);
      this.#addSpan(at, end[i] > at ? end[i] : at);
    }
  }

  /** From the beginning of the first call to the end of the last (ns). */
  get spanNs(): bigint {
    return this.#from === null ? 0n : this.#to - this.#from;
  }

  #addSpan(from: bigint, to: bigint): void {
    if (this.#from === null || from < this.#from) this.#from = from;
    if (to > this.#to) this.#to = to;
  }

  merge(part: CallReport): this {
    if (part.#from !== null) this.#addSpan(part.#from, part.#to);
    this.withTracer ||= part.withTracer;
    this.submitted.merge(part.submitted);
    this.reaped.merge(part.reaped);
    return this;
  }
}

/** Returns the range of time; null if what `+` counts from is not known. */
function rangeOf({ from, to, since }: SelectOptions): (bigint | undefined)[] | null {
  const ends = [from, to].map((value, i) =>
    value === undefined ? undefined : nanoseconds(i === 0 ? 'from' : 'to', value),
  );
  if (since === undefined && ends.some((end) => end?.isRelative)) return null;
  return ends.map((end) => end && end.ns + (end.isRelative ? (since ?? 0n) : 0n));
}

/**
 * Adds the calls of a trace to the report of its records. With conditions on columns they say
 * nothing of the records that are left, and are not read.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if the calls cannot be read
 */
export async function addCalls(
  report: Report,
  { bytes, endian, withTracer = false }: CallBytes,
  options: CallOptions,
): Promise<void> {
  const { where, signal } = options;
  const range = rangeOf(options);
  if (where !== undefined || range === null) return;
  const calls = new CallReport();
  calls.withTracer = withTracer;
  const { stride } = PARTS.calls;
  const buffer = new Uint8Array(CALLS * stride);
  let [filled, offset] = [0, 0];
  try {
    for (;;) {
      const read = await unlessAborted(bytes.read(buffer.subarray(filled)), signal);
      signal?.throwIfAborted();
      if (read === 0) break;
      offset += read;
      filled += read;
      const whole = filled - (filled % stride);
      calls.add(decodeCalls(buffer.subarray(0, whole), endian), range[0], range[1]);
      buffer.copyWithin(0, whole, filled);
      filled -= whole;
    }
  } catch (error) {
    await closeQuietly(bytes, signal);
    throw signal?.aborted ? error : readFault(bytes.name, offset, error);
  }
  await bytes.close();
  report.calls = report.calls?.merge(calls) ?? calls;
}
