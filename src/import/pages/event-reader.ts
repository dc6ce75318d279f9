import { CALLS } from '../../abi/call.ts';
import { AioscopeError, listed } from '../../errors.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import { baseName, type EventFormat } from './event-format.ts';
import type { EventStream } from './event-stream.ts';
import type { EventTaker, ImportState, TakeEvent } from './import-state.ts';
import type { TimeOrigin } from './page.ts';
import { forget, takeEnters, takeExits, takeNewTasks, takeRenames } from './take-calls.ts';
import { takeCompletions, takeReturns, takeSubmissions } from './take-records.ts';
import { SLOTS_EVENT, takeSlots } from './take-slots.ts';
import type { KnownTasks } from './task.ts';
import { Tasks } from './tasks.ts';

/** What takes the events of a name that has no number. */
const TAKERS: Readonly<Record<string, EventTaker>> = {
  sub: takeSubmissions,
  ret: takeReturns,
  done: takeCompletions,
  task_newtask: takeNewTasks,
  task_rename: takeRenames,
  ...Object.fromEntries(
    CALLS.flatMap((call) => [
      [`sys_enter_${call}`, takeEnters],
      [`sys_exit_${call}`, takeExits(call)],
    ]),
  ),
};

/** What takes the events of a name. */
function takerOf(name: string): EventTaker | undefined {
  const slots = SLOTS_EVENT.exec(name);
  return slots === null ? TAKERS[name] : takeSlots(Number(slots[1]));
}

/** Events that end what others have begun. */
const ENDS = /^(?:ret|sys_exit_)/;

/** A kind of event that has a format. */
interface EventKind {
  readonly name: string;
  /** Events that were recorded. */
  count: number;
  /** Undefined of events that have nothing to do with native AIO. */
  readonly take: TakeEvent | undefined;
}

/** Makes records of events, and counts what cannot be made one. */
export class EventReader {
  readonly #state: ImportState;
  readonly #kinds = new Map<number, EventKind>();

  /** @throws AioscopeError `AIOSCOPE_SOURCE` if formats lack fields, or none is known */
  constructor(
    builder: TraceBuilder,
    origin: TimeOrigin,
    formats: readonly EventFormat[],
    known: KnownTasks = {},
  ) {
    builder.origin = origin;
    const names = formats.map(({ name }) => baseName(name));
    const has = (name: string): boolean => names.includes(name);
    this.#state = {
      ...{
        builder,
        origin,
        gaps: 0,
        from: undefined,
        until: undefined,
        submitted: { hits: 0, recorded: 0, refused: 0, refusedRecorded: 0 },
      },
      ...{
        tasks: new Tasks(builder, has('task_rename'), known),
        hasReturns: has('ret'),
        hasSlots: has('slots0'),
      },
    };
    for (const [i, format] of formats.entries()) {
      const name = names[i];
      this.#kinds.set(format.id, { name, count: 0, take: takerOf(name)?.(this.#state, format) });
    }
    if (this.recorded.size === 0)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        'among the sources there is no format file of an event of native AIO; ' +
          `expected one of: ${listed(Object.keys(TAKERS))}`,
      );
    const { absent } = builder;
    if (has('done')) absent.push({ kind: 'io_event', field: 'tid', opcodes: 'all' });
    if (CALLS.some((call) => has(`sys_exit_${call}`) && !has(`sys_enter_${call}`)))
      for (const field of ['ts', 'ctx', 'nr']) absent.push({ kind: 'call', field, opcodes: 'all' });
  }

  /** The events of each kind that is read, by name. */
  get recorded(): ReadonlyMap<string, number> {
    const read = [...this.#kinds.values()].filter(({ take }) => take !== undefined);
    return new Map(read.map(({ name, count }) => [name, count]));
  }

  /** The threads and processes, of which more may be known than events tell. */
  get tasks(): Tasks {
    return this.#state.tasks;
  }

  /** Called once all events of a capture are recorded: until now it had not begun. */
  begin(ns: bigint): void {
    this.#state.from = this.#state.origin.relative(ns);
  }

  /** Called before the recording of events is stopped, one kind after another. */
  stop(ns: bigint): void {
    this.#state.until = this.#state.origin.relative(ns);
  }

  /** Takes the event at the cursor of a CPU. */
  take(stream: EventStream): void {
    if (stream.isAfterGap) {
      stream.isAfterGap = false;
      stream.gaps += 1;
      this.#state.gaps += 1;
    }
    stream.events += 1;
    const kind = this.#kinds.get(stream.cursor.id);
    if (kind === undefined) {
      this.#state.builder.drop('events of kinds without a format file among the sources');
      return;
    }
    kind.count += 1;
    const { from, until } = this.#state;
    const { time } = stream.cursor;
    if (from !== undefined && time < from && !kind.name.startsWith('task_')) return;
    if (until !== undefined && time >= until && !ENDS.test(kind.name)) return;
    kind.take?.(stream);
  }

  /** Called after the last event. */
  end(): void {
    const { builder, tasks, gaps, hasSlots, submitted } = this.#state;
    // What goes on when a capture ends is not missing.
    const isMissing = this.#state.until === undefined || gaps > 0;
    if (isMissing) for (const task of tasks.values()) forget(this.#state, task);
    tasks.end(gaps);
    if (!hasSlots) return;
    const { hits, recorded, refused, refusedRecorded } = submitted;
    // The end of a call may be among the events that were lost.
    const lossOf = (of: string, all: number, some: number) =>
      builder.losses.push({ of, hits: all, recorded: some, lost: gaps === 0 ? all - some : null });
    lossOf('submissions', hits, recorded);
    if (refused > refusedRecorded) lossOf('refused submissions', refused, refusedRecorded);
  }
}
