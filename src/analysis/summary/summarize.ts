import { TALLY_RECORDS_MAX } from '../../engine/tables.ts';
import { checkOptions } from '../../layout/option-names.ts';
import {
  ANALYZE_NAMES,
  type AnalyzeOptions,
  analysisReader,
  BLOCK_RECORDS,
  openStreams,
} from '../../stream/analysis-reader.ts';
import { currentHost } from '../../stream/host.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Reading } from '../../stream/reading.ts';
import type { Source } from '../../stream/source.ts';
import { ColumnStats, ColumnTallies } from './column-stats.ts';
import type { BlockCounter, Section } from './section.ts';
import { inputOf, Summary, type SummaryState } from './summary.ts';

/** Options of `summarize`. */
export interface SummarizeOptions extends AnalyzeOptions, WorkersOption {}

/** Counts the blocks of a decoder into a section, and settles before a tally could overflow. */
class SectionCounter {
  readonly #section: Section;
  readonly #reading: Reading;
  readonly #tallies: ColumnTallies;
  readonly #counter: BlockCounter;
  #unsettled = 0;

  constructor(section: Section, reading: Reading) {
    this.#section = section;
    this.#reading = reading;
    this.#tallies = new ColumnTallies(reading.decoder);
    this.#counter = section.counter(reading.decoder);
  }

  add(begin: number, count: number): void {
    if (this.#unsettled + count > TALLY_RECORDS_MAX) this.settle();
    this.#unsettled += count;
    if (this.#counter.addPacked?.(this.#reading.addressOf(begin), count)) return;
    const selected = this.#reading.decode(begin, count);
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

/** Counts records into `live`, and those after the live events of a ring into `stale`. */
async function countRecords(reading: Reading, live: Section, stale: Section): Promise<void> {
  const liveEvents = reading.ring?.liveEvents ?? Number.POSITIVE_INFINITY;
  let counter = new SectionCounter(live, reading);
  let index = 0;
  for (let records = await reading.next(); records > 0; records = await reading.next()) {
    for (let done = 0; done < records; ) {
      if (index === liveEvents) {
        counter.settle();
        counter = new SectionCounter(stale, reading);
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
 * Summarizes every record of a source: minimum, maximum and exact sum of each column, and counts by
 * opcode, descriptor, flags, errno and size. One pass; memory is bounded whatever the size of the
 * source. Under Node, a regular file of 256 MiB or more is shared out over worker threads. For a
 * trace without a kind, its submissions and its completions are summarized.
 *
 * @throws as `open` does; `AIOSCOPE_UNKNOWN` if no kind is given or detected, `AIOSCOPE_WORKER` if
 *   a thread dies. A source that fails yields no summary: a partial sum would look like a complete
 *   one.
 */
export async function summarize(
  source: Source | Opened,
  options: SummarizeOptions = {},
): Promise<Summary> {
  checkOptions('summarize', options, [ANALYZE_NAMES, 'workers:number']);
  const { workers } = options;
  if (workers !== undefined) checkWorkers(workers);
  const [first, ...others] = await openStreams(source, options, ['submissions', 'completions']);
  const summary = await summarizeStream(first, options);
  for (const opened of others) summary.merge(await summarizeStream(opened, options));
  return summary;
}

/** Summarizes one stream, on workers where it is worth them. */
async function summarizeStream(opened: Opened, options: SummarizeOptions): Promise<Summary> {
  const { workers, signal, onProgress, ...given } = options;
  const job = { name: 'summarize', options: given, workers, signal, onProgress } as const;
  const { states, workersReason = null } =
    (await currentHost().statesOnWorkers?.(opened, job)) ?? {};
  const summary =
    states === undefined
      ? await summarizeOpened(opened, options)
      : Summary.ofRanges(states as SummaryState[]);
  summary.workersReason = workersReason;
  summary.names = opened.schema.names;
  return summary;
}

/** Summarizes an opened source on the calling thread. */
export async function summarizeOpened(opened: Opened, options: AnalyzeOptions): Promise<Summary> {
  const reader = await analysisReader(opened, options);
  const { schema } = reader;
  const reading = await reader.start();
  const summary = new Summary(reader);
  const live = summary.section(schema.kind);
  for (const { name, type, absent } of schema.columns)
    if (type !== 'char' && absent !== 'all') live.columns.set(name, new ColumnStats());
  try {
    await countRecords(reading, live, summary.section(schema.kind, 'stale'));
  } finally {
    await reading.close();
  }
  const file = options.name ?? reader.sourceName;
  summary.inputs.push(inputOf(reader, file, { selected: live.records }));
  if (reader.ring !== undefined) summary.rings.push({ file, ...reader.ring });
  return summary;
}
