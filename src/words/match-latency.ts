// Depth and latency of a match in sentences: reads and writes that succeeded, apart from the rest.
import { IOCB_CMD_POLL } from '../abi/opcode.ts';
import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { MatchJson } from '../analysis/match/json.ts';
import type { LatencyJson } from '../analysis/match/latency-json.ts';
import {
  formatCount,
  formatDecimal,
  formatLatency,
  formatQuantity,
  formatShare,
} from './format.ts';
import { allPairs } from './selected.ts';

/**
 * Polls wait for events if their median is this many times that of reads and writes: a device may
 * answer some requests ten times later than others, but not half of one kind.
 */
const WAITING_TIMES = 10n;

/** Polls that wait for events instead of a device; undefined without such polls. */
function waitingPolls({ byOpcode, io }: MatchJson) {
  const polls = byOpcode.find(({ opcode }) => opcode === IOCB_CMD_POLL)?.succeeded;
  const [p50, disk] = [polls?.latencyNs?.p50, io.latencyNs?.p50];
  if (polls === undefined || typeof p50 !== 'string' || typeof disk !== 'string') return undefined;
  return BigInt(p50) >= WAITING_TIMES * BigInt(disk) ? { count: polls.count, p50 } : undefined;
}

const meanWords = (mean: number | null, whose: string): string =>
  mean === null ? '' : `, ${whose}${formatDecimal(mean)} on average`;

/** Reads and writes in flight; where others raise the depth, and do not just wait, all requests. */
function inFlightTexts(match: MatchJson): string[] {
  const { byOpcode, depth, io } = match;
  if (depth === null || io.depth === null) return [];
  const { max, mean } = io.depth;
  const rest = `${formatCount(depth.max)} in flight${meanWords(depth.mean, '')}`;
  if (max === 0)
    return [`up to ${formatQuantity(depth.max, 'request')} in flight${meanWords(depth.mean, '')}`];
  const hasFailed = byOpcode.some(({ failed }) => failed.count > 0);
  const whose = hasFailed ? 'those that succeeded ' : '';
  const ofIo =
    `up to ${formatQuantity(max, 'read or write', 'reads and writes')} in flight` +
    meanWords(mean, whose);
  const isSame = rest === `${formatCount(max)} in flight${meanWords(mean, '')}`;
  return isSame || waitingPolls(match) !== undefined
    ? [ofIo]
    : [ofIo, `all requests: up to ${rest}`];
}

/** How many requests were in flight, and in which order they completed. */
export function depthTexts(match: MatchJson): string[] {
  const { order } = match;
  const matched = allPairs(match);
  if (!areTimesRight(match)) return [];
  const depths = inFlightTexts(match);
  if (order === null || matched === 0) return depths;
  if (order.spanMax === 0) return [...depths, 'all completed in submission order'];
  const share = formatShare(order.inOrder, matched);
  const span = formatQuantity(order.spanMax, 'submission');
  const inOrder = `${formatCount(order.inOrder)} completed as the oldest in flight (${share})`;
  return [...depths, `${inOrder}, the others up to ${span} after it`];
}

function percentileText({ min, p50, p99, p999, max }: LatencyJson): string {
  const percentiles = [`p50 ${formatLatency(p50)}`, `p99 ${formatLatency(p99)}`];
  const rare = `p99.9 ${formatLatency(p999)} (±0.8 %)`;
  const ends = [`min ${formatLatency(min)}`, `max ${formatLatency(max)}`];
  return [...percentiles, rare, ...ends].join(', ');
}

/** What latency is. Whether a completion's time is that of io_getevents, the capture decides. */
const MEANING = 'from the time of the submission to that of the completion';

/** Latencies of reads and writes that succeeded, or else of all requests. */
export function latencyTexts(match: MatchJson): string[] {
  const { io, latencyNs, matched } = match;
  const isIo = io.count > 0;
  const shown = isIo ? io.latencyNs : latencyNs;
  if (shown === null || shown.max === null) return [];
  const whose = isIo
    ? `${formatQuantity(io.count, 'read or write', 'reads and writes')} that succeeded`
    : `${formatQuantity(matched, 'request')}, none of them a read or write that succeeded`;
  const polls = waitingPolls(match);
  const left =
    polls === undefined
      ? []
      : [
          `left out: ${formatQuantity(polls.count, 'poll')} that waited for events, ` +
            `p50 ${formatLatency(polls.p50)}`,
        ];
  return [`of ${whose}, ${MEANING}`, percentileText(shown), ...left];
}
