// Reads and writes that succeeded, and pairs by process, computed in the most obvious way.
import { type NaiveResult, READS, WRITES } from './match.ts';
import { naiveGroup, naiveLatency } from './pair-figures.ts';

type Done = NaiveResult['done'];
type Pair = Done[number];

const hasFailed = ({ event }: Pair): boolean => event.res < 0n;
const isIo = ({ open }: Pair): boolean => [...READS, ...WRITES].includes(open.aio_lio_opcode);
const sum = (pairs: Done): bigint => pairs.reduce((total, { latency }) => total + latency, 0n);

/** Those of the pairs that are among others, too. */
function among(pairs: Done, others: Done): Done {
  const known = new Set(others);
  return pairs.filter((pair) => known.has(pair));
}

/** Pairs that ended alike. Those across lost records are not `measured`. */
const outcome = (pairs: Done, measured: Done) => ({
  count: pairs.length,
  latencyNs: naiveLatency(among(pairs, measured).map(({ latency }) => latency)),
});

/** Pairs of one opcode by how they ended. */
export const naiveEnds = (pairs: Done, measured: Done = pairs) => ({
  succeeded: outcome(
    pairs.filter((pair) => !hasFailed(pair)),
    measured,
  ),
  failed: outcome(pairs.filter(hasFailed), measured),
});

/** Reads and writes that succeeded, without their depth and their histogram. */
export const naiveIo = (pairs: Done, measured: Done = pairs) =>
  outcome(
    pairs.filter((pair) => isIo(pair) && !hasFailed(pair)),
    measured,
  );

/** Their mean depth in a capture that lasted so many ns. */
export const naiveIoMean = (measured: Done, lasted: bigint): number | null =>
  lasted === 0n
    ? null
    : Number(sum(measured.filter((pair) => isIo(pair) && !hasFailed(pair)))) / Number(lasted);

/** The most reads and writes in flight, of the opcodes in flight after each submission. */
export const naiveIoMax = (inFlight: readonly (readonly number[])[]): number =>
  Math.max(
    0,
    ...inFlight.map((opcodes) => opcodes.filter((each) => [0, 1, 7, 8].includes(each)).length),
  );

const DIRECTIONS = ['read', 'write', 'other'] as const;
const directionOf = ({ open }: Pair): number =>
  READS.includes(open.aio_lio_opcode) ? 0 : WRITES.includes(open.aio_lio_opcode) ? 1 : 2;

/** Pairs by process and direction. */
export function naiveProcesses(pairs: Done, measured: Done, lasted: bigint) {
  const keys = [...new Set(pairs.map((pair) => `${pair.open.pid} ${directionOf(pair)}`))]
    .map((key) => key.split(' ').map(Number))
    .sort(([a0, a1], [b0, b1]) => a0 - b0 || a1 - b1);
  return keys.map(([pid, direction]) => {
    const own = pairs.filter((pair) => pair.open.pid === pid && directionOf(pair) === direction);
    const succeeded = own.filter((pair) => !hasFailed(pair));
    const counted = among(succeeded, measured);
    const { matched, bytesMoved, short, errors } = naiveGroup(own);
    return {
      pid,
      direction: DIRECTIONS[direction],
      ...{ matched, succeeded: succeeded.length, errors, bytesMoved, short },
      latencyNs: outcome(succeeded, measured).latencyNs,
      meanDepth: lasted === 0n ? null : Number(sum(counted)) / Number(lasted),
    };
  });
}
