import type { AIORing } from '../abi/record.ts';
import type { EngineName } from '../engine/kernel.ts';
import { TALLY_RECORDS_MAX } from '../engine/tally.ts';
import type { Endian, Kind } from '../layout/schema.ts';
import type { Decoder } from '../stream/decoder.ts';
import type { ReadOptions } from '../stream/frames.ts';
import { type DecodeOptions, RecordReader } from '../stream/reader.ts';
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
}

/** One ring image of a summary. */
export interface SummaryRing {
  file: string;
  header: AIORing;
  /** Completions that wait to be reaped. */
  live: number;
  /** Whether head > tail: the live events run over the last slot to the first. */
  wraps: boolean;
}

/** What `Summary.toJSON()` gives, and `aioscope summary --json` prints. 64-bit quantities are decimal strings. */
export interface SummaryJson {
  version: string;
  engine: EngineName;
  inputs: SummaryInput[];
  /** There when an input was of kind io_event or aio_ring. */
  io_event?: IoEventJson;
  /** There when an input was of kind iocb. */
  iocb?: IocbJson;
  /** There when an input was of kind aio_ring. */
  rings?: SummaryRing[];
}

/** How a source is to be summarized. */
export interface SummarizeOptions extends DecodeOptions, ReadOptions {
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
  readonly #sections: { io_event?: IoEventSection; iocb?: IocbSection } = {};

  constructor(engine: EngineName, engineReason: string | null = null) {
    this.engine = engine;
    this.engineReason = engineReason;
  }

  /** The section that the records of `kind` are counted in. */
  section(kind: Kind): Section {
    if (kind === 'iocb') return (this.#sections.iocb ??= new IocbSection());
    return (this.#sections.io_event ??= new IoEventSection());
  }

  /** Add another summary to this one: its inputs after these, its records among these. Cost: the size of the other's tables. */
  merge(other: Summary): this {
    this.inputs.push(...other.inputs);
    this.rings.push(...other.rings);
    const { io_event, iocb } = other.#sections;
    if (io_event !== undefined) (this.section('io_event') as IoEventSection).merge(io_event);
    if (iocb !== undefined) (this.section('iocb') as IocbSection).merge(iocb);
    return this;
  }

  /** The whole as plain data: what the command line prints as JSON. */
  toJSON(): SummaryJson {
    const { io_event, iocb } = this.#sections;
    return {
      version,
      engine: this.engine,
      inputs: this.inputs,
      ...(io_event && { io_event: io_event.toJSON() }),
      ...(iocb && { iocb: iocb.toJSON() }),
      ...(this.rings.length > 0 && { rings: this.rings }),
    };
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
    this.#decoder.decode(address, count);
    this.#tallies.add(count);
    this.#counter.add(count, this.#tallies.varying);
  }

  settle(): void {
    this.#tallies.settle(this.#section.columns);
    this.#counter.settle();
    this.#unsettled = 0;
  }
}

/**
 * Count every record of a source: minimum, maximum and sum of every column, and what its kind has besides. One pass,
 * memory bounded whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported: a partial sum would look like a whole one.
 */
export async function summarize(source: Source | ByteSource, options: SummarizeOptions): Promise<Summary> {
  const reader = new RecordReader(source, { ...options, batchSize: BLOCK_RECORDS });
  const { schema } = reader;
  const summary = new Summary(reader.engine, reader.engineReason);
  const section = summary.section(schema.kind);
  for (const { name, type } of schema.columns) if (type !== 'char') section.columns.set(name, new ColumnStats());
  const session = await reader.start();
  try {
    const counter = new SectionCounter(section, session.decoder);
    for (let records = await session.next(); records > 0; records = await session.next()) {
      for (let done = 0; done < records; done += BLOCK_RECORDS) counter.add(done * schema.stride, Math.min(BLOCK_RECORDS, records - done));
    }
    counter.settle();
  } finally {
    await session.close();
  }
  const file = options.name ?? reader.sourceName;
  const { bytes, records, tornBytes } = reader.quality;
  summary.inputs.push({ file, kind: schema.kind, endian: schema.endian, layout: schema.layout.text, bytes, records, tornBytes });
  if (reader.ring !== undefined) summary.rings.push({ file, ...reader.ring });
  return summary;
}
