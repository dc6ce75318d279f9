// The head of a report: what was read, when, and how complete it is.
import type { ReportJson } from '../analysis/report/report.ts';
import { absentText } from './absent.ts';
import { formatCount, formatDuration, formatQuantity } from './format.ts';
import { arePairsGuesses, areTimesRight, mendingTexts } from './mismatch.ts';
import type { ListItem, Section } from './section.ts';
import { allPairs, reportSelectedText } from './selected.ts';
import { unmatchedTexts } from './unmatched.ts';

/** The most findings on the first screen. */
export const FINDINGS_SHOWN = 8;
/** Files that are named. */
const FILES_NAMED = 4;

const NOUNS = { iocb: 'submission', io_event: 'completion', aio_ring: 'ring event' } as const;

/** "sub.iocb88 (20,013 submissions), com.ioev56 (20,013 completions)". */
function readText({ inputs, refused }: ReportJson): string {
  const all = [
    ...inputs.map(({ file, kind, records }) => ({ file, records, noun: NOUNS[kind] })),
    ...(refused?.inputs ?? []).map(({ file, records }) => ({
      ...{ file, records, noun: 'refused submission' },
    })),
  ];
  const named = all.slice(0, FILES_NAMED).map(({ file, records, noun }) => {
    return `${file} (${formatQuantity(records, noun)})`;
  });
  const others = all.slice(FILES_NAMED);
  const records = others.reduce((sum, each) => sum + each.records, 0);
  const more = `${formatQuantity(others.length, 'more file')} (${formatCount(records)} records)`;
  return [...named, ...(others.length > 0 ? [more] : [])].join(', ');
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

/** How complete pairs are, and what was done to match them. */
function pairTexts({ figures }: NonNullable<ReportJson['matched']>): string[] {
  const { unmatchedCompletions, unmatchedSubmissions, quality, begunBefore, by } = figures;
  const pairs = allPairs(figures);
  const mended = mendingTexts(figures);
  if (arePairsGuesses(figures)) return [...mended, 'pairs are guesses: see the findings'];
  if (pairs === 0)
    return [...mended, 'no completion matches a submission: are the files of the same run?'];
  if (unmatchedCompletions + unmatchedSubmissions === 0)
    return [...mended, 'complete: every submission has its completion'];
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

/** Fields that the sources could not show. */
const absentTexts = ({ inputs }: ReportJson): string[] => [
  ...new Set(
    inputs.flatMap(({ kind, absent }) =>
      absent === undefined ? [] : [`not shown by the source: ${absentText(kind, absent)}`],
    ),
  ),
];

/** What was read, the time that it covers, and how complete it is. */
export function overview(report: ReportJson): Section {
  const selected = reportSelectedText(report);
  const time = timeText(report);
  const items: ListItem[] = [
    { name: 'read', text: readText(report) },
    ...(selected === undefined ? [] : [{ name: 'selected', text: selected }]),
    ...(time === undefined ? [] : [{ name: 'time', text: time }]),
    ...dataTexts(report).map((text) => ({ name: 'data', text })),
    ...absentTexts(report).map((text) => ({ name: 'data', text, role: 'note' as const })),
  ];
  return { parts: [{ kind: 'list', items }] };
}
