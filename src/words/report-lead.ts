// A report in one paragraph: who did what, how deep, how fast, and what failed.

import { IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_POLL } from '../abi/opcode.ts';
import type { CompletionsJson } from '../analysis/report/completions.ts';
import type { MatchFigures } from '../analysis/report/matched.ts';
import type { ReportJson } from '../analysis/report/report.ts';
import type { SizesJson } from '../analysis/report/sizes.ts';
import type { Pattern, PatternsJson, StreamJson } from '../analysis/report/stream-json.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import { falsePairText } from './false-pairs.ts';
import {
  capitalize,
  formatBytes,
  formatCount,
  formatDescriptor,
  formatQuantity,
  formatShare,
} from './format.ts';
import { areTimesRight, mendingTexts, mismatchTexts } from './mismatch.ts';
import { depthText } from './report-depth.ts';
import { refusedText } from './report-refused.ts';
import { hasLatencies, latencyText } from './report-time.ts';
import { allPairs, pairErrorTexts } from './selected.ts';
import { hungText } from './unmatched.ts';

/** A pattern before "reads". */
const PATTERN_WORDS: Readonly<Record<Pattern, string>> = {
  sequential: 'sequential',
  interleaved: 'interleaved sequential',
  backward: 'backward sequential',
  repeated: 'same-offset',
  strided: 'strided',
  near: 'near-sequential',
  random: 'random',
  mixed: 'mixed-pattern',
  single: 'single',
};

/** Streams and errors that the paragraph mentions. */
const MENTIONED = 3;
/** From this share on, a pattern needs no "mostly". */
const NEARLY_ALL = 0.9;

/** The largest offset that a pattern takes. */
export const OFFSET_MAX_TEXT = '8 PiB − 4 GiB';

type Who = Pick<StreamJson, 'program' | 'pid'>;

/**
 * Names who submitted: the program where its name is known, with the process if several of them run
 * it, else the process.
 */
export function namesOf(all: readonly Who[]): (who: Who) => string {
  const pids = new Map<string | null, Set<number | null>>();
  for (const { program, pid } of all) pids.set(program, (pids.get(program) ?? new Set()).add(pid));
  return ({ program, pid }) => {
    const process = pid === null ? '–' : `pid ${pid}`;
    if (program === null) return process;
    return (pids.get(program)?.size ?? 0) > 1 ? `${program} (${process})` : program;
  };
}

/** The size of all requests in a direction; undefined where they differ. */
const onlySize = (sizes: SizesJson | undefined): string | undefined =>
  sizes !== undefined && sizes.min === sizes.max ? formatBytes(sizes.min) : undefined;

function patternWords({ pattern, classes, sequential8, requests }: StreamJson): string {
  const counts: Partial<Record<Pattern, number>> = {
    ...classes,
    repeated: classes.repeat,
    interleaved: sequential8,
  };
  const isMostly = (counts[pattern] ?? requests) < NEARLY_ALL * (requests - 1);
  return `${isMostly ? 'mostly ' : ''}${PATTERN_WORDS[pattern]}`;
}

/** The stride, or the mean of the sequential runs, where that is the pattern. */
function lengthWords({ pattern, runs, bytes, stride }: StreamJson): string {
  if (pattern === 'strided')
    return stride !== undefined && stride.min === stride.max
      ? ` (stride ${formatBytes(stride.min)})`
      : '';
  const number = runs.requests.reduce((sum, run) => sum + run.count, 0);
  if (pattern !== 'sequential' || number === 0 || bytes === '0') return '';
  return ` (mean run ${formatBytes(BigInt(bytes) / BigInt(number))})`;
}

/** "24.7 % random 4 KiB writes on fd 4". */
function streamWords(stream: StreamJson, { records, sizes }: SubmissionsJson): string {
  const { direction, vectored, requests } = stream;
  const size = vectored ? undefined : onlySize(direction === 'read' ? sizes.reads : sizes.writes);
  const words = [
    ...(requests === records ? [] : [formatShare(requests, records)]),
    patternWords(stream),
    ...(vectored ? ['vectored'] : []),
    ...(size === undefined ? [] : [size]),
    `${direction}${requests === 1 ? '' : 's'}`,
    `on ${formatDescriptor(stream)}${lengthWords(stream)}`,
  ];
  return words.join(' ');
}

/** Streams, with who submitted behind the last of each. */
function streamsWords(streams: readonly StreamJson[], submissions: SubmissionsJson): string {
  const whoOf = namesOf(submissions.patterns.streams);
  const words = streams.map((stream, i) => {
    const who = whoOf(stream);
    const next = streams[i + 1];
    const isLast = next === undefined || whoOf(next) !== who;
    return `${streamWords(stream, submissions)}${isLast && who !== '–' ? ` by ${who}` : ''}`;
  });
  return words.join(', ');
}

/** "reads are mostly 4 KiB". The size of all is in the words on streams already. */
function sizeWords(noun: string, sizes: SizesJson | undefined): string | undefined {
  if (sizes === undefined || sizes.min === sizes.max) return undefined;
  const { common, requests, percentiles } = sizes;
  const [top] = common;
  return top !== undefined && top.count >= requests / 2
    ? `${noun} are mostly ${formatBytes(top.size)}`
    : `${noun} have a median size of ${formatBytes(percentiles.p50)}`;
}

function sizeSentence({ reads, writes }: SubmissionsJson['sizes']): string[] {
  const [read, written] = [sizeWords('reads', reads), sizeWords('writes', writes)];
  if (read !== undefined && read.slice('reads'.length) === written?.slice('writes'.length))
    return [`${capitalize(read.replace('reads', 'reads and writes'))}.`];
  const words = [read, written].filter((each) => each !== undefined);
  return words.length === 0 ? [] : [`${capitalize(words.join(', '))}.`];
}

/** Requests that are neither reads nor writes, by what they do. */
const OTHERS = [
  ['flushes', [IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC]],
  ['polls', [IOCB_CMD_POLL]],
] as const;

/** "50.6 % flushes", "all polls". */
const othersWords = ({ records, opcodes }: SubmissionsJson): string[] =>
  OTHERS.flatMap(([noun, among]) => {
    const count = opcodes
      .filter(({ opcode }) => among.some((each) => each === opcode))
      .reduce((sum, { requests }) => sum + requests, 0);
    if (count === 0) return [];
    return [count === records ? `all ${noun}` : `${formatShare(count, records)} ${noun}`];
  });

/** Why no read or write has a pattern. */
function unplacedWords({ left: { append, outOfRange } }: PatternsJson): string[] {
  return [
    ...(append > 0
      ? [
          `${formatQuantity(append, 'write')} with RWF_APPEND, ` +
            `whose ${append === 1 ? 'offset is' : 'offsets are'} ignored`,
        ]
      : []),
    ...(outOfRange > 0
      ? [`${formatCount(outOfRange)} with an offset that is negative or above ${OFFSET_MAX_TEXT}`]
      : []),
  ];
}

function submissionSentences(submissions: SubmissionsJson): string[] {
  const { records, patterns, sizes } = submissions;
  if (records === 0) return ['No submissions.'];
  const requests = formatQuantity(records, 'request');
  const others = othersWords(submissions);
  if (patterns.streams.length === 0) {
    const words = [...unplacedWords(patterns), ...others];
    const all = words.length === 0 ? 'no reads, writes, flushes or polls' : words.join('; ');
    return [`${requests}: ${all}.`, ...sizeSentence(sizes)];
  }
  const largest = [...patterns.streams].sort((a, b) => b.requests - a.requests);
  const mentioned = largest.slice(0, MENTIONED);
  const rest = largest.length - mentioned.length;
  const more = rest > 0 ? `, and ${formatQuantity(rest, 'more stream')}` : '';
  const words = [streamsWords(mentioned, submissions), ...others].join(', ');
  return [`${requests}: ${words}${more}.`, ...sizeSentence(sizes)];
}

/** Errors by name. With pairs it is known which EAGAIN are of RWF_NOWAIT. */
function errorSentence(
  { records, failed, errors }: CompletionsJson,
  figures: MatchFigures | undefined,
): string {
  if (records === 0) return 'No completions.';
  const completions = formatQuantity(records, 'completion');
  if (failed === 0) return `${completions}, no errors.`;
  const ofNowait =
    figures?.errors.reduce((sum, { nowait, count }) => sum + (nowait ? count : 0), 0) ?? 0;
  const failures = errors
    .map(({ name, errno, count }) => ({
      name: name ?? `errno ${errno}`,
      count: count - (name === 'EAGAIN' ? ofNowait : 0),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const words = failures
    .slice(0, MENTIONED)
    .map(({ name, count }) => `${formatCount(count)} failed with ${name}`);
  const others = failures.slice(MENTIONED).reduce((sum, { count }) => sum + count, 0);
  if (others > 0) words.push(`${formatCount(others)} with other errors`);
  if (ofNowait > 0) words.push(`${formatCount(ofNowait)} EAGAIN of RWF_NOWAIT`);
  const impossible = `${formatCount(failed)} with an impossible result`;
  return `${completions}: ${words.length > 0 ? words.join(', ') : impossible}.`;
}

function matchSentence(figures: MatchFigures): string[] {
  const { unmatchedCompletions, unmatchedSubmissions } = figures;
  const matched = allPairs(figures);
  if (unmatchedCompletions + matched === 0 || unmatchedSubmissions + matched === 0) return [];
  if (matched === 0 && areTimesRight(figures))
    return ['No completion matches a submission: are the files of the same run?'];
  if (figures.matched === 0 && matched > 0) return ['No pair meets the conditions.'];
  const depth =
    areTimesRight(figures) && figures.selected === undefined ? depthText(figures) : undefined;
  const latency = hasLatencies(figures) ? latencyText(figures, ['p50', 'p99']) : undefined;
  const words = [depth, latency].filter((each) => each !== undefined);
  const doubts = areTimesRight(figures) ? [falsePairText(figures), hungText(figures)] : [];
  const warnings = [
    ...mendingTexts(figures),
    ...mismatchTexts(figures),
    ...doubts.filter((each) => each !== undefined),
  ];
  const sentences = words.length === 0 ? [] : [words.join('; ')];
  return [...sentences, ...warnings].map((each) => `${capitalize(each)}.`);
}

/** Errors: of the selected pairs where completions are not selected with them. */
const errorSentences = (report: ReportJson): string[] => {
  const { completions, matched } = report;
  if (completions === undefined) return [];
  if (matched !== undefined && matched.figures.selected !== undefined)
    return pairErrorTexts(matched.figures);
  return [errorSentence(completions, matched?.figures)];
};

/** The report in a few sentences. */
export const reportLead = (report: ReportJson): string => {
  const { submissions, matched, refused } = report;
  return [
    ...(submissions === undefined ? [] : submissionSentences(submissions)),
    ...(matched === undefined ? [] : matchSentence(matched.figures)),
    ...errorSentences(report),
    ...(refused === undefined || refused.records === 0
      ? []
      : [`${capitalize(refusedText(refused))}.`]),
  ].join(' ');
};
