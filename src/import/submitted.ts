// What became of the iocbs of io_submit: the same in every log that has them.

import type { Place, TraceBuilder } from '../trace/builder.ts';
import type { Int } from '../trace/put-record.ts';

/** A call of io_submit. */
export interface SubmitCall {
  /** When it began, in ns. */
  readonly ts: bigint;
  readonly pid: number;
  readonly tid: number;
  readonly ctx: bigint;
  /** How many iocbs were accepted, or the negated errno; undefined if it did not return. */
  readonly ret: number | undefined;
}

/** Reasons why records are missing. */
export const MISSING = {
  submissions: 'accepted submissions that are not printed',
  completions: 'completions that are not printed',
  beginnings: 'calls whose beginning is not in the log',
  ends: 'calls that did not return',
} as const;

/**
 * Adds the iocb at index `i` of a call: as accepted, or as refused if it is the one that ended the
 * call. Returns where its bytes are to be written; undefined if the kernel did not look at it, or if
 * that is not known.
 */
export function placeSubmission(
  builder: TraceBuilder,
  { ts, pid, tid, ctx, ret }: SubmitCall,
  i: number,
  addr: Int = 0,
): Place | undefined {
  const accepted = Math.max(0, ret ?? 0);
  if (ret === undefined || i > accepted) {
    builder.drop(
      ret === undefined
        ? 'submissions of calls that did not return'
        : 'submissions after a refused one, which the kernel did not look at',
    );
    return undefined;
  }
  const at = BigInt.asUintN(64, BigInt(addr));
  // Spread into another object, the numbers of a refusal would survive collections of garbage.
  return i < accepted
    ? builder.submission({ ts, addr: at, pid, tid })
    : builder.refusal({ ts, addr: at, pid, tid, ctx, ret: Math.min(0, ret) });
}

/** Counts records that a call returned beyond those that were printed. */
export function dropUnprinted(
  builder: TraceBuilder,
  part: 'submissions' | 'completions',
  ret: number | undefined,
  printed: number,
): void {
  const unseen = (ret ?? 0) - printed;
  if (unseen > 0) builder.drop(MISSING[part], unseen);
}
