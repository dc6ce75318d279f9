// Reads sources into a report.
import { joinEngine } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { oneOf } from '../../layout/schema.ts';
import type { SelectOptions } from '../../layout/where.ts';
import {
  ANALYZE_NAMES,
  analysisReader,
  openStreams,
  type ParsedConditions,
} from '../../stream/analysis-reader.ts';
import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import { callsOfTrace, isSource, sidesOfTrace } from '../../stream/sides.ts';
import type { Source } from '../../stream/source.ts';
import type { CallBytes } from '../../stream/stream-set.ts';
import { TimeConversion, TS_UNITS } from '../../stream/times.ts';
import { inputOf } from '../summary/summary.ts';
import { completionBlock, SubmissionBlocks } from './block.ts';
import type { CompletionReport } from './completions.ts';
import { PAIR_NAMES, passes, type ReportPairOptions, Sides } from './matched.ts';
import { clocksOf, withTimes } from './pair-times.ts';
import { Report, type ReportOptions } from './report.ts';
import type { RingImages } from './rings.ts';
import { reportSelection } from './selection.ts';
import type { SubmissionReport } from './submissions.ts';

async function addSubmissions(
  reader: RecordReader<'iocb'>,
  submissions: SubmissionReport,
  firstIndex: number,
): Promise<void> {
  const blocks = new SubmissionBlocks();
  for await (const batch of reader)
    submissions.add(blocks.of(batch, firstIndex + batch.firstIndex));
}

async function addCompletions(
  reader: RecordReader<'io_event'>,
  completions: CompletionReport,
  firstIndex: number,
): Promise<void> {
  for await (const batch of reader)
    completions.add(completionBlock(batch, batch.length, firstIndex + batch.firstIndex));
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

async function reportOne(
  source: Source | Opened,
  options: ReportOptions & ParsedConditions = {},
  times: TimeConversion | undefined = undefined,
): Promise<Report> {
  const { firstIndex = 0 } = options;
  const reader = await analysisReader(source, { ...options, times });
  const { schema } = reader;
  const whole = new Report(reader);
  const file = options.name ?? reader.sourceName;
  let live: number | undefined;
  if (schema.kind === 'iocb')
    await addSubmissions(reader as RecordReader<'iocb'>, whole.submissions, firstIndex);
  else if (schema.kind === 'io_event')
    await addCompletions(reader as RecordReader<'io_event'>, whole.completions, firstIndex);
  else live = await addRing(reader as RecordReader<'aio_ring'>, whole, file, firstIndex);
  joinEngine(whole, reader);
  whole.names = schema.names;
  whole.inputs.push(inputOf(reader, file, { selected: live }));
  return whole;
}

async function reportBoth(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: ReportPairOptions = {},
  calls?: CallBytes,
): Promise<Report> {
  checkOptions('report of two sources', options, PAIR_NAMES);
  const sides = await Sides.open(submissions, completions, options);
  try {
    const { clocks, failed } = await clocksOf(sides, options);
    const timed = await withTimes(sides, options, clocks);
    const { engine, compression, signal, refused, from, to, since } = timed;
    const { clockOffset, tsUnit, dedupe } = options;
    const pass = passes(sides, options.onProgress);
    const { selection } = sides;
    const each = { engine, signal, from, to, since };
    const read = (side: 'submissions' | 'completions') =>
      reportOne(
        sides[side],
        { ...each, clauses: selection?.[side], onProgress: pass?.() },
        clocks?.[side],
      );
    const whole = await read('submissions');
    whole.merge(await read('completions'));
    whole.selected = selection?.json;
    whole.matchFailed = sides.matchFailed ?? failed;
    const how = { refused, from, to, clockOffset, tsUnit, dedupe };
    const match = { engine, compression, signal, ...how, onProgress: pass?.() };
    whole.matchFailed ??= await sides.matchInto(whole, match);
    checkMatched(whole);
    if (calls !== undefined) await readCalls(whole, calls, { ...each, where: options.where });
    return whole;
  } finally {
    await sides.close(options.signal);
  }
}

/** Adds the calls of a trace. Loaded on demand: dumps have none. */
async function readCalls(
  whole: Report,
  calls: CallBytes,
  options: SelectOptions & Pick<ReportOptions, 'signal'>,
): Promise<void> {
  const { addCalls } = await loaded(calls.bytes.name, import('./calls.ts'));
  await addCalls(whole, calls, options);
}

/** @throws AioscopeError if nothing is matched that a condition on pairs could select */
function checkMatched({ selected, matchFailed }: Report): void {
  if (matchFailed === undefined || selected === undefined || selected.pairsOnly.length === 0)
    return;
  throw new AioscopeError(
    'AIOSCOPE_UNMATCHABLE',
    `where: a condition on ${selected.pairsOnly.join(', ')} selects pairs, but there are none: ` +
      matchFailed.text,
    { lacks: matchFailed.lacks },
  );
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

/**
 * Analyzes every record of a source: access patterns, sizes, alignment, offsets and rates of
 * submissions; rates and errors of completions; the state of a ring. One pass; the state takes less
 * than 64 MB whatever the size of the source. For a trace without a kind, the report covers its
 * submissions and completions, matched, and what io_submit refused.
 *
 * @throws as `open` does, and `AIOSCOPE_UNKNOWN` if no kind is given or detected. A source that
 *   fails yields no report.
 */
export function report(source: Source | Opened, options?: ReportOptions): Promise<Report>;
/**
 * Analyzes submissions and completions, and matches them as `match` does, in a second pass: the
 * report has `matched`. It has `matchFailed` instead, with the reason, if records lack what they
 * are matched by, or if a source can be read only once. With `+`, times count from the first record
 * of both.
 *
 * @throws as `open` and `match` do. A file that is replaced or changed between the passes is an
 *   error, not a report.
 */
export function report(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: ReportPairOptions,
): Promise<Report>;
export function report(
  source: Source | Opened,
  second?: Source | Opened | ReportOptions,
  third?: ReportPairOptions,
): Promise<Report> {
  if (isSource(second)) return reportBoth(source, second, third);
  return reportSource(source, second);
}

/** What converts the times of one source; undefined if they are in nanoseconds. */
function conversionOf({ tsUnit }: ReportOptions): TimeConversion | undefined {
  return tsUnit === undefined ? undefined : new TimeConversion(oneOf('tsUnit', tsUnit, TS_UNITS));
}

/** The report of one source: of a trace, unless a kind is given, that of its parts. */
async function reportSource(source: Source | Opened, options: ReportOptions = {}) {
  checkOptions('report', options, [ANALYZE_NAMES, 'firstIndex:number', 'tsUnit']);
  const sides = options.kind === undefined ? await sidesOfTrace(source, options) : undefined;
  if (sides === undefined) {
    const [opened] = await openStreams(source, options, ['submissions', 'completions']);
    const whole = await reportOne(opened, options, conversionOf(options));
    const calls = options.kind === undefined ? await callsOfTrace(source, options) : undefined;
    if (calls !== undefined) await readCalls(whole, calls, options);
    return whole;
  }
  const { submissions, completions, refused, refusalsKnown, calls } = sides;
  const given = { ...options, ...(refusalsKnown && { refused: [] }) };
  const whole = await reportBoth(submissions, completions, given, calls);
  if (refused !== undefined) whole.merge(await reportRefused(refused, options));
  return whole;
}
