// Records completions by polling the completion rings of programs.

import { IOEventSize, ioEvent } from '../../abi/record.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import { allProcesses, processFile, withDescendants } from '../process-tree.ts';
import { POLLED_MAX, type Recorder, type RecorderContext } from '../recorder.ts';
import { ProcessRings } from './process-rings.ts';

/** How long a poll takes, in ns, and how long it sleeps between two passes, in ms. */
const POLL_NS = 5_000_000n;
const SLEEP_MS = 0.1;
/** How often new rings are looked for, in ns: in given processes, and in all. */
const SCAN_NS = 20_000_000n;
const SCAN_ALL_NS = 200_000_000n;
/** Scans that take long are rarer: the maps of large programs take milliseconds. */
const SCAN_SHARE = 10n;
const SCAN_RARER_MAX = 5n;

const OVERWRITTEN = 'completions that may have been overwritten while they were read';
const OBJ = ioEvent.fields.find(({ name }) => name === 'obj')?.offset ?? 0;

const now = (): bigint => process.hrtime.bigint();

/**
 * Polls the rings to which the kernel adds completions, in the memory of the programs. Records no
 * submissions, and only those completions that are in a ring while it is polled. Needs nothing but
 * the right to read that memory: see `ringLacks`.
 */
export class RingRecorder implements Recorder {
  readonly method = 'ring';
  readonly intervalMs = 0;
  readonly #builder: TraceBuilder;
  readonly #roots: readonly number[];
  readonly #rings = new ProcessRings();
  readonly #sleeping = new Int32Array(new SharedArrayBuffer(4));
  readonly #names = new Map<number, string>();
  #nextScan = 0n;
  /** The time of the last pass over all rings. */
  #passed = 0n;
  #longestPause = 0n;
  #isStopped = false;

  constructor({ builder, roots }: RecorderContext) {
    this.#builder = builder;
    this.#roots = roots;
  }

  /** The longest time between two polls of a ring so far. */
  get longestPauseNs(): bigint {
    return this.#longestPause;
  }

  async start(): Promise<void> {
    if (this.#builder.clock.id === 'unknown')
      this.#builder.clock = { id: 'monotonic', realtimeOffsetNs: null };
    this.#builder.omit('submissions');
    this.#passed = now();
    this.#scan();
  }

  poll(): boolean {
    const until = now() + POLL_NS;
    let room = POLLED_MAX;
    for (;;) {
      const isMore = this.#pass(room, (added) => {
        room -= added;
      });
      if (isMore) return true;
      if (this.#isStopped || now() >= until) return false;
      Atomics.wait(this.#sleeping, 0, 0, SLEEP_MS);
    }
  }

  settled(): { records: bigint; calls: bigint } {
    return { records: this.#passed, calls: this.#passed };
  }

  lost(): null {
    return null;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
  }

  finish(): void {
    this.#builder.complete = 'unknown';
    this.#builder.refusalsKnown = false;
    this.#builder.absent.push({ kind: 'io_event', field: 'tid', opcodes: 'all' });
  }

  async close(): Promise<void> {
    this.#rings.close();
  }

  /** Polls every ring once. Returns whether it ended early, since `room` records were added. */
  #pass(room: number, added: (count: number) => void): boolean {
    if (!this.#isStopped && now() >= this.#nextScan) this.#scan();
    const began = now();
    let left = room;
    for (const ring of this.#rings.open) {
      const ts = now();
      const found = ring.tail.poll(left);
      if (found === undefined) {
        this.#rings.drop(ring);
        continue;
      }
      const pause = ts - ring.polled;
      if (pause > this.#longestPause) this.#longestPause = pause;
      ring.polled = ts;
      this.#add(ring.pid, found.events, found.count);
      if (found.overwritten > 0) this.#builder.drop(OVERWRITTEN, found.overwritten);
      left -= found.count;
      added(found.count);
      if (found.isMore) return true;
    }
    this.#passed = began;
    return false;
  }

  #add(pid: number, events: Uint8Array, count: number): void {
    if (count === 0) return;
    // After the events were read: none of them is later.
    const ts = now();
    const from = new DataView(events.buffer, events.byteOffset);
    for (let i = 0; i < count; i++) {
      const begin = i * IOEventSize;
      const addr = from.getBigUint64(begin + OBJ, true);
      const { view, at } = this.#builder.completion({ ts, addr, pid, tid: 0 });
      const bytes = events.subarray(begin, begin + IOEventSize);
      new Uint8Array(view.buffer, view.byteOffset + at, IOEventSize).set(bytes);
    }
  }

  #scan(): void {
    const began = now();
    const isAll = this.#roots.length === 0;
    const pids = isAll ? allProcesses() : withDescendants(this.#roots);
    this.#rings.scan(pids, began, (pid) => this.#name(pid));
    const ended = now();
    const least = isAll ? SCAN_ALL_NS : SCAN_NS;
    const most = least * SCAN_RARER_MAX;
    const pause = (ended - began) * SCAN_SHARE;
    this.#nextScan = ended + (pause < least ? least : pause > most ? most : pause);
  }

  /** Notes the name of a process whose ring is new. */
  #name(pid: number): void {
    const comm = processFile(pid, 'comm')?.trimEnd();
    const known = this.#names.get(pid);
    if (comm === undefined || comm === known) return;
    this.#names.set(pid, comm);
    this.#builder.process(pid, comm, known === undefined ? null : now());
  }
}
