// The head of a report: what was read, when, and how complete it is.

import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import { PARTS } from '../trace/part.ts';
import { absentText } from './absent.ts';
import { formatCount, formatDuration, formatQuantity } from './format.ts';
import { arePairsGuesses, mendingTexts } from './mismatch.ts';
import type { ListItem, Section } from './section.ts';
import { allPairs, reportSelectedText } from './selected.ts';
import { captureFaults } from './trace.ts';
import { unmatchedTexts } from './unmatched.ts';

/** The most findings on the first screen. */
export const FINDINGS_SHOWN = 8;
/** Files that are named. */
const FILES_NAMED = 4;

const NOUNS = { iocb: 'submission', io_event: 'completion', aio_ring: 'ring event' } as const;

const PART_FILES = Object.values(PARTS).map(({ file }) => file);

/** The name of a file without its folders; of a part of a trace, that of the trace. */
export function shortName(file: string): string {
  const [name = '', folder] = file.split('/').reverse();
  if (PART_FILES.includes(name) && folder !== undefined) return folder;
  const [pack = name, part] = name.split(':');
  return part !== undefined && PART_FILES.includes(part) ? pack : name;
}

/** "sub.iocb88 (20,013 submissions), com.ioev56 (20,013 completions)". */
function readText({ inputs, refused }: ReportJson): string {
  const all = [
    ...inputs.map(({ file, kind, records }) => ({ file, records, noun: NOUNS[kind] })),
    ...(refused?.inputs ?? []).map(({ file, records }) => ({
      ...{ file, records, noun: 'refused submission' },
    })),
  ];
  const byName = new Map<string, string[]>();
  for (const { file, records, noun } of all) {
    const name = shortName(file);
    byName.set(name, [...(byName.get(name) ?? []), formatQuantity(records, noun)]);
  }
  const files = [...byName].map(([name, counts]) => `${name} (${counts.join(', ')})`);
  const others = files.length - FILES_NAMED;
  const records = all.reduce((sum, each) => sum + each.records, 0);
  const more = `${formatQuantity(others, 'more file')}; ${formatCount(records)} records in all`;
  return [...files.slice(0, FILES_NAMED), ...(others > 0 ? [more] : [])].join(', ');
}

/** A time since 1970 in UTC, to milliseconds. */
const utcText = (ns: bigint): string =>
  `${new Date(Number(ns / 1_000_000n)).toISOString().replace('T', ' ').replace('Z', '')} UTC`;

/** "6.48 s from 2026-11-29 12:00:03.250 UTC". Undefined if records have no times. */
function timeText({ time, matched }: ReportJson): string | undefined {
  if (time === undefined) return undefined;
  if (matched !== undefined && !areTimesRight(matched.figures))
    return 'not comparable: see the findings';
  const { from, to, realtimeOffsetNs } = time;
  const span = formatDuration(BigInt(to) - BigInt(from));
  if (realtimeOffsetNs === undefined) return span;
  return `${span} from ${utcText(BigInt(from) + BigInt(realtimeOffsetNs))}`;
}

/** "8 descriptors; up to 382 reads and writes in flight". */
function workTexts({ submissions, matched }: ReportJson): string[] {
  const fds = submissions?.distinct.fds.count ?? 0;
  const figures = matched?.figures;
  const most = figures !== undefined && areTimesRight(figures) ? figures.io.depth?.max : undefined;
  const words = [
    ...(fds > 0 ? [formatQuantity(Math.round(fds), 'descriptor')] : []),
    ...(most
      ? [`up to ${formatQuantity(most, 'read or write', 'reads and writes')} in flight`]
      : []),
  ];
  return words.length === 0 ? [] : [words.join('; ')];
}

/** How complete pairs are, and what was done to match them. */
function pairTexts({ figures }: NonNullable<ReportJson['matched']>): string[] {
  const { unmatchedCompletions, unmatchedSubmissions, quality, begunBefore, by } = figures;
  const pairs = allPairs(figures);
  const mended = mendingTexts(figures);
  if (arePairsGuesses(figures)) return [...mended, 'pairs are guesses: see the findings'];
  if (pairs === 0)
    return [...mended, 'no completion matches a submission: are the files of the same run?'];
  if (areTimesRight(figures) && 2 * figures.negativeLatency > figures.matched)
    mended.push('most completions are timestamped before their submission: latencies mean nothing');
  if (unmatchedCompletions + unmatchedSubmissions === 0)
    return [...mended, `all ${formatQuantity(pairs, 'submission')} have a completion`];
  const repeated = by.dedupe ? 0 : quality.repeated.completions;
  const without = unmatchedCompletions - begunBefore - repeated;
  const cases = [
    [without, 'completion', 'without a submission'],
    [begunBefore, 'completion', 'at addresses not submitted before'],
    [repeated, 'repeated completion', ''],
  ] as const;
  const completions = cases
    .filter(([count]) => count > 0)
    .map(([count, noun, rest]) => `${formatQuantity(count, noun)} ${rest}`.trimEnd());
  const of = formatQuantity(pairs + unmatchedSubmissions, 'submission');
  const texts = [...unmatchedTexts(figures), ...completions];
  return [...mended, `${formatCount(pairs)} of ${of} have a completion; ${texts.join('; ')}`];
}

/** What is known of how complete the data is. */
function dataTexts(report: ReportJson): string[] {
  const { submissions, completions, matched, matchFailed } = report;
  if (matchFailed !== undefined) return [`not matched: ${matchFailed.text}`];
  if (matched !== undefined) return pairTexts(matched);
  if (submissions !== undefined && completions === undefined)
    return ['submissions only: latency, depth and results need the completions'];
  if (submissions === undefined && completions !== undefined)
    return ['completions only: opcodes, latency and depth need the submissions'];
  return [];
}

/** What captures lost, and whether they were sampled. */
function trustTexts({ traces = [] }: ReportJson): string[] {
  const named = (name: string) => (traces.length > 1 ? `${shortName(name)}: ` : '');
  return traces.flatMap((trace) =>
    captureFaults(trace).map((text) => `${named(trace.name)}${text}`),
  );
}

/** Fields that the sources could not show. */
function absentTexts({ inputs }: ReportJson): string[] {
  const lacks = new Set(
    inputs.flatMap(({ kind, absent }) => (absent === undefined ? [] : [absentText(kind, absent)])),
  );
  return lacks.size === 0 ? [] : [`not in the source: ${[...lacks].join('; ')}`];
}

/** What was read, the time that it covers, and how complete it is. */
export function overview(report: ReportJson): Section {
  const selected = reportSelectedText(report);
  const time = timeText(report);
  const items: ListItem[] = [
    ...(selected === undefined ? [] : [{ name: 'where', text: selected }]),
    { name: 'input', text: readText(report) },
    ...(time === undefined ? [] : [{ name: 'span', text: time }]),
    ...workTexts(report).map((text) => ({ name: 'work', text })),
    ...dataTexts(report).map((text) => ({ name: 'data', text })),
    ...trustTexts(report).map((text) => ({ name: 'data', text, role: 'warning' as const })),
    ...absentTexts(report).map((text) => ({ name: 'data', text, role: 'note' as const })),
  ];
  return { parts: [{ kind: 'list', items }] };
}
