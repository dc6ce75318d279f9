import { TALLY_RECORDS_MAX } from '../engine/tally.ts';
import type { Decoder } from '../stream/decoder.ts';
import type { RecordReader, Session } from '../stream/reader.ts';
import type { Identified } from '../stream/recognise.ts';
import type { ByteSource, Source } from '../stream/source.ts';
import { ColumnStats, ColumnTallies } from './column-stats.ts';
import { type AnalyseOptions, BLOCK_RECORDS, blockReader, knownReader } from './known-reader.ts';
import type { BlockCounter, Section } from './section.ts';
import { Summary } from './summary.ts';

/** How a source is to be summarized. */
export type SummarizeOptions = AnalyseOptions;

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
      counter.add(session.address + done * decoder.schema.stride, count);
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
  return summarizeRecords(await knownReader(source, options), options);
}

/** The same of a source whose format is known; what the options say of it is not asked. */
export const summarizeIdentified = (identified: Identified, options: SummarizeOptions): Promise<Summary> =>
  summarizeRecords(blockReader(identified, options), options);

async function summarizeRecords(reader: RecordReader, options: SummarizeOptions): Promise<Summary> {
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
  const { bytes, tornBytes } = reader.quality;
  const records = session.ring?.liveEvents ?? reader.quality.records;
  summary.inputs.push({ file, kind: schema.kind, endian: schema.endian, layout: schema.layout.text, bytes, records, tornBytes });
  if (reader.ring !== undefined) summary.rings.push({ file, ...reader.ring });
  return summary;
}
