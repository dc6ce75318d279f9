import { addVolume, bucketOf } from '../../engine/js-streams.ts';
import { BUCKETS, fieldPlacer, STREAM, VOLUME } from '../../engine/stream-state.ts';
import { log2Buckets } from '../summary/section.ts';
import { bytesIn, type Stream } from './stream.ts';
import type { Owner, RangeCount } from './stream-json.ts';

/** What was written between the flushes (FSYNC, FDSYNC) of one descriptor, in submission order. */
export type Flushes = Float64Array;

const field = fieldPlacer();
/** The first index of each field. A volume counts all writes to the descriptor up to a point. */
const AT = {
  /** Up to the last call of `locate`. */
  now: field(VOLUME),
  // Up to the first and the last flush.
  first: field(VOLUME),
  last: field(VOLUME),
  // From here on fields are counts.
  count: field(),
  /** Writes that are in no stream: they append or are out of range. */
  stray: field(VOLUME),
  writes: field(BUCKETS),
  bytes: field(BUCKETS),
  end: field(0),
};

/** The flushes of one descriptor of a process, and the writes between them. */
export interface FlushJson {
  /** null if the envelope has none. */
  pid: number | null;
  program: string | null;
  fd: number;
  /** The files that a trace names for the descriptor, in the order of time. */
  paths?: string[];
  /** Submitted FSYNCs and FDSYNCs. */
  flushes: number;
  /**
   * Writes and requested bytes from the first flush to the last, in total and between consecutive
   * flushes. PWRITEV counts as a write without bytes.
   */
  between: { writes: number; bytes: string; writesEach: RangeCount[]; bytesEach: RangeCount[] };
  /** Writes before the first flush. */
  before: { writes: number; bytes: string };
  /** Writes after the last flush. */
  after: { writes: number; bytes: string };
}

export const newFlushes = (): Flushes => new Float64Array(AT.end);

/** Sums up the writes so far: those in the descriptor's streams and those in none. */
export function locate(f: Flushes, writes: Stream | undefined, vectors: Stream | undefined): void {
  f.copyWithin(AT.now, AT.stray, AT.stray + VOLUME);
  for (let i = 0; i < VOLUME; i++)
    f[AT.now + i] += (writes?.[STREAM.volume + i] ?? 0) + (vectors?.[STREAM.volume + i] ?? 0);
}

/** Adds a write that is in no stream. */
export const addStray = (f: Flushes, length: number): void => addVolume(f, AT.stray, 1, length);

/** Adds a flush. Call `locate` first. */
export function addFlush(f: Flushes): void {
  if (f[AT.count] === 0) f.copyWithin(AT.first, AT.now, AT.now + VOLUME);
  else countInterval(f);
  f.copyWithin(AT.last, AT.now, AT.now + VOLUME);
  f[AT.count] += 1;
}

/** Counts what was written since the last flush. */
function countInterval(f: Flushes): void {
  const low = f[AT.now + 1] - f[AT.last + 1];
  const bytes = (f[AT.now + 2] - f[AT.last + 2]) * 65536 + low;
  f[AT.writes + bucketOf(f[AT.now] - f[AT.last])] += 1;
  // Doubles are exact up to 8 PiB.
  const isExact = bytes < 2 ** 53;
  const bits = isExact ? bucketOf(bytes) : span(f, AT.last, AT.now).toString(2).length;
  f[AT.bytes + bits] += 1;
}

/** Appends part `b`. Call `locate` on `a` first. */
export function mergeFlushes(a: Flushes, b: Flushes): void {
  const end = a.slice(AT.now, AT.now + VOLUME);
  if (b[AT.count] > 0) {
    for (let i = 0; i < VOLUME; i++) a[AT.now + i] = end[i] + b[AT.first + i];
    if (a[AT.count] === 0) a.copyWithin(AT.first, AT.now, AT.now + VOLUME);
    else countInterval(a);
    for (let i = 0; i < VOLUME; i++) a[AT.last + i] = end[i] + b[AT.last + i];
  }
  for (let i = AT.count; i < a.length; i++) a[i] += b[i];
}

/** Returns the bytes between two volumes. */
const span = (f: Flushes, from: number, to: number): bigint => bytesIn(f, to) - bytesIn(f, from);

/** Returns the flushes as JSON, undefined if there were none. Call `locate` first. */
export function flushJson(f: Flushes, owner: Owner): FlushJson | undefined {
  if (f[AT.count] === 0) return undefined;
  const between = (from: number, to: number) => ({
    writes: f[to] - f[from],
    bytes: span(f, from, to).toString(),
  });
  return {
    ...owner,
    flushes: f[AT.count],
    between: {
      ...between(AT.first, AT.last),
      writesEach: log2Buckets(f.subarray(AT.writes, AT.bytes)),
      bytesEach: log2Buckets(f.subarray(AT.bytes, AT.end)),
    },
    before: { writes: f[AT.first], bytes: bytesIn(f, AT.first).toString() },
    after: between(AT.last, AT.now),
  };
}
