import { CALLS } from '../../abi/call.ts';
import { AioscopeError, listed } from '../../errors.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import type { CpuStream } from './cpu-stream.ts';
import type { EventFormat } from './event-format.ts';
import type { EventTaker, ImportState, TakeEvent } from './import-state.ts';
import type { TimeOrigin } from './page.ts';
import { forget, takeEnters, takeExits, takeNewTasks, takeRenames } from './take-calls.ts';
import { takeCompletions, takeReturns, takeSubmissions } from './take-records.ts';
import { Tasks } from './tasks.ts';

/** What takes the events of a name. */
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
  /** The threads and processes that are known so far. */
  readonly tasks: Tasks;
  readonly #state: ImportState;
  readonly #kinds = new Map<number, EventKind>();

  /** @throws AioscopeError `AIOSCOPE_SOURCE` if formats lack fields, or none is known */
  constructor(builder: TraceBuilder, origin: TimeOrigin, formats: readonly EventFormat[]) {
    const has = (name: string): boolean => formats.some((format) => format.name === name);
    const tasks = new Tasks(builder, has('task_rename'));
    this.tasks = tasks;
    this.#state = { builder, origin, tasks, hasReturns: has('ret'), gaps: 0 };
    for (const format of formats) {
      const { id, name } = format;
      this.#kinds.set(id, { name, count: 0, take: TAKERS[name]?.(this.#state, format) });
    }
    if (this.recorded.size === 0)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        'among the sources there is no format file of an event of native AIO; ' +
          `expected one of: ${listed(Object.keys(TAKERS))}`,
      );
    const { absent } = builder;
    absent.push({ kind: 'io_event', field: 'tid', opcodes: 'all' });
    if (CALLS.some((call) => has(`sys_exit_${call}`) && !has(`sys_enter_${call}`)))
      for (const field of ['ts', 'ctx', 'nr']) absent.push({ kind: 'call', field, opcodes: 'all' });
  }

  /** The events of each kind that is read, by name. */
  get recorded(): ReadonlyMap<string, number> {
    const read = [...this.#kinds.values()].filter(({ take }) => take !== undefined);
    return new Map(read.map(({ name, count }) => [name, count]));
  }

  /** Takes the event at the cursor of a CPU. */
  take(stream: CpuStream): void {
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
    kind.take?.(stream);
  }

  /** Called after the last event. */
  end(): void {
    const { tasks, gaps } = this.#state;
    for (const task of tasks.values()) forget(this.#state, task);
    tasks.end(gaps);
  }
}
