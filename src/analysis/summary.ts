import type { AIORing } from '../abi/record.ts';
import type { EngineName } from '../engine/kernel.ts';
import { TALLY_RECORDS_MAX } from '../engine/tally.ts';
import type { Endian, Kind } from '../layout/schema.ts';
import type { Decoder } from '../stream/decoder.ts';
import { type OpenOptions, RecordReader, type Session, toSource } from '../stream/reader.ts';
import { recognise } from '../stream/recognise.ts';
import type { SlotState } from '../stream/ring.ts';
import type { ByteSource, Source } from '../stream/source.ts';
import { version } from '../version.ts';
import { ColumnStats, ColumnTallies } from './column-stats.ts';
import { type IoEventJson, IoEventSection } from './io-event-section.ts';
import { type IocbJson, IocbSection } from './iocb-section.ts';
import type { BlockCounter, Section } from './section.ts';

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

/** How a source is to be summarized. */
export interface SummarizeOptions extends Omit<OpenOptions, 'kind' | 'batchSize' | 'owned'> {
  /** What the source holds; where it is not said, it is recognised, and with it layout and byte order where they are not said. */
  readonly kind?: Kind | undefined;
  /** What reports call the source, in place of its path or `memory` or `stream`. */
  readonly name?: string | undefined;
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

  /** The section that the records of `kind` are counted in; the stale events of a ring have one of their own. */
  section(kind: Kind, state: SlotState = 'live'): Section {
    if (kind === 'iocb') return this.#requests;
    return state === 'live' ? this.#events : this.#staleEvents;
  }

  /** Add another summary to this one: its inputs after these, its records among these. Cost: the size of the other's tables. */
  merge(other: Summary): this {
    this.inputs.push(...other.inputs);
    this.rings.push(...other.rings);
    this.#events.merge(other.#events);
    this.#staleEvents.merge(other.#staleEvents);
    this.#requests.merge(other.#requests);
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

/** Records that are decoded and counted at once: their bytes and columns stay in the L2 cache together. */
const BLOCK_RECORDS = 2048;

/** Counts the blocks of one decoder into a section, and settles before a tally could overflow. */
class SectionCounter {
  readonly #section: Section;
  readonly #decoder: Decoder;
  readonly #tallies: ColumnTallies;
  readonly #counter: BlockCounter;
  #unsettled = 0;

  constructor(section: Section, decoder: Decoder) {
    this.#section = section;
    this.#decoder = decoder;
    this.#tallies = new ColumnTallies(decoder);
    this.#counter = section.counter(decoder);
  }

  add(address: number, count: number): void {
    if (this.#unsettled + count > TALLY_RECORDS_MAX) this.settle();
    this.#unsettled += count;
    const selected = this.#decoder.decode(address, count);
    if (selected === 0) return;
    this.#tallies.add(selected);
    this.#counter.add(selected, this.#tallies.varying);
  }

  settle(): void {
    this.#tallies.settle(this.#section.columns);
    this.#counter.settle();
    this.#unsettled = 0;
  }
}

/** Count a session's records: those of a ring that come after its live events into `stale`. */
async function countRecords(session: Session, live: Section, stale: Section): Promise<void> {
  const { decoder, ring } = session;
  const liveEvents = ring?.liveEvents ?? Number.POSITIVE_INFINITY;
  let counter = new SectionCounter(live, decoder);
  let index = 0;
  for (let records = await session.next(); records > 0; records = await session.next()) {
    for (let done = 0; done < records; ) {
      if (index === liveEvents) {
        counter.settle();
        counter = new SectionCounter(stale, decoder);
      }
      const count = Math.min(BLOCK_RECORDS, records - done, index < liveEvents ? liveEvents - index : BLOCK_RECORDS);
      counter.add(done * decoder.schema.stride, count);
      done += count;
      index += count;
    }
  }
  counter.settle();
}

/**
 * Count every record of a source: minimum, maximum and sum of every column, and what its kind has besides. One pass,
 * memory bounded whatever the size.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` where no kind is given and none is recognised. Of a source that fails nothing is reported: a partial sum would look like a whole one.
 */
export async function summarize(source: Source | ByteSource, options: SummarizeOptions = {}): Promise<Summary> {
  const { kind } = options;
  const known = kind === undefined ? await recognise(toSource(source, options.compression), options, options.signal) : undefined;
  const format = known?.format ?? { kind: kind as Kind };
  const reader = new RecordReader(known?.source ?? source, {
    ...options,
    ...format,
    ...(known && { compression: 'none' }),
    batchSize: BLOCK_RECORDS,
  });
  const { schema } = reader;
  const summary = new Summary(reader.engine, reader.engineReason);
  const live = summary.section(schema.kind);
  for (const { name, type } of schema.columns) if (type !== 'char') live.columns.set(name, new ColumnStats());
  const session = await reader.start();
  try {
    await countRecords(session, live, summary.section(schema.kind, 'stale'));
  } finally {
    await session.close();
  }
  const file = options.name ?? reader.sourceName;
  const { bytes, tornBytes, selected } = reader.quality;
  const records = session.ring?.liveEvents ?? reader.quality.records;
  summary.inputs.push({
    file,
    kind: schema.kind,
    endian: schema.endian,
    layout: schema.layout.text,
    bytes,
    records,
    tornBytes,
    ...(selected !== undefined && { selected: live.records }),
  });
  if (reader.ring !== undefined) summary.rings.push({ file, ...reader.ring });
  return summary;
}
