/**
 * aioscope under Node: everything of the door for every runtime, and `open`, `summarize` and `check` also take paths.
 *
 * @module
 */
import { type Check, type CheckOptions, check as checkSource } from './analysis/check.ts';
import { type Match, match as matchSources } from './analysis/match/match.ts';
import type { MatchOptions } from './analysis/match/options.ts';
import type { PairBatch } from './analysis/match/pair-batch.ts';
import { matchPairs as matchPairsOf } from './analysis/match/pairs.ts';
import { addMatch as addMatchOf } from './analysis/report/matched.ts';
import { type Report, type ReportOptions, report as reportSource } from './analysis/report/report.ts';
import type { SummarizeOptions } from './analysis/summarize.ts';
import type { Summary } from './analysis/summary.ts';
import { checkWorkers } from './host/crew.ts';
import type { BenchOptions, BenchReport } from './host/node/bench.ts';
import { fileSource } from './host/node/file-source.ts';
import { NODE_INFLATERS } from './host/node/inflate.ts';
import { summarizeOnThreads, type WorkersOption } from './host/node/summarize.ts';
import { ThreadedReader } from './host/node/threaded-reader.ts';
import { type Kind, oneOf } from './layout/schema.ts';
import { COMPRESSIONS, type CompressionOption, decompressed } from './stream/compression.ts';
import { type FoundRing, findRings as findRingsIn } from './stream/find-rings.ts';
import type { ReadOptions } from './stream/frames.ts';
import { type OpenOptions, open as openSource, type RecordReader } from './stream/reader.ts';
import { type Inspection, type InspectOptions, inspectSource, type Recognised, recognise as recogniseSource } from './stream/recognise.ts';
import { type ByteSource, type Source, toByteSource } from './stream/source.ts';

export type { BenchCold, BenchRow, BenchTask } from './analysis/bench/bench.ts';
export type { BenchRole, BenchTaskName } from './analysis/bench/contender.ts';
export type { BenchOptions, BenchReport } from './host/node/bench.ts';
export type { BenchFile } from './host/node/bench-file.ts';
export type { WorkersOption } from './host/node/summarize.ts';
export * from './index.ts';
export type { Recognised } from './stream/recognise.ts';

/** What can be read under Node: besides bytes and streams a path or a `file:` URL; `-` is standard input. */
export type NodeSource = Source | ByteSource | string | URL;

/** What can be asked of paths besides. */
export interface FollowOption {
  /** At the end of a file wait for it to grow, until this signal fires; batches come as soon as there are records. */
  readonly follow?: AbortSignal | undefined;
}

/** The bytes of a source, through its compression unless the options say otherwise. */
function resolve<O extends FollowOption & { readonly compression?: CompressionOption | undefined }>(
  source: NodeSource,
  options: O,
): [ByteSource, O] {
  const bytes = typeof source === 'string' || source instanceof URL ? fileSource(source, options?.follow) : toByteSource(source);
  if (oneOf('compression', options?.compression ?? 'auto', COMPRESSIONS) !== 'auto') return [bytes, options];
  return [decompressed(bytes, NODE_INFLATERS), { ...options, compression: 'none' }];
}

/**
 * Read a source in batches of columns: `for await (const batch of open('dump.ioev', { kind: 'io_event' }))`. Memory is
 * bounded whatever the size of the source. A path is opened when the iteration begins.
 *
 * With `workers` of 2 or more a regular file of 256 MiB and more is decoded on that many threads beside this one, and the
 * batches come in the order of the file: for consumers that keep a core busy themselves. Decoding alone is faster without,
 * and where records are selected it is done without.
 *
 * @throws AioscopeError at once for options that make no sense; while iterating `AIOSCOPE_READ` when the source cannot be
 *   opened or fails and `AIOSCOPE_SHRANK` when a file is cut while it is read, both after every whole record before that
 *   has been yielded; `AIOSCOPE_RING` where a ring image is none; `AIOSCOPE_WORKER` when a thread dies
 */
export function open<K extends Kind>(
  source: NodeSource,
  options: OpenOptions & FollowOption & WorkersOption & { readonly kind: K },
): RecordReader<K> {
  const workers = checkWorkers(options.workers ?? 1);
  const isPath = (typeof source === 'string' || source instanceof URL) && source !== '-';
  const isSelecting = [options.where, options.from, options.to].some((option) => option !== undefined);
  if (workers === 1 || !isPath || isSelecting || options.follow !== undefined) return openSource(...resolve(source, options));
  return new ThreadedReader(source, () => resolve(source, options)[0], { ...options, compression: 'none' }, workers);
}

/**
 * Count every record of a source: minimum, maximum and sum of every column, and what its kind has besides. One pass,
 * memory bounded whatever the size. A regular file of 256 MiB and more is shared out over worker threads.
 *
 * @throws as `open` does, and `AIOSCOPE_WORKER` when a thread dies. Of a source that fails nothing is reported: a partial sum would look like a whole one.
 */
export function summarize(source: NodeSource, options: SummarizeOptions & FollowOption & WorkersOption = {}): Promise<Summary> {
  return summarizeOnThreads(...resolve(source, options));
}

/**
 * Hold every record of a source against the rules of a kernel: which requests io_submit would refuse, and why; what it would
 * pass over in silence; what looks odd; which results no kernel can have given. One pass, memory bounded whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported.
 */
export function check(source: NodeSource, options: CheckOptions & FollowOption = {}): Promise<Check> {
  return checkSource(...resolve(source, options));
}

/**
 * Analyse every record of a source: how its requests follow one another, their sizes, alignment, places and rate; how
 * completions came and failed; what became of a ring. One pass; state is under 64 MB whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported.
 */
export function report(source: NodeSource, options: ReportOptions & FollowOption = {}): Promise<Report> {
  return reportSource(...resolve(source, options));
}

/**
 * Match the submissions and the completions that a report is of, and add to it what only pairs can tell, as the `addMatch` of
 * the door for every runtime does; paths too. Where they cannot be matched, `report.unmatched` says why. To be called after
 * the last `merge`.
 *
 * @throws as `open` does; then the report is as it was
 */
export function addMatch(
  report: Report,
  submissions: NodeSource,
  completions: NodeSource,
  options: Omit<MatchOptions, 'order' | 'slowest'> = {},
): Promise<Report> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return addMatchOf(report, requests, results, { ...options, compression: 'none' });
}

/**
 * Match submissions (`iocb`) to completions (`io_event`), as the `match` of the door for every runtime does; paths too.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` where an address or a time is missing; `AIOSCOPE_OPTION` for options that
 *   make no sense; and as `open` does. Of sources that fail nothing is reported.
 */
export function match(submissions: NodeSource, completions: NodeSource, options: MatchOptions = {}): Promise<Match> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return matchSources(requests, results, { ...options, compression: 'none' });
}

/**
 * The pairs that `match` finds, in batches of columns, as the `matchPairs` of the door for every runtime gives them; of
 * paths too. Batches are valid until the next step.
 *
 * @throws as `match` does
 */
export function matchPairs(
  submissions: NodeSource,
  completions: NodeSource,
  options: MatchOptions = {},
): AsyncGenerator<PairBatch, void, void> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return matchPairsOf(requests, results, { ...options, compression: 'none' });
}

/**
 * Say what a source seems to be, and what speaks for that. Cost: a megabyte is read; a source whose size is not known
 * beforehand (a pipe, a compressed file) is read to its end.
 *
 * @throws AioscopeError `AIOSCOPE_READ` where the source cannot be opened
 */
export function inspect(source: NodeSource, options: InspectOptions = {}): Promise<Inspection> {
  const [bytes, given] = resolve(source, options);
  return inspectSource(bytes, given);
}

/**
 * Open a source whose format is not known, or not wholly: what is given is obeyed, the rest is recognised. The source that
 * comes back is to be read with the format that comes back.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` where no kind is given and none is recognised
 */
export function recognise(source: NodeSource, options: InspectOptions & FollowOption = {}): Promise<Recognised> {
  const [bytes, given] = resolve(source, options);
  return recogniseSource(bytes, given);
}

/**
 * Find completion rings in a core dump or any other memory image: by their magic and a header that a kernel writes. The
 * generator returns the number of bytes that it has searched. One pass; memory is bounded by one ring.
 *
 * @throws AioscopeError `AIOSCOPE_READ` where the source cannot be opened or fails, after every ring before that
 */
export function findRings(
  source: NodeSource,
  options: ReadOptions & Pick<OpenOptions, 'compression'> = {},
): AsyncGenerator<FoundRing, number, void> {
  return findRingsIn(...resolve(source, options));
}

/**
 * Measure how fast the records of a source are decoded here, or made-up ones where the source is undefined: each engine at
 * each task, beside loops in plain JavaScript and a plain copy, all checked to agree beforehand. Takes about ten seconds and
 * 300 MB, and blocks the thread meanwhile. Up to 64 MiB of the source are kept in memory; a regular file is also read and
 * summarized, up to 128 MiB of it. Where it is the first thing that a process does, `cold` is what first calls cost.
 *
 * @throws as `open` does while iterating; AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_UNKNOWN` where no kind is given and none
 *   is recognised, `AIOSCOPE_SOURCE` where there is no whole record, and `AIOSCOPE_DISAGREEMENT` where two ways to do a task
 *   differ: then nothing of it is timed
 */
export async function bench(
  source?: NodeSource,
  options: BenchOptions & { readonly compression?: CompressionOption | undefined } = {},
): Promise<BenchReport> {
  // Other programs need not load it.
  const { benchSource } = await import('./host/node/bench.ts');
  if (source === undefined) return benchSource(undefined, options);
  const [bytes, given] = resolve(source, options);
  return benchSource(bytes, given);
}
