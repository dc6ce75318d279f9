import { READV } from './block.ts';
import * as state from './stream.ts';

/** A bucket of a histogram: how many values lay in `from` … `to`, both inclusive; negative ones before 0. */
export interface RangeCount {
  from: string;
  to: string;
  count: number;
}

/** What the requests of a stream mostly are: half of them or more. */
export type Pattern =
  | 'sequential'
  | 'interleaved'
  | 'backward'
  | 'repeated'
  | 'strided'
  | 'near'
  | 'random'
  | 'mixed'
  | 'single';

/** The access pattern of the reads or the writes of a descriptor of a process. */
export interface StreamJson {
  /** null where the envelope has none. */
  pid: number | null;
  /** `comm` of the stream's first record; null where the envelope has none. */
  program: string | null;
  fd: number;
  direction: 'read' | 'write';
  /** PREADV or PWRITEV: their lengths are not in the records, so steps are from start to start. */
  vectored: boolean;
  requests: number;
  /** Asked for. */
  bytes: string;
  pattern: Pattern;
  /** By how a request lies to the one before it; the first has none before it. */
  classes: {
    sequential: number;
    backward: number;
    repeat: number;
    strided: number;
    near: number;
    random: number;
  };
  /** Requests that begin where one of the last eight streams of requests stopped. */
  sequential8: number;
  /** The smallest and the largest step of those that are `strided`; there when some are. */
  stride?: { min: string; max: string };
  /** From where a request ended to where the next begins, in bytes. */
  seeks: RangeCount[];
  /** Lengths of sequential runs. */
  runs: { requests: RangeCount[]; bytes: RangeCount[] };
}

/** Half of the requests make a pattern. */
const MOST = 0.5;

function patternOf(s: state.Stream): Pattern {
  const total = s[state.COUNT] - 1;
  if (total < 1) return 'single';
  const most = (count: number) => count >= MOST * total;
  if (most(s[state.SEQUENTIAL])) return 'sequential';
  if (most(s[state.BACKWARD])) return 'backward';
  if (most(s[state.REPEAT])) return 'repeated';
  if (most(s[state.STRIDED])) return 'strided';
  if (most(s[state.INTERLEAVED])) return 'interleaved';
  if (most(s[state.RANDOM])) return 'random';
  return most(s[state.NEAR]) ? 'near' : 'mixed';
}

/** The range of log2 bucket `b`: below 0 the mirror image. */
function rangeOf(b: number): { from: string; to: string } {
  if (b === 0) return { from: '0', to: '0' };
  const [near, far] = [1n << BigInt(Math.abs(b) - 1), (1n << BigInt(Math.abs(b))) - 1n];
  return b > 0 ? { from: `${near}`, to: `${far}` } : { from: `${-far}`, to: `${-near}` };
}

export function ranges(counts: Float64Array, zero: number): RangeCount[] {
  return [...counts].flatMap((count, i) => (count === 0 ? [] : [{ ...rangeOf(i - zero), count }]));
}

/** The histogram at `place` of a state, and the runs that are in none yet. */
function runRanges(s: state.Stream, place: number, head: number, last: number): RangeCount[] {
  const counts = s.slice(place, place + state.RUN_BUCKETS);
  const add = (value: number) => {
    counts[value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 2 ** 32)] += 1;
  };
  if (s[state.HEAD_CLOSED] === 1) add(s[head]);
  add(s[last]);
  return ranges(counts, 0);
}

/** One stream for people and programs; `kind` is `READ` … `WRITEV`. */
export function streamJson(
  s: state.Stream,
  pid: number | null,
  program: string | null,
  fd: number,
  kind: number,
): StreamJson {
  const isStrided = s[state.STRIDED] > 0;
  return {
    pid,
    program,
    fd,
    direction: kind % 2 === 0 ? 'read' : 'write',
    vectored: kind >= READV,
    requests: s[state.COUNT],
    bytes: ((BigInt(s[state.BYTES_HIGH]) << 16n) + BigInt(s[state.BYTES_LOW])).toString(),
    pattern: patternOf(s),
    classes: {
      sequential: s[state.SEQUENTIAL],
      backward: s[state.BACKWARD],
      repeat: s[state.REPEAT],
      strided: s[state.STRIDED],
      near: s[state.NEAR],
      random: s[state.RANDOM],
    },
    sequential8: s[state.INTERLEAVED],
    ...(isStrided && { stride: { min: `${s[state.STRIDE_MIN]}`, max: `${s[state.STRIDE_MAX]}` } }),
    seeks: ranges(s.slice(state.SEEKS, state.RUNS), state.SEEK_ZERO),
    runs:
      kind >= READV
        ? { requests: [], bytes: [] }
        : {
            requests: runRanges(s, state.RUNS, state.HEAD_RUN, state.RUN),
            bytes: runRanges(s, state.RUN_BYTES, state.HEAD_SIZE, state.RUN_SIZE),
          },
  };
}
