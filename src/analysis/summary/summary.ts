import type { AIORing } from '../../abi/record.ts';
import {
  type EngineJson,
  type EngineName,
  type EngineUse,
  engineJson,
  joinEngine,
} from '../../engine/kernel.ts';
import { type AbsentField, absentOf } from '../../layout/absent.ts';
import { checkIterable, checkMerge } from '../../layout/option-names.ts';
import { joinNames, type RunNames } from '../../layout/run-names.ts';
import { type Endian, KINDS, type Kind, oneOf } from '../../layout/schema.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { SlotState } from '../../stream/ring.ts';
import { version } from '../../version.ts';
import { type IoEventJson, IoEventSection, type IoEventState } from './io-event-section.ts';
import type { IocbJson } from './iocb-json.ts';
import { IocbSection, type IocbState } from './iocb-section.ts';
import type { Section } from './section.ts';

/** A source of a summary, and the quality of its data. */
export interface SummaryInput {
  file: string;
  kind: Kind;
  endian: Endian;
  /** The field list. */
  layout: string;
  bytes: number;
  records: number;
  /** Bytes at the end that do not form a whole record. */
  tornBytes: number;
  /** The number of `records` that met the conditions; present if there were conditions. */
  selected?: number;
  /** What the source could not show; present if there is anything. */
  absent?: readonly AbsentField[];
}

/** What was read of a source: from a ring, unless given, its live events. */
export function inputOf(
  {
    schema,
    quality,
    ring,
  }: Pick<RecordReader, 'schema' | 'quality'> & { readonly ring?: RecordReader['ring'] },
  file: string,
  { records = quality.records - (ring?.stale ?? 0), selected = quality.selected ?? 0 } = {},
): SummaryInput {
  const { kind, endian, layout } = schema;
  const { bytes, tornBytes } = quality;
  const absent = absentOf(schema);
  const read = {
    ...{ file, kind, endian, layout: layout.text, bytes, records, tornBytes },
    ...(absent && { absent }),
  };
  return quality.selected === undefined ? read : { ...read, selected };
}

/** A ring image of a summary. */
export interface SummaryRing {
  file: string;
  header: AIORing;
  /** Completions that were not reaped yet. */
  live: number;
  /** Whether head > tail: live events continue from the last slot to the first. */
  wraps: boolean;
  /** Slots that still hold an event that was reaped. */
  stale: number;
  /** Slots that never held an event. */
  neverWritten: number;
  /** Slots that a truncated image lacks; present if it is truncated. */
  missing?: number;
}

/**
 * The result of `Summary.toJSON()`, which `aioscope summary --json` prints. 64-bit quantities are
 * decimal strings.
 */
export interface SummaryJson extends EngineJson {
  version: string;
  /** Why one thread did what several were to do; present if it did. */
  workersReason?: string;
  inputs: SummaryInput[];
  /** Present if an input is of kind io_event or aio_ring; of a ring, live events count. */
  io_event?: IoEventJson;
  /** Present if an input is of kind aio_ring: `io_event` and the stale events of rings. */
  io_event_all?: IoEventJson;
  /** Present if an input is of kind iocb. */
  iocb?: IocbJson;
  /** Present if an input is of kind aio_ring. */
  rings?: SummaryRing[];
}

/** The state of a `Summary`, which can be cloned to another thread. */
export interface SummaryState extends EngineUse {
  readonly workersReason: string | null;
  readonly inputs: readonly SummaryInput[];
  readonly rings: readonly SummaryRing[];
  readonly names?: RunNames | undefined;
  readonly completions: IoEventState;
  readonly staleCompletions: IoEventState;
  readonly submissions: IocbState;
}

const isState = (state: SummaryState): boolean => Array.isArray(state?.inputs);

/** Joins the inputs of ranges of one source into its only input. */
export function joinInputs(inputs: SummaryInput[]): void {
  const sum = (of: 'bytes' | 'records' | 'tornBytes' | 'selected') =>
    inputs.reduce((total, input) => total + (input[of] ?? 0), 0);
  const selected = inputs[0].selected === undefined ? {} : { selected: sum('selected') };
  const [bytes, records, tornBytes] = [sum('bytes'), sum('records'), sum('tornBytes')];
  inputs.splice(0, inputs.length, { ...inputs[0], bytes, records, tornBytes, ...selected });
}

/**
 * Statistics of any number of sources, exact whatever their size. The summaries of parts merge to
 * that of the whole.
 */
export class Summary implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  /**
   * Why the calling thread did what worker threads were to do; null if they did it, or if one
   * thread was enough.
   */
  workersReason: string | null = null;
  readonly inputs: SummaryInput[] = [];
  readonly rings: SummaryRing[] = [];
  /** The names of processes and files, of traces. */
  names: RunNames | undefined;
  readonly #completions = new IoEventSection();
  readonly #staleCompletions = new IoEventSection();
  readonly #submissions = new IocbSection();

  constructor({ engine, engineReason }: EngineUse) {
    this.engine = engine;
    this.engineReason = engineReason;
  }

  /** The summary of one source from the states of its ranges, in any order. */
  static ofRanges(states: readonly SummaryState[]): Summary {
    checkIterable('states', states);
    checkMerge(isState(states[0]), 'SummaryState', states[0]);
    const summary = new Summary(states[0]);
    for (const state of states) summary.mergeState(state);
    joinInputs(summary.inputs);
    return summary;
  }

  /** Returns the section for records of `kind`; the stale events of a ring have their own. */
  section(kind: Kind, state: SlotState = 'live'): Section {
    oneOf('kind', kind, KINDS);
    if (kind === 'iocb') return this.#submissions;
    return state === 'live' ? this.#completions : this.#staleCompletions;
  }

  /** Adds another summary: its inputs follow these. Cost: the size of its tables. */
  merge(other: Summary): this {
    checkMerge(other instanceof Summary, 'Summary', other);
    return this.mergeState(other.state());
  }

  /** Returns the state, which shares its tables with the summary until it is cloned. */
  state(): SummaryState {
    const { engine, engineReason, workersReason, inputs, rings } = this;
    const [completions, staleCompletions, submissions] = [
      this.#completions.state(),
      this.#staleCompletions.state(),
      this.#submissions.state(),
    ];
    const use = { engine, engineReason, workersReason };
    const { names } = this;
    return { ...use, inputs, rings, names, completions, staleCompletions, submissions };
  }

  /** Adds the state of another summary, perhaps from another thread. */
  mergeState(state: SummaryState): this {
    checkMerge(isState(state), 'SummaryState', state);
    const { inputs, rings, names, completions, staleCompletions, submissions } = state;
    this.names = joinNames(this.names, names);
    joinEngine(this, state);
    this.workersReason ??= state.workersReason;
    this.inputs.push(...inputs);
    this.rings.push(...rings);
    this.#completions.merge(completions);
    this.#staleCompletions.merge(staleCompletions);
    this.#submissions.merge(submissions);
    return this;
  }

  /** Returns the summary as plain data. */
  toJSON(): SummaryJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    return {
      version,
      ...engineJson(this),
      ...(this.workersReason !== null && { workersReason: this.workersReason }),
      inputs: this.inputs,
      ...(has('io_event', 'aio_ring') && { io_event: this.#completions.toJSON() }),
      ...(has('aio_ring') && { io_event_all: this.#allCompletions().toJSON() }),
      ...(has('iocb') && { iocb: this.#submissions.toJSON(this.names) }),
      ...(has('aio_ring') && { rings: this.rings }),
    };
  }

  #allCompletions(): IoEventSection {
    const all = new IoEventSection();
    all.merge(this.#completions);
    all.merge(this.#staleCompletions);
    return all;
  }
}
