// The calls of test/fixtures/aio-run.c, to print logs of, and to compare the import of them with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { compareWithTruth, truthOf } from '../../scripts/aio-run.mjs';
import type { CallName } from '../../src/abi/index.ts';
import * as abi from '../../src/abi/index.ts';
import { PARTS } from '../../src/trace/part.ts';
import { fixture } from './cli.ts';
import { type Imported, imported } from './importing.ts';

type Fields = Record<string, bigint>;

/** An iocb that a call was given. */
interface GivenIocb extends Fields {
  addr: bigint;
}

/** A call, with what it was given and what it returned. */
export interface AioCall {
  /** Its place in the run. */
  readonly seq: number;
  readonly call: CallName;
  readonly pid: number;
  readonly tid: number;
  readonly ctx: bigint;
  readonly nr: number;
  readonly ret: number;
  /** Up to the first that was refused. */
  readonly iocbs: readonly GivenIocb[];
  readonly events: readonly Fields[];
}

const folder = join(fixture('..'), 'aio-run', 'separate');
const read = (file: string): Buffer => gunzipSync(readFileSync(join(folder, `${file}.gz`)));

/** The fields of a struct, signed where the kernel's are. */
function fieldsOf({ fields }: abi.RecordLayout, bytes: Buffer): Fields {
  const values = fields.map(({ name, offset, type }) => {
    const size = Number(type.slice(1)) / 8;
    const digits = Buffer.from(bytes.subarray(offset, offset + size))
      .reverse()
      .toString('hex');
    const value = BigInt(`0x${digits}`);
    return [name, type.startsWith('i') ? BigInt.asIntN(8 * size, value) : value];
  });
  return Object.fromEntries(values);
}

/** The records of a file by the number of their call. */
function bySeq<T>(file: string, stride: number, of: (bytes: Buffer) => T): Map<number, T[]> {
  const bytes = read(file);
  const found = new Map<number, T[]>();
  for (let at = 0; at < bytes.byteLength; at += stride) {
    const record = bytes.subarray(at, at + stride);
    const seq = Number(record.readBigUInt64LE(0));
    found.set(seq, [...(found.get(seq) ?? []), of(record)]);
  }
  return found;
}

/** The calls of the run, in order. */
export function aioCalls(): AioCall[] {
  const iocbs = bySeq('submitted.bin', PARTS.refused.stride, (bytes) => ({
    ...fieldsOf(abi.iocb, bytes.subarray(40)),
    addr: bytes.readBigUInt64LE(8),
  }));
  const events = bySeq('completions.bin', PARTS.completions.stride, (bytes) =>
    fieldsOf(abi.ioEvent, bytes.subarray(24)),
  );
  const calls = bySeq('calls.bin', PARTS.calls.stride, (bytes) => bytes);
  return [...calls].map(([seq, [bytes]]) => ({
    seq,
    call: abi.CALLS[bytes.readUInt16LE(32)],
    pid: bytes.readUInt32LE(24),
    tid: bytes.readUInt32LE(28),
    ctx: bytes.readBigUInt64LE(16),
    nr: bytes.readInt32LE(36),
    ret: Number(bytes.readBigInt64LE(40)),
    iocbs: iocbs.get(seq) ?? [],
    events: events.get(seq) ?? [],
  }));
}

/** What a log shows of the run, and which differences are no faults. */
export interface Shown {
  /** The most iocbs, and io_events, that it has of a call. */
  readonly shown?: number;
  readonly events?: number;
  /** Whether it has calls only. */
  readonly onlyCalls?: boolean;
  /** The calls that it has. */
  readonly calls?: readonly CallName[];
  /** The calls of which it has the records, if they are others. */
  readonly records?: readonly CallName[];
  /** The numbers of the calls that it has. */
  readonly seqs?: ReadonlySet<bigint>;
  /** Whether an iocb that could not be read is only known to be so if its call failed. */
  readonly hidesFaults?: boolean;
  /** Whether an eventfd is shown only with its flag. */
  readonly hidesStrays?: boolean;
}

/** A record of the truth: `ts` is the number of its call. */
interface Known {
  readonly ts: bigint;
  readonly call?: CallName;
  readonly ret?: number | bigint;
  readonly aio_flags?: string;
}

/** Compares the import of a log of the run with the run; returns how many fields are equal. */
export function compareWithRun(log: Imported, shown: Shown = {}, file = read): number {
  const truth = truthOf(abi, file, shown);
  const all = truth.parts as Record<'calls' | 'refused', Known[]>;
  const calls = new Map(all.calls.map((call) => [call.ts, call]));
  const isShown = ({ ts }: Known, among: readonly CallName[] | undefined): boolean =>
    (among?.includes(calls.get(ts)?.call ?? 'io_setup') ?? true) && (shown.seqs?.has(ts) ?? true);
  const known = (each: Known): Known => ({
    ...each,
    ...(shown.hidesFaults &&
      each.ret === -14 &&
      Number(calls.get(each.ts)?.ret) >= 0 && { ret: 0 }),
    ...(shown.hidesStrays &&
      (Number(each.aio_flags ?? 1) & 1) === 0 && { aio_resfd: '0x00000000' }),
  });
  const parts = Object.fromEntries(
    Object.entries(all)
      .filter(([part]) => part === 'calls' || !shown.onlyCalls)
      .map(([part, records]) => {
        const among = part === 'calls' ? shown.calls : (shown.records ?? shown.calls);
        return [part, records.filter((each) => isShown(each, among)).map(known)];
      }),
  );
  const hidden = shown.onlyCalls ? {} : truth.hidden;
  expect(log.unparsed).toEqual([]);
  const { equal, differences } = compareWithTruth(abi, log, { ...truth, parts, hidden });
  expect(differences).toEqual([]);
  return equal;
}

/** Imports lines of a log that were printed of the run. */
export const importedLines = (lines: readonly string[]): Promise<Imported> =>
  imported(new TextEncoder().encode(`${lines.join('\n')}\n`));

export const hex = (value: bigint): string => `0x${value.toString(16)}`;
