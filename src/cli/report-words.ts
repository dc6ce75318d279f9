import type { Pattern, ReportJson, RequestsJson, ResultsJson, SizesJson, StreamJson } from '../node.ts';
import { bytes, count, exactBytes, plural, share } from './format.ts';
import { duration } from './report-chart.ts';

/** What a pattern is called behind "read … requests". */
export const PATTERN_WORDS: Readonly<Record<Pattern, string>> = {
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

/** Streams that the first paragraph tells. */
const TOLD = 3;

/** Who did it: the program where the envelope has its name, else the process. */
export const who = ({ program, pid }: StreamJson): string => program ?? (pid === null ? 'the program' : `pid ${pid}`);

/** The size that at least half of the requests have; else the median. */
function sizeWords(sizes: SizesJson | undefined): string {
  if (sizes === undefined) return '';
  const [top] = sizes.common;
  if (top !== undefined && top.count >= sizes.requests / 2) return `, mostly ${exactBytes(BigInt(top.size))} each`;
  return `, ${bytes(sizes.percentiles.p50)} each in the median`;
}

/** The mean of the sequential runs, where those are what there is. */
function runWords({ runs, bytes: total }: StreamJson): string {
  const number = runs.requests.reduce((sum, run) => sum + run.count, 0);
  return number === 0 ? '' : ` in runs of ${bytes(BigInt(total) / BigInt(number))}`;
}

function streamWords(stream: StreamJson, { records, sizes }: RequestsJson): string {
  const { direction, vectored, pattern, fd, requests, stride } = stream;
  const what = direction === 'read' ? 'read' : 'wrote';
  const size = vectored ? '' : sizeWords(direction === 'read' ? sizes.reads : sizes.writes);
  const steps = pattern === 'strided' && stride?.min === stride?.max ? ` of ${bytes(stride?.min ?? 0)}` : '';
  const runs = pattern === 'sequential' ? runWords(stream) : '';
  return `${who(stream)} ${what} ${PATTERN_WORDS[pattern]}${steps}${runs} on fd ${fd} (${share(requests, records)} of the requests${size})`;
}

function submissionWords(submissions: RequestsJson): string[] {
  const { streams } = submissions.patterns;
  if (submissions.records === 0) return ['There are no submissions.'];
  if (streams.length === 0) return [`None of ${plural(submissions.records, 'submission')} moves data.`];
  const largest = [...streams].sort((a, b) => b.requests - a.requests).slice(0, TOLD);
  const rest = streams.length - largest.length;
  const more = rest > 0 ? `; and ${rest} more of such streams` : '';
  return [`${largest.map((stream) => streamWords(stream, submissions)).join('; ')}${more}.`];
}

function completionWords({ records, failed, errors }: ResultsJson): string[] {
  if (records === 0) return ['There are no completions.'];
  const listed = [...errors].sort((a, b) => b.count - a.count).slice(0, TOLD);
  const names = listed.map(({ name, errno, count: n }) => `${count(n)} failed with ${name ?? `errno ${errno}`}`);
  if (failed === 0) return [`None of ${plural(records, 'completion')} failed.`];
  return [`Of ${plural(records, 'completion')} ${names.length > 0 ? names.join(', ') : `${count(failed)} have an impossible result`}.`];
}

/** The report in a few sentences: who did what, how deep, how fast, and how it went wrong. */
export function paragraph({ submissions, completions, matched }: ReportJson): string {
  const figures = matched?.figures;
  const sentences = [
    ...(submissions === undefined ? [] : submissionWords(submissions)),
    ...(figures === undefined
      ? []
      : [
          `${figures.depth.max} deep at most, ${figures.depth.mean.toFixed(1)} in the mean; ` +
            `p50 ${duration(Number(figures.latencyNs.p50))}, p99 ${duration(Number(figures.latencyNs.p99))} (±0.8 %).`,
        ]),
    ...(completions === undefined ? [] : completionWords(completions)),
  ];
  // A program's name stays as it is.
  return sentences.join(' ').replace(/^(pid|the program) /, (start) => start.charAt(0).toUpperCase() + start.slice(1));
}

/** The sentence on O_DIRECT: the coarsest of its granularities that the trace keeps, and what breaks the next. */
export function directWords({ granularities, offsetOrLength }: RequestsJson['alignment']): string {
  if (offsetOrLength.length === 0) return 'No request moves data.';
  const kept = granularities.filter(({ firstIndex }) => firstIndex === null).at(-1);
  const broken = granularities.find(({ firstIndex }) => firstIndex !== null);
  const keeps = kept === undefined ? '' : `Every request keeps the rules of O_DIRECT at ${kept.bytes} bytes. `;
  if (broken === undefined) return keeps.trim();
  const { bytes: granularity, offsetOrLength: places, buffer, firstIndex } = broken;
  return `${keeps}At ${granularity} bytes ${plural(places, 'request')} by offset or length and ${count(buffer)} by their buffer break them, first in record ${firstIndex}.`;
}

/** A paragraph in lines that fit. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > width && line !== '') lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
