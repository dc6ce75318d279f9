import { FLUSH, READV } from './block.ts';
import { newFlushes } from './flush.ts';
import { addRequests, newStream, type Rows, type Stream } from './stream.ts';

/** One of up to 2^35 keys of a pid: its descriptor and the kind of request. Flushes come behind the writes that they need. */
const KINDS = 8;
export const keyOf = (fd: number, kind: number): number => fd * KINDS + kind;

/** A stream, or the flushes of a descriptor, under its pid and key. */
export interface Entry {
  readonly pid: number;
  readonly key: number;
  readonly fd: number;
  readonly kind: number;
  /** A stream, or the flushes of its descriptor where `kind` is `FLUSH`. */
  readonly stream: Stream;
  readonly program: string | null;
  /** The requests of a block that wait to be added: how many, and the first and the last row. */
  waiting: number;
  head: number;
  tail: number;
  /** Of flushes: the streams of writes to their descriptor, as far as they are known. */
  writes: Entry | undefined;
  vectors: Entry | undefined;
}

/** Entries go by pid and key. */
export const before = (a: { pid: number; key: number }, b: { pid: number; key: number }): number =>
  a.pid - b.pid || a.key - b.key;

/** Add the requests that wait to their stream; there may be none. */
export function addTo(entry: Entry, rows: Rows): void {
  if (entry.waiting > 0)
    addRequests(entry.stream, rows, entry.head, entry.waiting, entry.kind >= READV);
  entry.waiting = 0;
}

export const isFlushes = ({ kind }: Entry): boolean => kind === FLUSH;

/** An entry with nothing in it. */
export function newEntry(pid: number, key: number, program: string | null): Entry {
  const kind = key % KINDS;
  const stream = kind === FLUSH ? newFlushes() : newStream();
  const fd = Math.floor(key / KINDS);
  return {
    pid,
    key,
    fd,
    kind,
    stream,
    program,
    waiting: 0,
    head: 0,
    tail: 0,
    writes: undefined,
    vectors: undefined,
  };
}
