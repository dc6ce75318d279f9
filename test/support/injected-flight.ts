// Faults of requests in flight, each put at a random place of a clean capture.
import { type Sides, STRIDES } from './captured-sides.ts';
import type { random } from './random.ts';

type Random = ReturnType<typeof random>;

/** A capture with a fault, and the finding that it must lead to. */
interface Injected {
  readonly sides: Sides;
  readonly expected: { readonly id: string; readonly pid: number; readonly fd: number };
}

/** Puts a fault into copies of both sides; undefined where it finds no place. */
type Inject = (random: Random, sides: Sides) => Injected | undefined;

const [TS, ADDR, PID] = [0, 8, 16];
const [RW_FLAGS, OPCODE, FD, BUF, NBYTES, OFFSET] = [12, 16, 20, 24, 32, 40].map((at) => 24 + at);
const [OBJ, RES] = [24 + 8, 24 + 16];

/** A request that moved bytes, and where its records begin. */
interface Request {
  readonly at: number;
  readonly completionAt: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly pid: number;
  readonly fd: number;
  readonly opcode: number;
  readonly offset: bigint;
  readonly nbytes: bigint;
}

/** PREADs and PWRITEs that moved bytes, each with the first completion at its address after it. */
function requestsOf([submissions, completions]: Sides): Request[] {
  const keyOf = (bytes: Buffer, at: number, address: number) =>
    `${bytes.readUInt32LE(at + PID)} ${bytes.readBigUInt64LE(at + address)}`;
  const byKey = new Map<string, number[]>();
  for (let at = 0; at < completions.length; at += STRIDES[1]) {
    const key = keyOf(completions, at, OBJ);
    byKey.set(key, [...(byKey.get(key) ?? []), at]);
  }
  const requests: Request[] = [];
  for (let at = 0; at < submissions.length; at += STRIDES[0]) {
    const from = submissions.readBigUInt64LE(at + TS);
    const ends = byKey.get(keyOf(submissions, at, ADDR)) ?? [];
    const completionAt = ends.find((event) => completions.readBigUInt64LE(event + TS) > from);
    const opcode = submissions.readUInt16LE(at + OPCODE);
    if (completionAt === undefined || opcode > 1) continue;
    if (completions.readBigInt64LE(completionAt + RES) <= 0n) continue;
    if ((submissions.readUInt32LE(at + RW_FLAGS) & 16) !== 0) continue;
    requests.push({
      ...{ at, completionAt, from, to: completions.readBigUInt64LE(completionAt + TS), opcode },
      pid: submissions.readUInt32LE(at + PID),
      fd: submissions.readInt32LE(at + FD),
      offset: submissions.readBigInt64LE(at + OFFSET),
      nbytes: submissions.readBigUInt64LE(at + NBYTES),
    });
  }
  return requests;
}

/** A request of a random place, and an older one that meets a condition. */
function pickTwo(
  { below }: Random,
  requests: readonly Request[],
  isFit: (older: Request, newer: Request) => boolean,
): readonly [older: Request, newer: Request] | undefined {
  const start = below(requests.length);
  for (let i = 0; i < requests.length; i++) {
    const newer = requests[(start + i) % requests.length];
    const fit = requests.filter((older) => older.pid === newer.pid && isFit(older, newer));
    if (fit.length > 0) return [fit[below(fit.length)], newer];
  }
  return undefined;
}

const isInFlight = (older: Request, newer: Request): boolean =>
  older.at < newer.at && older.from < newer.from && older.to > newer.from;

const copied = ([submissions, completions]: Sides): Sides => [
  Buffer.from(submissions),
  Buffer.from(completions),
];

/** A write is at bytes of one in flight. */
const overlappingWrite: Inject = (random, sides) => {
  const writes = requestsOf(sides).filter(({ opcode }) => opcode === 1);
  const isFit = (older: Request, newer: Request) =>
    older.fd === newer.fd && older.offset > 0n && isInFlight(older, newer);
  const found = pickTwo(random, writes, isFit);
  if (found === undefined) return undefined;
  const [older, { at, pid, fd }] = found;
  const copy = copied(sides);
  const inside = 512 * random.below(Number(older.nbytes) / 512);
  copy[0].writeBigInt64LE(older.offset + BigInt(inside), at + OFFSET);
  return { sides: copy, expected: { id: 'overlapping-writes', pid, fd } };
};

/** A read has the buffer of a request in flight. */
const sharedBuffer: Inject = (random, sides) => {
  const isFit = (older: Request, newer: Request) => newer.opcode === 0 && isInFlight(older, newer);
  const found = pickTwo(random, requestsOf(sides), isFit);
  if (found === undefined) return undefined;
  const [older, { at, pid, fd }] = found;
  const copy = copied(sides);
  copy[0].writeBigUInt64LE(sides[0].readBigUInt64LE(older.at + BUF), at + BUF);
  return { sides: copy, expected: { id: 'shared-buffer', pid, fd } };
};

/** A read below bytes that were read before moves nothing. */
const emptyRead: Inject = (random, sides) => {
  const reads = requestsOf(sides).filter(({ opcode }) => opcode === 0);
  const isFit = (older: Request, newer: Request) =>
    older.fd === newer.fd &&
    older.to < newer.from &&
    newer.offset > 0n &&
    newer.offset < older.offset + sides[1].readBigInt64LE(older.completionAt + RES);
  const found = pickTwo(random, reads, isFit);
  if (found === undefined) return undefined;
  const [, { completionAt, pid, fd }] = found;
  const copy = copied(sides);
  copy[1].writeBigInt64LE(0n, completionAt + RES);
  return { sides: copy, expected: { id: 'empty-inside', pid, fd } };
};

/** The faults by name. */
export const FLIGHT_FAULTS = { overlappingWrite, sharedBuffer, emptyRead } as const;
