import { TALLY_RECORDS_MAX } from '../../engine/tally.ts';
import { type AnalyzeOptions, BLOCK_RECORDS, blockReader } from '../../stream/block-reader.ts';
import { currentHost } from '../../stream/host.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Reading } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { ColumnStats, ColumnTallies } from './column-stats.ts';
import type { BlockCounter, Section } from './section.ts';
import { Summary, type SummaryState } from './summary.ts';

/** How a source is to be summarized. */
export interface SummarizeOptions extends AnalyzeOptions, WorkersOption {}

/** Counts the blocks of one decoder into a section, and settles before a tally could overflow. */
class SectionCounter {
  readonly #section: Section;
  readonly #session: Reading;
  readonly #tallies: ColumnTallies;
  readonly #counter: BlockCounter;
  #unsettled = 0;

  constructor(section: Section, session: Reading) {
    this.#section = section;
    this.#session = session;
    this.#tallies = new ColumnTallies(session.decoder);
    this.#counter = section.counter(session.decoder);
  }

  add(begin: number, count: number): void {
    if (this.#unsettled + count > TALLY_RECORDS_MAX) this.settle();
    this.#unsettled += count;
    const selected = this.#session.decode(begin, count);
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
async function countRecords(session: Reading, live: Section, stale: Section): Promise<void> {
  const liveEvents = session.ring?.liveEvents ?? Number.POSITIVE_INFINITY;
  let counter = new SectionCounter(live, session);
  let index = 0;
  for (let records = await session.next(); records > 0; records = await session.next()) {
    for (let done = 0; done < records; ) {
      if (index === liveEvents) {
        counter.settle();
        counter = new SectionCounter(stale, session);
      }
      const count = Math.min(
        BLOCK_RECORDS,
        records - done,
        index < liveEvents ? liveEvents - index : BLOCK_RECORDS,
      );
      counter.add(done, count);
      done += count;
      index += count;
    }
  }
  counter.settle();
}

/**
 * Counts every record of a source: minimum, maximum and exact sum of every column, and what else
 * its kind has. One pass, memory bounded whatever the size. Under Node, a regular file of 256 MiB or
 * more is shared out over worker threads.
 *
 * @throws as `open` does; `AIOSCOPE_UNKNOWN` if no kind is given and none is recognized, and
 *   `AIOSCOPE_WORKER` if a thread dies. If the source fails nothing is reported: a partial sum would
 *   look like a whole one.
 */
export async function summarize(
  source: Source | Opened,
  options: SummarizeOptions = {},
): Promise<Summary> {
  const { workers, signal, onProgress, ...given } = options;
  if (workers !== undefined) checkWorkers(workers);
  const opened = await openSource(source, options);
  const job = { name: 'summarize', options: given, workers, signal, onProgress } as const;
  const states = await currentHost().statesOnWorkers?.(opened, job);
  if (states !== undefined) return Summary.ofRanges(states as SummaryState[]);
  return summarizeOpened(opened, options);
}

/** Summarizes an opened source on the calling thread. */
export async function summarizeOpened(opened: Opened, options: AnalyzeOptions): Promise<Summary> {
  const reader = await blockReader(opened, options);
  const { schema } = reader;
  const summary = new Summary(reader.engine, reader.engineReason);
  const live = summary.section(schema.kind);
  for (const { name, type } of schema.columns)
    if (type !== 'char') live.columns.set(name, new ColumnStats());
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
