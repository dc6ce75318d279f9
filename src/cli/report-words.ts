import type {
  CompletionsJson,
  DistinctJson,
  MatchFigures,
  Pattern,
  ReportJson,
  SizesJson,
  StreamJson,
  SubmissionsJson,
} from '../node.ts';
import { bytes, count, duration, exactBytes, plural, share, withinEnds } from './format.ts';

/** What a pattern is called behind "read". */
const PATTERN_WORDS: Readonly<Record<Pattern, string>> = {
  sequential: 'sequentially',
  interleaved: 'in interleaved sequential streams',
  backward: 'sequentially backward',
  repeated: 'again and again at one place',
  strided: 'in even steps',
  near: 'near the last request each time',
  random: 'at random',
  mixed: 'in no one pattern',
  single: 'once',
};

/** A number of bytes to three digits, without zeros where it is exact: 16 KiB, 6.02 MiB. */
export function size(value: number | bigint | string): string {
  const [exact, rounded] = [exactBytes(BigInt(value)), bytes(value)];
  return exact.split(' ')[1] === rounded.split(' ')[1] ? exact : rounded;
}

/** A count, and its standard error where it is not exact. */
export const distinctText = ({ count: n, approximate, error }: DistinctJson): string =>
  approximate
    ? `about ${count(Math.round(n))} (±${(100 * error).toFixed(1)} % standard error)`
    : count(n);

/** Streams that the first paragraph tells. */
const TOLD = 3;
/** From here on a pattern is told without "mostly". */
const NEARLY_ALL = 0.9;

/** Who did it: the program where the envelope has its name, else the process. */
export const who = ({ program, pid }: Pick<StreamJson, 'program' | 'pid'>): string =>
  program ?? (pid === null ? 'the program' : `pid ${pid}`);

/** The pattern of a stream, and whether it is only mostly so. */
function patternWords({ pattern, classes, sequential8, requests, stride }: StreamJson): string {
  const counts: Partial<Record<Pattern, number>> = {
    ...classes,
    repeated: classes.repeat,
    interleaved: sequential8,
  };
  const mostly = (counts[pattern] ?? requests) < NEARLY_ALL * (requests - 1) ? 'mostly ' : '';
  const steps =
    pattern === 'strided' && stride?.min === stride?.max ? ` of ${size(stride?.min ?? 0)}` : '';
  return `${mostly}${PATTERN_WORDS[pattern]}${steps}`;
}

/** The mean of the sequential runs, where those are what there is. */
function runWords({ pattern, runs, bytes: total }: StreamJson): string {
  const number = runs.requests.reduce((sum, run) => sum + run.count, 0);
  return pattern !== 'sequential' || number === 0
    ? ''
    : ` in runs of ${size(BigInt(total) / BigInt(number))}`;
}

/** What a stream did; whoever did the one before is not named again. */
function streamWords(stream: StreamJson, before: StreamJson | undefined, records: number): string {
  const isSame =
    before !== undefined && before.pid === stream.pid && before.program === stream.program;
  const what = stream.direction === 'read' ? 'read ' : 'wrote ';
  const verb = isSame && before.direction === stream.direction ? '' : what;
  return `${isSame ? '' : `${who(stream)} `}${verb}${share(stream.requests, records)} ${patternWords(stream)}${runWords(stream)} on fd ${stream.fd}`;
}

/** The size that at least half of the requests have; else the median. */
function sizeOf({ common: [top], requests, percentiles: { p50 } }: SizesJson): string {
  const isAll = top !== undefined && top.count === requests;
  if (top !== undefined && top.count >= requests / 2)
    return `${isAll ? 'all' : 'mostly'} ${size(top.size)}`;
  return `${size(p50)} in the median`;
}

function sizeWords({ reads, writes }: SubmissionsJson['sizes']): string[] {
  const [read, written] = [reads && sizeOf(reads), writes && sizeOf(writes)];
  if (read !== undefined && read === written) return [`Reads and writes are ${read}.`];
  const told = [
    ...(read === undefined ? [] : [`reads are ${read}`]),
    ...(written === undefined ? [] : [`writes are ${written}`]),
  ];
  return told.length === 0 ? [] : [`${capital(told.join(', '))}.`];
}

function submissionWords({
  records,
  patterns: { streams },
  sizes,
  poll,
}: SubmissionsJson): string[] {
  if (records === 0) return ['There are no submissions.'];
  if (streams.length === 0) {
    if (poll?.requests === records) return [`All ${plural(records, 'submission')} are polls.`];
    return [`None of ${plural(records, 'submission')} moves data.`];
  }
  const largest = [...streams].sort((a, b) => b.requests - a.requests).slice(0, TOLD);
  const told = largest.map((stream, i) => streamWords(stream, largest[i - 1], records));
  const rest = streams.length - largest.length;
  const more = rest > 0 ? `, and so on in ${plural(rest, 'more stream')}` : '';
  return [`Of ${plural(records, 'request')} ${told.join(', ')}${more}.`, ...sizeWords(sizes)];
}

const failure = (n: number, name: string): string => `${count(n)} failed with ${name}`;

/** How requests failed; with pairs it is known where EAGAIN is what RWF_NOWAIT asks for. */
function errorWords(
  { records, failed, errors }: CompletionsJson,
  figures: MatchFigures | undefined,
): string[] {
  if (records === 0) return ['There are no completions.'];
  if (failed === 0) return [`None of ${plural(records, 'completion')} failed.`];
  const isNormal =
    figures?.errors.filter(({ normal }) => normal).reduce((sum, error) => sum + error.count, 0) ??
    0;
  const bad = errors
    .map((error) => ({ ...error, count: error.count - (error.name === 'EAGAIN' ? isNormal : 0) }))
    .filter((error) => error.count > 0);
  const listed = bad.sort((a, b) => b.count - a.count).slice(0, TOLD);
  const names = listed.map(({ name, errno, count: n }) => failure(n, name ?? `errno ${errno}`));
  if (isNormal > 0) names.push(`${count(isNormal)} gave EAGAIN, as RWF_NOWAIT asks`);
  return [
    `Of ${plural(records, 'completion')} ${names.length > 0 ? names.join(', ') : `${count(failed)} have an impossible result`}.`,
  ];
}

/** How deep a submission found the queue, itself included: half of them no deeper than this. */
export function medianDepth({ depth }: MatchFigures): number | undefined {
  if (depth === null) return undefined;
  const total = depth.histogram.reduce((sum, bucket) => sum + bucket.count, 0);
  let seen = 0;
  for (const { from, count: n } of depth.histogram) {
    seen += n;
    if (2 * seen >= total) return from;
  }
  return undefined;
}

/** Whether latencies say something: of clocks that differ they do not. */
export const hasLatencies = ({ matched, negativeLatency }: MatchFigures): boolean =>
  matched > 0 && 2 * negativeLatency <= matched;

function depthWords(figures: MatchFigures): string[] {
  const { depth, matched, unmatchedCompletions, unmatchedSubmissions } = figures;
  if (unmatchedCompletions + matched === 0 || unmatchedSubmissions + matched === 0) return [];
  if (matched === 0) return ['No completion is of these submissions: are both of one run?'];
  const median = medianDepth(figures);
  const deep =
    depth === null || median === undefined
      ? []
      : [`${count(median)} deep in the median and ${count(depth.max)} at most`];
  const latencyNs = figures.latencyNs && withinEnds(figures.latencyNs);
  const fast =
    latencyNs?.p50 === null ||
    latencyNs?.p99 === null ||
    latencyNs === null ||
    !hasLatencies(figures);
  return [
    `${capital([...deep, ...(fast ? [] : [`p50 ${duration(latencyNs.p50)}, p99 ${duration(latencyNs.p99)} (±0.8 %)`])].join('; '))}.`,
  ];
}

/** The same text; a small letter at its beginning becomes a capital one, unless it is the p of a percentile. */
export const capital = (text: string): string =>
  /^p\d/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** The report in a few sentences: who did what, how deep, how fast, and how it went wrong. */
export function paragraph({ submissions, completions, matched }: ReportJson): string {
  return [
    ...(submissions === undefined ? [] : submissionWords(submissions)),
    ...(matched === undefined ? [] : depthWords(matched.figures)),
    ...(completions === undefined ? [] : errorWords(completions, matched?.figures)),
  ].join(' ');
}

/** The sentence on O_DIRECT: the coarsest of its granularities that the trace keeps, and what breaks the next. */
export function directWords({
  granularities,
  offsetOrLength,
}: SubmissionsJson['alignment']): string {
  if (offsetOrLength.length === 0) return 'No request moves data.';
  const kept = granularities.filter(({ firstIndex }) => firstIndex === null).at(-1);
  const broken = granularities.find(({ firstIndex }) => firstIndex !== null);
  const keeps =
    kept === undefined ? '' : `Every request keeps the rules of O_DIRECT at ${kept.bytes} bytes. `;
  if (broken === undefined) return keeps.trim();
  const { bytes: granularity, offsetOrLength: places, buffer, firstIndex } = broken;
  const breaking = [
    ...(places > 0 ? [`${plural(places, 'request')} by offset or length`] : []),
    ...(buffer > 0 ? [`${plural(buffer, 'request')} by buffer`] : []),
  ];
  return `${keeps}Not kept ${kept === undefined ? 'even ' : ''}at ${granularity} bytes: ${breaking.join(', ')}; the first is record ${count(firstIndex ?? 0)}.`;
}

/** The spaces between numbers and their units. */
export const UNIT_SPACE = /(?<=\d) (?=%|[KMGTPE]iB|B\b|[mµn]?s\b)/g;

/** A paragraph in lines that fit; numbers stay with their units. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.replace(UNIT_SPACE, '\u00a0').split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > width && line !== '') lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => line.replaceAll('\u00a0', ' '));
}
