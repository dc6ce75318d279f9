// A report in sections. Those on patterns, latency and time have files of their own.
import { pollNames } from '../abi/name.ts';
import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { CompletionsJson } from '../analysis/report/completions.ts';
import type { FlushJson } from '../analysis/report/flush.ts';
import type { PollJson } from '../analysis/report/poll.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatOpcode,
  formatPaths,
  formatQuantity,
  formatShare,
} from './format.ts';
import { batchItems } from './report-batches.ts';
import { namesOf } from './report-names.ts';
import { offsetSection } from './report-offsets.ts';
import { timeSection } from './report-over-time.ts';
import { patternSection, rangeText } from './report-pattern.ts';
import { refusedSection } from './report-refused.ts';
import { alignmentSection, distinctText, resultBars, sizeSection } from './report-size.ts';
import { latencySection } from './report-time.ts';
import { type ListItem, type Section, type TablePart, table, text, titled } from './section.ts';
import { completionScope } from './selected.ts';

/** The sections of a report, in their order. */
export const SECTIONS = [
  'pattern',
  'sizes',
  'alignment',
  'time',
  'offsets',
  'latency',
  'results',
  'refused',
  'flushes',
  'poll',
  'distinct',
  'rings',
] as const;
export type SectionName = (typeof SECTIONS)[number];

function errorTable({ errors, records }: CompletionsJson): TablePart[] {
  const rows = errors.map(({ name, errno, count, firstIndex, lastIndex }) => [
    name ?? 'unassigned',
    `${errno}`,
    formatCount(count),
    formatShare(count, records),
    formatCount(firstIndex),
    formatCount(lastIndex),
  ]);
  return table(['name', 'errno', 'count', 'share', 'first record', 'last record'], rows, [0]);
}

/** The title of results, which says which completions they are of if pairs are others. */
function resultTitle(report: ReportJson): string {
  const scope = completionScope(report);
  if (scope === undefined) return 'results';
  return scope === 'all' ? 'results of all completions' : `results of completions ${scope}`;
}

/** Results; of nothing but polls they are masks, which have no sizes. */
function resultSection(completions: CompletionsJson, isPolls: boolean, title: string): Section[] {
  const { records, failed, impossible } = completions;
  const failures =
    failed === 0
      ? 'none failed'
      : `${formatCount(failed)} failed (${formatShare(failed, records)})`;
  const odd = `${formatQuantity(impossible, 'completion')} with an impossible result`;
  return titled(title, [
    text(`${formatQuantity(records, 'completion')}, ${failures}`),
    ...(impossible > 0 ? [text(odd, 'warning')] : []),
    ...(isPolls ? [] : resultBars(completions)),
    ...errorTable(completions),
  ]);
}

const FLUSH_NOTE =
  'writes/flush, bytes/flush: mean between two flushes; max writes: most between two flushes; ' +
  'before: writes before the first flush; after: writes after the last flush in these records';

function flushCells(flush: FlushJson, who: string, hasPaths: boolean): string[] {
  const { fd, paths, flushes, between, before, after } = flush;
  const gaps = flushes - 1;
  const most = between.writesEach.at(-1);
  return [
    who,
    `${fd}`,
    formatCount(flushes),
    gaps > 0 ? formatDecimal(between.writes / gaps) : '–',
    gaps > 0 ? formatBytes(BigInt(between.bytes) / BigInt(gaps)) : '–',
    most === undefined ? '–' : rangeText(most),
    formatCount(before.writes),
    formatCount(after.writes),
    ...(hasPaths ? [formatPaths(paths)] : []),
  ];
}

function flushSection(flushes: readonly FlushJson[]): Section[] {
  if (flushes.length === 0) return [];
  const heads = ['who', 'fd', 'flushes', 'writes/flush', 'bytes/flush'];
  const whoOf = namesOf(flushes);
  const hasPaths = flushes.some(({ paths }) => paths !== undefined);
  const more = ['max writes', 'before', 'after', ...(hasPaths ? ['file'] : [])];
  const rows = [...flushes]
    .sort((a, b) => b.flushes - a.flushes)
    .map((flush) => flushCells(flush, whoOf(flush), hasPaths));
  const textColumns = hasPaths ? [0, heads.length + more.length - 1] : [0];
  return titled('flushes', [
    ...table([...heads, ...more], rows, textColumns, heads.length),
    text(FLUSH_NOTE, 'note'),
  ]);
}

const nameOf = (bit: number): string => pollNames(bit)[0] ?? `0x${bit.toString(16)}`;

/** Requested poll bits, and which bits their pairs reported. */
function pollTable({ asked, fired = [] }: PollJson): TablePart[] {
  const bits = [...new Set(fired.map((pair) => pair.fired))].sort((a, b) => a - b);
  const rows = asked.map(({ bit, count }) => {
    const cells = bits.map((other) =>
      formatCount(fired.find((pair) => pair.asked === bit && pair.fired === other)?.count ?? 0),
    );
    return [nameOf(bit), formatCount(count), ...cells];
  });
  const heads = bits.map((bit) => `got ${nameOf(bit).replace(/^POLL_?/, '')}`);
  return table(['requested', 'polls', ...heads], rows, [0]);
}

function pollText({ requests, descriptors, matched }: PollJson, isSelected: boolean): string {
  const noun = descriptors.count === 1 ? 'descriptor' : 'descriptors';
  const polls = `${formatQuantity(requests, 'poll')} on ${distinctText(descriptors)} ${noun}`;
  if (matched === undefined) return polls;
  const outcomes = [
    `${formatCount(matched.requests)} completed`,
    `${formatCount(matched.cancelled)} canceled (res 0)`,
    `${formatCount(matched.unrequested)} reported an event that was not requested`,
    `${formatCount(matched.failing)} reported POLLERR or POLLHUP`,
  ];
  return `${polls}: ${isSelected ? 'of the selected pairs, ' : ''}${outcomes.join(', ')}`;
}

function submittedItems({ records, distinct, eventfd, opcodes }: SubmissionsJson): ListItem[] {
  const counts = opcodes.map((each) => {
    return `${each.name === null ? 'unknown' : formatOpcode(each)} ${formatCount(each.requests)}`;
  });
  const items: ListItem[] = [
    { name: 'opcodes', text: counts.join(', ') },
    { name: 'descriptors', text: distinctText(distinct.fds) },
  ];
  const { blocks } = distinct;
  if (blocks.count > 0) {
    const { vectored, append, longerThan16MiB } = blocks.left;
    const least = vectored + append + longerThan16MiB > 0 ? 'at least ' : '';
    const set = `working set ${least}${formatBytes(Math.round(blocks.count) * blocks.blockBytes)}`;
    items.push({ name: '4 KiB blocks', text: `${least}${distinctText(blocks)}: ${set}` });
  }
  if (eventfd.requests > 0) {
    const used = `used by ${formatShare(eventfd.requests, records)} of the submissions`;
    items.push({ name: 'eventfds', text: `${distinctText(eventfd.eventfds)}, ${used}` });
  }
  return items;
}

/** How many different values there were, and how many records came at once. */
function distinctSection({ submissions, completions, batches }: ReportJson): Section[] {
  const items: ListItem[] = [];
  const hasSubmissions = submissions !== undefined && submissions.records > 0;
  const hasCompletions = completions !== undefined && completions.records > 0;
  if (hasSubmissions) items.push(...submittedItems(submissions));
  const submitted = hasSubmissions ? submissions.distinct.addresses : undefined;
  const addresses = [
    ...(submitted === undefined ? [] : [`${distinctText(submitted)} submitted`]),
    ...(hasCompletions ? [`${distinctText(completions.distinct.addresses)} completed`] : []),
  ];
  if (addresses.length > 0) items.push({ name: 'iocb addresses', text: addresses.join(', ') });
  if (batches !== undefined) items.push(...batchItems(batches));
  return titled('distinct values and batches', items.length === 0 ? [] : [{ kind: 'list', items }]);
}

/** Ring images, and what became of a ring between two of them. */
function ringSection({ images, steps }: NonNullable<ReportJson['rings']>): Section[] {
  const rows = images.map(({ file, id, nr, head, tail, live, full }) => [
    file,
    `${id}`,
    formatCount(nr),
    formatCount(head),
    formatCount(tail),
    `${formatCount(live)}${full ? ' (full)' : ''}`,
  ]);
  const texts = steps.map(({ from, to, completions, reaped, overwritten }) => {
    const least = overwritten > 0 ? 'at least ' : '';
    const verb = overwritten === 1 ? 'was' : 'were';
    const slots = `${formatQuantity(overwritten, 'slot')} ${verb} overwritten`;
    const lost = overwritten > 0 ? `; ${slots}: completions are missing in between` : '';
    const done = `${least}${formatQuantity(completions, 'completion')}`;
    return `from ${from} to ${to}: ${done}, ${least}${formatCount(reaped)} reaped${lost}`;
  });
  return titled('rings', [
    ...table(['file', 'id', 'nr', 'head', 'tail', 'live'], rows, [0]),
    ...texts.map((words) => text(words)),
  ]);
}

/** In place of what is over time, if times or records do not fit together. */
const notShown = (title: string): Section[] =>
  titled(title, [
    text('not shown: the times or records are unreliable (see the findings)', 'note'),
  ]);

/** Every section of a report by name; empty where there is nothing to show. */
export function reportSections(
  report: ReportJson,
  isWide: boolean,
): Readonly<Record<SectionName, readonly Section[]>> {
  const { submissions, completions, matched, rings, refused } = report;
  const isPolls =
    submissions?.poll !== undefined && submissions.poll.requests === submissions.records;
  const poll = submissions?.poll;
  const hasTimes = matched === undefined || areTimesRight(matched.figures);
  return {
    pattern: submissions === undefined ? [] : patternSection(submissions, isWide),
    sizes: submissions === undefined ? [] : sizeSection(submissions),
    alignment: submissions === undefined ? [] : alignmentSection(submissions),
    time: hasTimes ? timeSection(report) : notShown('over time'),
    offsets:
      submissions === undefined
        ? []
        : hasTimes
          ? offsetSection(submissions)
          : notShown('offsets over time'),
    latency: matched === undefined ? [] : latencySection(matched),
    results:
      completions === undefined ? [] : resultSection(completions, isPolls, resultTitle(report)),
    refused: refused === undefined ? [] : refusedSection(refused),
    flushes: submissions === undefined ? [] : flushSection(submissions.flushes),
    poll:
      poll === undefined
        ? []
        : titled('polls', [
            text(pollText(poll, report.selected !== undefined)),
            ...pollTable(poll),
          ]),
    distinct: distinctSection(report),
    rings: rings === undefined ? [] : ringSection(rings),
  };
}
