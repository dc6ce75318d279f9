// The sentences and tables of a match.
import type { MatchGroup, MatchJson } from '../analysis/match/json.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEngine,
  formatLatency,
  formatOpcode,
  formatPaths,
} from './format.ts';
import { findings, hasPid } from './match-findings.ts';
import { areTimesRight } from './mismatch.ts';
import { histogramSection, type Section, table, text, titled } from './section.ts';
import { selectedText } from './selected.ts';
import { inputSection } from './summary.ts';

const GROUP_HEADS = ['requests', 'bytes', 'short', 'failed', 'mean', 'p50', 'p99', 'max'];

function groupCells({ matched, bytesMoved, short, errors, latencyNs }: MatchGroup): string[] {
  const mean =
    latencyNs === null || matched === 0
      ? '–'
      : formatDuration(BigInt(latencyNs.sum) / BigInt(matched));
  return [
    formatCount(matched),
    formatBytes(bytesMoved),
    formatCount(short),
    formatCount(errors),
    mean,
    formatLatency(latencyNs?.p50),
    formatLatency(latencyNs?.p99),
    formatLatency(latencyNs?.max),
  ];
}

const opcodeSection = ({ byOpcode }: MatchJson): Section[] =>
  titled(
    'by opcode',
    table(
      ['', ...GROUP_HEADS],
      byOpcode.map((group) => [formatOpcode(group), ...groupCells(group)]),
      [0],
    ),
  );

function descriptorSection(match: MatchJson): Section[] {
  const withPid = hasPid(match);
  const groups = match.byFd.filter(({ matched }) => matched > 0);
  const hasPaths = groups.some(({ paths }) => paths !== undefined);
  const rows = groups.map(({ pid, fd, paths, ...group }) => [
    ...(withPid ? [`${pid}`] : []),
    `${fd}`,
    ...groupCells(group),
    ...(hasPaths ? [formatPaths(paths)] : []),
  ]);
  const file = hasPaths ? ['file'] : [];
  const heads = [...(withPid ? ['pid'] : []), 'fd', ...GROUP_HEADS, ...file];
  return titled('by descriptor', table(heads, rows, hasPaths ? [heads.length - 1] : []));
}

function errorSection({ errors, byOpcode }: MatchJson): Section[] {
  const rows = errors.map(({ opcode, name, errno, count, normal }) => {
    const group = byOpcode.find((each) => each.opcode === opcode);
    return [
      group === undefined ? `${opcode}` : formatOpcode(group),
      name ?? `${errno ?? '< -4095'}`,
      formatCount(count),
      normal ? 'expected with RWF_NOWAIT' : '',
    ];
  });
  return titled('errors', table(['opcode', 'name', 'count', ''], rows, [0, 1, 3]));
}

/** Queue depths by powers of two. */
function depthSection({ depth }: MatchJson): Section[] {
  if (depth === null) return [];
  const octaves = new Map<number, number>();
  for (const { from, count } of depth.histogram) {
    const least = 2 ** Math.floor(Math.log2(from));
    octaves.set(least, (octaves.get(least) ?? 0) + count);
  }
  const buckets = [...octaves].map(([from, count]) => ({ from: `${from}`, count }));
  return histogramSection('queue depth at submission', buckets, formatCount);
}

/** A time from the first record, in seconds, as the option `from` takes it. */
function sinceText(ts: string, from: string): string {
  const us = Number((BigInt(ts) - BigInt(from)) / 1000n);
  return `${us < 0 ? '−' : '+'}${(Math.abs(us) / 1e6).toFixed(6)} s`;
}

/** Where a record is: its index, of several files joined in its own. */
const placeText = (
  index: number,
  { file, fileIndex }: { readonly file?: unknown; readonly fileIndex?: unknown },
): string =>
  file === undefined ? formatCount(index) : `${file} ${formatCount(Number(fileIndex))}`;

function slowestSection(match: MatchJson): Section[] {
  const { slowest = [], time } = match;
  const withPid = hasPid(match);
  const hasPaths = slowest.some(({ path }) => path !== undefined);
  const rows = slowest.map((pair) => [
    formatDuration(pair.latencyNs),
    time === null ? '–' : sinceText(String(pair.submission['ts']), time.from),
    ...(withPid ? [`${pair.submission['pid']}`] : []),
    placeText(pair.submissionIndex, pair.submission),
    placeText(pair.completionIndex, pair.completion),
    formatOpcode({ name: pair.opcodeName, opcode: Number(pair.submission['aio_lio_opcode']) }),
    `${pair.submission['aio_fildes']}`,
    `${pair.submission['aio_offset']}`,
    `${pair.submission['aio_nbytes']}`,
    pair.errnoName ?? pair.completion.res,
    formatCount(pair.overtook),
    formatCount(pair.depth),
    ...(hasPaths ? [pair.path ?? ''] : []),
  ]);
  const heads = [
    ...['latency', 'time', ...(withPid ? ['pid'] : []), 'submission', 'completion', 'opcode', 'fd'],
    ...['aio_offset', 'aio_nbytes', 'res', 'overtook', 'depth', ...(hasPaths ? ['file'] : [])],
  ];
  const textColumns = ['opcode', 'file'].map((name) => heads.indexOf(name));
  return titled('slowest', table(heads, rows, textColumns));
}

const withoutLatency = <G extends MatchGroup>(groups: readonly G[]): G[] =>
  groups.map((group) => ({ ...group, latencyNs: null }));

/** A match without the figures that mean nothing if its times cannot be compared. */
const withRightTimes = (match: MatchJson): MatchJson =>
  areTimesRight(match)
    ? match
    : {
        ...match,
        byOpcode: withoutLatency(match.byOpcode),
        byFd: withoutLatency(match.byFd),
        latencies: [],
        depth: null,
        slowest: [],
      };

/** As all pairs, but what is of the whole capture comes apart, after the pairs. */
function selectedSections(match: MatchJson, selected: string): Section[] {
  const whole = findings(match, 'whole');
  return [
    { parts: [text(selected)] },
    inputSection(match.inputs),
    { parts: [{ kind: 'list', items: findings(match, 'selected') }] },
    ...opcodeSection(match),
    ...descriptorSection(match),
    ...errorSection(match),
    ...histogramSection('latency', match.latencies, formatDuration),
    ...slowestSection(match),
    ...titled('whole capture', whole.length === 0 ? [] : [{ kind: 'list', items: whole }]),
    ...depthSection(match),
    { parts: [text(formatEngine(match), 'note')] },
  ];
}

/** The inputs, the findings by subject, then tables. */
export function matchSections(given: MatchJson): Section[] {
  const match = withRightTimes(given);
  const selected = selectedText(match);
  if (selected !== undefined) return selectedSections(match, selected);
  return [
    inputSection(match.inputs),
    { parts: [{ kind: 'list', items: findings(match) }] },
    ...opcodeSection(match),
    ...descriptorSection(match),
    ...errorSection(match),
    ...histogramSection('latency', match.latencies, formatDuration),
    ...depthSection(match),
    ...slowestSection(match),
    { parts: [text(formatEngine(match), 'note')] },
  ];
}
