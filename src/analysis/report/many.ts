// The report of any number of files.
import { AioscopeError } from '../../errors.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { closeQuietly } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers } from '../../stream/options.ts';
import { type Recognized, recognize } from '../../stream/recognize.ts';
import type { Clocks } from '../match/clocks.ts';
import { joinParts, orderParts } from '../match/many.ts';
import type { Sources } from '../match/sides.ts';
import {
  checkMatched,
  type MatchFailure,
  PAIR_NAMES,
  type ReportPairOptions,
  Sides,
} from './matched.ts';
import { type Beside, reportOne, reportRefused } from './one.ts';
import { clocksOf, withTimes } from './pair-times.ts';
import { passes } from './passes.ts';
import type { Report } from './report.ts';

/** Files in the order in which they are reported. */
interface Ordered {
  readonly all: readonly Opened[];
  readonly submissions: readonly Opened[];
  readonly completions: readonly Opened[];
  /** Why the parts of a kind have no order, so that they cannot be matched. */
  readonly failure: MatchFailure | undefined;
}

/** All files: those of one kind in their order, in the places of that kind. */
function inPlaces(
  { all }: Recognized,
  submissions: readonly Opened[],
  completions: Ordered['all'],
) {
  const [first, second] = [submissions.values(), completions.values()];
  return all.map((opened) => {
    const { kind } = opened.schema;
    const next = kind === 'iocb' ? first : kind === 'io_event' ? second : undefined;
    return next?.next().value ?? opened;
  });
}

/** Puts files in the order of time where that is possible. */
async function ordered(found: Recognized, options: ReportPairOptions): Promise<Ordered> {
  let { submissions, completions } = found;
  let failure: MatchFailure | undefined;
  try {
    ({ submissions, completions } = await orderParts(found, options));
  } catch (error) {
    if (!(error instanceof AioscopeError && error.code === 'AIOSCOPE_UNMATCHABLE')) throw error;
    failure = { text: error.message, lacks: error.lacks };
  }
  const hasBoth = submissions.length > 0 && completions.length > 0;
  const all = hasBoth
    ? [...submissions, ...completions, ...found.rings]
    : inPlaces(found, submissions, completions);
  return { all, submissions, completions, failure: hasBoth ? failure : undefined };
}

/** Opens both sides to be matched; undefined if there is only one, or they cannot be joined. */
function sidesOf({ submissions, completions, failure }: Ordered, options: ReportPairOptions) {
  if (submissions.length === 0 || completions.length === 0 || failure !== undefined)
    return undefined;
  return Sides.open(joinParts(submissions), joinParts(completions), options);
}

/** The report of files one after another. */
async function reportEach(
  all: readonly Opened[],
  { where, ...each }: NonNullable<Parameters<typeof reportOne>[1]>,
  pass: ReturnType<typeof passes>,
  selection: Sides['selection'],
  clocks: Clocks | undefined,
): Promise<Report | undefined> {
  const records = { iocb: 0, io_event: 0 };
  let whole: Report | undefined;
  for (const opened of all) {
    const side = opened.schema.kind === 'iocb' ? 'iocb' : 'io_event';
    const which = side === 'iocb' ? 'submissions' : 'completions';
    const conditions = selection === undefined ? { where } : { clauses: selection[which] };
    const given = { ...each, ...conditions, firstIndex: records[side], onProgress: pass?.() };
    const next = await reportOne(opened, given, clocks?.[which]);
    records[side] += next.inputs.reduce((sum, input) => sum + input.records, 0);
    whole = whole?.merge(next) ?? next;
  }
  return whole;
}

/** The report of any number of sources, of any kinds and in any order, and of traces. */
export async function reportMany(
  sources: Sources,
  options: ReportPairOptions = {},
  beside?: Beside,
): Promise<Report> {
  checkOptions('report of several sources', options, PAIR_NAMES);
  if (options.workers !== undefined) checkWorkers(options.workers);
  if (sources.length === 0)
    throw new AioscopeError('AIOSCOPE_OPTION', 'report was given no sources; give at least one');
  const found = await recognize(sources, options, false);
  let sides: Sides | undefined;
  try {
    const files = await ordered(found, options);
    sides = await sidesOf(files, options);
    const known = found.refusalsKnown && found.submissions.length > 0 ? [] : undefined;
    const timed = files.all.filter(({ schema }) => schema.kind !== 'aio_ring');
    const { clocks, failed } = await clocksOf(sides, options);
    const times = await withTimes(timed, options, clocks);
    const { engine, compression, signal, refused = known, from, to, since, workers } = times;
    const { clockOffset, tsUnit, dedupe } = options;
    const isMatched = sides !== undefined && sides.matchFailed === undefined;
    const lengths = files.all.map(({ length }) => length);
    const pass = passes(lengths, isMatched, options.onProgress);
    const refusalsKnown = refused !== undefined;
    const counted = failed === undefined && files.failure === undefined && sides?.countsGaps;
    const { where } = options;
    const read = { engine, signal, where, from, to, since, workers };
    const each = {
      ...read,
      refusalsKnown,
      isMatched: counted && beside?.matches !== false,
      beside,
    };
    const { selection } = sides ?? {};
    const whole = (await reportEach(files.all, each, pass, selection, clocks)) as Report;
    whole.selected = selection?.json;
    whole.matchFailed = files.failure ?? sides?.matchFailed ?? failed;
    const how = { refused, from, to, clockOffset, tsUnit, dedupe };
    const match = { engine, compression, signal, workers, ...how, onProgress: pass?.() };
    whole.matchFailed ??= await sides?.matchInto(whole, match, beside);
    checkMatched(whole);
    whole.traces.push(...found.trusts);
    for (const opened of found.refused)
      whole.merge(await reportRefused(opened, { engine, signal, where, from, to }, beside));
    return whole;
  } finally {
    await sides?.close(options.signal);
    for (const opened of [...found.all, ...found.refused])
      await closeQuietly(opened, options.signal);
  }
}
