// Who did what, how fast and with what result: a row per process and direction.
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { ProcessGroup, ProcessPairs } from '../analysis/match/json.ts';
import type { ProcessCountJson } from '../analysis/report/process-counts.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import type { ProcessSizesJson, SizeRangeJson } from '../analysis/report/sizes-by-process.ts';
import type { Pattern, StreamJson } from '../analysis/report/stream-json.ts';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatLatency,
  formatQuantity,
} from './format.ts';
import { namesOf } from './report-names.ts';
import { hasLatencies } from './report-time.ts';
import { type Section, type TablePart, table, text } from './section.ts';

/** Processes with rows of their own; the others share rows. */
const SHOWN = 4;
const DIRECTIONS = ['read', 'write', 'other'] as const;
type Direction = (typeof DIRECTIONS)[number];
/** The counts of a direction. */
const COUNTS = { read: 'reads', write: 'writes', other: 'others' } as const;

/** One row. */
interface Row {
  readonly who: string;
  readonly direction: Direction;
  readonly requests: number;
  readonly pairs: readonly ProcessPairs[];
  readonly sizes: SizeRangeJson | undefined;
  readonly streams: readonly StreamJson[];
  readonly refused: number;
}

const READS: readonly number[] = [IOCB_CMD_PREAD, IOCB_CMD_PREADV];
const WRITES: readonly number[] = [IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV];
const directionOf = (opcode: number): Direction =>
  READS.includes(opcode) ? 'read' : WRITES.includes(opcode) ? 'write' : 'other';

/** What io_submit refused, by process and direction. */
function refusals({ findings }: ReportJson): (pid: number, direction: Direction) => number {
  const counts = new Map<string, number>();
  for (const finding of findings)
    if (finding.id === 'refused')
      for (const { pid, opcode, count } of finding.evidence.groups) {
        const key = `${pid ?? 0} ${directionOf(opcode)}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
  return (pid, direction) => counts.get(`${pid} ${direction}`) ?? 0;
}

/** The sizes of a direction: of vectored requests if there are no others. */
const sizesOf = (sizes: Omit<ProcessSizesJson, 'pid'> | undefined, direction: Direction) =>
  direction === 'read'
    ? (sizes?.reads ?? sizes?.readVectors)
    : direction === 'write'
      ? (sizes?.writes ?? sizes?.writeVectors)
      : undefined;

const requestsOf = ({ reads, writes, others }: Omit<ProcessCountJson, 'pid'>): number =>
  reads + writes + others;

/** The rows of the busiest processes, then those of all others together. */
function rowsOf(report: ReportJson): Row[] {
  const { submissions, matched } = report;
  if (submissions === undefined) return [];
  const { byProcess, otherProcesses, sizes, patterns } = submissions;
  const refusedOf = refusals(report);
  const nameOf = namesOf(patterns.streams);
  const hasPids = report.inputs.some(({ layout }) => /(^|,)pid:/.test(layout));
  const whoOf = (who: Parameters<typeof nameOf>[0]): string =>
    who.pid === null && who.program === null ? 'all' : nameOf(who);
  const pairs: readonly ProcessGroup[] = matched?.figures.byProcess ?? [];
  const busiest = byProcess.toSorted((a, b) => requestsOf(b) - requestsOf(a)).slice(0, SHOWN);
  const isShown = (pid: number | null) => busiest.some((each) => each.pid === (pid ?? 0));
  const rows = busiest.flatMap((counts) =>
    DIRECTIONS.map((direction): Row => {
      const streams = patterns.streams.filter(
        (each) => (each.pid ?? 0) === counts.pid && each.direction === direction,
      );
      const owner = patterns.streams.find((each) => (each.pid ?? 0) === counts.pid);
      const sized = sizes.byProcess.find((each) => (each.pid ?? 0) === counts.pid);
      return {
        who: whoOf(owner ?? { pid: hasPids ? counts.pid : null, program: null }),
        ...{ direction, requests: counts[COUNTS[direction]], streams },
        pairs: pairs.filter((each) => each.pid === counts.pid && each.direction === direction),
        sizes: sizesOf(sized, direction),
        refused: refusedOf(counts.pid, direction),
      };
    }),
  );
  const rest = byProcess.filter(({ pid }) => !isShown(pid));
  const restRows = DIRECTIONS.map(
    (direction): Row => ({
      who: formatQuantity(rest.length, 'more process', 'more processes'),
      direction,
      requests: [...rest, ...(otherProcesses ? [otherProcesses] : [])].reduce(
        (sum, each) => sum + each[COUNTS[direction]],
        0,
      ),
      pairs: pairs.filter((each) => !isShown(each.pid) && each.direction === direction),
      sizes: undefined,
      streams: patterns.streams.filter(
        (each) => !isShown(each.pid) && each.direction === direction,
      ),
      refused: rest.reduce((sum, { pid }) => sum + refusedOf(pid, direction), 0),
    }),
  );
  return [...rows, ...restRows].filter(({ requests, refused }) => requests + refused > 0);
}

/** The pattern of most requests; `mixed` if no pattern has half of them. */
function patternText(streams: readonly StreamJson[]): string {
  const counts = new Map<Pattern, number>();
  for (const { pattern, requests } of streams)
    counts.set(pattern, (counts.get(pattern) ?? 0) + requests);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [top] = [...counts].sort((a, b) => b[1] - a[1]);
  if (top === undefined) return '–';
  return 2 * top[1] >= total ? top[0] : 'mixed';
}

const sumOf = (pairs: readonly ProcessPairs[], of: (pairs: ProcessPairs) => number): number =>
  pairs.reduce((sum, each) => sum + of(each), 0);

/** What the requests are that move no data. */
function otherText({ submissions }: ReportJson): string {
  const others = submissions?.opcodes.filter(({ opcode }) => directionOf(opcode) === 'other') ?? [];
  const isAll = (among: readonly number[]) => others.every(({ opcode }) => among.includes(opcode));
  return isAll([IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC])
    ? 'flush'
    : isAll([IOCB_CMD_POLL])
      ? 'poll'
      : 'other';
}

/** How much, of what, and in which pattern. */
function workCells(row: Row, seconds: number, hasPairs: boolean): string[] {
  const bytes = hasPairs
    ? sumOf(row.pairs, ({ bytesMoved }) => Number(bytesMoved))
    : Number(row.sizes?.bytes ?? 0);
  const done = hasPairs ? sumOf(row.pairs, ({ succeeded }) => succeeded) : row.requests;
  const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
  return [
    formatCount(row.requests),
    seconds > 0 ? formatCount(Math.round(rate(done))) : '–',
    seconds > 0 && bytes > 0 ? `${formatBytes(Math.round(rate(bytes)))}/s` : '–',
    row.sizes === undefined ? '–' : formatBytes(row.sizes.percentiles.p50),
    patternText(row.streams),
  ];
}

/** How deep, how fast, and with what result; without times only with what result. */
function resultCells({ pairs, refused }: Row, hasTimes: boolean): string[] {
  const [only] = pairs;
  const one = pairs.length === 1 ? only.latencyNs : null;
  const slowest = pairs.reduce((most, { latencyNs }) => {
    const max = BigInt(latencyNs?.max ?? 0);
    return max > most ? max : most;
  }, 0n);
  const depth = sumOf(pairs, ({ meanDepth }) => meanDepth ?? 0);
  const failed = sumOf(pairs, ({ errors }) => errors);
  const results = [pairs.length > 0 ? formatCount(failed) : '–', formatCount(refused)];
  if (!hasTimes) return results;
  return [
    pairs.length > 0 ? formatDecimal(depth) : '–',
    formatLatency(one?.p50),
    formatLatency(one?.p99),
    slowest > 0n ? formatDuration(slowest) : '–',
    ...results,
  ];
}

const WORK_HEADS = ['requests', 'IOPS', 'throughput', 'median size', 'pattern'];
const TIME_HEADS = ['mean depth', 'latency p50', 'p99', 'max'];
/** What the heads mean. */
const TIME_NOTE = 'latency is from submission to completion; only requests that succeeded count';
const RESULT_HEADS = ['failed', 'refused'];

/** A row per process and direction, in two tables where the lines are narrow. */
export function processSections(report: ReportJson, isWide: boolean): Section[] {
  const rows = rowsOf(report);
  if (rows.length === 0) return [];
  const { time, matched } = report;
  const areRight = matched === undefined || areTimesRight(matched.figures);
  const span = time === undefined || !areRight ? 0n : BigInt(time.to) - BigInt(time.from);
  const hasTimes = matched !== undefined && hasLatencies(matched.figures);
  const seconds = Number(span) / 1e9;
  const hasPairs = matched !== undefined && matched.figures.matched > 0;
  const other = otherText(report);
  const names = rows.map(({ who, direction }, i) => [
    rows[i - 1]?.who === who ? '' : who,
    direction === 'other' ? other : direction,
  ]);
  const work = rows.map((row) => workCells(row, seconds, hasPairs));
  const results = rows.map((row) => resultCells(row, hasTimes));
  const hasResults = matched !== undefined || rows.some(({ refused }) => refused > 0);
  const of = (heads: readonly string[], cells: readonly string[][]): TablePart[] =>
    table(
      ['who', '', ...heads],
      cells.map((row, i) => [...names[i], ...row]),
      ['who', '', ...heads].flatMap((head, i) => (i < 2 || head === 'pattern' ? [i] : [])),
    );
  if (!hasResults) return [{ parts: of(WORK_HEADS, work) }];
  const heads = [...(hasTimes ? TIME_HEADS : []), ...RESULT_HEADS];
  const note = hasTimes ? [text(TIME_NOTE, 'note')] : [];
  if (isWide) {
    const cells = work.map((row, i) => [...row, ...results[i]]);
    return [{ parts: [...of([...WORK_HEADS, ...heads], cells), ...note] }];
  }
  return [{ parts: of(WORK_HEADS, work) }, { parts: [...of(heads, results), ...note] }];
}
