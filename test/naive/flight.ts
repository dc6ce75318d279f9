// What requests in flight at once do to each other, computed by comparing each with all others.

/** A pair, as it is exported, its values as numbers. */
export type FlightPair = Readonly<Record<string, number>>;
type Pair = FlightPair;

const MAX_RW_COUNT = 0x7ffff000;
const isWrite = ({ aio_lio_opcode: op }: Pair): boolean => op === 1 || op === 8;
const isRead = ({ aio_lio_opcode: op }: Pair): boolean => op === 0 || op === 7;
const isVectored = ({ aio_lio_opcode: op }: Pair): boolean => op === 7 || op === 8;
const endsAt = (pair: Pair): number => pair['completionTs'];

/** How much a request asks for, as far as its record tells. */
const lengthOf = (pair: Pair): number =>
  Math.min(pair['aio_nbytes'], isVectored(pair) ? 1 : MAX_RW_COUNT);
const isPlaced = (pair: Pair): boolean =>
  pair['aio_offset'] >= 0 && !(isWrite(pair) && (pair['aio_rw_flags'] & 16) !== 0);
const areApart = (a: number, aLength: number, b: number, bLength: number): boolean =>
  a + aLength <= b || b + bLength <= a;
const isSameFile = (pair: Pair, other: Pair): boolean =>
  pair['pid'] === other['pid'] && pair['aio_fildes'] === other['aio_fildes'];

/** Whether a request was submitted before another, and had not completed by then. */
const isInFlightAt = (older: Pair, newer: Pair): boolean =>
  endsAt(older) > newer['ts'] &&
  (older['ts'] < newer['ts'] ||
    (older['ts'] === newer['ts'] && older['submissionIndex'] < newer['submissionIndex']));

/** Writes that overlap an older one in flight, where both moved bytes. */
export function naiveOverlaps(pairs: readonly Pair[]): Pair[] {
  const writes = pairs.filter((pair) => isWrite(pair) && isPlaced(pair) && pair['res'] > 0);
  return writes.filter((newer) =>
    writes.some(
      (older) =>
        isSameFile(older, newer) &&
        isInFlightAt(older, newer) &&
        !areApart(older['aio_offset'], lengthOf(older), newer['aio_offset'], lengthOf(newer)),
    ),
  );
}

/** Requests that share memory with an older one in flight, where one of both is a read. */
export function naiveSharers(pairs: readonly Pair[]): Pair[] {
  const buffered = pairs.filter(
    (pair) => pair['aio_lio_opcode'] < 2 && pair['aio_buf'] !== 0 && pair['res'] > 0,
  );
  return buffered.filter((newer) =>
    buffered.some(
      (older) =>
        older['pid'] === newer['pid'] &&
        (isRead(older) || isRead(newer)) &&
        isInFlightAt(older, newer) &&
        !areApart(older['aio_buf'], lengthOf(older), newer['aio_buf'], lengthOf(newer)),
    ),
  );
}

/** Reads of nothing below the end of what was read, or of as much as was written, before them. */
export function naiveEmptyInside(pairs: readonly Pair[]): Pair[] {
  const moving = pairs.filter(
    (pair) => (isRead(pair) || isWrite(pair)) && isPlaced(pair) && pair['res'] > 0,
  );
  const endOf = (pair: Pair): number => pair['aio_offset'] + pair['res'];
  const highest = (some: readonly Pair[]): number => Math.max(0, ...some.map(endOf));
  return pairs.filter((pair) => {
    if (!isRead(pair) || pair['res'] !== 0 || lengthOf(pair) === 0 || !isPlaced(pair)) return false;
    const before = moving.filter((each) => isSameFile(each, pair) && endsAt(each) < pair['ts']);
    if (pair['aio_offset'] === 0 && before.every((each) => each['aio_offset'] === 0)) return false;
    const writes = before.filter(isWrite);
    const written = writes.reduce((sum, { res }) => sum + res, 0);
    const end = highest(before.filter(isRead));
    return pair['aio_offset'] < end || pair['aio_offset'] < Math.min(highest(writes), written);
  });
}

/** Requests that moved as much as the kernel moves, of more or of an unknown number of bytes. */
export const naiveClamped = (pairs: readonly Pair[]): Pair[] =>
  pairs.filter(
    (pair) =>
      (isRead(pair) || isWrite(pair)) &&
      pair['res'] === MAX_RW_COUNT &&
      (isVectored(pair) || pair['aio_nbytes'] > MAX_RW_COUNT),
  );
