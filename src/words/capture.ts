// What a capture does and has done, and which capture methods work here.
import type { TraceManifest } from '../trace/manifest.ts';
import { formatCount, formatDecimal, formatNumber, formatQuantity } from './format.ts';
import { lossName } from './trace.ts';

/** How a face spells an option. */
type OptionName = (name: string) => string;

/** What a capture has recorded so far. */
interface Progress {
  readonly elapsedMs: number;
  readonly submissions: number;
  readonly completions: number;
  readonly errors: number;
  readonly lost: number | null;
  readonly cpuSeconds: number;
}

/** What a capture records by a method. */
const HAS_SUBMISSIONS = ['kprobe', 'bpftrace', 'uprobe'];
const HAS_COMPLETIONS = ['kprobe', 'bpftrace', 'ring'];

const lostText = (lost: number | null): string =>
  lost === null ? 'lost: unknown' : `${formatCount(lost)} lost`;

/** The line of a capture that runs: what has happened since the line before, and in all. */
export function liveText(method: string, now: Progress, before: Progress): string {
  const [submits, completes] = [HAS_SUBMISSIONS.includes(method), HAS_COMPLETIONS.includes(method)];
  const seconds = (now.elapsedMs - before.elapsedMs) / 1000;
  const count = ({ submissions, completions }: Progress) => (completes ? completions : submissions);
  const rate = seconds > 0 ? (count(now) - count(before)) / seconds : 0;
  const inFlight = Math.max(0, now.submissions - now.completions);
  const share = now.elapsedMs > 0 ? (now.cpuSeconds / now.elapsedMs) * 1e5 : 0;
  return [
    `${formatDecimal(now.elapsedMs / 1000)} s`,
    `${formatNumber(rate)} ${completes ? 'completions' : 'submissions'}/s`,
    ...(submits && completes ? [`${formatCount(inFlight)} in flight`] : []),
    ...(completes ? [`${formatCount(now.errors)} failed`] : []),
    lostText(now.lost),
    `aioscope itself: ${formatDecimal(share)} % of a core`,
  ].join(' · ');
}

/** The processes that a trace names, at most a few of them. */
function processesText({ processes }: TraceManifest): string {
  const NAMED_MAX = 3;
  const last = new Map(processes.map(({ pid, comm }) => [pid, comm]));
  if (last.size === 0) return '';
  const named = [...last].slice(0, NAMED_MAX).map(([pid, comm]) => `${comm} (${pid})`);
  const more = last.size - named.length;
  const others = more > 0 ? ` and ${formatQuantity(more, 'more process', 'more processes')}` : '';
  return ` of ${named.join(', ')}${others}`;
}

/** What to do about submissions that uprobes did not read. */
function adviceText({ method, losses }: TraceManifest, option: OptionName): string {
  if (method !== 'uprobe') return '';
  const of = losses.filter(({ of: name }) => /^(?:refused )?submissions$/.test(name));
  if (!of.some(({ lost }) => lost !== null && lost > 0)) return '';
  return of.some(({ recorded }) => recorded > 0)
    ? ` Use a larger ${option('slots')} (up to 128).`
    : ' They were submitted without libaio, or by a copy of it that was not found.';
}

/** What is lost of a trace, as a sentence. */
function lossText(manifest: TraceManifest, option: OptionName): string {
  const { method, complete, losses, dropped } = manifest;
  if (method === 'ring')
    return 'The completions were sampled by polling the ring: how many are missing is unknown.';
  if (complete === true) return 'Nothing was lost.';
  const of = losses.filter(({ lost }) => lost !== 0 && lost !== null);
  if (of.length > 0) {
    const texts = of.map(
      ({ of: name, hits, lost }) =>
        `${formatCount(lost ?? 0)} of ${formatCount(hits)} ${lossName(name)}`,
    );
    const isFull = of.some(({ of: name }) => name.startsWith('buffer of '));
    const advice =
      adviceText(manifest, option) + (isFull ? ` Use a larger ${option('buffer')}.` : '');
    return `Lost: ${texts.join('; ')}.${advice}`;
  }
  const missing = Object.entries(dropped).map(([what, count]) => `${formatCount(count)} ${what}`);
  if (complete === false && missing.length > 0)
    return `Records are missing: ${missing.join('; ')}.`;
  return 'Whether anything was lost is unknown.';
}

/** What may be the reason if nothing was recorded. */
const NOTHING =
  'No native AIO was seen. Programs that use io_uring, pread or pwrite are not captured; ' +
  '/proc/PID/maps of a process that has set up native AIO contains /[aio].';

/** A paragraph on what a capture has recorded. */
export function capturedText(
  manifest: TraceManifest,
  path: string,
  elapsedMs: number,
  option: OptionName,
): string {
  const { submissions, completions, refused, calls } = manifest.parts;
  const counts = [
    ...(submissions === undefined ? [] : [formatQuantity(submissions.records, 'submission')]),
    ...(refused === undefined ? [] : [formatQuantity(refused.records, 'refused submission')]),
    ...(completions === undefined ? [] : [formatQuantity(completions.records, 'completion')]),
    ...(calls === undefined ? [] : [formatQuantity(calls.records, 'system call')]),
  ];
  const last = counts.pop() ?? 'nothing';
  const what = counts.length === 0 ? last : `${counts.join(', ')} and ${last}`;
  const time = `${formatDecimal(elapsedMs / 1000)} s, by ${manifest.method}`;
  const loss = lossText(manifest, option);
  const text = `${path}: ${what}${processesText(manifest)} in ${time}. ${loss}`;
  const seen = (submissions?.records ?? 0) + (refused?.records ?? 0) + (completions?.records ?? 0);
  return seen > 0 || manifest.complete === false ? text : `${text} ${NOTHING}`;
}

/** The command to type next. */
export const nextCommand = (path: string): string =>
  `aioscope report ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;

/** A capture method, and what this machine lacks for it. */
interface Method {
  readonly method: string;
  readonly records: string;
  readonly lacks: readonly { readonly what: string; readonly fix: string | null }[];
}

/** Lines on which capture methods work here. */
export function methodLines(methods: readonly Method[]): string[] {
  const width = Math.max(...methods.map(({ method }) => method.length));
  const best = methods.find(({ lacks }) => lacks.length === 0);
  return methods.flatMap(({ method, records, lacks }) => {
    const name = method.padEnd(width);
    const indent = ' '.repeat(width + 2);
    if (lacks.length === 0)
      return [
        `${name}  works${method === best?.method ? ', the best here' : ''}`,
        `${indent}records ${records}`,
      ];
    return [
      `${name}  does not work`,
      `${indent}would record ${records}`,
      ...lacks.flatMap(({ what, fix }) => [
        `${indent}reason: ${what}`,
        ...(fix === null ? [] : [`${indent}  fix: ${fix}`]),
      ]),
    ];
  });
}
