// Reads sources into a report.
import { checkOptions } from '../../layout/option-names.ts';
import { oneOf } from '../../layout/schema.ts';
import type { SelectOptions } from '../../layout/where.ts';
import { ANALYZE_NAMES, openStreams } from '../../stream/analysis-reader.ts';
import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers } from '../../stream/options.ts';
import { isSource, setOfTrace, sidesOfTrace } from '../../stream/sides.ts';
import type { Source } from '../../stream/source.ts';
import type { CallBytes } from '../../stream/stream-set.ts';
import { TimeConversion, TS_UNITS } from '../../stream/times.ts';
import type { Sources } from '../match/sides.ts';
import { reportMany } from './many.ts';
import { checkMatched, PAIR_NAMES, type ReportPairOptions, Sides } from './matched.ts';
import { type Beside, reportOne, reportRefused, takeRefused } from './one.ts';
import { clocksOf, withTimes } from './pair-times.ts';
import { passes } from './passes.ts';
import type { Report, ReportOptions } from './report.ts';

/** What else is read, of a trace, and what else is counted. */
interface BothOptions {
  readonly calls?: CallBytes | undefined;
  readonly beside?: Beside | undefined;
}

async function reportBoth(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: ReportPairOptions = {},
  { calls, beside }: BothOptions = {},
): Promise<Report> {
  checkOptions('report of two sources', options, PAIR_NAMES);
  if (options.workers !== undefined) checkWorkers(options.workers);
  const sides = await Sides.open(submissions, completions, options);
  try {
    const { clocks, failed } = await clocksOf(sides, options);
    const both = [sides.submissions, sides.completions];
    const timed = await withTimes(both, options, clocks);
    const { engine, compression, signal, refused, from, to, since, workers } = timed;
    const { clockOffset, tsUnit, dedupe } = options;
    const lengths = both.map(({ length }) => length);
    const pass = passes(lengths, sides.matchFailed === undefined, options.onProgress);
    const { selection } = sides;
    const isMatched = failed === undefined && sides.countsGaps && beside?.matches !== false;
    const refusalsKnown = refused !== undefined;
    const reading = { engine, signal, from, to, since, workers };
    const each = { ...reading, refusalsKnown, isMatched, beside };
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
    const match = { engine, compression, signal, workers, ...how, onProgress: pass?.() };
    whole.matchFailed ??= await sides.matchInto(whole, match, beside);
    checkMatched(whole);
    if (calls !== undefined) await readCalls(whole, calls, { ...reading, where: options.where });
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

/**
 * Analyzes any number of files, in any order: those of one kind are parts of a capture, in the
 * order of time where their envelopes have it, otherwise as given. Submissions and completions are
 * matched as by `match`; if they cannot be, `matchFailed` is why. Images of rings may be among
 * them. An array is one of sources: chunks of a single source can be given as another iterable.
 */
export function report(
  sources: readonly (Source | Opened)[],
  options?: ReportPairOptions,
): Promise<Report>;
/**
 * Analyzes every record of a source: access patterns, sizes, alignment, offsets and rates of
 * submissions; rates and errors of completions; the state of a ring. One pass; the state takes less
 * than 64 MB per thread whatever the size of the source. Under Node, a regular file of 256 MiB or
 * more is shared out over worker threads. For a trace without a kind, the report covers its
 * submissions and completions, matched, and what io_submit refused.
 *
 * @throws as `open` does; `AIOSCOPE_UNKNOWN` if no kind is given or detected, `AIOSCOPE_WORKER` if
 *   a thread dies. A source that fails yields no report.
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
  source: Source | Opened | Sources,
  second?: Source | Opened | ReportOptions | ReportPairOptions,
  third?: ReportPairOptions,
): Promise<Report> {
  if (isSource(second)) return reportBoth(source as Source, second, third);
  if (Array.isArray(source)) return reportMany(source as Sources, second as ReportPairOptions);
  return reportSource(source as Source, second as ReportOptions);
}

/** What converts the times of one source; undefined if they are in nanoseconds. */
function conversionOf({ tsUnit }: ReportOptions): TimeConversion | undefined {
  return tsUnit === undefined ? undefined : new TimeConversion(oneOf('tsUnit', tsUnit, TS_UNITS));
}

/** The report of one source, with what is counted besides it; of a trace, that of its parts. */
export async function reportSource(
  source: Source | Opened,
  options: ReportOptions = {},
  beside?: Beside,
): Promise<Report> {
  checkOptions('report', options, [ANALYZE_NAMES, 'firstIndex:number', 'tsUnit', 'workers:number']);
  if (options.workers !== undefined) checkWorkers(options.workers);
  const sides = options.kind === undefined ? await sidesOfTrace(source, options) : undefined;
  if (sides === undefined) {
    const [opened] = await openStreams(source, options, ['submissions', 'completions']);
    const whole = await reportOne(opened, { ...options, beside }, conversionOf(options));
    const set = options.kind === undefined ? await setOfTrace(source, options) : undefined;
    if (set?.trust !== undefined) whole.traces.push(set.trust);
    if (beside !== undefined) await takeRefused(set?.open('refused'), options, beside);
    const calls = set?.calls();
    if (calls !== undefined) await readCalls(whole, calls, options);
    return whole;
  }
  const { submissions, completions, refused, refusalsKnown, calls, trust } = sides;
  const given = { ...options, ...(refusalsKnown && { refused: [] }) };
  const whole = await reportBoth(submissions, completions, given, { calls, beside });
  if (trust !== undefined) whole.traces.push(trust);
  if (refused !== undefined) whole.merge(await reportRefused(refused, options, beside));
  return whole;
}
