// Faults of a capture and of devices, put at a random place of a clean capture: a block of lost records, another clock, a descriptor that hangs.
import { type Sides, STRIDES, timed } from './captured-sides.ts';
import { random } from './random.ts';

/** A number from 0 to 1, another one each time. */
export type Random = () => number;

/** Random numbers, the same for the same seed. */
export function randomsOf(seed: number): Random {
  const { word } = random(seed);
  return () => word() / 2 ** 32;
}

/** A capture with a fault, and what a finding must say of it. */
export interface Injected {
  readonly sides: Sides;
  readonly id: string;
  /** Where the fault is; absent if it is nowhere in particular. */
  readonly fd?: number;
  readonly count?: number;
}

const ADDR = 8;
const FD = 24 + 20;
const OBJ = 24 + 8;

/** The records of one side. */
const recordsOf = (bytes: Buffer, stride: number): Buffer[] =>
  Array.from({ length: bytes.length / stride }, (_, i) =>
    bytes.subarray(i * stride, (i + 1) * stride),
  );

const timeIn = (record: Buffer): bigint => record.readBigUint64LE(0);

/** How many requests are in flight before each record, in order of time, and its time. */
function inFlight(sides: Sides): { readonly ts: bigint; readonly depth: number }[] {
  const all = sides
    .flatMap((bytes, side) =>
      recordsOf(bytes, STRIDES[side]).map((record) => ({ ts: timeIn(record), side })),
    )
    .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : a.side - b.side));
  let depth = 0;
  return all.map(({ ts, side }) => {
    const before = depth;
    depth += side === 0 ? 1 : -1;
    return { ts, depth: before };
  });
}

/**
 * Both sides without the records of a block of `records` records, in order of time. Requests are in
 * flight before and after it: where none is, the records that are left fit together, and a block
 * that is missing looks like a pause of the program. Undefined if a capture has no such place.
 */
function lostBlock(sides: Sides, records: number, draw: Random): Injected | undefined {
  const all = inFlight(sides);
  // Not among the first: addresses have to be known, and silences begin after 100 records.
  const places = all.flatMap(({ depth }, i) =>
    i >= 400 && depth > 0 && i + records < all.length - 400 && all[i + records].depth > 0
      ? [i]
      : [],
  );
  if (places.length === 0) return undefined;
  const first = places[Math.floor(draw() * places.length)];
  const [from, to] = [all[first].ts, all[first + records].ts];
  const left = sides.map((bytes, side) =>
    Buffer.concat(
      recordsOf(bytes, STRIDES[side]).filter((record) => {
        const ts = timeIn(record);
        return ts < from || ts >= to;
      }),
    ),
  );
  return { sides: [left[0], left[1]], id: 'lost' };
}

/** Completions of another clock, which began up to 30 years before or after. */
function shiftedClock([submissions, completions]: Sides, draw: Random): Injected {
  const all = [...recordsOf(submissions, STRIDES[0]), ...recordsOf(completions, STRIDES[1])];
  const times = all.map(timeIn).sort((a, b) => (a < b ? -1 : Number(a > b)));
  const span = times[times.length - 1] - times[0];
  const far = span + 1n + BigInt(Math.floor(draw() * 1e18));
  const isEarlier = far < times[0] && draw() < 0.5;
  const shifted = timed(completions, STRIDES[1], (ts) => (isEarlier ? ts - far : ts + far));
  return { sides: [submissions, shifted], id: 'two-clocks' };
}

/**
 * `count` requests of a random descriptor that never complete, at addresses that are not used
 * again, while the rest of the capture goes on for a minute.
 */
export function hangingDescriptor(given: Sides, count: number, draw: Random): Injected {
  const [submissions, completions] = given.map((side) => Buffer.from(side));
  const records = recordsOf(submissions, STRIDES[0]);
  const half = records.slice(0, Math.floor(records.length / 2));
  const chosen = half[Math.floor(draw() * half.length)];
  const fd = chosen.readInt32LE(FD);
  const candidates = half.filter((record) => record.readInt32LE(FD) === fd);
  const hanging = candidates.slice(0, count);
  const ended = new Set<number>();
  const done = recordsOf(completions, STRIDES[1]);
  for (const [i, record] of hanging.entries()) {
    const [ts, addr] = [timeIn(record), record.readBigUint64LE(ADDR)];
    const partner = done.findIndex(
      (each, at) => !ended.has(at) && timeIn(each) >= ts && each.readBigUint64LE(OBJ) === addr,
    );
    ended.add(partner);
    record.writeBigUint64LE(0x7f00_0000_0000n + BigInt(64 * i), ADDR);
  }
  const left = done.filter((_, at) => !ended.has(at));
  const late = timeIn(records[Math.floor(records.length * 0.9)]);
  const minute = (record: Buffer): void => {
    record.writeBigUint64LE(timeIn(record) + 60_000_000_000n, 0);
  };
  // Requests that were submitted late, and with each its completion.
  const lastAt = new Map<bigint, { readonly ts: bigint }>();
  let at = 0;
  for (const completion of left) {
    const ts = timeIn(completion);
    for (; at < records.length && timeIn(records[at]) <= ts; at++)
      lastAt.set(records[at].readBigUint64LE(ADDR), { ts: timeIn(records[at]) });
    const submitted = lastAt.get(completion.readBigUint64LE(OBJ));
    if (submitted !== undefined && submitted.ts > late) minute(completion);
  }
  for (const record of records) if (timeIn(record) > late) minute(record);
  const sides: Sides = [submissions, Buffer.concat(left)];
  return { sides, id: 'hung', fd, count: hanging.length };
}

/** Records of a block that is lost, and requests that hang. */
const [BLOCK, HANGING] = [200, 3];

/** The faults by name. */
export const LOSS_FAULTS = {
  lostBlock: (sides: Sides, draw: Random) => lostBlock(sides, BLOCK, draw),
  shiftedClock,
  hangingDescriptor: (sides: Sides, draw: Random) => hangingDescriptor(sides, HANGING, draw),
} as const;
