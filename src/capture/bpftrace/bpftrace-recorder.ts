// Records what programs do with a bpftrace script.
import { readlinkSync } from 'node:fs';
import { AioscopeError } from '../../errors.ts';
import { BpftraceParser } from '../../import/bpftrace.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import { startTime, withDescendants } from '../process-tree.ts';
import { POLLED_MAX, type Recorder, type RecorderContext } from '../recorder.ts';
import { bpftraceShift } from './boot-offset.ts';
import { BpftraceProcess } from './bpftrace-process.ts';
import { LineWindow } from './line-window.ts';
import { BEAT_MS, bpftraceScript, OFF_SIGNAL } from './script.ts';

/** Records that the script prints of a call. */
const CALL_MAX = 64;
/** How long lines are held back for earlier ones, in ns. */
const SLACK_NS = 1_000_000_000;
/** Lines that are held back: beyond that, the earliest are used sooner. */
const HELD_MAX = 2 ** 17;
/** How often it is started, where the processes to follow start others meanwhile. */
const START_TRIES = 3;
/** How long bpftrace may take to compile and attach the script, in ms. */
const START_MS = 60_000;

/** PROC_PID_INIT_INO. Source: include/linux/proc_ns.h. */
const HOST_NAMESPACE = 'pid:[4026531836]';

/** How long it may take to print what it has buffered once it is to stop, in ms. */
const OFF_MS = 10_000;

const BEAT = /^T (\d) (\d{1,19})$/;
const IS_BLANK = /^ *$/;

/** What a recorder of bpftrace may be made with besides. */
export interface BpftraceOptions {
  /** Records of a call that are recorded at most; of calls with more, the rest is counted. */
  readonly callMax?: number;
}

/**
 * Records with bpftrace: submissions, refused ones too, the calls that submit and reap, and the
 * completions that they return. Needs what `bpftraceLacks` checks.
 */
export class BpftraceRecorder implements Recorder {
  readonly method = 'bpftrace';
  readonly intervalMs = 20;
  readonly #context: RecorderContext;
  readonly #builder: TraceBuilder;
  readonly #callMax: number;
  #window = new LineWindow();
  #parser: BpftraceParser;
  #shift = 0n;
  #process: BpftraceProcess | undefined;
  /** Processes that were started while bpftrace was, and are not followed. */
  #missed = 0;
  #isStopped = false;
  #lost: number | null = null;

  constructor(context: RecorderContext, { callMax = CALL_MAX }: BpftraceOptions = {}) {
    this.#context = context;
    this.#builder = context.builder;
    this.#callMax = callMax;
    this.#parser = new BpftraceParser(context.builder);
  }

  async start(): Promise<void> {
    const { roots, bufferBytes } = this.#context;
    this.#shift = bpftraceShift();
    this.#parser = new BpftraceParser(this.#builder, this.#shift);
    if (this.#builder.clock.id === 'unknown')
      this.#builder.clock = { id: 'monotonic', realtimeOffsetNs: null };
    let pids = withDescendants(roots);
    for (let left = START_TRIES; ; left--) {
      const options = { hasBeat: true, owner: hostPid() };
      this.#window = new LineWindow();
      this.#process = new BpftraceProcess(
        bpftraceScript(pids, this.#callMax, options),
        bufferBytes,
      );
      try {
        const attached = await this.#attached(this.#process);
        const missed = startedBefore(attached, roots, pids);
        this.#process.removeScript();
        this.#missed = missed.length;
        if (missed.length === 0 || left === 1) return;
        pids = [...pids, ...missed];
      } catch (error) {
        await this.close();
        throw error;
      }
      await this.close();
    }
  }

  poll(): boolean {
    const running = this.#process;
    if (running === undefined) return false;
    if (running.end !== null && !this.#isStopped) throw endedEarly(running);
    // A line adds the records of a call at most.
    const until = this.#parser.added + Math.max(1, POLLED_MAX - 2 * this.#callMax);
    while (this.#parser.added < until) {
      while (running.hasLines && this.#window.size < HELD_MAX) this.#read(running);
      const isFull = this.#window.size >= HELD_MAX;
      const line = this.#window.take(this.#isStopped || isFull ? 0 : SLACK_NS);
      if (line === undefined) return false;
      if (this.#parser.line(line) === 'unparsed')
        this.#builder.drop('lines of bpftrace that could not be parsed');
    }
    return true;
  }

  settled(): { records: bigint; calls: bigint } {
    const { latest, earliest } = this.#window;
    if (latest === undefined) return { records: 0n, calls: 0n };
    const held = this.#isStopped ? latest + 1n : latest - BigInt(SLACK_NS);
    const next = (earliest !== undefined && earliest < held ? earliest : held) + this.#shift;
    const { submit = next, call = next } = this.#parser.pending;
    return { records: submit < next ? submit : next, calls: call < next ? call : next };
  }

  lost(): number | null {
    return this.#lost;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = this.#process;
    if (running === undefined) return;
    await this.#turnedOff(running);
    await running.stop();
  }

  finish(): void {
    this.#parser.end();
    if (this.#window.late > 0) {
      // A return that is read before its call is of no use.
      this.#builder.drop('bpftrace lines out of order', this.#window.late);
      if (this.#builder.complete === true) this.#builder.complete = 'unknown';
    }
    if (this.#missed > 0) {
      this.#builder.drop('child processes started while bpftrace was attaching', this.#missed);
      this.#builder.complete = false;
    }
    const losses = this.#builder.losses.map(({ lost }) => lost ?? 0);
    if (losses.length > 0) this.#lost = losses.reduce((sum, lost) => sum + lost, 0);
  }

  async close(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.close();
  }

  /**
   * Waits until all probes are attached. BEGIN runs before that, so the first and the last probe
   * print lines at intervals: once both have, those between them are attached. Returns when that
   * was, by the clock of bpftrace.
   */
  async #attached(running: BpftraceProcess): Promise<bigint> {
    const deadline = Date.now() + START_MS;
    const beats: bigint[] = [];
    while (beats[0] === undefined || beats[1] === undefined) {
      const left = deadline - Date.now();
      if (left <= 0)
        throw new AioscopeError(
          'AIOSCOPE_CAPTURE',
          `bpftrace did not attach its probes within ${START_MS / 1000} seconds; expected it to ` +
            'print lines by then; try again when the machine is less busy, or capture another way',
        );
      await running.changed(left);
      while (running.hasLines)
        this.#read(running, (line) => {
          const [, number, ns] = BEAT.exec(line) ?? [];
          if (number !== undefined) beats[Number(number)] ??= BigInt(ns);
        });
      if (running.end !== null) throw endedEarly(running);
    }
    return beats[1] - BigInt(BEAT_MS) * 1_000_000n;
  }

  /**
   * Makes all probes print no more, and waits until bpftrace has printed the lines before that. It
   * reads the buffer of one CPU after the other: between two beats, it has read all.
   */
  async #turnedOff(running: BpftraceProcess): Promise<void> {
    running.readAll();
    running.signal(OFF_SIGNAL);
    const off = process.hrtime.bigint() - this.#shift;
    const deadline = Date.now() + OFF_MS;
    let beats = 0;
    while (beats < 2 && running.end === null && Date.now() < deadline) {
      await running.changed(BEAT_MS);
      while (running.hasLines)
        this.#read(running, (line) => {
          const [, number, ns] = BEAT.exec(line) ?? [];
          if (number === '1' && BigInt(ns) > off) beats += 1;
        });
    }
  }

  #read(running: BpftraceProcess, onLine: (line: string) => void = () => {}): void {
    for (const line of running.lines()) {
      onLine(line);
      if (!IS_BLANK.test(line)) this.#window.add(line);
    }
  }
}

/** The descendants of `roots`, besides those that are known, that were started before a time. */
const startedBefore = (
  time: bigint,
  roots: readonly number[],
  known: readonly number[],
): number[] => {
  const pids = new Set(known);
  return withDescendants(roots).filter((pid) => !pids.has(pid) && startTime(pid) < time);
};

/** The PID that the kernel knows this process by; undefined in a namespace of PIDs. */
function hostPid(): number | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid') === HOST_NAMESPACE ? process.pid : undefined;
  } catch {
    return undefined;
  }
}

function endedEarly({ end, complaint }: BpftraceProcess): AioscopeError {
  return new AioscopeError(
    'AIOSCOPE_CAPTURE',
    `bpftrace exited early (${end})` +
      // An error is printed as one line.
      `${complaint === '' ? '' : `; it printed: ${complaint.replaceAll('\n', ' / ')}`}; ` +
      'it needs root, Linux 5.3 and bpftrace 0.17 or newer; or use another --method',
  );
}
