// Reads one source once, for any number of analyses.
import {
  type AnalyzeOptions,
  analysisReader,
  BLOCK_RECORDS,
  type ParsedConditions,
} from '../../stream/analysis-reader.ts';
import type { TimesOption } from '../../stream/decoding.ts';
import { currentHost } from '../../stream/host.ts';
import { Opened } from '../../stream/open-source.ts';
import type { WorkersOption } from '../../stream/options.ts';
import type { Reading } from '../../stream/reading.ts';
import type { PartSpec, SurveyCounter, SurveyPart } from './part.ts';

/** How a source is surveyed. */
export interface SurveyReadOptions extends AnalyzeOptions, ParsedConditions, TimesOption {
  /** The index of the first record, of a range of a source; 0 by default. */
  readonly firstRecord?: number | undefined;
}

/** Whole records of a source that can be read at any offset: bytes from `begin` to `end`. */
export interface ByteWindow {
  readonly begin: number;
  readonly end: number;
}

/** How a source is surveyed on workers, or on the calling thread. */
export interface SurveyStreamOptions extends SurveyReadOptions, WorkersOption {
  /** What to read; everything unless given. */
  readonly window?: ByteWindow | undefined;
  /**
   * Called with the results of the ranges from the beginning on whenever another one is done, of a
   * source that workers read.
   */
  readonly onPart?: ((results: readonly unknown[]) => void) | undefined;
}

/** Feeds the blocks of a reading to counters; no block has both live and stale events of a ring. */
async function feed(
  reading: Reading,
  counters: readonly SurveyCounter<unknown>[],
  { firstRecord = 0, signal }: SurveyReadOptions,
): Promise<void> {
  const liveEvents = reading.ring?.liveEvents ?? Number.POSITIVE_INFINITY;
  const only = counters.length === 1 ? counters[0] : undefined;
  let read = 0;
  for (let records = await reading.next(); records > 0; records = await reading.next()) {
    for (let done = 0; done < records; ) {
      const left = read < liveEvents ? liveEvents - read : BLOCK_RECORDS;
      const count = Math.min(BLOCK_RECORDS, records - done, left);
      const isLive = read < liveEvents;
      if (!only?.addPacked?.(reading.addressOf(done), count, isLive)) {
        const rows = reading.decode(done, count);
        const block = { index: firstRecord + read, rows, isLive };
        if (rows > 0) for (const counter of counters) counter.add(block);
      }
      done += count;
      read += count;
    }
    signal?.throwIfAborted();
  }
}

/** The rules that records are checked against; those of all parts have to be the same. */
export const profileOf = (parts: readonly PartSpec[]): PartSpec['check'] =>
  parts.find(({ check }) => check !== undefined)?.check;

/** Surveys an opened source on the calling thread. Returns the result of each part. */
export async function surveyOpened(
  opened: Opened,
  parts: readonly SurveyPart<unknown>[],
  options: SurveyReadOptions,
): Promise<unknown[]> {
  const { firstRecord = 0, ...given } = options;
  const reader = await analysisReader(opened, { ...given, check: profileOf(parts) });
  const reading = await reader.start();
  const file = options.name ?? reader.sourceName;
  try {
    const counters = parts.map((part) => part.begin({ reader, reading, file, firstRecord }));
    await feed(reading, counters, options);
    return counters.map((counter) => counter.finish());
  } finally {
    await reading.close();
  }
}

/** What a survey of one source has found. */
export interface Surveyed {
  /** The result of each part. */
  readonly results: unknown[];
  /** Why one thread did what several were to do; null if they did, or if one was enough. */
  readonly workersReason: string | null;
}

/** A source of which only a window is left to read, and the index of its first record. */
function within(opened: Opened, window: ByteWindow | undefined, firstRecord = 0) {
  if (window === undefined) return { opened, firstRecord };
  const bytes = opened.take();
  const range = bytes.range?.(window.begin, window.end);
  if (range === undefined) throw new Error(`${opened.name} cannot be read at any offset`);
  return {
    opened: new Opened(range, opened.schema),
    firstRecord: firstRecord + window.begin / opened.schema.stride,
  };
}

/**
 * Surveys an opened source: on workers where it is long and its ranges do not depend on each other,
 * otherwise on the calling thread.
 */
export async function surveyStream(
  opened: Opened,
  parts: readonly SurveyPart<unknown>[],
  { workers, window, onPart, ...options }: SurveyStreamOptions,
): Promise<Surveyed> {
  const { signal, onProgress, ...given } = options;
  const results: unknown[] = [];
  const take = (states: readonly unknown[]) => {
    for (const [i, part] of parts.entries()) results[i] = part.join(results[i], states[i]);
    onPart?.(results);
  };
  const isExact = () => parts.every((part, i) => part.isExact(results[i]));
  const grows = onPart !== undefined;
  const job = { parts, options: given, workers, window, grows, signal, onProgress, take, isExact };
  const read = await currentHost().readOnWorkers?.(opened, job);
  const workersReason = read?.workersReason ?? null;
  if (read?.isRead) return { results, workersReason };
  const rest = within(read?.rest ?? opened, window, options.firstRecord);
  return {
    results: await surveyOpened(rest.opened, parts, { ...options, ...rest }),
    workersReason,
  };
}
