import { CALLS } from '../abi/call.ts';
import { AioscopeError } from '../errors.ts';
import { type EventFormat, parseHeaderPage } from '../import/pages/event-format.ts';
import { EventReader } from '../import/pages/event-reader.ts';
import { type BufferStats, bufferStats, takeLosses } from '../import/pages/losses.ts';
import { TimeOrigin } from '../import/pages/page.ts';
import { LiveStream } from './live-stream.ts';
import { mergeEvents } from './merge.ts';
import type { ProbePlan } from './probes.ts';
import { commOf, pidNames, processOf, threadsOf } from './proc.ts';
import { allProcesses, withDescendants } from './process-tree.ts';
import { POLLED_MAX, type Recorder, type RecorderContext } from './recorder.ts';
import { TraceSetup } from './trace-setup.ts';
import { findTracefs, MOUNT_COMMAND } from './tracefs.ts';

/** Events of threads and processes, which a capture needs to follow them. */
const TASK_EVENTS = ['task/task_newtask', 'task/task_rename'];
const CALL_EVENTS = CALLS.flatMap((call) => [
  `syscalls/sys_enter_${call}`,
  `syscalls/sys_exit_${call}`,
]);
/** Between two looks at what was recorded (ms): as a rule, and if little was. */
const INTERVAL_MS = 20;
const IDLE_MS = 100;
/** How long after the start it is not long: see `EAGER_MS` of captures. */
const EAGER_MS = 2000;
/** Little is at most this share of a buffer of at least this size. */
const IDLE_SHARE = 1 / 64;
const IDLE_BUFFER_BYTES = 2 ** 20;

/** Records by probes of the kernel or of libaio, and by tracepoints. */
export class TracefsRecorder implements Recorder {
  readonly method: 'kprobe' | 'uprobe';
  readonly #plan: ProbePlan;
  readonly #context: RecorderContext;
  readonly #setup: TraceSetup;
  readonly #origin = new TimeOrigin();
  #reader: EventReader | undefined;
  #streams: LiveStream[] = [];
  #until = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #begun = 0;
  /** What the kernel had counted when the recording stopped. */
  #profile = '';
  readonly #stats = new Map<number, BufferStats>();

  /** @throws AioscopeError `AIOSCOPE_CAPTURE` if tracefs is not there */
  constructor(plan: ProbePlan, context: RecorderContext) {
    const tracefs = findTracefs();
    if (tracefs === undefined)
      throw new AioscopeError(
        'AIOSCOPE_CAPTURE',
        `tracefs is not mounted, or may not be read; as root, run: ${MOUNT_COMMAND}`,
      );
    this.#plan = plan;
    this.method = plan.method;
    this.#context = context;
    this.#setup = new TraceSetup(tracefs);
  }

  async start(): Promise<void> {
    try {
      this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #start(): void {
    const { bufferBytes, builder, roots } = this.#context;
    const setup = this.#setup;
    setup.create(bufferBytes);
    const probes = setup.addProbes(this.#plan);
    const others = [...TASK_EVENTS, ...CALL_EVENTS].filter((event) => setup.has(event));
    const formats = [...others, ...probes].map((event) => setup.format(event));
    const { isHost } = pidNames();
    this.#open(formats);
    // First those that report new threads, so that none is missed.
    for (const event of TASK_EVENTS) if (setup.has(event)) setup.set(`events/${event}/enable`, '1');
    const reader = new EventReader(builder, this.#origin, formats, {
      roots: roots.length === 0 ? undefined : withDescendants(roots),
      ...(isHost && { find: processOf }),
    });
    this.#reader = reader;
    if (isHost)
      for (const pid of allProcesses()) {
        const comm = commOf(pid);
        if (comm !== undefined)
          for (const tid of [pid, ...threadsOf(pid)]) reader.tasks.seed(tid, { pid, comm });
      }
    const rest = others.filter((event) => !TASK_EVENTS.includes(event));
    for (const event of [...rest, ...probes]) setup.set(`events/${event}/enable`, '1');
    reader.begin(process.hrtime.bigint());
    this.#begun = performance.now();
    builder.refusalsKnown = true;
    builder.clock = { id: 'monotonic', realtimeOffsetNs: null };
    if (!this.#plan.hasCompletions) builder.omit('completions');
  }

  #open(formats: readonly EventFormat[]): void {
    const { headerPage, cpus } = this.#setup;
    const layout = parseHeaderPage(headerPage.text, headerPage.file);
    const sizes = new Map(formats.map(({ id, byteLength }) => [id, byteLength]));
    const pages = { layout, origin: this.#origin, sizes };
    for (const cpu of cpus)
      this.#streams.push(
        new LiveStream(
          cpu,
          this.#setup.pipe(cpu),
          pages,
          () => bufferStats(this.#setup.stats(cpu))?.lost ?? 0,
        ),
      );
  }

  get intervalMs(): number {
    const { bufferBytes } = this.#context;
    const read = Math.max(...this.#streams.map((stream) => stream.lastBytes));
    const isIdle = bufferBytes >= IDLE_BUFFER_BYTES && read <= IDLE_SHARE * bufferBytes;
    const isEager = performance.now() - this.#begun < EAGER_MS;
    return isIdle && !isEager ? IDLE_MS : INTERVAL_MS;
  }

  poll(): boolean {
    const reader = this.#reader;
    if (reader === undefined) return false;
    const merged = mergeEvents(
      ...([this.#streams, reader, this.#origin, POLLED_MAX, this.#isStopped] as const),
    );
    this.#until = Math.max(this.#until, merged.until);
    return merged.events === POLLED_MAX;
  }

  settled(): { readonly records: bigint; readonly calls: bigint } {
    const { submission = Number.POSITIVE_INFINITY, call = Number.POSITIVE_INFINITY } =
      this.#reader?.tasks.earliestPending() ?? {};
    // Nothing comes before the first event that is not taken, nor before what has no end yet.
    const at = (time: number): bigint =>
      Number.isFinite(time) ? this.#origin.absolute(Math.floor(time)) : 0n;
    return {
      records: at(Math.min(this.#until, submission)),
      calls: at(Math.min(this.#until, call)),
    };
  }

  lost(): number | null {
    let lost = 0;
    for (const { cpu } of this.#streams) {
      const stats = bufferStats(this.#setup.stats(cpu));
      if (stats === undefined) return null;
      lost += stats.lost;
    }
    return lost;
  }

  async stop(): Promise<void> {
    this.#reader?.stop(process.hrtime.bigint());
    this.#setup.set('events/enable', '0');
    this.#profile = this.#setup.profile(this.#plan);
    this.#isStopped = true;
  }

  finish(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    for (const { cpu } of this.#streams) {
      const stats = bufferStats(this.#setup.stats(cpu));
      if (stats !== undefined) this.#stats.set(cpu, stats);
    }
    reader.end();
    const { hitsOf, needed, counted } = this.#plan;
    takeLosses(this.#context.builder, {
      ...{ streams: this.#streams, stats: this.#stats, recorded: reader.recorded },
      ...{ hits: hitsOf(this.#profile), needed, probes: counted },
    });
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    this.#setup.remove();
  }
}
