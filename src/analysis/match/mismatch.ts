// Envelopes of two streams that do not fit together, as far as their records show it.
import type { InputStream } from './input-stream.ts';
import type { Latency } from './latency.ts';

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
    };

/** What the first blocks of two streams have in common. */
interface FirstLook {
  /** The share of completions at an address that is submitted at, and that by its process. */
  readonly known: number;
  readonly knownWithPid: number;
  /** Whether addresses are submitted at more than once. */
  readonly isReused: boolean;
}

/** The least share of known addresses that says that the streams are of one run. */
const KNOWN_MIN = 0.5;
/** Processes differ if fewer of the known addresses than this have the process too. */
const WITH_PID_MAX = 0.9;
/** With fewer records than this nothing is said. */
const RECORDS_MIN = 16;

/** Reads the keys of a stream's block. */
function keysOf(stream: InputStream, name: string): () => bigint[] {
  const words = stream.wide(name);
  return () =>
    words === null
      ? []
      : Array.from(
          { length: stream.count },
          (_, i) => (BigInt(words[2 * i + 1]) << 32n) | BigInt(words[2 * i]),
        );
}

/** Prepares a look at the blocks that two streams will have loaded first. */
function firstLook(submissions: InputStream, completions: InputStream): () => FirstLook {
  const [keys, others] = [keysOf(submissions, 'addr'), keysOf(completions, 'obj')];
  const [pids, otherPids] = [submissions.narrow('pid'), completions.narrow('pid')];
  return () => {
    const [submitted, completed] = [keys(), others()];
    const addresses = new Set(submitted);
    const places = new Set(submitted.map((address, i) => `${address} ${pids?.[i]}`));
    const share = (isKnown: (address: bigint, i: number) => boolean): number =>
      completed.length < RECORDS_MIN ? 0 : completed.filter(isKnown).length / completed.length;
    return {
      known: share((address) => addresses.has(address)),
      knownWithPid: share((address, i) => places.has(`${address} ${otherPids?.[i]}`)),
      isReused: submitted.length > addresses.size,
    };
  };
}

/** Whether the processes of completions are not those of submissions. */
const havePidsThatDiffer = ({ known, knownWithPid }: FirstLook): boolean =>
  known >= KNOWN_MIN && knownWithPid < WITH_PID_MAX * known;

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
  const [p1, p50] = [latency.percentile(100), latency.percentile(5000)];
  if (first === null || p1 === null || p50 === null || latency.count < RECORDS_MIN) return [];
  if (first >= EPOCH_NS_MIN || p1 < 0n || p1 >= LATENCY_MIN) return [];
  if (isEpoch(first, 2n)) return [{ id: 'time-unit', unit: 'us', p50: p50.toString() }];
  if (isEpoch(first, 1n)) return [{ id: 'time-unit', unit: 'ms', p50: p50.toString() }];
  return p50 < MEDIAN_MIN ? [{ id: 'time-unit', unit: null, p50: p50.toString() }] : [];
}

/** The envelopes of two streams that are matched by time and address. */
export class Envelopes {
  readonly #streams: readonly [InputStream, InputStream];
  readonly #look: () => FirstLook;
  #seen: FirstLook = { known: 0, knownWithPid: 0, isReused: false };

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

  /** What does not fit, once both streams have been read. */
  mismatches(latency: Latency): readonly Mismatch[] {
    const [submissions, completions] = this.#streams;
    const { known, knownWithPid } = this.#seen;
    return [
      ...clockMismatch(this.#seen, submissions, completions),
      ...unitMismatch(submissions.earliest, latency),
      ...(this.pidsDiffer ? [{ id: 'pids-differ', known, knownWithPid } as const] : []),
    ];
  }
}
