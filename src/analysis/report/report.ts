import type { EngineName } from '../../engine/kernel.ts';
import type { Kind } from '../../layout/schema.ts';
import { type AnalyzeOptions, blockReader } from '../../stream/block-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import type { SummaryInput } from '../summary/summary.ts';
import { RequestBlocks, resultBlock } from './block.ts';
import type { MatchedJson } from './matched.ts';
import { RequestReport, type RequestsJson } from './requests.ts';
import { ResultReport, type ResultsJson } from './results.ts';
import { type RingImageJson, RingImages, type RingStepJson } from './rings.ts';

/** What `Report.toJSON()` gives. 64-bit quantities are decimal strings; indexes count from 0. */
export interface ReportJson {
  version: string;
  engine: EngineName;
  inputs: SummaryInput[];
  /** There when an input was of kind iocb. */
  submissions?: RequestsJson;
  /** There when an input was of kind io_event or aio_ring. */
  completions?: ResultsJson;
  /** There when an input was of kind aio_ring. */
  rings?: { images: RingImageJson[]; steps: RingStepJson[] };
  /** There when submissions were matched to completions. */
  matched?: MatchedJson;
  /** Why they were not, where both are there. */
  unmatched?: string;
}

/** How a source is to be reported on. */
export interface ReportOptions extends AnalyzeOptions {
  /** The index of the source's first record in the whole that it is a part of; 0 unless said otherwise. */
  readonly firstIndex?: number | undefined;
}

/**
 * The access patterns of any number of sources, one after the other. Parts of a trace, each with its `firstIndex`, merge
 * in their order to the report of the whole, to the last digit.
 */
export class Report {
  readonly engine: EngineName;
  readonly inputs: SummaryInput[] = [];
  /** What is known of submissions. */
  readonly submissions = new RequestReport();
  /** What is known of completions. */
  readonly completions = new ResultReport();
  /** What is known of ring images. */
  readonly rings = new RingImages();
  /** What matching has found, or why it could not: `addMatch` sets one of them. */
  matched: MatchedJson | undefined;
  unmatched: string | undefined;

  constructor(engine: EngineName) {
    this.engine = engine;
  }

  /** Add the report of what follows. The other one is used up. Cost: the size of the other's tables. */
  merge(report: Report): this {
    this.inputs.push(...report.inputs);
    this.submissions.merge(report.submissions);
    this.completions.merge(report.completions);
    this.rings.merge(report.rings);
    return this;
  }

  /** The whole as plain data. */
  toJSON(): ReportJson {
    const has = (...kinds: Kind[]) => this.inputs.some(({ kind }) => kinds.includes(kind));
    const rings = this.rings.toJSON();
    return {
      version,
      engine: this.engine,
      inputs: this.inputs,
      ...(has('iocb') && { submissions: this.submissions.toJSON() }),
      ...(has('io_event', 'aio_ring') && { completions: this.completions.toJSON() }),
      ...(rings && { rings }),
      ...(this.matched && { matched: this.matched }),
      ...(this.unmatched !== undefined && { unmatched: this.unmatched }),
    };
  }
}

async function addRequests(
  reader: RecordReader<'iocb'>,
  requests: RequestReport,
  firstIndex: number,
): Promise<void> {
  const blocks = new RequestBlocks();
  for await (const batch of reader) requests.add(blocks.of(batch, firstIndex + batch.firstIndex));
}

async function addResults(
  reader: RecordReader<'io_event'>,
  results: ResultReport,
  firstIndex: number,
): Promise<void> {
  for await (const batch of reader)
    results.add(resultBlock(batch, batch.length, firstIndex + batch.firstIndex));
}

/** Add the live events of a ring to the completions, and every slot to the images. Gives the number of live events. */
async function addRing(
  reader: RecordReader<'aio_ring'>,
  report: Report,
  file: string,
  firstIndex: number,
): Promise<number> {
  let look: ReturnType<RingImages['begin']> | undefined;
  let live = 0;
  for await (const batch of reader) {
    if (reader.ring !== undefined) look ??= report.rings.begin(file, reader.ring);
    look?.(batch);
    let count = 0;
    while (count < batch.length && batch.stateOf(count) === 'live') count += 1;
    report.completions.add(resultBlock(batch, count, firstIndex + live));
    live += count;
  }
  if (look === undefined && reader.ring !== undefined) report.rings.begin(file, reader.ring);
  return live;
}

/**
 * Analyze every record of a source: how its requests follow one another, their sizes, alignment, places and rate; how
 * completions came and failed; what became of a ring. One pass; state is under 64 MB whatever the size.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` where no kind is given and none is recognized. Of a source that fails nothing is reported.
 */
export async function report(
  source: Source | Opened,
  options: ReportOptions = {},
): Promise<Report> {
  const { firstIndex = 0 } = options;
  const reader = await blockReader(source, options);
  const { schema } = reader;
  const whole = new Report(reader.engine);
  const file = options.name ?? reader.sourceName;
  let live: number | undefined;
  if (schema.kind === 'iocb')
    await addRequests(reader as RecordReader<'iocb'>, whole.submissions, firstIndex);
  else if (schema.kind === 'io_event')
    await addResults(reader as RecordReader<'io_event'>, whole.completions, firstIndex);
  else live = await addRing(reader as RecordReader<'aio_ring'>, whole, file, firstIndex);
  const { bytes, records, tornBytes, selected } = reader.quality;
  const { kind, endian, layout } = schema;
  const input = {
    file,
    kind,
    endian,
    layout: layout.text,
    bytes,
    records: live ?? records,
    tornBytes,
  };
  whole.inputs.push(selected === undefined ? input : { ...input, selected });
  return whole;
}
