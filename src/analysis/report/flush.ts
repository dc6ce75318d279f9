import { log2Buckets } from '../summary/section.ts';
import {
  addVolume,
  BUCKETS,
  bucketOf,
  bytesIn,
  fieldPlacer,
  STREAM,
  type Stream,
  VOLUME,
} from './stream.ts';
import type { Owner, RangeCount } from './stream-json.ts';

/** What was written between the flushes (FSYNC, FDSYNC) of one descriptor, in the order of submission. */
export type Flushes = Float64Array;

const field = fieldPlacer();
/** The first index of each field. Volumes are of all writes to the descriptor so far. */
const AT = {
  /** At the current write, when `locate` was called last. */
  now: field(VOLUME),
  // At the first and at the last flush.
  first: field(VOLUME),
  last: field(VOLUME),
  // From here on counts, which add up.
  count: field(),
  /** Writes that are in no stream: they append, or are out of range. */
  stray: field(VOLUME),
  writes: field(BUCKETS),
  bytes: field(BUCKETS),
  end: field(0),
};

/** The flushes of one descriptor of a process, and the writes between them. */
export interface FlushJson {
  /** null where the envelope has none. */
  pid: number | null;
  program: string | null;
  fd: number;
  /** FSYNC and FDSYNC that were submitted. */
  flushes: number;
  /**
   * From the first flush to the last: writes and requested bytes, in total and between neighboring flushes. PWRITEV
   * counts as a write without bytes.
   */
  between: { writes: number; bytes: string; writesEach: RangeCount[]; bytesEach: RangeCount[] };
  /** Writes before the first flush, and after the last. */
  before: { writes: number; bytes: string };
  after: { writes: number; bytes: string };
}

export const newFlushes = (): Flushes => new Float64Array(AT.end);

/** Sum up the writes so far: those in the streams of the descriptor, and the stray ones. */
export function locate(f: Flushes, writes: Stream | undefined, vectors: Stream | undefined): void {
  f.copyWithin(AT.now, AT.stray, AT.stray + VOLUME);
  for (let i = 0; i < VOLUME; i++)
    f[AT.now + i] += (writes?.[STREAM.volume + i] ?? 0) + (vectors?.[STREAM.volume + i] ?? 0);
}

/** Add a write that is in no stream. */
export const addStray = (f: Flushes, length: number): void => addVolume(f, AT.stray, 1, length);

/** Add a flush; `locate` first. */
export function addFlush(f: Flushes): void {
  if (f[AT.count] === 0) f.copyWithin(AT.first, AT.now, AT.now + VOLUME);
  else countInterval(f);
  f.copyWithin(AT.last, AT.now, AT.now + VOLUME);
  f[AT.count] += 1;
}

/** Count the writes from the last flush to the current write. */
function countInterval(f: Flushes): void {
  const low = f[AT.now + 1] - f[AT.last + 1];
  const bytes = (f[AT.now + 2] - f[AT.last + 2]) * 65536 + low;
  f[AT.writes + bucketOf(f[AT.now] - f[AT.last])] += 1;
  // Doubles are exact up to 8 PiB.
  const isExact = bytes < 2 ** 53;
  const bits = isExact ? bucketOf(bytes) : span(f, AT.last, AT.now).toString(2).length;
  f[AT.bytes + bits] += 1;
}

/** Append part `b`; `locate` the end of `a` first. */
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

/** The bytes between two volumes. */
const span = (f: Flushes, from: number, to: number): bigint => bytesIn(f, to) - bytesIn(f, from);

/** The flushes of a descriptor as JSON, its writes located; undefined where there were none. */
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
