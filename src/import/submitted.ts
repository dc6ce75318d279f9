// What became of the iocbs of io_submit: the same in every log that has them.

import { EINVAL } from '../abi/errno.ts';
import type { TraceBuilder } from '../trace/builder.ts';
import type { Ns } from '../trace/ns.ts';
import type { Place } from '../trace/place.ts';
import type { Int } from '../trace/put-record.ts';

/** A call of io_submit. */
export interface SubmitCall {
  /** When it began, in ns. */
  readonly ts: Ns;
  readonly pid: number;
  readonly tid: number;
  readonly ctx: bigint;
  /** How many iocbs were accepted, or the negated errno; undefined if it did not return. */
  readonly ret: number | undefined;
  /** Whether its context existed; undefined if the log does not show it. */
  readonly exists?: boolean | undefined;
}

const UNKNOWN_CONTEXT =
  'contexts of submissions refused with EINVAL: the log does not show that they existed';
const NOT_SEEN = 'submissions in contexts that did not exist, which the kernel did not look at';
/** A context is the address of its ring, which is mapped: a multiple of the smallest page. */
const PAGE_BYTES = 4096n;

/** Whether a context that failed with EINVAL existed: the kernel looks for it first. */
const existed = ({ ctx, exists }: SubmitCall): boolean | undefined =>
  ctx !== 0n && ctx % PAGE_BYTES === 0n && exists;

/** Reasons why records are missing. */
export const MISSING = {
  submissions: 'accepted submissions that are not printed',
  completions: 'completions that are not printed',
  beginnings: 'calls whose beginning is not in the log',
  ends: 'calls that did not return',
} as const;

/**
 * Adds the iocb at index `i` of a call: as accepted, or as refused if it is the one that ended the
 * call. Returns where its bytes are to be written; undefined if the kernel did not look at it, or
 * if that is not known.
 */
export function placeSubmission(
  builder: TraceBuilder,
  call: SubmitCall,
  i: number,
  addr: Int = 0,
): Place | undefined {
  const { ts, pid, tid, ctx, ret } = call;
  if (ret === -EINVAL) {
    const exists = existed(call);
    if (exists === undefined && i === 0) builder.presume(UNKNOWN_CONTEXT);
    if (exists === false) {
      builder.drop(NOT_SEEN);
      return undefined;
    }
  }
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
