// Envelopes of two streams that do not fit together, as far as their records show it.
import {
  type FirstLook,
  firstLook,
  havePidsThatDiffer,
  KNOWN_MIN,
  RECORDS_MIN,
} from './first-look.ts';
import type { InputStream } from './input-stream.ts';
import type { Latency } from './latency.ts';
import { percentiles } from './percentile.ts';

/** What does not fit in the envelopes. */
export type Mismatch =
  | {
      /** The times of submissions and completions are of two clocks. */
      readonly id: 'two-clocks';
      /** The first time of a completion less that of a submission. */
      readonly offset: string;
      /** The share of completions whose address was submitted at. */
      readonly known: number;
    }
  | {
      /** Times are not in nanoseconds, by their size or by how short latencies are. */
      readonly id: 'time-unit';
      /** What they probably are; null if that cannot be told. */
      readonly unit: 'us' | 'ms' | null;
      readonly p50: string;
    }
  | {
      /**
       * Completions have other processes than submissions, as where a tracer notes the task that an
       * interrupt came in. They are matched by address alone.
       */
      readonly id: 'pids-differ';
      /** The shares of completions whose address, and whose address and process, are known. */
      readonly known: number;
      readonly knownWithPid: number;
    }
  | {
      /** Both streams have their records twice, as where two tracers were attached. */
      readonly id: 'duplicates';
      /** The shares of first records that repeat the one before them at their address. */
      readonly submissions: number;
      readonly completions: number;
    };

type Span = Pick<InputStream, 'earliest' | 'latest'>;

/** Two clocks, if the streams are of one run and have no time in common. */
function clockMismatch(
  { known, isReused }: FirstLook,
  submissions: Span,
  completions: Span,
): Mismatch[] {
  if (known < KNOWN_MIN || !isReused) return [];
  const [from, to] = [submissions.earliest, submissions.latest];
  const [begin, end] = [completions.earliest, completions.latest];
  if (from === null || to === null || begin === null || end === null) return [];
  if (to >= begin && end >= from) return [];
  return [{ id: 'two-clocks', offset: (begin - from).toString(), known }];
}

/** Seconds since 1970 are about 1.7e9: in microseconds and milliseconds, that many thousands. */
const isEpoch = (first: bigint, thousands: bigint): boolean =>
  first >= 10n ** 9n * 1000n ** thousands && first <= 22n * 10n ** 8n * 1000n ** thousands;
/** Times since 1970 in nanoseconds. */
const EPOCH_NS_MIN = 10n ** 18n;
/** Since 1970: hardly any request takes less. */
const LATENCY_MIN = 1000n;
/** Since the boot: to record its two events alone takes longer. */
const MEDIAN_MIN = 100n;

/** Times that cannot be nanoseconds, by how short latencies are. */
function unitMismatch(first: bigint | null, latency: Latency): Mismatch[] {
  const [p1, p50] = percentiles(latency, [100, 5000]);
  if (first === null || p1 === null || p50 === null || latency.count < RECORDS_MIN) return [];
  // In coarse units some completions seem to precede their submissions.
  const short = p1 < 0n ? p50 : p1;
  if (first >= EPOCH_NS_MIN || short < 0n || short >= LATENCY_MIN) return [];
  if (isEpoch(first, 2n)) return [{ id: 'time-unit', unit: 'us', p50: p50.toString() }];
  if (isEpoch(first, 1n)) return [{ id: 'time-unit', unit: 'ms', p50: p50.toString() }];
  return p1 >= 0n && p50 < MEDIAN_MIN ? [{ id: 'time-unit', unit: null, p50: p50.toString() }] : [];
}

/** The least share of records of either stream that repeat another if all are there twice. */
const REPEATED_MIN = 0.4;

/** Everything twice. */
const duplicates = ({ repeated }: FirstLook): Mismatch[] =>
  repeated.submissions >= REPEATED_MIN && repeated.completions >= REPEATED_MIN
    ? [{ id: 'duplicates', ...repeated }]
    : [];

/** The envelopes of two streams that are matched by time and address. */
export class Envelopes {
  readonly #streams: readonly [InputStream, InputStream];
  readonly #look: () => FirstLook;
  #seen: FirstLook = {
    known: 0,
    knownWithPid: 0,
    isReused: false,
    repeated: { submissions: 0, completions: 0 },
  };

  /** Before the streams have loaded anything. */
  constructor(streams: readonly [InputStream, InputStream]) {
    this.#streams = streams;
    this.#look = firstLook(streams[0], streams[1]);
  }

  /** Looks at the blocks that the streams have loaded first. */
  look(): void {
    this.#seen = this.#look();
  }

  /** Whether both streams have processes that are not the same. */
  get pidsDiffer(): boolean {
    return this.#streams.every((stream) => stream.has('pid')) && havePidsThatDiffer(this.#seen);
  }

  /** What does not fit, once both streams have been read. `isDeduped`: repeats were dropped. */
  mismatches(latency: Latency, isDeduped: boolean): readonly Mismatch[] {
    const [submissions, completions] = this.#streams;
    const { known, knownWithPid } = this.#seen;
    return [
      ...clockMismatch(this.#seen, submissions, completions),
      ...unitMismatch(submissions.earliest, latency),
      ...(this.pidsDiffer ? [{ id: 'pids-differ', known, knownWithPid } as const] : []),
      ...(isDeduped ? [] : duplicates(this.#seen)),
    ];
  }
}
