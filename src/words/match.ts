// The sentences and tables of a match.

import type { MatchGroup, MatchJson, OutcomeJson } from '../analysis/match/json.ts';
import type { OpenGroup } from '../analysis/match/unmatched-json.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEngine,
  formatLatency,
  formatOpcode,
  formatPaths,
  formatPlace,
} from './format.ts';
import { findings, hasPid } from './match-findings.ts';
import { openSection } from './open-requests.ts';
import { withRightTimes } from './right-times.ts';
import { histogramSection, type Section, table, text, titled } from './section.ts';
import { selectedText } from './selected.ts';
import { inputSection } from './summary.ts';

/** Of requests that ended alike. */
const COUNT_HEADS = ['requests', 'bytes', 'short'];
const LATENCY_HEADS = ['mean', 'p50', 'p99', 'max'];

const countCells = ({ matched, bytesMoved, short }: MatchGroup): string[] => [
  formatCount(matched),
  formatBytes(bytesMoved),
  formatCount(short),
];

function latencyCells({ count, latencyNs }: OutcomeJson): string[] {
  const mean =
    latencyNs === null || count === 0 ? '–' : formatDuration(BigInt(latencyNs.sum) / BigInt(count));
  return [
    mean,
    formatLatency(latencyNs?.p50),
    formatLatency(latencyNs?.p99),
    formatLatency(latencyNs?.max),
  ];
}

/** A group whose requests all lack a completion. */
const NO_PAIRS = { matched: 0, bytesMoved: '0', short: 0, errors: 0, latencyNs: null };
const NONE: OutcomeJson = { count: 0, latencyNs: null };

/** Requests without a completion, unless only some pairs are counted. */
const openGroups = ({ open, selected }: MatchJson): readonly OpenGroup[] =>
  selected === undefined ? open.byFd : [];

const sumOf = (groups: readonly OpenGroup[]): number =>
  groups.reduce((sum, { count }) => sum + count, 0);

/** Requests by opcode; those that failed come first, in rows of their own. */
function opcodeSection(match: MatchJson): Section[] {
  const open = openGroups(match);
  const hasOpen = open.length > 0;
  const known = new Set(match.byOpcode.map(({ opcode }) => opcode));
  const others = new Map(
    open.flatMap(({ opcode, name }) => (known.has(opcode) ? [] : [[opcode, name]])),
  );
  const openOf = (opcode: number) => sumOf(open.filter((each) => each.opcode === opcode));
  const failures = match.byOpcode.filter(({ failed }) => failed.count > 0);
  const failedRows = failures.map((group) => [
    `${formatOpcode(group)} failed`,
    ...[formatCount(group.failed.count), '–', '–'],
    ...latencyCells(group.failed),
    ...(hasOpen ? ['–'] : []),
  ]);
  const rest = [
    ...match.byOpcode,
    ...Array.from(others, ([opcode, name]) => ({ ...NO_PAIRS, opcode, name, succeeded: NONE })),
  ]
    .filter(({ opcode, succeeded }) => succeeded.count > 0 || openOf(opcode) > 0)
    .sort((a, b) => a.opcode - b.opcode);
  const rows = rest.map(({ succeeded, ...group }) => [
    formatOpcode(group),
    ...countCells({ ...group, matched: succeeded.count }),
    ...latencyCells(succeeded),
    ...(hasOpen ? [formatCount(openOf(group.opcode))] : []),
  ]);
  const heads = ['', ...COUNT_HEADS, ...LATENCY_HEADS, ...(hasOpen ? ['open'] : [])];
  return titled('by opcode', table(heads, [...failedRows, ...rows], [0]));
}

/** Descriptors: those with failures first, then those with the most requests. */
function descriptorSection(match: MatchJson): Section[] {
  const withPid = hasPid(match);
  const open = openGroups(match);
  const openOf = (pid: number, fd: number) =>
    sumOf(open.filter((each) => each.pid === pid && each.fd === fd));
  const groups = match.byFd
    .filter(({ matched, pid, fd }) => matched > 0 || openOf(pid, fd) > 0)
    .sort((a, b) => Number(b.errors > 0) - Number(a.errors > 0) || b.matched - a.matched);
  const hasPaths = groups.some(({ paths }) => paths !== undefined);
  const rows = groups.map(({ pid, fd, paths, ...group }) => [
    ...(withPid ? [`${pid}`] : []),
    `${fd}`,
    ...countCells(group),
    formatCount(group.errors),
    ...latencyCells({ ...group, count: group.matched }),
    ...(open.length > 0 ? [formatCount(openOf(pid, fd))] : []),
    ...(hasPaths ? [formatPaths(paths)] : []),
  ]);
  const more = [...(open.length > 0 ? ['open'] : []), ...(hasPaths ? ['file'] : [])];
  const heads = [
    ...(withPid ? ['pid'] : []),
    ...['fd', ...COUNT_HEADS, 'failed', ...LATENCY_HEADS, ...more],
  ];
  return titled('by descriptor', table(heads, rows, hasPaths ? [heads.length - 1] : []));
}

function errorSection({ errors, byOpcode }: MatchJson): Section[] {
  const rows = errors.map(({ opcode, name, errno, count, nowait }) => {
    const group = byOpcode.find((each) => each.opcode === opcode);
    return [
      group === undefined ? `${opcode}` : formatOpcode(group),
      name ?? `${errno ?? '< -4095'}`,
      formatCount(count),
      nowait ? 'of RWF_NOWAIT' : '',
    ];
  });
  return titled('errors', table(['opcode', 'name', 'count', ''], rows, [0, 1, 3]));
}

/** Latencies of reads and writes that succeeded, or else of all requests. */
const latencySection = ({ io, latencies }: MatchJson): Section[] =>
  histogramSection('latency', io.count > 0 ? io.latencies : latencies, formatDuration);

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

function slowestSection(match: MatchJson): Section[] {
  const { slowest = [], time } = match;
  const withPid = hasPid(match);
  const hasPaths = slowest.some(({ path }) => path !== undefined);
  const rows = slowest.map((pair) => [
    formatDuration(pair.latencyNs),
    time === null ? '–' : sinceText(String(pair.submission['ts']), time.from),
    ...(withPid ? [`${pair.submission['pid']}`] : []),
    formatPlace(pair.submissionIndex, pair.submission),
    formatPlace(pair.completionIndex, pair.completion),
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
  // All that were asked for.
  const parts = table(heads, rows, textColumns).map((part) => ({ ...part, isWhole: true }));
  const isIo = match.selected === undefined && match.io.count > 0;
  return titled(isIo ? 'slowest reads and writes that succeeded' : 'slowest', parts);
}

/** As all pairs, but what is of the whole capture comes apart, after the pairs. */
function selectedSections(
  match: MatchJson,
  selected: string,
  misaligned: readonly string[],
): Section[] {
  const whole = findings(match, 'whole');
  return [
    { parts: [text(selected)] },
    inputSection(match.inputs),
    { parts: [{ kind: 'list', items: findings(match, 'selected', misaligned) }] },
    ...opcodeSection(match),
    ...descriptorSection(match),
    ...errorSection(match),
    ...latencySection(match),
    ...slowestSection(match),
    ...openSection(match, hasPid(match)),
    ...titled('whole capture', whole.length === 0 ? [] : [{ kind: 'list', items: whole }]),
    ...depthSection(match),
    { parts: [text(formatEngine(match), 'note')] },
  ];
}

/**
 * The inputs, the findings by subject, then tables. `misaligned` are sentences on requests that
 * failed since they are misaligned.
 */
export function matchSections(given: MatchJson, misaligned: readonly string[] = []): Section[] {
  const match = withRightTimes(given);
  const selected = selectedText(match);
  if (selected !== undefined) return selectedSections(match, selected, misaligned);
  return [
    inputSection(match.inputs),
    { parts: [{ kind: 'list', items: findings(match, 'all', misaligned) }] },
    ...opcodeSection(match),
    ...descriptorSection(match),
    ...errorSection(match),
    ...latencySection(match),
    ...depthSection(match),
    ...slowestSection(match),
    ...openSection(match, hasPid(match)),
    { parts: [text(formatEngine(match), 'note')] },
  ];
}
