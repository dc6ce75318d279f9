// Reads one source into a report.
import { joinEngine } from '../../engine/kernel.ts';
import {
  analysisReader,
  BLOCK_RECORDS,
  openFor,
  type ParsedConditions,
} from '../../stream/analysis-reader.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { Opened } from '../../stream/open-source.ts';
import { readBatches } from '../../stream/read-batches.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import type { TimeConversion } from '../../stream/times.ts';
import { hasField } from '../match/matchable.ts';
import { inputOf } from '../summary/summary.ts';
import { addGaps, completionBlock, SubmissionBlocks } from './block.ts';
import { Report, type ReportOptions } from './report.ts';
import type { RingImages } from './rings.ts';
import { reportSelection } from './selection.ts';

async function addSubmissions(
  reader: RecordReader<'iocb'>,
  { submissions, submitted, processes, span }: Report,
  options: OneOptions,
): Promise<void> {
  const { firstIndex = 0, isMatched } = options;
  const reading = await reader.start();
  const blocks = new SubmissionBlocks(reading.decoder);
  for await (const batch of readBatches(reading, BLOCK_RECORDS, options)) {
    const block = blocks.of(batch as RecordBatch<'iocb'>, firstIndex + batch.firstIndex);
    submissions.add(block);
    submitted.add(block);
    if (!isMatched) addGaps(submissions.gaps, block);
    processes.add(block);
    if (block.ts !== undefined) span.add(block.ts, block.count);
  }
}

async function addCompletions(
  reader: RecordReader<'io_event'>,
  { completions, span }: Report,
  { firstIndex = 0, isMatched }: OneOptions,
): Promise<void> {
  for await (const batch of reader) {
    const block = completionBlock(batch, batch.length, firstIndex + batch.firstIndex);
    completions.add(block);
    if (!isMatched) addGaps(completions.gaps, block);
    if (block.ts !== undefined) span.add(block.ts, block.count);
  }
}

/** Adds a ring to the images and its live events to the completions. Returns how many of them. */
async function addRing(
  reader: RecordReader<'aio_ring'>,
  report: Report,
  file: string,
  firstIndex: number,
): Promise<number> {
  let addImage: ReturnType<RingImages['begin']> | undefined;
  let live = 0;
  for await (const batch of reader) {
    if (reader.ring !== undefined) addImage ??= report.rings.begin(file, reader.ring);
    addImage?.(batch);
    let count = 0;
    while (count < batch.length && batch.stateOf(count) === 'live') count += 1;
    report.completions.add(completionBlock(batch, count, firstIndex + live));
    live += count;
  }
  if (addImage === undefined && reader.ring !== undefined) report.rings.begin(file, reader.ring);
  return live;
}

/** How one source is reported. */
interface OneOptions extends ReportOptions, ParsedConditions {
  /** Whether its submissions are known to have been accepted: no rule is asked. */
  readonly refusalsKnown?: boolean | undefined;
  /** Whether its records are to be matched, which counts the gaps between them. */
  readonly isMatched?: boolean | undefined;
}

/** The report of one source. */
export async function reportOne(
  source: Source | Opened,
  options: OneOptions = {},
  times: TimeConversion | undefined = undefined,
): Promise<Report> {
  const { firstIndex = 0, refusalsKnown } = options;
  const opened = await openFor(source, options);
  const isChecked =
    opened.schema.kind === 'iocb' && !refusalsKnown && !hasField(opened.schema, 'ret');
  const check = isChecked ? 'linux' : undefined;
  const reader = await analysisReader(opened, { ...options, check, times });
  const { schema } = reader;
  const whole = new Report(reader);
  const file = options.name ?? reader.sourceName;
  let live: number | undefined;
  if (schema.kind === 'iocb') await addSubmissions(reader as RecordReader<'iocb'>, whole, options);
  else if (schema.kind === 'io_event')
    await addCompletions(reader as RecordReader<'io_event'>, whole, options);
  else live = await addRing(reader as RecordReader<'aio_ring'>, whole, file, firstIndex);
  joinEngine(whole, reader);
  whole.names = schema.names;
  const input = inputOf(reader, file, { selected: live });
  whole.inputs.push(input);
  whole.places.add({ ...input, stride: schema.stride, offset: reader.offset });
  return whole;
}

/** The report of the submissions of a trace that io_submit refused. */
export async function reportRefused(opened: Opened, options: ReportOptions = {}): Promise<Report> {
  const clauses = reportSelection(options.where, opened.schema)?.submissions;
  const reader = await analysisReader(opened, { ...options, where: undefined, clauses });
  const whole = new Report(reader);
  await whole.refused.read(reader as RecordReader<'iocb'>, opened.name);
  joinEngine(whole, reader);
  whole.names = reader.schema.names;
  return whole;
}
