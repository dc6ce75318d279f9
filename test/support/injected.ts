// Faults that are injected into clean captures at random places, and whether findings show them.
import { groupBy } from '../naive/groups.ts';
import type { random } from './random.ts';

/** Both sides of a capture in the layout `traced`. */
export type Sides = readonly [submissions: Buffer, completions: Buffer];
type Random = ReturnType<typeof random>;

/** A completed request: the numbers of its records, and what they hold. */
interface Completed {
  readonly submission: number;
  readonly completion: number;
  readonly pid: number;
  readonly fd: number;
  readonly opcode: number;
  readonly res: bigint;
}

/** What a fault is injected into. Its sides are copies, which the fault changes. */
export interface Clean {
  readonly sides: Sides;
  /** Every pair whose submission is beyond doubt. */
  readonly pairs: readonly Completed[];
}

/** What a finding has to say. */
export interface Expected {
  readonly id: string;
  readonly pid: number;
  readonly fd: number;
  /** A part of its evidence. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Injects a fault at a random place; undefined if the capture has no place for it. */
export type Fault = (clean: Clean, random: Random) => Expected | undefined;

const [STRIDES, RECORD] = [[88, 56], 24];
// Where fields begin in records with their envelopes.
const RW_FLAGS = RECORD + 12;
const BUF = RECORD + 24;
const NBYTES = RECORD + 32;
const OFFSET = RECORD + 40;
const RES = RECORD + 16;
const RWF_NOWAIT = 8;
const [EAGAIN, EINVAL] = [11n, 22n];
const ERRNOS = { EPERM: 1n, EIO: 5n, ENOMEM: 12n, ENOSPC: 28n, ETIMEDOUT: 110n };

const submissionAt = ({ submission }: Completed): number => submission * STRIDES[0];
const setResult = ([, completions]: Sides, { completion }: Completed, res: bigint): void => {
  completions.writeBigInt64LE(res, completion * STRIDES[1] + RES);
};

/** Some of a list, in random order. */
function some<T>(list: readonly T[], count: number, { below }: Random): T[] {
  const left = [...list];
  return Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]);
}

/** A random descriptor and opcode of plain reads or writes that succeeded, with all of these. */
function plainRequests({ pairs }: Clean, random: Random, least: number) {
  const plain = pairs.filter(({ opcode, res }) => opcode < 2 && res >= 0n);
  const byGroup = groupBy(plain, ({ pid, fd, opcode }) => `${pid} ${fd} ${opcode}`);
  const large = [...byGroup.values()].filter(({ length }) => length >= least);
  return large.length === 0 ? undefined : { plain, own: random.pick(large) };
}

/** One completion has an errno. */
function errno({ sides, pairs }: Clean, { pick }: Random): Expected | undefined {
  const succeeded = pairs.filter(({ res }) => res >= 0n);
  if (succeeded.length === 0) return undefined;
  const [pair, name] = [pick(succeeded), pick(Object.keys(ERRNOS) as (keyof typeof ERRNOS)[])];
  setResult(sides, pair, -ERRNOS[name]);
  return { id: 'failed', pid: pair.pid, fd: pair.fd, evidence: { name } };
}

/** Six requests on a descriptor are misaligned in one field, and fail with EINVAL. */
function misaligned(clean: Clean, random: Random): Expected | undefined {
  const { sides } = clean;
  const found = plainRequests(clean, random, 6);
  const [field, at] = random.pick([
    ['offset', OFFSET],
    ['length', NBYTES],
    ['buffer', BUF],
  ] as const);
  const valueIn = (pair: Completed) => sides[0].readBigUInt64LE(submissionAt(pair) + at);
  const isAligned = clean.pairs.every(
    (pair) => ![0, 1].includes(pair.opcode) || valueIn(pair) % 512n === 0n,
  );
  // Six of fewer than 30 might be an accident.
  if (found === undefined || !isAligned || found.plain.length < 30) return undefined;
  const chosen = some(found.own, 6, random);
  for (const pair of chosen) {
    const value = valueIn(pair) + BigInt(1 + random.below(511));
    sides[0].writeBigUInt64LE(value, submissionAt(pair) + at);
    setResult(sides, pair, -EINVAL);
  }
  const [{ pid, fd }] = chosen;
  return { id: 'misaligned', pid, fd, evidence: { bytes: 512, fields: [field] } };
}

/** Requests of one opcode on a descriptor have RWF_NOWAIT, and 5 % of them EAGAIN. */
function nowait(clean: Clean, random: Random): Expected | undefined {
  const { sides } = clean;
  const found = plainRequests(clean, random, 3);
  if (found === undefined) return undefined;
  const { own } = found;
  for (const pair of own) {
    const at = submissionAt(pair) + RW_FLAGS;
    sides[0].writeUInt32LE(sides[0].readUInt32LE(at) | RWF_NOWAIT, at);
  }
  const again = some(own, Math.max(3, Math.ceil(own.length / 20)), random);
  for (const pair of again) setResult(sides, pair, -EAGAIN);
  const [{ pid, fd }] = own;
  return { id: 'nowait-eagain', pid, fd, evidence: {} };
}

/** The faults, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = { errno, misaligned, nowait };

/** A finding, as far as it is compared. */
export interface Found {
  readonly id: string;
  readonly where: { readonly pid?: number; readonly fd?: number };
  readonly evidence: object;
}

/** Whether one of the findings says what is expected. */
export const isFound = (findings: readonly Found[], expected: Expected): boolean =>
  findings.some(
    ({ id, where, evidence }) =>
      id === expected.id &&
      where.pid === expected.pid &&
      where.fd === expected.fd &&
      Object.entries(expected.evidence).every(
        ([name, value]) =>
          JSON.stringify((evidence as Record<string, unknown>)[name]) === JSON.stringify(value),
      ),
  );

/** Copies both sides, injects a fault, and returns what is expected, and the copies. */
export function injected(
  fault: Fault,
  { sides, pairs }: Clean,
  random: Random,
): { readonly sides: Sides; readonly expected: Expected } | undefined {
  const copies: Sides = [Buffer.from(sides[0]), Buffer.from(sides[1])];
  const expected = fault({ sides: copies, pairs }, random);
  return expected && { sides: copies, expected };
}

/** A pair as a row of the library. */
type Row = Readonly<Record<string, unknown>>;

/** A capture that faults are injected into. `rows` are its pairs. */
export function cleanOf(sides: Sides, rows: readonly Row[]): Clean {
  const pairs = rows
    .filter((row) => row['doubt'] !== 1)
    .map((row) => ({
      submission: Number(row['submissionIndex']),
      completion: Number(row['completionIndex']),
      ...{ pid: Number(row['pid']), fd: Number(row['aio_fildes']) },
      ...{ opcode: Number(row['aio_lio_opcode']), res: BigInt(row['res'] as bigint) },
    }));
  return { sides, pairs };
}
