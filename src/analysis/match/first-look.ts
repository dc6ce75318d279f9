// What the first blocks of two streams have in common.
import type { InputStream } from './input-stream.ts';

/** What the first blocks of two streams have in common. */
export interface FirstLook {
  /** The share of completions at an address that is submitted at, and that by its process. */
  readonly known: number;
  readonly knownWithPid: number;
  /** Whether addresses are submitted at more than once. */
  readonly isReused: boolean;
  /**
   * The share of submissions that are equal to the one in flight at their address, and that of
   * completions that are equal to the last one there, with no submission since.
   */
  readonly repeated: { readonly submissions: number; readonly completions: number };
}

/** The least share of known addresses that says that the streams are of one run. */
export const KNOWN_MIN = 0.5;
/** Processes differ if fewer of the known addresses than this have the process too. */
const WITH_PID_MAX = 0.9;
/** With fewer records than this nothing is said. */
export const RECORDS_MIN = 16;

const wideAt = (words: Uint32Array, row: number): bigint =>
  (BigInt(words[2 * row + 1]) << 32n) | BigInt(words[2 * row]);

/** Reads the keys of a stream's block. */
function keysOf(stream: InputStream, name: string): () => bigint[] {
  const words = stream.wide(name);
  return () =>
    words === null ? [] : Array.from({ length: stream.count }, (_, row) => wideAt(words, row));
}

/** The last records at an address: row numbers, or -1. */
interface Last {
  submission: number;
  isOpen: boolean;
  /** The completion since then. */
  completion: number;
}

/** The rows of both blocks in order of time, as far as both have records. */
function inCommon(streams: readonly InputStream[]) {
  const rows = streams.map(({ rows: all, count, ts }) =>
    Array.from(all.subarray(0, count), (row) => ({ row, ts: wideAt(ts, row) })),
  );
  if (rows.some((each) => each.length === 0)) return [];
  const spans = rows.map((each) => [each[0].ts, each[each.length - 1].ts]);
  return rows
    .flatMap((each, stream) => each.map((record) => ({ ...record, stream })))
    .filter(({ ts }) => spans.every(([begin, end]) => ts >= begin && ts <= end))
    .sort((a, b) => (a.ts < b.ts ? -1 : Number(a.ts > b.ts)));
}

/** Counts records that repeat the one before them at their address, in order of time. */
function repeatedOf(
  streams: readonly [InputStream, InputStream],
  keys: readonly (readonly bigint[])[],
): FirstLook['repeated'] {
  const last = new Map<bigint, Last>();
  const [repeated, counts] = [
    [0, 0],
    [0, 0],
  ];
  for (const { row, stream } of inCommon(streams)) {
    const key = keys[stream][row];
    const at = last.get(key) ?? { submission: -1, isOpen: false, completion: -1 };
    const isRepeated =
      stream === 0
        ? at.isOpen && streams[0].areEqual(row, at.submission, ['tid'])
        : at.completion >= 0 && streams[1].areEqual(row, at.completion, []);
    if (isRepeated) repeated[stream] += 1;
    counts[stream] += 1;
    last.set(
      key,
      stream === 0
        ? { submission: row, isOpen: true, completion: -1 }
        : { ...at, isOpen: false, completion: row },
    );
  }
  const share = (stream: 0 | 1): number =>
    counts[stream] < RECORDS_MIN ? 0 : repeated[stream] / counts[stream];
  return { submissions: share(0), completions: share(1) };
}

/** Prepares a look at the blocks that two streams will have loaded first. */
export function firstLook(submissions: InputStream, completions: InputStream): () => FirstLook {
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
      repeated: repeatedOf([submissions, completions], [submitted, completed]),
    };
  };
}

/** Whether the processes of completions are not those of submissions. */
export const havePidsThatDiffer = ({ known, knownWithPid }: FirstLook): boolean =>
  known >= KNOWN_MIN && knownWithPid < WITH_PID_MAX * known;
