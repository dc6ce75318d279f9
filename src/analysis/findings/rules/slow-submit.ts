import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

/** The time that calls of io_submit took (ns, decimal strings). */
export interface SlowSubmitEvidence {
  p50Ns: string | null;
  p99Ns: string | null;
  maxNs: string | null;
  sumNs: string;
  /** Their share of all time of the threads that submit; null if that is not known. */
  share: number | null;
  threads: number;
  /** Whether the times include what the tracer did in the calls. */
  withTracer: boolean;
}

/**
 * io_submit should only queue. From 1 ms on it has blocked, as on metadata, a full queue of the
 * device or memory (io_submit(2), "may block"), and from a tenth of its time on, a thread that
 * submits does little else.
 */
const SLOW_NS = 1_000_000n;
const SHARE = 0.1;

/** Calls of io_submit that block, where a trace has the calls. */
export function slowSubmit({ batches }: Facts): FindingOf<'slow-submit'>[] {
  const calls = batches?.submitted?.calls?.find(({ name }) => name === 'io_submit');
  if (calls?.timeNs === undefined) return [];
  const { timeNs, timeShare = null, count, threads, withTracer = false } = calls;
  // A tracer that works in the calls makes them longer by less than that, but takes much of a
  // thread's time.
  const isSlow = BigInt(timeNs.p99 ?? 0) >= SLOW_NS || (!withTracer && (timeShare ?? 0) >= SHARE);
  if (!isSlow) return [];
  return [
    {
      ...{ id: 'slow-submit', severity: 'warning', count, of: count, where: {}, first: null },
      evidence: {
        ...{ p50Ns: timeNs.p50, p99Ns: timeNs.p99, maxNs: timeNs.max, sumNs: timeNs.sum },
        ...{ share: timeShare, threads, withTracer },
      },
    },
  ];
}
