// How requests ended, how addresses were reused and how many were in flight, as plain data.
import { errnoName } from '../../abi/name.ts';
import { type Log2Bucket, log2Buckets } from '../summary/section.ts';
import { EXACT_DEPTHS } from './kernel-layout.ts';
import { NO_ERRNO, type Outcomes, type Reuse } from './outcome.ts';

/** How often requests of an opcode failed with an errno. `errno` null: results below -4095. */
export interface MatchedError {
  opcode: number;
  errno: number | null;
  name: string | null;
  count: number;
  /** Whether it is EAGAIN of a request with RWF_NOWAIT. */
  nowait: boolean;
}

/** How addresses and tags are reused. */
export interface ReuseJson {
  /** Distinct iocb addresses, per process (and context, if known). */
  addresses: number;
  /** Whether that is an estimate (HyperLogLog, 1.6 % standard error): there were too many. */
  approximate: boolean;
  /** Submissions at an address where another one was in flight. */
  concurrent: number;
  /** Submissions with `aio_data` 0. */
  dataZero: number;
  /** Submissions whose `aio_data` is the address of their iocb. */
  dataIsAddress: number;
  /** How many submissions later an address is used again, by powers of two. */
  intervals: Log2Bucket[];
}

/** Submissions after which the queue depth was `from` … `to`. */
export interface DepthBucket {
  from: number;
  to: number;
  count: number;
}

export function errorsJson({ errors }: Outcomes): MatchedError[] {
  return errors.map(({ key, count }) => {
    const errno = (key >>> 1) & (2 ** 13 - 1);
    const opcode = Math.floor(key / 2 ** 14);
    const named =
      errno === NO_ERRNO ? { errno: null, name: null } : { errno, name: errnoName(errno) };
    return { opcode, ...named, count, nowait: key % 2 === 1 };
  });
}

export function reuseJson(reuse: Reuse, isEstimate: boolean): ReuseJson {
  const { concurrent, dataZero, dataIsAddress } = reuse;
  return {
    addresses: isEstimate ? reuse.estimate() : reuse.addresses,
    approximate: isEstimate,
    concurrent,
    dataZero,
    dataIsAddress,
    intervals: log2Buckets(reuse.intervals),
  };
}

/** The depths that occurred, from their counts. */
export function depthsJson(counts: Float64Array): DepthBucket[] {
  const above = EXACT_DEPTHS + 1;
  const buckets: DepthBucket[] = [];
  for (const [at, count] of counts.entries()) {
    // Few of the thousands of depths occur.
    if (count === 0) continue;
    if (at < above) buckets.push({ from: at, to: at, count });
    else
      buckets.push({
        from: Math.max(2 ** (at - above), above),
        to: 2 ** (at - above + 1) - 1,
        count,
      });
  }
  return buckets;
}
