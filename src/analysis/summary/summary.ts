import type { AIORing } from '../../abi/record.ts';
import type { EngineName } from '../../engine/kernel.ts';
import type { Endian, Kind } from '../../layout/schema.ts';
import type { SlotState } from '../../stream/ring.ts';
import { version } from '../../version.ts';
import { type IoEventJson, IoEventSection, type IoEventState } from './io-event-section.ts';
import { type IocbJson, IocbSection, type IocbState } from './iocb-section.ts';
import type { Section } from './section.ts';

/** One source of a summary, and how good it was. */
export interface SummaryInput {
  file: string;
  kind: Kind;
  endian: Endian;
  /** The field list. */
  layout: string;
  bytes: number;
  records: number;
  /** Bytes at the end that are no whole record. */
  tornBytes: number;
  /** Where records were selected: how many of `records` were. */
  selected?: number;
}

/** One ring image of a summary. */
export interface SummaryRing {
  file: string;
  header: AIORing;
  /** Completions that wait to be reaped. */
  live: number;
  /** Whether head > tail: the live events run over the last slot to the first. */
  wraps: boolean;
  /** Slots that were reaped and still hold their event. */
  stale: number;
  /** Slots that never held an event. */
  neverWritten: number;
  /** Slots that a truncated image lacks; only there when it is one. */
  missing?: number;
}

/** What `Summary.toJSON()` gives, and `aioscope summary --json` prints. 64-bit quantities are decimal strings. */
export interface SummaryJson {
  version: string;
  engine: EngineName;
  inputs: SummaryInput[];
  /** There when an input was of kind io_event or aio_ring: of a ring the live events. */
  io_event?: IoEventJson;
  /** There when an input was of kind aio_ring: `io_event` and the stale events of the rings. */
  io_event_all?: IoEventJson;
  /** There when an input was of kind iocb. */
  iocb?: IocbJson;
  /** There when an input was of kind aio_ring. */
  rings?: SummaryRing[];
}

/** What a summary holds, as data that can be cloned from thread to thread. */
export interface SummaryState {
  readonly engine: EngineName;
  readonly engineReason: string | null;
  readonly inputs: readonly SummaryInput[];
  readonly rings: readonly SummaryRing[];
  readonly events: IoEventState;
  readonly staleEvents: IoEventState;
  readonly requests: IocbState;
}

/** One input of several ranges. */
function joined(inputs: readonly SummaryInput[]): SummaryInput {
  const sum = (of: 'bytes' | 'records' | 'tornBytes' | 'selected') =>
    inputs.reduce((total, input) => total + (input[of] ?? 0), 0);
  const selected = inputs[0].selected === undefined ? {} : { selected: sum('selected') };
  const [bytes, records, tornBytes] = [sum('bytes'), sum('records'), sum('tornBytes')];
  return { ...inputs[0], bytes, records, tornBytes, ...selected };
}

/** Statistics of any number of sources, exact whatever their size. `merge` of the parts is the summary of the whole. */
export class Summary {
  readonly engine: EngineName;
  /** Why `auto` did not take the faster engine; null where it did, or where an engine was asked for. */
  readonly engineReason: string | null;
  readonly inputs: SummaryInput[] = [];
  readonly rings: SummaryRing[] = [];
  readonly #events = new IoEventSection();
  readonly #staleEvents = new IoEventSection();
  readonly #requests = new IocbSection();

  constructor(engine: EngineName, engineReason: string | null = null) {
    this.engine = engine;
    this.engineReason = engineReason;
  }

  /** The summary of one source from the states of its ranges, in any order. */
  static ofRanges(states: readonly SummaryState[]): Summary {
    const summary = new Summary(states[0].engine, states[0].engineReason);
    for (const state of states) summary.mergeState(state);
    summary.inputs.splice(0, summary.inputs.length, joined(summary.inputs));
    return summary;
  }

  /** The section that the records of `kind` are counted in; the stale events of a ring have one of their own. */
  section(kind: Kind, state: SlotState = 'live'): Section {
    if (kind === 'iocb') return this.#requests;
    return state === 'live' ? this.#events : this.#staleEvents;
  }

  /** Add another summary to this one: its inputs after these, its records among these. Cost: the size of the other's tables. */
  merge(other: Summary): this {
    return this.mergeState(other.state());
  }

  /** All of it as data that can be cloned, for another thread to merge. Shares its tables with the summary, until it is cloned. */
  state(): SummaryState {
    const { engine, engineReason, inputs, rings } = this;
    const [events, staleEvents, requests] = [
      this.#events.state(),
      this.#staleEvents.state(),
      this.#requests.state(),
    ];
    return { engine, engineReason, inputs, rings, events, staleEvents, requests };
  }

  /** Add what another summary was, wherever it was made. */
  mergeState({ inputs, rings, events, staleEvents, requests }: SummaryState): this {
    this.inputs.push(...inputs);
    this.rings.push(...rings);
    this.#events.merge(events);
    this.#staleEvents.merge(staleEvents);
    this.#requests.merge(requests);
    return this;
  }

  /** The whole as plain data: what the command line prints as JSON. */
  toJSON(): SummaryJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    return {
      version,
      engine: this.engine,
      inputs: this.inputs,
      ...(has('io_event', 'aio_ring') && { io_event: this.#events.toJSON() }),
      ...(has('aio_ring') && { io_event_all: this.#allEvents().toJSON() }),
      ...(has('iocb') && { iocb: this.#requests.toJSON() }),
      ...(has('aio_ring') && { rings: this.rings }),
    };
  }

  #allEvents(): IoEventSection {
    const all = new IoEventSection();
    all.merge(this.#events);
    all.merge(this.#staleEvents);
    return all;
  }
}
