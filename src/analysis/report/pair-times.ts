// The times of both sides of a report: converted, and those that `+` counts from.
import { AioscopeError } from '../../errors.ts';
import { nanoseconds, type SelectOptions } from '../../layout/where.ts';
import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { TimeConversion } from '../../stream/times.ts';
import type { Clocks } from '../match/clocks.ts';
import { InputStream } from '../match/input-stream.ts';
import { hasField, keyOf } from '../match/matchable.ts';
import { openBoth } from '../match/open-both.ts';
import { failure, type MatchFailure, type ReportPairOptions, type Sides } from './matched.ts';

/** Estimates the offset from the beginnings of both sides. */
async function estimate(
  [submissions, completions]: readonly [Opened, Opened],
  clocks: Clocks,
  { engine, signal }: ReportPairOptions,
): Promise<void> {
  const readers = await openBoth(submissions, completions, { engine, signal }, clocks);
  const streams: InputStream[] = [];
  try {
    for (const reader of readers) streams.push(await InputStream.start(reader));
    for (const stream of streams) await stream.load();
    const schemas = { submissions: submissions.schema, completions: completions.schema };
    clocks.settle([streams[0], streams[1]], keyOf(schemas, undefined));
  } finally {
    for (const stream of streams) await stream.close();
  }
}

/** What converts the times of both sides, and why they cannot be matched if no offset fits. */
export async function clocksOf(
  sides: Sides | undefined,
  options: ReportPairOptions,
): Promise<{ readonly clocks?: Clocks; readonly failed?: MatchFailure }> {
  if ((options.clockOffset ?? options.tsUnit) === undefined) return {};
  const { Clocks } = await loaded('report', import('../match/clocks.ts'));
  const clocks = new Clocks(options);
  const { submissions, completions, matchFailed } = sides ?? {};
  const [first, second] = [submissions?.reopen(), completions?.reopen()];
  if (!clocks.isAuto || matchFailed || first === undefined || second === undefined)
    return { clocks };
  try {
    await estimate([first, second], clocks, options);
    return { clocks };
  } catch (error) {
    if (error instanceof AioscopeError && error.code === 'AIOSCOPE_UNMATCHABLE')
      return { clocks, failed: failure(error.message, error.lacks) };
    throw error;
  }
}

/**
 * The `ts` of the first record of a source; undefined if the source is empty, or can be read only
 * once.
 */
async function firstTime(
  opened: Opened,
  { engine, signal }: ReportPairOptions,
  times: TimeConversion | undefined,
) {
  const again = hasField(opened.schema, 'ts') ? opened.reopen() : undefined;
  if (again === undefined) return undefined;
  for await (const { columns } of new RecordReader(again, {
    engine,
    signal,
    batchSize: 1,
    times,
  }))
    return BigInt(columns['ts'][0]);
  return undefined;
}

/** Options with absolute times: those with `+` count from the earliest first record of all. */
export async function withTimes(
  sources: readonly Opened[],
  options: ReportPairOptions,
  clocks: Clocks | undefined,
): Promise<ReportPairOptions & Pick<SelectOptions, 'from' | 'to'>> {
  const times = (['from', 'to'] as const).map((name) => {
    const value = options[name];
    return value === undefined ? undefined : nanoseconds(name, value);
  });
  if (!times.some((time) => time?.isRelative)) return options;
  let { since } = options;
  for (const opened of since === undefined ? sources : []) {
    const side = opened.schema.kind === 'iocb' ? 'submissions' : 'completions';
    const first = await firstTime(opened, options, clocks?.[side]);
    if (first !== undefined && (since === undefined || first < since)) since = first;
  }
  // Without a time the first pass says what is missing.
  if (since === undefined) return options;
  const base = since;
  const [from, to] = times.map((time) => time && time.ns + (time.isRelative ? base : 0n));
  return { ...options, from, to };
}
