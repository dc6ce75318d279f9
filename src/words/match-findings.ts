// The findings of a match in sentences: work, depth, latency, failures, how complete the data is.

import { IOCB_CMD_POLL } from '../abi/opcode.ts';
import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { MatchJson } from '../analysis/match/json.ts';
import { falsePairText } from './false-pairs.ts';
import {
  formatBytes,
  formatCount,
  formatDescriptor,
  formatDuration,
  formatNumber,
  formatOpcode,
  formatQuantity,
  formatShare,
} from './format.ts';
import { depthTexts, latencyTexts } from './match-latency.ts';
import { arePairsGuesses, mendingTexts, mismatchTexts } from './mismatch.ts';
import { type ListItem, type TextPart, text } from './section.ts';
import { allPairs } from './selected.ts';
import { silenceTexts } from './silences.ts';
import { unmatchedTexts } from './unmatched.ts';

/** Whether descriptors are kept apart by process; `pid` is 0 otherwise. */
export const hasPid = ({ inputs: [submissions] }: MatchJson): boolean =>
  /(^|,)pid:/.test(submissions.layout) &&
  !submissions.absent?.some(({ field, opcodes }) => field === 'pid' && opcodes === 'all');

/** What completed, in how long. */
function workText(match: MatchJson): string {
  const { matched, byOpcode, time } = match;
  const bytes = byOpcode.reduce((sum, { bytesMoved }) => sum + BigInt(bytesMoved), 0n);
  const opcodes = byOpcode
    .toSorted((a, b) => b.matched - a.matched)
    .map((group) => `${formatCount(group.matched)} ${formatOpcode(group)}`);
  const seconds =
    time === null || !areTimesRight(match) ? 0 : Number(BigInt(time.to) - BigInt(time.from)) / 1e9;
  const rate = `${formatCount(Math.round(matched / seconds))} requests/s`;
  const isRare = seconds > 0 && matched / seconds < 1;
  const duration = seconds > 0 ? ` in ${formatDuration(seconds * 1e9)}` : '';
  const span = seconds > 0 && !isRare ? `${duration}: ${rate}` : duration;
  const bandwidth =
    seconds > 0 && bytes > 0n && !isRare
      ? `, ${formatBytes(Math.round(Number(bytes) / seconds))}/s`
      : '';
  const by = opcodes.length === 0 ? '' : ` (${opcodes.join(', ')})`;
  return matched === 0
    ? allPairs(match) === 0
      ? 'no completion matches a submission'
      : 'no pair meets the conditions'
    : `${formatQuantity(matched, 'request')} completed${span}${bandwidth}${by}`;
}

/** A warning of false pairs. */
function falsePairParts(match: MatchJson): TextPart[] {
  const words = falsePairText(match);
  return words === undefined ? [] : [text(words, 'warning')];
}

/** From this share of all requests on, EAGAIN of RWF_NOWAIT is a warning, as in findings. */
const NOWAIT_WARNING = 0.05;

function errorParts({ errors, matched }: MatchJson): TextPart[] {
  const countOf = (isNowait: boolean): number =>
    errors.filter(({ nowait }) => nowait === isNowait).reduce((sum, { count }) => sum + count, 0);
  const [nowait, failed] = [countOf(true), countOf(false)];
  const names = new Set(
    errors
      .filter((error) => !error.nowait)
      .map(({ name, errno }) => name ?? (errno === null ? 'res < -4095' : `errno ${errno}`)),
  );
  const requests = formatQuantity(failed, 'request');
  const failure = `${requests} failed (${formatShare(failed, matched)}): ${[...names].join(', ')}`;
  const eagain = `${formatCount(nowait)} EAGAIN of RWF_NOWAIT (${formatShare(nowait, matched)})`;
  const isOften = nowait >= NOWAIT_WARNING * matched;
  if (nowait + failed === 0) return [text(matched === 0 ? 'unknown: nothing matched' : 'none')];
  return [
    ...(failed === 0 ? [] : [text(failure, 'warning')]),
    ...(nowait === 0 ? [] : [isOften ? text(eagain, 'warning') : text(eagain)]),
  ];
}

function shortTexts({ short }: MatchJson): string[] {
  const cases = [
    [short.partialRead, 'short read'],
    [short.partialWrite, 'short write'],
    [short.eof, 'read at end of file', 'reads at end of file'],
    [
      short.clamped,
      'request cut to 2 GiB - 4 KiB, the most that Linux transfers at once',
      'requests cut to 2 GiB - 4 KiB, the most that Linux transfers at once',
    ],
  ] as const;
  return cases.filter(([n]) => n > 0).map(([n, one, many]) => formatQuantity(n, one, many));
}

/** Flushes that were submitted while writes were in flight, which they need not cover. */
function flushParts(match: MatchJson): TextPart[] {
  const { fsync, byFd } = match;
  if (fsync === null || fsync.count === 0 || arePairsGuesses(match)) return [];
  if (fsync.overtaking === 0) {
    const flushes = formatQuantity(fsync.count, 'flush', 'flushes');
    return [text(`${flushes}, with no write to the same fd in flight`)];
  }
  const overtaken = byFd
    .filter((group) => group.fsync.overtaking > 0)
    .toSorted((a, b) => b.fsync.writesInFlight - a.fsync.writesInFlight);
  const parts = overtaken.slice(0, 3).map((group) => {
    const { count, overtaking, ...flush } = group.fsync;
    const part = `${formatCount(overtaking)} of ${formatQuantity(count, 'flush', 'flushes')}`;
    const writes = formatQuantity(flush.writesInFlight, 'write');
    const descriptor = formatDescriptor(group);
    const where = hasPid(match) ? `pid ${group.pid} ${descriptor}` : descriptor;
    return text(
      `${where}: ${part} submitted with writes in flight, which need not be covered (${writes})`,
      'warning',
    );
  });
  const more = formatQuantity(overtaken.length - 3, 'more descriptor');
  return overtaken.length > 3 ? [...parts, text(`and ${more}`)] : parts;
}

/** Doubts that consist of a count. */
function doubtTexts(match: MatchJson): string[] {
  const { unmatchedCompletions, begunBefore } = match;
  const { counted, secondPairs } = match.quality;
  const second = counted.secondPairs ? secondPairs : 0;
  const chosen = match.by.order === 'counting' ? 'oldest' : 'newest';
  const isGuess = arePairsGuesses(match);
  const where = match.by.key === 'data' ? 'with one aio_data' : 'at one address';
  const twice = `of requests that were in flight twice ${where}`;
  const repeat =
    'that repeat the one before at their address, not matched: the option dedupe drops repeats';
  const known = [
    [match.refused, 'submission', 'refused by io_submit, left out'],
    [match.quality.tornBytes, 'byte', 'in trailing partial records'],
  ] as const;
  const ofPairs = [
    [unmatchedCompletions - begunBefore, 'completion', 'without a submission'],
    [begunBefore, 'completion', 'without a submission, at an iocb address not submitted before'],
    [match.by.dedupe ? 0 : match.quality.repeated.completions, 'completion', repeat],
    [second, 'pair', twice],
    [match.dataMismatch, 'completion', 'whose address was in use with different data'],
    [match.ambiguous, 'pair', `with several candidate submissions: the ${chosen} was chosen`],
    [match.quality.negativeLatency, 'completion', 'timestamped before the submission'],
    [match.evicted, 'submission', 'dropped because too many were in flight'],
  ] as const;
  const counts = [...(isGuess ? [] : ofPairs), ...known]
    .filter(([n]) => n > 0)
    .map(([n, noun, rest]) => `${formatQuantity(n, noun)} ${rest}`);
  return [...(isGuess ? [] : unmatchedTexts(match)), ...counts];
}

/** How records were matched, where that limits what is known. */
function methodTexts({ by }: MatchJson): string[] {
  const key = by.key === 'data' ? 'aio_data' : 'address';
  const counting =
    `matched by counting, the k-th submission of each ${key} with its k-th completion: ` +
    'no latency, queue depth or order';
  const tags = 'matched by aio_data only: correct only if no two requests in flight shared a value';
  return [...(by.key === 'data' ? [tags] : []), ...(by.order === 'counting' ? [counting] : [])];
}

/** How complete the data is. */
function dataParts(match: MatchJson): TextPart[] {
  const { unmatchedCompletions, unmatchedSubmissions, littlesLaw } = match;
  const matched = allPairs(match);
  const empty = match.inputs.filter(({ records }) => records === 0).map(({ file }) => file);
  const isComplete = matched > 0 && unmatchedCompletions === 0 && unmatchedSubmissions === 0;
  const parts = methodTexts(match).map((words) => text(words, 'warning'));
  if (empty.length > 0)
    parts.push(text(`nothing to match: no records in ${empty.join(', ')}`, 'warning'));
  else if (matched === 0 && areTimesRight(match))
    parts.push(text('nothing matched: are these dumps of the same run?', 'warning'));
  if (isComplete && !arePairsGuesses(match)) parts.push(text('every submission has a completion'));
  parts.push(...doubtTexts(match).map((words) => text(words)));
  if (areTimesRight(match))
    parts.push(...silenceTexts(match).map((words) => text(words, 'warning')));
  // Polls that still wait at the end have depth and no latency.
  const hasPolls = match.open.byFd.some(({ opcode }) => opcode === IOCB_CMD_POLL);
  if (littlesLaw !== null && littlesLaw.gap > 0.1 && areTimesRight(match) && !hasPolls) {
    const measured = `mean queue depth ${formatNumber(littlesLaw.depth)}`;
    const derived = `rate × latency ${formatNumber(littlesLaw.rateTimesLatency)}`;
    const meaning = "by Little's law they are equal if every submission has its completion";
    parts.push(text(`${measured}, but ${derived}: ${meaning}`, 'warning'));
  }
  return parts;
}

/** What the findings are of: all pairs, or those that are selected; or of the whole capture. */
type FindingsOf = 'all' | 'selected' | 'whole';
/** Those that are of the whole capture, whatever is selected. */
const OF_WHOLE: readonly string[] = ['times', 'depth', 'flushes', 'data'];

/** The sentences by subject, in their order. */
export function findings(
  match: MatchJson,
  of: FindingsOf = 'all',
  misaligned: readonly string[] = [],
): ListItem[] {
  const latencies = match.selected === undefined ? falsePairParts(match) : [];
  const subjects: readonly (readonly [name: string, parts: readonly TextPart[]])[] = [
    [
      'times',
      [
        ...mendingTexts(match).map((words) => text(words)),
        ...mismatchTexts(match).map((words) => text(words, 'warning')),
      ],
    ],
    ['work', [text(workText(match))]],
    ['depth', depthTexts(match).map((words) => text(words))],
    [
      'latency',
      areTimesRight(match)
        ? [...latencyTexts(match).map((words) => text(words)), ...latencies]
        : [],
    ],
    [
      'errors',
      [
        ...(match.matched === 0 && allPairs(match) > 0 ? [] : errorParts(match)),
        ...misaligned.map((words) => text(words, 'bad')),
      ],
    ],
    ['short', shortTexts(match).map((words) => text(words))],
    ['flushes', flushParts(match)],
    ['data', [...(match.selected === undefined ? [] : falsePairParts(match)), ...dataParts(match)]],
  ];
  const shown = subjects.filter(
    ([name]) => of === 'all' || OF_WHOLE.includes(name) === (of === 'whole'),
  );
  return shown.flatMap(([name, parts]) =>
    parts.map(({ text: words, role }) =>
      role === undefined ? { name, text: words } : { name, text: words, role },
    ),
  );
}
