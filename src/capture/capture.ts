import { readFileSync } from 'node:fs';
import { AioscopeError } from '../errors.ts';
import { type PartChunk, TraceBuilder } from '../trace/builder.ts';
import { decodeChunk, type ImportedBatch } from '../trace/decode-chunk.ts';
import type { TraceManifest } from '../trace/manifest.ts';
import { PART_NAMES, PARTS } from '../trace/part.ts';
import {
  BUFFER_BYTES,
  type CaptureOptions,
  checkCaptureOptions,
  SLOTS,
} from './capture-options.ts';
import { realtimeOffsetNs } from './clock.ts';
import { CaptureCounter, type CaptureProgress } from './counter.ts';
import { Descriptors } from './descriptors.ts';
import { chooseMethod, recorderOf } from './methods.ts';
import { isRunning, pidNames } from './proc.ts';
import { Program } from './program.ts';
import type { Recorder } from './recorder.ts';
import { SubmissionFilter } from './submission-filter.ts';

/** Between two calls of `onProgress`, and two looks at the processes (ms). */
const LOOK_MS = 500;
/** How long records are collected before a batch is yielded (ms). */
const BATCH_MS = 100;
/** How long they are not: the files of short programs are looked up while these run (ms). */
const EAGER_MS = 2000;

/** One capture. It begins when it is iterated, and can be iterated once. */
export class Capture implements AsyncIterable<ImportedBatch> {
  readonly #options: CaptureOptions;
  #builder: TraceBuilder | undefined;
  #counter: CaptureCounter | undefined;
  #program: Program | undefined;
  #realtimeOffsetNs = 0n;
  #roots: readonly number[] = [];
  #hasBegun = false;
  #hasEnded = false;
  #isStopped = false;
  /** Whether the program runs. */
  #isReleased = false;
  #wake: (() => void) | undefined;

  constructor(options: CaptureOptions) {
    this.#options = options;
  }

  /** Ends the capture: the iteration goes on until all that was recorded has been yielded. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** The program that it has started; undefined if there is none. */
  get program(): Program | undefined {
    return this.#program;
  }

  /**
   * What is known of the trace so far; whole once the iteration has ended.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` before the iteration begins
   */
  get manifest(): TraceManifest {
    if (this.#builder === undefined || this.#counter === undefined)
      throw new AioscopeError('AIOSCOPE_SOURCE', 'the capture has not begun; iterate it first');
    const manifest = this.#builder.manifest();
    const { records } = this.#counter;
    const parts = PART_NAMES.flatMap((part) => {
      const written = manifest.parts[part];
      return written === undefined ? [] : [[part, { ...written, records: records[part] }] as const];
    });
    const { clock } = manifest;
    const isMonotonic = clock.id === 'monotonic';
    const { where } = this.#options;
    const conditions = where === undefined ? [] : typeof where === 'string' ? [where] : where;
    return {
      ...manifest,
      ended: this.#hasEnded,
      selection: { pids: this.#roots, where: conditions },
      clock: isMonotonic ? { ...clock, realtimeOffsetNs: String(this.#realtimeOffsetNs) } : clock,
      parts: Object.fromEntries(parts),
    };
  }

  /**
   * The records as bytes for the files of a trace. The first chunk is empty: it comes as soon as
   * the capture has begun.
   */
  async *chunks(): AsyncGenerator<PartChunk, void, void> {
    if (this.#hasBegun)
      throw new AioscopeError('AIOSCOPE_SOURCE', 'the capture was iterated before; make another');
    this.#hasBegun = true;
    const { command, where } = this.#options;
    let recorder: Recorder | undefined;
    try {
      // Conditions are checked before anything is started.
      if (where !== undefined) new SubmissionFilter(where, new TraceBuilder(NO_ORIGIN));
      this.#program = command && (await Program.start(command));
      this.#roots = this.#rootsOf();
      const method = chooseMethod(this.#options.method ?? 'auto', this.#roots);
      const builder = new TraceBuilder({ method, sources: [] });
      this.#builder = builder;
      this.#realtimeOffsetNs = realtimeOffsetNs();
      builder.kernel = readFileSync('/proc/version', 'utf8').trim();
      const { bufferBytes = BUFFER_BYTES, slots = SLOTS } = this.#options;
      recorder = recorderOf(method, { builder, roots: this.#roots, bufferBytes, slots });
      await recorder.start();
      this.#counter = new CaptureCounter();
      yield* this.#record(recorder, builder);
    } finally {
      if (!this.#isReleased) this.#program?.abandon();
      await recorder?.close();
    }
  }

  async *#record(recorder: Recorder, builder: TraceBuilder): AsyncGenerator<PartChunk, void, void> {
    const { where } = this.#options;
    const filter = where === undefined ? undefined : new SubmissionFilter(where, builder);
    const descriptors = new Descriptors(builder);
    const counter = this.#counter;
    const finished = (chunks: readonly PartChunk[]): readonly PartChunk[] => {
      const selected = filter === undefined ? chunks : filter.select(chunks);
      descriptors.look(selected);
      counter?.add(selected);
      return selected;
    };
    yield { part: 'calls', file: PARTS.calls.file, bytes: new Uint8Array(0) };
    this.#isReleased = true;
    this.#program?.release();
    void this.#program?.exited.then(() => this.stop());
    const isOver = this.#ends();
    let looked = 0;
    const begun = performance.now();
    let taken = begun;
    for (let isLast = false; !isLast; ) {
      isLast = isOver();
      const more = recorder.poll();
      const now = performance.now();
      const isDue = now - taken > BATCH_MS || now - begun < EAGER_MS;
      if (more || isLast || isDue) {
        taken = now;
        yield* finished(builder.takeUntil(recorder.settled()));
      }
      if (now - looked > LOOK_MS) {
        looked = now;
        this.#options.onProgress?.(this.#progress(recorder));
      }
      if (!isLast) await this.#pause(more ? 0 : recorder.intervalMs);
    }
    await recorder.stop();
    while (recorder.poll()) {
      yield* finished(builder.takeUntil(recorder.settled()));
      await this.#pause(0);
    }
    recorder.finish();
    this.#hasEnded = true;
    yield* finished(builder.take(true));
    this.#options.onProgress?.(this.#progress(recorder));
  }

  #progress(recorder: Recorder): CaptureProgress {
    return (this.#counter ?? new CaptureCounter()).progress(recorder.lost());
  }

  /** Decoded batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ImportedBatch, void, void> {
    for await (const chunk of this.chunks())
      if (chunk.bytes.byteLength > 0) yield decodeChunk(chunk);
  }

  /** The processes to follow, as the kernel calls them. */
  #rootsOf(): number[] {
    const { pids = [] } = this.#options;
    const names = pidNames();
    const all = this.#program === undefined ? pids : [...pids, this.#program.pid];
    return all.map((pid) => {
      const host = names.hostPidOf(pid);
      if (host !== undefined && isRunning(host)) return host;
      throw new AioscopeError(
        'AIOSCOPE_CAPTURE',
        host === undefined
          ? `process ${pid}: its host PID cannot be determined in this container: ` +
              'start the container with --pid=host, or run aioscope on the host'
          : `process ${pid} is not running`,
      );
    });
  }

  /** Says whether the capture is to end. */
  #ends(): () => boolean {
    const { durationMs = Number.POSITIVE_INFINITY } = this.#options;
    const begun = performance.now();
    let looked = begun;
    let areGone = false;
    return () => {
      const now = performance.now();
      if (this.#roots.length > 0 && now - looked > LOOK_MS) {
        looked = now;
        areGone = !this.#roots.some(isRunning);
      }
      return this.#isStopped || areGone || now - begun >= durationMs;
    };
  }

  /** Waits, unless the capture is stopped. Without it, signals and timers would have to wait. */
  async #pause(ms: number): Promise<void> {
    if (ms === 0) return new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#isStopped) this.#wake();
    });
    this.#wake = undefined;
  }
}

const NO_ORIGIN = { method: '', sources: [] };

/**
 * Captures the native AIO of running programs. The capture begins when it is iterated, for decoded
 * batches, or for the bytes of a trace by `chunks()`; it ends by `stop()`, after `durationMs`, or
 * when the program or all processes have exited. Batches are in time order per part and come about
 * 0.1 s after the fact, of `bpftrace` 1 s. If they are consumed too slowly, the kernel's buffer
 * overflows, and `manifest.losses` says by how much.
 *
 * Node only, on Linux; most methods need root. `manifest` is whole once the iteration has ended.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` at once for an invalid option; while iterating
 *   `AIOSCOPE_CAPTURE` if capturing cannot begin or fails
 */
export function capture(options: CaptureOptions = {}): Capture {
  checkCaptureOptions(options);
  return new Capture(options);
}
